"""Weights of the right size let activations pass through 50 layers; others make them vanish or explode.

A ReLU layer of width n with weights of standard deviation s multiplies the mean square of its inputs by n s² / 2. He's
initialisation (2015) sets that factor to 1. Glorot's (2010), made for tanh, leaves 1/2, which is 2⁻⁵⁰ after 50 layers.
The gradient travels back through the same factors, so that a network of 20 layers learns with He's weights only.
"""

import tensorlab as tl
from tensorlab import nn, viz

from ._digits import digits, fit

WIDTH, DEPTH = 128, 50
SCHEMES = {
    "s = 0.05": lambda weight: nn.init.normal_(weight, std=0.05),
    "Glorot, s² = 1 / n": nn.init.xavier_normal_,
    "He, s² = 2 / n": lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"),
    "s = 0.25": lambda weight: nn.init.normal_(weight, std=0.25),
}


def network(scheme, depth, inputs, outputs=()):
    """Return a network of `depth` ReLU layers whose weights follow the scheme; its biases are 0."""
    layers = []
    for fan_in in (inputs, *[WIDTH] * (depth - 1)):
        layers += [nn.Linear(fan_in, WIDTH), nn.ReLU()]
    model = nn.Sequential(*layers, *[nn.Linear(WIDTH, size) for size in outputs])
    for layer in model[::2]:
        SCHEMES[scheme](layer.weight)
        nn.init.zeros_(layer.bias)
    return model


def sizes(scheme):
    """Return the root mean square of the activations of each layer."""
    model = network(scheme, DEPTH, WIDTH)
    found = viz.activations(model, tl.randn(100, WIDTH), [str(number) for number in range(1, 2 * DEPTH, 2)])
    return [float((h**2).mean() ** 0.5) for h in found.values()]


def lesson(report, long):
    by_depth = {scheme: sizes(scheme) for scheme in SCHEMES}
    training, held_out = digits(1000)
    trained = {
        scheme: fit(
            network(scheme, 20, 64, outputs=(10,)), training, held_out, 16 if long else 12, lr=0.04, clip=1.0
        ).history
        for scheme in SCHEMES
    }
    rows = [(s, by_depth[s][-1], trained[s][-1]["valid_accuracy"]) for s in SCHEMES]
    report.table(["weights", "activations after 50 layers", "accuracy of 20 layers"], rows)
    small, glorot, he, large = (values[-1] for values in by_depth.values())
    report.claim("with He's weights, activations keep their size within a factor of 10", 0.1 < he < 10)
    report.claim("with Glorot's, they fall as 2^(-depth / 2), within a factor of 10", 0.1 < glorot * 2**25 < 10)
    report.claim("s = 0.05 makes them vanish and s = 0.25 explode", small < 1e-8 and large > 1e8)
    accuracy = {scheme: history[-1]["valid_accuracy"] for scheme, history in trained.items()}
    report.claim("with He's weights, 20 layers learn the digits: over 80 %", accuracy["He, s² = 2 / n"] > 0.8)
    report.claim("with the others they do not: under 60 %", sum(value > 0.6 for value in accuracy.values()) == 1)

    left, right = report.axes(columns=2)
    for scheme in SCHEMES:
        left.semilogy(range(1, DEPTH + 1), by_depth[scheme], label=scheme)
        right.plot([row["epoch"] for row in trained[scheme]], [100 * row["valid_accuracy"] for row in trained[scheme]])
    left.set(title="Size of activations, untrained", xlabel="layer", ylabel="root mean square")
    right.set(title="Training 20 layers", xlabel="epoch", ylabel="held-out accuracy (%)", ylim=(0, 100))
