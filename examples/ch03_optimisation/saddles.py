"""Gradient descent lingers at a saddle, Newton's method is drawn to it, and adaptive rates leave it quickly.

The function has a saddle at the origin, between two minima, and all methods start beside the ridge that leads down to
it. Away from the ridge gradient descent grows by the same factor in each step, so that each decade by which it starts
closer costs it as many steps again; momentum makes the factor larger. Adaptive methods divide by the size of the
gradient, so that a small slope is as good as a large one. Newton's method without safeguards goes to the nearest point
where the gradient is zero, even a saddle (Dauphin et al., 2014). Newton-CG notices the negative curvature and follows
it, and the matrix of the natural gradient has none.
"""

import math
from functools import partial

import tensorlab as tl
from tensorlab import optim, viz
from tensorlab.optim.landscapes import two_wells


class NaturalGradient(optim.NaturalGradient):
    """The natural gradient where the function is half the squared error of two residuals, but for a constant."""

    def step(self, closure=None):
        (x,) = self.param_groups[0]["params"]
        return super().step(lambda: tl.stack([x[0], (x[1] ** 2 - 1) / 2**0.5]), lambda r: (r**2).sum() / 2)


PLAIN = {
    "gradient descent": partial(optim.SGD, lr=0.05),
    "momentum": partial(optim.SGD, lr=0.05, momentum=0.9),
    "Nesterov": partial(optim.SGD, lr=0.05, momentum=0.9, nesterov=True),
}
ADAPTIVE = {
    "Adagrad": partial(optim.Adagrad, lr=0.05),
    "AdaDelta": partial(optim.Adadelta, lr=1.0),
    "RMSProp": partial(optim.RMSprop, lr=0.05),
    "Adam": partial(optim.Adam, lr=0.05),
    "Adamax": partial(optim.Adamax, lr=0.05),
    "Nadam": partial(optim.NAdam, lr=0.05),
}
CURVATURE = {"Newton-CG": optim.NewtonCG, "natural gradient": NaturalGradient}
METHODS = {**PLAIN, **ADAPTIVE, **CURVATURE}
SHOWN = ("gradient descent", "momentum", "RMSProp", "Adam", "Newton-CG", "natural gradient")
OFFSETS = [10.0**-decades for decades in range(1, 9)]


def start(offset):
    """Return a point at a distance from the ridge."""
    return tl.tensor([1.0, offset], dtype="float64")


def steps_to_leave(method, offset):
    """Return the number of steps until the function is halfway between the saddle and the minima."""

    def stop(x, loss):
        if loss < two_wells.minimum / 2:
            raise StopIteration

    return optim.minimize(two_wells, start(offset), method, callback=stop, tolerance=0).steps


def newton(x, steps):
    """Return where Newton's method arrives that solves Hessian · step = -gradient."""
    gradient, hessian = tl.grad(two_wells), tl.hessian(two_wells)
    for _ in range(steps):
        x = x - tl.linalg.solve(hessian(x), gradient(x))
    return x


def lesson(report, long):
    offsets = OFFSETS if long else OFFSETS[::3]
    steps = {name: [steps_to_leave(method, offset) for offset in offsets] for name, method in METHODS.items()}
    report.table(["steps to leave, from the distance", *map("{:g}".format, offsets)],
                 [(name, *counts) for name, counts in steps.items()])  # fmt: skip
    arrived = newton(start(0.3), 10)
    report.value("Newton's method from (1, 0.3) arrives at", f"({arrived[0].item():.3g}, {arrived[1].item():.3g})")
    decades = math.log10(offsets[0] / offsets[-1])
    per_decade = {name: (counts[-1] - counts[0]) / decades for name, counts in steps.items()}
    predicted = math.log(10) / math.log(1 + 0.05)
    report.value("steps of gradient descent for a decade", per_decade["gradient descent"])
    report.value("log 10 / log(1 + rate)", predicted)

    ratio = per_decade["gradient descent"] / predicted
    report.claim("each decade costs gradient descent log 10 / log(1 + rate) steps", 0.9 < ratio < 1.1)
    report.claim("momentum pays less than half of that", per_decade["momentum"] < predicted / 2)
    others = max(per_decade[name] for name in (*ADAPTIVE, *CURVATURE))
    report.claim("it costs less than 2 steps with adaptive rates or curvature", others < 2)
    report.claim("Newton's method arrives at the saddle", abs(arrived).max() < 1e-6)

    plane, chart = report.axes(columns=2, width=5)
    shown = {name: optim.minimize(two_wells, start(1e-4), METHODS[name], max_steps=120) for name in SHOWN}
    viz.optimizer_paths(two_wells, shown, title="120 steps from beside the ridge", ax=plane)
    report.animation(viz.animate_optimizer_paths(two_wells, shown, max_frames=40))
    for name, marker in zip(SHOWN, ("o-", "o-", "s-", "o-", "^--", "x:"), strict=True):
        chart.semilogx(offsets, steps[name], marker, label=name)
    chart.set(title="Steps to leave the saddle", xlabel="distance from the ridge at the start", ylabel="steps")
