"""Plain descent crawls along a valley; momentum, adaptive rates and curvature each shorten the way.

Eleven methods start from the same point of Rosenbrock's curved valley, each with the rate that suits it best. The
valley's walls limit the rate of gradient descent, and its floor hardly slopes. Momentum adds up the small slopes along
the floor. Adagrad and its successors divide each coordinate by the size of its gradients, which helps less here, as the
valley runs along no axis. Newton's method and the natural gradient measure the curvature. The natural gradient needs a
model: the function is the squared error of two residuals, so that the Fisher matrix is that of their Jacobian, and the
steps are those of Gauss and Newton.
"""

import math
from functools import partial

import tensorlab as tl
from tensorlab import optim, viz
from tensorlab.optim.landscapes import rosenbrock
from tensorlab.viz import style


class NaturalGradient(optim.NaturalGradient):
    """The natural gradient of the model whose outputs are the residuals of Rosenbrock's function."""

    def step(self, closure=None):
        (x,) = self.param_groups[0]["params"]
        return super().step(lambda: tl.stack([10 * (x[1] - x[0] ** 2), 1 - x[0]]), lambda r: (r**2).sum())


PLAIN = {
    "gradient descent": (optim.SGD, 0.0018),
    "momentum": (partial(optim.SGD, momentum=0.9), 0.003),
    "Nesterov": (partial(optim.SGD, momentum=0.9, nesterov=True), 0.001),
}
ADAPTIVE = {
    "Adagrad": (optim.Adagrad, 1.8),
    "AdaDelta": (optim.Adadelta, 1.0),
    "RMSProp": (partial(optim.RMSprop, alpha=0.9), 0.01),
    "Adam": (optim.Adam, 1.0),
    "Adamax": (optim.Adamax, 1.8),
    "Nadam": (optim.NAdam, 0.05),
}
CURVATURE = {
    "Newton": (partial(optim.NewtonCG, cg_tolerance=1e-6), 1.0),
    "natural gradient": (NaturalGradient, 1.0),
}


def run(method, rate, steps):
    """Return the result of a method from the usual starting point."""
    start = tl.tensor(rosenbrock.start, dtype="float64")
    return optim.minimize(rosenbrock, start, method, lr=rate, max_steps=steps, tolerance=1e-7)


def steps_needed(result, level=1e-4):
    """Return after how many steps the function is below a level; infinity if it never is."""
    return next((step for step, loss in enumerate(result.losses) if loss < level), math.inf)


def lesson(report, long):
    steps = 10_000 if long else 500
    methods = {**PLAIN, **ADAPTIVE, **CURVATURE}
    runs = {name: run(method, rate, steps) for name, (method, rate) in methods.items()}
    report.table(
        ["method", "rate", "steps to 1e-4", "loss after 100 steps", f"after {steps}"],
        [(name, methods[name][1], steps_needed(r), r.losses[:101][-1], r.fun) for name, r in runs.items()],
    )
    needed = {name: steps_needed(r) for name, r in runs.items()}
    report.claim("gradient descent needs more than 500 steps", needed["gradient descent"] > 500)
    report.claim("momentum needs less than 300", needed["momentum"] < 300)
    report.claim("Adam needs less than 500", needed["Adam"] < 500)
    report.claim("Newton's method needs less than 50", needed["Newton"] < 50)
    report.claim("the natural gradient needs less than 5", needed["natural gradient"] < 5)

    plane, plain, adaptive = report.axes(columns=3, width=4.8)
    shown = {name: runs[name] for name in ("gradient descent", "momentum", "Adam", "Newton", "natural gradient")}
    viz.optimizer_paths(rosenbrock, shown, title="Rosenbrock's valley", ax=plane)
    for ax, group in ((plain, {**PLAIN, **CURVATURE}), (adaptive, ADAPTIVE)):
        for name in group:
            ax.semilogy(runs[name].losses[:501], label=name)
        ax.set(xlabel="step", ylabel="loss", ylim=(1e-8, 1e6))
    adaptive.semilogy(runs["gradient descent"].losses[:501], "--", color=style.FAINT, label="gradient descent")
    for ax in (plain, adaptive):
        style.legend(ax, loc="upper right", ncols=2)
    plain.set(title="One rate for all coordinates, and curvature")
    adaptive.set(title="A rate for each coordinate")
    report.animation(viz.animate_optimizer_paths(rosenbrock, shown, max_frames=36, title="Rosenbrock's valley"))
