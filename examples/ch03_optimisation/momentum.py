"""Momentum needs about the square root of the steps that gradient descent needs.

Both minimise quadratic functions whose curvatures lie between 1 and κ, with the best rate and momentum that are known
for them. Gradient descent shrinks the error by (κ - 1) / (κ + 1) in each step, momentum by (√κ - 1) / (√κ + 1) (Polyak,
1964): 100 times the condition number costs 100 times the steps, or 10 times. The map shows why: with momentum β the
error shrinks by √β in every direction whose rate · curvature is in a wide range, so that one rate suits all of them.
"""

import math
from functools import partial

import tensorlab as tl
from tensorlab import optim, viz
from tensorlab.optim.landscapes import valley
from tensorlab.viz import style

CONDITIONS = (10, 100, 1000, 10_000)


def settings(condition):
    """Return the best options of each method for curvatures from 1 to `condition`."""
    root = math.sqrt(condition)
    momentum = {"lr": (2 / (1 + root)) ** 2, "momentum": ((root - 1) / (root + 1)) ** 2}
    return {"gradient descent": {"lr": 2 / (1 + condition)}, "momentum": momentum}


def steps_needed(condition, options):
    """Return after how many steps the distance from the minimum has become a millionth."""
    x = tl.ones(10, dtype="float64").requires_grad_()
    optimizer, steps = optim.SGD([x], **options), 0
    start = tl.linalg.vector_norm(x.detach()).item()
    while tl.linalg.vector_norm(x.detach()).item() > 1e-6 * start:
        optimizer.zero_grad()
        valley(x, condition=condition).backward()
        optimizer.step()
        steps += 1
    return steps


def contraction(rates, momentums):
    """Return the factor of the error in a step, in the long run, by rate · curvature (columns) and momentum (rows).

    It is the larger of the roots of z² - (1 + β - rate) z + β, the eigenvalues of two successive errors' map.
    """
    rate, beta = tl.meshgrid(rates, momentums)
    middle = (1 + beta - rate) / 2
    discriminant = middle**2 - beta
    return tl.where(discriminant < 0, beta.sqrt(), abs(middle) + discriminant.clip(min=0).sqrt())


def lesson(report, long):
    conditions = CONDITIONS if long else CONDITIONS[:3]
    methods = list(settings(1))
    steps = {name: [steps_needed(c, settings(c)[name]) for c in conditions] for name in methods}
    report.table(["condition number", *methods], zip(conditions, *steps.values(), strict=True))
    growth = {name: math.log10(counts[-1] / counts[0]) / math.log10(conditions[-1] / conditions[0])
              for name, counts in steps.items()}  # fmt: skip
    for name, power in growth.items():
        report.value(f"steps of {name} grow like κ to the power", power)
    report.claim("steps of gradient descent grow like κ", abs(growth["gradient descent"] - 1) < 0.1)
    report.claim("steps of momentum grow like √κ", abs(growth["momentum"] - 0.5) < 0.1)

    plane, chart, plan = report.axes(columns=3, width=4.8)
    for name, counts in steps.items():
        chart.loglog(conditions, counts, "o-", label=name)
    chart.set(title="Steps to a millionth of the error", xlabel="condition number κ", ylabel="steps")
    start = tl.tensor(valley.start, dtype="float64")
    mild = partial(valley, condition=20.0)
    found = {
        name: optim.minimize(mild, start, "SGD", max_steps=20, **options) for name, options in settings(20).items()
    }
    viz.optimizer_paths(mild, found, ((-4, 12), (-5, 5)), title="20 steps, κ = 20", ax=plane)
    factors = contraction(tl.linspace(0, 4, 201), tl.linspace(0, 1, 101))
    extent = (0, 4, 0, 1)
    drawn = plan.imshow(factors.numpy(), origin="lower", extent=extent, aspect="auto", cmap="magma_r", vmin=0, vmax=1.2)
    plan.contour(factors.numpy(), levels=[1.0], extent=extent, colors="white", linewidths=1.5)
    plan.set(title="Factor of the error in a step", xlabel="rate · curvature", ylabel="momentum β")
    plan.text(3.1, 0.2, "diverges", color="white")
    style.colorbar(drawn, plan, "factor")
