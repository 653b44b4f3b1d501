"""Backpropagation is a diagram of modules, run backwards.

The network of the modules made by hand has a branch around a layer and two rivals for a maximum. Its gradients come
from those of the modules, called in reverse order; where the diagram branches, Duplicate adds them up. They equal those
of automatic differentiation, which does the same with every operation, and an optimizer trains with them.
"""

from math import sqrt

import tensorlab as tl
from tensorlab import datasets, nn, optim, viz

from .modules import add, duplicate, linear, log_softmax, maximum, relu

BLOCKS = (
    ("x", 0, 1), ("Linear", 1, 1), ("ReLU", 2, 1), ("Duplicate", 3, 1), ("Linear", 4, 2), ("ReLU", 5, 2), ("Add", 6, 1),
    ("Duplicate", 7, 1), ("Linear", 8, 2), ("Linear", 8, 0), ("Max", 9, 1), ("LogSoftMax", 10.2, 1),
)  # fmt: skip
ARROWS = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (3, 6), (6, 7), (7, 8), (7, 9), (8, 10), (9, 10), (10, 11)]


def network(p, x):
    """Return the log-probabilities, and the function from their gradient to those of the eight parameters."""
    a, linear1 = linear(x, p[0], p[1])
    a, relu1 = relu(a)
    (a, branch), duplicate1 = duplicate(a)
    a, linear2 = linear(a, p[2], p[3])
    a, relu2 = relu(a)
    a, add1 = add(a, branch)
    (a, b), duplicate2 = duplicate(a)
    a, linear3 = linear(a, p[4], p[5])
    b, linear4 = linear(b, p[6], p[7])
    a, maximum1 = maximum(a, b)
    a, log_softmax1 = log_softmax(a)

    def backward(g):
        (g,) = log_softmax1(g)
        g, h = maximum1(g)
        g, *d3 = linear3(g)
        h, *d4 = linear4(h)
        (g,) = duplicate2(g, h)
        g, branch = add1(g)
        (g,) = relu2(g)
        g, *d2 = linear2(g)
        (g,) = duplicate1(g, branch)
        (g,) = relu1(g)
        g, *d1 = linear1(g)
        return [*d1, *d2, *d3, *d4]

    return a, backward


def loss(p, x, labels):
    """Return the mean negative log-likelihood, by the forward functions alone."""
    return -network(p, x)[0][tl.arange(len(labels)), labels].mean()


def draw_diagram(ax):
    """Draw the blocks of the network, with arrows along which values (dark) and gradients (red) flow."""
    for start, end in ARROWS:
        (_, x0, y0), (_, x1, y1) = BLOCKS[start], BLOCKS[end]
        for style, color, up in (("->", "#222222", 0.12), ("<-", "#bd1f01", -0.12)):
            arrow = {"arrowstyle": style, "color": color, "shrinkA": 25, "shrinkB": 25}
            ax.annotate("", (x1, y1 + up), (x0, y0 + up), arrowprops=arrow)
    for name, x, y in BLOCKS:
        ax.text(x, y, name, ha="center", va="center", fontsize=7.5, bbox={"boxstyle": "round", "fc": "#dcebf9"})
    ax.set(title="Values flow to the right, gradients to the left", xlim=(-0.3, 10.7), ylim=(-0.5, 2.5))
    ax.axis("off")


def lesson(report, long):
    x, labels = datasets.make_spirals(900 if long else 300, noise=0.02, n_arms=3, turns=1.0)
    x, width = x.astype("float64"), 32
    shapes = [(width, 2), (width, width), (3, width), (3, width)]
    p = [tl.randn(*shape, dtype="float64") * sqrt(2 / shape[1]) for shape in shapes]
    p = [tensor for weight in p for tensor in (weight, tl.zeros(len(weight), dtype="float64"))]
    wanted = nn.functional.one_hot(labels, 3).astype("float64") / len(x)
    automatic = tl.grad(loss)(p, x, labels)
    by_hand = network(p, x)[1](-wanted)
    largest = max(abs(g - h).max().item() for g, h in zip(automatic, by_hand, strict=True))
    report.value("largest difference from automatic gradients", largest)
    report.claim("the network's gradients are the automatic ones to 1e-12", largest < 1e-12)

    optimizer, losses = optim.Adam(p, lr=0.01), []
    for _ in range(2000 if long else 400):
        y, backward = network(p, x)
        losses.append(-(y * wanted).sum().item())
        for parameter, gradient in zip(p, backward(-wanted), strict=True):
            parameter.grad = gradient
        optimizer.step()
    right = (network(p, x)[0].argmax(axis=1) == labels).astype("float64").mean()
    report.value("accuracy of the network trained with them", right)
    report.claim("trained with them, it separates the spirals", right > 0.98)

    draw_diagram(report.axes(width=11, height=2.6))
    plane, curve = report.axes(columns=2)
    viz.decision_boundary(lambda x: network(p, x)[0], x, labels, axes=plane)
    plane.set(title="What it learned", xlabel="x₁", ylabel="x₂")
    curve.semilogy(losses)
    curve.set(title="Trained with gradients made by hand", xlabel="step", ylabel="cross entropy")
