"""Spectral norm bounds how fast a network's output can change.

Each weight matrix is divided by its largest singular value, which power iteration estimates during training (Miyato et
al., 2018). As ReLU does not enlarge distances either, two inputs at a distance d have outputs at a distance of at most
d, times the last factor. Small perturbations against the gradient then do less harm.
"""

import tensorlab as tl
from tensorlab import nn
from tensorlab.nn.utils.parametrizations import spectral_norm

from ._digits import digits, fit

BOUND = 10
RADII = (0.0, 0.25, 0.5, 0.75, 1.0)


class Classifier(nn.Module):
    """Three linear layers, each wrapped as given, times a factor."""

    def __init__(self, wrapped, factor):
        super().__init__()
        layers = [wrapped(nn.Linear(*sizes)) for sizes in ((64, 128), (128, 128), (128, 10))]
        self.layers, self.factor = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2]), factor

    def forward(self, x):
        return self.factor * self.layers(x)


def steepness(model, x):
    """Return the largest factor by which the model moves outputs further than inputs, for small changes."""
    return max(float(tl.linalg.svdvals(tl.jacobian(model)(point))[0]) for point in x)


def accuracies(model, x, y):
    """Return the accuracies on inputs that are moved up the gradient of the loss, by each radius."""
    slope = tl.grad(lambda moved: nn.functional.cross_entropy(model(moved), y, reduction="sum"))(x)
    direction = nn.functional.normalize(slope, axis=1)
    return [100 * int((model(x + r * direction).argmax(axis=1) == y).sum()) / len(y) for r in RADII]


def lesson(report, long):
    training, held_out = digits(1000)
    x, y = held_out.tensors
    ways, rows = {"plain": (lambda layer: layer, 1), "spectral norm": (spectral_norm, BOUND)}, []
    for name, way in ways.items():
        model = Classifier(*way)
        fit(model, training, held_out, 100 if long else 30, lr=0.05)
        for _ in range(100):
            model(x[:1])  # each call in training goes a step further in the power iteration
        model.eval()
        rows.append((name, steepness(model, x if long else x[:50]), *accuracies(model, x, y)))
    report.table(["", "steepness", *[f"accuracy at {r:g}" for r in RADII]], rows)
    (_, plain_steepness, *plain), (_, steepest, *bounded) = rows
    report.claim(f"with spectral norm no output moves more than {BOUND} times as far as its input", steepest <= BOUND)
    report.claim("the plain network exceeds that", plain_steepness > BOUND)
    report.claim("on unchanged digits both are as good, within 4 %", abs(plain[0] - bounded[0]) < 4)
    report.claim("moved by 0.5, 4 % more digits are recognised with the bound", bounded[2] > plain[2] + 4)

    chart = report.axes(width=6)
    for (name, *_), found in zip(rows, (plain, bounded), strict=True):
        chart.plot(RADII, found, "o-", label=name)
    title = "Digits moved against the network"
    chart.set(title=title, xlabel="distance (the whole scale of a pixel is 1)", ylabel="accuracy (%)", ylim=(0, 100))
