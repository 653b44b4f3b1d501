"""On a network gradient descent ends at the edge: the curvature comes to 2 / rate, and stays there.

A network learns digits by plain gradient descent with all of them in each step. Its largest curvature, the first
eigenvalue of the Hessian, is found by power iteration with Hessian-vector products. With a small rate it rises freely,
and the loss falls in each step. With larger rates descent begins to diverge where the curvature is more than 2 / rate,
but the oscillation drives the weights to where it is less. So the curvature hovers at this value, while the loss rises
now and then and falls in the long run (Cohen et al., "Gradient descent on neural networks typically occurs at the edge
of stability", 2021).
"""

from itertools import pairwise

import tensorlab as tl
from tensorlab import datasets, nn
from tensorlab.viz.style import PALETTE

RATES = (0.05, 0.2, 0.3, 0.4)


def norm(tree):
    """Return the length of a vector that consists of several tensors."""
    return sum((part**2).sum().item() for part in tree.values()) ** 0.5


def sharpness(loss, weights, vector, products):
    """Return the largest curvature by power iteration, and its direction."""
    for _ in range(products):
        length = norm(vector)
        vector = tl.hvp(loss, (weights,), ({name: part / length for name, part in vector.items()},))
    return norm(vector), vector


def descend(loss, weights, rate, steps):
    """Return the loss before each step, and the sharpness after every 25 steps."""
    losses, found = [], []
    vector = {name: tl.randn_like(part) for name, part in weights.items()}
    gradient = tl.value_and_grad(loss)
    for step in range(steps + 1):
        if step % 25 == 0:
            value, vector = sharpness(loss, weights, vector, 6 if step else 30)
            found.append(value)
        value, slope = gradient(weights)
        losses.append(value.item())
        weights = {name: part - rate * slope[name] for name, part in weights.items()}
    return losses, found


def lesson(report, long):
    steps, count = (3000, 600) if long else (1000, 300)
    data = datasets.Digits()
    x, y = data.data[:count].reshape(-1, 64).astype("float32"), tl.eye(10)[data.targets[:count]]
    x = (x - x.mean()) / x.std()
    model = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 10))
    start = {name: parameter.detach() for name, parameter in model.named_parameters()}

    def loss(weights):
        return ((nn.functional_call(model, weights, (x,)) - y) ** 2).sum(axis=1).mean() / 2

    runs = {rate: descend(loss, start, rate, steps) for rate in RATES}
    half = len(runs[RATES[0]][1]) // 2
    ends = {rate: sum(found[half:]) / len(found[half:]) for rate, (_, found) in runs.items()}
    rises = {rate: sum(after > before for before, after in pairwise(losses)) for rate, (losses, _) in runs.items()}
    report.table(
        ["rate", "2 / rate", "curvature at the start", "second half, mean", "steps up", "last loss"],
        [(rate, 2 / rate, found[0], ends[rate], rises[rate], losses[-1]) for rate, (losses, found) in runs.items()],
    )
    low, *high = RATES
    report.claim("with the small rate the curvature stays below 0.6 · 2 / rate", max(runs[low][1]) < 0.6 * 2 / low)
    report.claim("and the loss falls in every step", rises[low] == 0)
    report.claim("with the others it comes to 2 / rate, to a tenth", all(0.9 < ends[r] * r / 2 < 1.1 for r in high))
    report.claim("their losses end lower nevertheless", all(runs[r][0][-1] < runs[low][0][-1] for r in high))

    curvature, chart = report.axes(columns=2, width=5)
    for color, (rate, (losses, found)) in zip(PALETTE, runs.items(), strict=False):
        curvature.plot(range(0, steps + 1, 25), found, label=f"rate {rate:g}")
        if rate != low:
            curvature.axhline(2 / rate, color=color, linestyle="--", linewidth=1)
        chart.semilogy(losses, label=f"rate {rate:g}", linewidth=1)
    curvature.set(title="Largest curvature; dashed: 2 / rate", xlabel="step", ylabel="curvature")
    chart.set(title="Loss", xlabel="step", ylabel="loss")
