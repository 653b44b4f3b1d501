"""One hidden layer approximates any continuous function of one variable, ever better with more units.

Set by hand, n ReLUs draw the polygon through n + 1 points of the graph: the error falls as 1 / n² where the function is
smooth. The kind of unit matters little (Cybenko, 1989; Hornik, 1991): with random hidden units of four kinds and least
squares for the output, the error falls as well. If all weights are trained, few units are enough, for they are where
the function bends: ten of them do what takes dozens of random ones.
"""

from math import pi
from statistics import median

import tensorlab as tl
from tensorlab import nn, optim
from tensorlab.models.classic import LinearRegression

X = tl.linspace(-1, 1, 2001, dtype="float64")[:, None]
ACTIVATIONS = {"tanh": tl.tanh, "sine": tl.sin, "Gaussian": lambda x: (-x * x).exp(), "ReLU": tl.relu}


def wave(x):
    """Return a smooth function that bends on the right only."""
    return (3 * pi * (x + 1) ** 2 / 2).sin() / (1.2 - 0.4 * x)


def polygon(n):
    """Return the values of n ReLUs that draw the polygon through n + 1 points of the graph."""
    knots = tl.linspace(-1, 1, n + 1, dtype="float64")
    slopes = tl.diff(wave(knots)) / tl.diff(knots)
    turns = tl.diff(slopes, prepend=tl.zeros(1, dtype="float64"))
    return (X - knots[:-1]).relu() @ turns + wave(knots[0])


def random_units(n, activation):
    """Return the best fit of n hidden units with random slopes and places."""
    slopes, places = 6 * tl.randn(n, dtype="float64"), 2 * tl.rand(n, dtype="float64") - 1
    hidden = activation(slopes * (X - places))
    return LinearRegression(alpha=1e-9).fit(hidden, wave(X[:, 0])).predict(hidden)


def trained(n, steps):
    """Return the values of n tanh units, all of whose weights are trained."""
    model = nn.Sequential(nn.Linear(1, n), nn.Tanh(), nn.Linear(n, 1)).to("float64")
    with tl.no_grad():
        model[0].weight.mul_(3)
    x = X[::10]
    optimizer = optim.LevenbergMarquardt(model.parameters())
    for _ in range(steps):
        optimizer.step(lambda: (model(x) - wave(x)).flatten())
    return model(X).detach()[:, 0]


def error(values):
    """Return the root mean square error."""
    return (values - wave(X[:, 0])).square().mean().sqrt().item()


def lesson(report, long):
    sizes = [8, 16, 32, 64, 128, 256]
    polygons = [abs(polygon(n) - wave(X[:, 0])).max().item() for n in sizes]
    report.table(["ReLUs", "largest error"], zip(sizes, polygons, strict=True), "set by hand")
    ratio = polygons[-2] / polygons[-1]
    report.claim("twice the ReLUs have a quarter of the error, to 10 %", 3.6 < ratio < 4.4)

    counts, draws = [5, 10, 20, 40, 80], 30 if long else 5
    random = {
        name: [median(error(random_units(n, activation)) for _ in range(draws)) for n in counts]
        for name, activation in ACTIVATIONS.items()
    }
    report.table(
        ["units", *map(str, counts)], [(name, *errors) for name, errors in random.items()], "random units, medians"
    )
    fall = [errors[1] > 5 * errors[-1] for errors in random.values()]
    report.claim("80 random units of any kind have less than a fifth of the error of 10", all(fall))

    learned = [median(error(trained(n, 400 if long else 120)) for _ in range(3)) for n in counts[:2]]
    report.table(["units", *map(str, counts[:2])], [("tanh", *learned)], "trained units, medians")
    report.claim(
        "10 trained units have less than a fifth of the error of 10 random ones", learned[1] < random["tanh"][1] / 5
    )

    drawn, errors = report.axes(columns=2)
    drawn.plot(X, wave(X), color="black", linewidth=1, label="function")
    for n in (8, 16, 32):
        drawn.plot(X, polygon(n), label=f"{n} ReLUs")
    drawn.set(title="Set by hand: polygons", xlabel="x")
    for name, values in random.items():
        errors.loglog(counts, values, "o--", label=f"{name}, random")
    errors.loglog(counts[:2], learned, "s-", color="black", label="tanh, trained")
    errors.set(title="Root mean square error", xlabel="hidden units")
    errors.set_xticks(counts, counts, minor=False)
    errors.minorticks_off()
