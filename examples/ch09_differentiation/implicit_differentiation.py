"""The derivative of a solution follows from the equation that it solves, whatever way it was found.

Where the gradient g(w, λ) of a loss is zero, a change of λ moves the minimum w by -(∂g/∂w)⁻¹ ∂g/∂λ. Ridge regression
reads digits from 64 pixels and as many random numbers, with a penalty λ for each input. The validation error is
differentiated with respect to all penalties: by this theorem, with one linear solve, and through the steps of gradient
descent, which is right only when the descent has converged, and keeps every step in memory. With the gradient, 128
penalties are tuned as easily as one, and tell pixels from noise (Lorraine, Vicol and Duvenaud, "Optimizing millions of
hyperparameters by implicit differentiation", 2020).
"""

import tensorlab as tl
from tensorlab import datasets, optim
from tensorlab.viz.style import PALETTE

METHOD = {"method": "LBFGS", "line_search_fn": "strong_wolfe"}


def digits_beside_noise(training, validation):
    """Return inputs and targets to train with, to validate and to test: 64 pixels and as many random numbers."""
    data = datasets.Digits()
    pixels = data.data.reshape(-1, 64).astype("float64") / 16
    x = tl.concat([pixels - pixels.mean(axis=0), 0.3 * tl.randn(*pixels.shape, dtype="float64")], axis=1)
    y = tl.eye(10, dtype="float64")[data.targets] - 0.1
    parts = tl.split(tl.randperm(len(x)), [training, training + validation])
    return [(x[part], y[part]) for part in parts]


def training_loss(weights, penalties, x, y):
    """Return the loss of ridge regression; the penalty of each pixel is the exponential of a number."""
    return ((x @ weights - y) ** 2).mean() / 2 + (penalties.exp().unsqueeze(1) * weights**2).mean() / 2


def error(weights, x, y):
    """Return half the mean squared error."""
    return ((x @ weights - y) ** 2).mean() / 2


def accuracy(weights, x, y):
    """Return the part of the digits whose class has the largest output."""
    return ((x @ weights).argmax(axis=1) == y.argmax(axis=1)).astype("float64").mean().item()


def curvature(penalties, x, y):
    """Return the Hessian of the training loss, which is the same for the weights of each class."""
    return x.T @ x / y.nelement() + tl.diag(penalties.exp()) / (y.shape[1] * len(penalties))


def solution(penalties, x, y):
    """Return the weights at the minimum of the training loss."""
    return tl.linalg.solve(curvature(penalties, x, y), x.T @ y / y.nelement())


def implicit(x, y):
    """Return the solution as a function of penalties, with the derivative that the theorem gives."""

    @tl.custom_gradient
    def minimum(penalties):
        weights = solution(penalties, x, y)

        def derivative(cotangent):
            adjoint = tl.linalg.solve(curvature(penalties, x, y), cotangent)
            gradient = tl.grad(training_loss)
            return -tl.grad(lambda changed: (adjoint * gradient(weights, changed, x, y)).sum())(penalties)

        return weights, derivative

    return minimum


def unrolled(penalties, x, y, steps):
    """Return the weights after so many steps of gradient descent, which can be differentiated."""
    rate = 1 / tl.linalg.eigvalsh(curvature(penalties.detach(), x, y))[-1].item()
    weights, gradient = tl.zeros(x.shape[1], y.shape[1], dtype="float64"), tl.grad(training_loss)
    for _ in range(steps):
        weights = weights - rate * gradient(weights, penalties, x, y)
    return weights


def relative_gap(found, exact):
    """Return the length of a gradient's error relative to the gradient."""
    return (tl.linalg.vector_norm(found - exact) / tl.linalg.vector_norm(exact)).item()


def lesson(report, long):
    training, validation, test = digits_beside_noise(150, 600)
    minimum, ones = implicit(*training), tl.ones(128, dtype="float64")

    def validated(penalties):
        return error(minimum(penalties), *validation)

    single = optim.minimize(lambda penalty: validated(penalty * ones), tl.zeros((), dtype="float64"), **METHOD)
    start = single.x * ones
    exact = tl.grad(lambda penalties: error(solution(penalties, *training), *validation))(start)
    theorem = relative_gap(tl.grad(validated)(start), exact)
    gaps = {}
    for steps in (1, 3, 10, 30, 100, 300) if long else (1, 3, 10, 30, 100):
        through = tl.grad(lambda penalties, n=steps: error(unrolled(penalties, *training, n), *validation))
        gaps[steps] = relative_gap(through(start), exact)
    found = {"implicit": theorem, **{f"through {steps} steps": gap for steps, gap in gaps.items()}}
    report.table(["gradient of the penalties", "relative error"], found.items())
    tuned = optim.minimize(validated, start, **METHOD)
    rows = []
    for name, penalties in (("one for all inputs", start), ("one for each input", tuned.x)):
        weights = solution(penalties, *training)
        errors = [error(weights, *part).item() for part in (validation, test)]
        rows.append((name, *errors, accuracy(weights, *test)))
    report.table(["penalties", "validation error", "test error", "test accuracy"], rows)
    pixels, noise = tuned.x[:64].tolist(), tuned.x[64:].tolist()
    report.claim("the implicit gradient agrees with that through a direct solver to nine digits", theorem < 1e-9)
    report.claim("the error through 3 steps of descent is more than half", gaps[3] > 0.5)
    report.claim("through 100 steps it is less than a tenth", gaps[100] < 0.1)
    report.claim("a penalty for each input improves the accuracy on new digits", rows[1][3] > rows[0][3])
    report.claim("inputs that are noise get the larger penalties, in the mean", sum(noise) > sum(pixels))

    chart, bars = report.axes(columns=2, width=5)
    chart.semilogy(list(gaps), list(gaps.values()), "o-", label="through the steps of descent")
    chart.axhline(max(theorem, 1e-16), linestyle="--", color=PALETTE[1], label="implicit")
    chart.set(title="Error of the gradient", xlabel="steps of descent", ylabel="relative error")
    bars.hist([pixels, noise], bins=20, stacked=True, color=PALETTE[:2], label=["pixels", "noise"])
    bars.set(title="Penalties that were found", xlabel="logarithm of the penalty", ylabel="inputs")
