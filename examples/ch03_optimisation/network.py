"""On a network, steps that know the scale or the curvature of each weight go farther than plain ones.

A network of one hidden layer learns the digits with every method of this chapter, each with the best of a few rates,
from the same weights and with the same batches. What counts is the training loss, which is what they minimise. The
inputs are left as they are, from 0 to 16 and never negative, so that the problem is badly conditioned. The natural
gradient solves for its step by conjugate gradients; K-FAC approximates the Fisher matrix layer by layer. At first their
steps are the best by far, though each takes several times as long. After 1000 steps, in the long form of this lesson,
Adam and its relatives are ahead.
"""

import time
from functools import partial

import tensorlab as tl
from tensorlab import datasets, nn, optim
from tensorlab.viz import style

KFAC = partial(optim.KFAC, likelihood="categorical", momentum=0.0, damping=0.01, kl_clip=0.01)
PLAIN = {
    "gradient descent": (optim.SGD, (0.03, 0.1, 0.3)),
    "momentum": (partial(optim.SGD, momentum=0.9), (0.01, 0.03, 0.1)),
    "Nesterov": (partial(optim.SGD, momentum=0.9, nesterov=True), (0.01, 0.03, 0.1)),
}
ADAPTIVE = {
    "Adagrad": (optim.Adagrad, (0.01, 0.03, 0.1)),
    "AdaDelta": (optim.Adadelta, (1.0, 3.0, 10.0)),
    "RMSProp": (optim.RMSprop, (0.001, 0.003, 0.01)),
    "Adam": (optim.Adam, (0.003, 0.01, 0.03)),
    "Adamax": (optim.Adamax, (0.01, 0.03, 0.1)),
    "Nadam": (optim.NAdam, (0.003, 0.01, 0.03)),
}
CURVATURE = {
    "K-FAC": (KFAC, (0.1, 0.3, 1.0)),
    "natural gradient": (partial(optim.NaturalGradient, damping=0.01, max_cg_iter=10), (0.1, 0.3, 1.0)),
}


def step(optimizer, model, x, y):
    """Take one step on a batch; return the loss before it."""
    if isinstance(optimizer, optim.NaturalGradient):
        return optimizer.step(lambda: model(x), lambda outputs: nn.functional.cross_entropy(outputs, y))
    outputs = model(x)
    if isinstance(optimizer, optim.KFAC):
        optimizer.observe(outputs)
    loss = nn.functional.cross_entropy(outputs, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def train(method, rate, x, y, steps, seed):
    """Return the training loss after each ten steps, and the seconds that a step took."""
    tl.manual_seed(seed)
    model = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10))
    optimizer = method(model if method is KFAC else model.parameters(), lr=rate)
    losses, seconds = [], 0.0
    for number in range(steps + 1):
        if number % 10 == 0:
            with tl.no_grad():
                losses.append(nn.functional.cross_entropy(model(x), y).item())
        chosen = tl.randint(0, len(x), (128,))
        start = time.perf_counter()
        step(optimizer, model, x[chosen], y[chosen])
        seconds += time.perf_counter() - start
    return losses, seconds / (steps + 1)


def best_of(method, rates, *settings):
    """Return the rate that ends with the lowest loss, with the losses and the seconds of a step."""
    runs = {rate: train(method, rate, *settings) for rate in rates}
    best = min(runs, key=lambda rate: runs[rate][0][-1])
    return best, *runs[best]


def lesson(report, long):
    digits, seed, steps = datasets.Digits(), tl.randint(0, 10_000, ()).item(), 1000 if long else 100
    x, y = digits.data.reshape(-1, 64).astype("float32"), digits.targets
    methods = {**PLAIN, **ADAPTIVE, **CURVATURE}
    runs = {name: best_of(*settings, x, y, steps, seed) for name, settings in methods.items()}
    stages = (20, 100, 1000) if long else (20, 100)
    report.table(
        ["method", "best rate", *(f"loss after {stage} steps" for stage in stages), "ms for a step"],
        [
            (name, rate, *(losses[stage // 10] for stage in stages), 1000 * cost)
            for name, (rate, losses, cost) in runs.items()
        ],
    )
    early, late = ({name: losses[at] for name, (_, losses, _) in runs.items()} for at in (2, 10))
    descent, firsts = late["gradient descent"], [early[name] for name in (*PLAIN, *ADAPTIVE)]
    report.claim("after 100 steps momentum is below gradient descent", late["momentum"] < descent)
    report.claim("Adam is below three quarters of its loss", late["Adam"] < 0.75 * descent)
    report.claim(
        "natural gradient and K-FAC are below a third of it", max(late[name] for name in CURVATURE) < descent / 3
    )
    report.claim("after 20 steps they are ahead of all others", max(early[name] for name in CURVATURE) < min(firsts))

    plain, adaptive, timed = report.axes(columns=3)
    for ax, group in ((plain, {**PLAIN, **CURVATURE}), (adaptive, ADAPTIVE)):
        for name in group:
            losses = runs[name][1]
            ax.semilogy(range(0, 10 * len(losses), 10), losses, label=name)
        ax.set(xlabel="step", ylabel="training loss")
    losses = runs["gradient descent"][1]
    adaptive.semilogy(range(0, 10 * len(losses), 10), losses, "--", color=style.FAINT, label="gradient descent")
    for name in ("gradient descent", "Adam", *CURVATURE):
        _, losses, cost = runs[name]
        timed.loglog([1000 * cost * 10 * (n + 0.5) for n in range(len(losses))], losses, label=name)
    plain.set(title="One rate for all weights, and curvature")
    adaptive.set(title="A rate for each weight")
    timed.set(title="By the time that steps take", xlabel="milliseconds", ylabel="training loss")
