"""Gradient descent converges below the rate 2 / λ, where λ is the largest curvature, and diverges above it.

On a quadratic function each step multiplies the error along an eigenvector of the Hessian by 1 - rate · curvature. The
steepest direction limits the rate; the flattest then decides how long the descent takes. From the worst start the best
rate is 2 / (smallest + largest curvature): the error shrinks by (κ - 1) / (κ + 1) in each step, where κ is the ratio of
the two curvatures (LeCun, Bottou, Orr and Müller, "Efficient BackProp", 1998).
"""

import tensorlab as tl
from tensorlab import optim, viz
from tensorlab.optim.landscapes import valley

START = (10.0, 2.0)


def descend(rate, steps):
    """Return the result of gradient descent over the valley."""
    return optim.minimize(valley, tl.tensor(START, dtype="float64"), "SGD", lr=rate, max_steps=steps, tolerance=0)


def lesson(report, long):
    curvatures = tl.linalg.eigvalsh(tl.hessian(valley)(tl.tensor(START, dtype="float64"))).tolist()
    flattest, steepest = curvatures[0], curvatures[-1]
    condition = steepest / flattest
    report.value("smallest and largest curvature", f"{flattest:g} and {steepest:g}")

    rates = {f"{part:g} / λ": part / steepest for part in (0.2, 1.0, 1.9, 2.1)}
    rates["2 / (λ + smallest)"] = best = 2 / (flattest + steepest)
    steps = 1000 if long else 200
    runs = {name: descend(rate, steps) for name, rate in rates.items()}
    report.table(
        ["rate", "value", "loss after 10 steps", f"loss after {steps}"],
        [(name, rates[name], run.losses[10], run.losses[-1]) for name, run in runs.items()],
    )
    lengths = tl.linalg.vector_norm(descend(best, 100).path, axis=1)
    shrinkage, predicted = (lengths[-1] / lengths[-11]).item() ** 0.1, (condition - 1) / (condition + 1)
    report.value("shrinkage of the error in a step at the best rate", shrinkage)
    report.value("(κ - 1) / (κ + 1)", predicted)
    below = [run for name, run in runs.items() if rates[name] < 2 / steepest]
    report.claim("the loss falls in every step with every rate below 2 / λ", all(map(_falls, below)))
    report.claim("with 2.1 / λ it grows more than a million times", runs["2.1 / λ"].fun > 1e6 * valley(START).item())
    report.claim("at the best rate the error shrinks by (κ - 1) / (κ + 1)", abs(shrinkage - predicted) < 1e-6)

    plane, chart = report.axes(columns=2, width=5)
    shown = {name: descend(rates[name], 40) for name in ("0.2 / λ", "1.9 / λ")}
    viz.optimizer_paths(valley, shown, title="Small rates creep, large ones zigzag", ax=plane)
    for name, run in runs.items():
        chart.semilogy(run.losses[:201], label=name)
    chart.set(title="Loss by rate", xlabel="step", ylabel="loss", ylim=(1e-6, 1e6))


def _falls(run):
    return all(after < before for before, after in zip(run.losses, run.losses[1:], strict=False))
