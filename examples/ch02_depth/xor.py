"""No line computes exclusive or; two ReLUs, one product, or a trained hidden layer do.

A line gets three of the four points right (Minsky and Papert, 1969). Two ReLUs fold the plane so that (0, 1) and (1, 0)
fall on one point, and a line does the rest; with the product x₁ x₂ as a third coordinate no hidden layer is needed.
Gradient descent finds such a layer by itself, but not always with two units only: those that begin switched off, or on
the same side, have no slope to follow. Wider layers have enough units that begin well.
"""

from math import tau

import tensorlab as tl
from tensorlab import nn, optim, viz
from tensorlab.features import Monomials
from tensorlab.models.classic import Perceptron
from tensorlab.nn.functional import binary_cross_entropy_with_logits

X = tl.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = tl.tensor([0, 1, 1, 0])


def most_right(angles, offsets):
    """Return how many of the points the best of many lines gets right."""
    angle = tl.linspace(0, tau, angles)
    heights = X @ tl.stack([tl.cos(angle), tl.sin(angle)])
    above = heights[..., None] > tl.linspace(-1.5, 1.5, offsets)
    return (above == (Y == 1)[:, None, None]).sum(axis=0).max().item()


def folded(x):
    """Return the two hidden units set by hand: how much of x₁ + x₂ is above 0, and above 1."""
    return tl.stack([x.sum(axis=1).relu(), (x.sum(axis=1) - 1).relu()], axis=1)


def by_hand(x):
    """Return scores that are positive where exclusive or is 1."""
    return folded(x) @ tl.tensor([1.0, -2.0]) - 0.5


class Networks(nn.Module):
    """Several networks of one hidden layer, side by side."""

    def __init__(self, count, width):
        super().__init__()
        self.weight, self.bias = nn.Parameter(tl.randn(count, 2, width)), nn.Parameter(tl.randn(count, 1, width))
        self.output = nn.Parameter(tl.randn(count, width, 1) / width**0.5)
        self.offset = nn.Parameter(tl.zeros(count, 1, 1))

    def forward(self, x):
        """Return the scores of points, (n, 2): those of each network, (count, n)."""
        hidden = (x @ self.weight + self.bias).relu()
        return (hidden @ self.output + self.offset)[..., 0]


def trained(count, width, steps):
    """Return networks trained on the four points, and which of them get all right."""
    networks = Networks(count, width)
    optimizer = optim.Adam(networks.parameters(), lr=0.03)
    wanted = tl.broadcast_to(Y.astype("float32"), (count, 4))
    for _ in range(steps):
        optimizer.zero_grad()
        binary_cross_entropy_with_logits(networks(X), wanted, reduction="sum").backward()
        optimizer.step()
    return networks, tl.all((networks(X) > 0) == (Y == 1), axis=1)


def lesson(report, long):
    signs = 2.0 * Y - 1
    report.claim("of 36,000 lines the best gets three points right", most_right(360, 100) == 3)
    report.claim("the perceptron does not converge", not Perceptron().fit(X, signs).converged)
    report.claim("two ReLUs set by hand give all four labels", tl.all((by_hand(X) > 0) == (Y == 1)))

    monomials = Monomials(2, interaction_only=True, include_bias=False)
    product = Perceptron().fit(monomials(X), signs)
    report.claim("with the product as a feature the perceptron converges", product.converged)

    widths, count = [2, 3, 4, 8, 16], 1000 if long else 200
    runs = {width: trained(count, width, 2000 if long else 600) for width in widths}
    shares = [runs[width][1].astype("float64").mean().item() for width in widths]
    report.table(["hidden units", "runs that learn it"], zip(widths, shares, strict=True))
    report.claim("two units learn it in fewer than half of the runs", shares[0] < 0.5)
    report.claim("sixteen learn it in more than 95 % of them", shares[-1] > 0.95)

    line, hand, space, bent, found, chart = report.axes(2, 3, width=3.9)
    networks, succeeded = runs[2]
    first = tl.flatnonzero(succeeded)[0]
    models = {"A line: three of four": lambda x: x.sum(axis=1) - 0.5, "Two ReLUs set by hand": by_hand}
    models |= {"A line with x₁ x₂": lambda x: product(monomials(x)), "Two units, trained": lambda x: networks(x)[first]}
    viz.decision_boundary(models, X, Y, bounds=[(-0.5, 1.5)] * 2, axes=[line, hand, bent, found])
    for ax in (line, hand, bent, found):
        ax.set(xlabel="x₁", ylabel="x₂")
    for label, color in enumerate(viz.style.colors(2)):
        space.plot(*folded(X[label == Y]).T, "o", color=color)
    space.plot([0.4, 2.1], [-0.05, 0.8], "k-", linewidth=1)
    space.set(title="What the two ReLUs see", xlabel="relu(x₁ + x₂)", ylabel="relu(x₁ + x₂ - 1)")
    chart.plot(widths, shares, "o-")
    chart.set(title="Trained networks that succeed", xlabel="hidden units", ylabel="share", ylim=(0, 1.05))
