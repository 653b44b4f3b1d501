"""Depth allows exponentially many linear regions, of which random networks use hardly any.

A network of ReLUs is linear in pieces, which are counted here exactly. A layer of n units divides the plane into
1 + n + n (n - 1) / 2 regions at most, as n lines do (Zaslavsky, 1975), and random lines reach that. Layers of two units
that fold a line make 2ᴸ pieces of it (Telgarsky, 2015). Random layers do not fold: on a line through their input,
networks of 48 units have about as many pieces whether they are wide or deep (Hanin and Rolnick, 2019).
"""

import tensorlab as tl
from tensorlab import nn
from tensorlab.nn.utils import count_linear_regions

SHAPES = [(48,), (24, 24), (16, 16, 16), (12, 12, 12, 12), (8, 8, 8, 8, 8, 8)]


def network(inputs, widths):
    """Return a random network of ReLUs with one output."""
    layers = []
    for before, width in zip((inputs, *widths), widths, strict=False):
        linear = nn.Linear(before, width)
        nn.init.kaiming_normal_(linear.weight)
        nn.init.normal_(linear.bias, std=0.5)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(widths[-1], 1)).to("float64")


def in_plane(model, half):
    """Return the number of regions in the square of points with coordinates from -half to half."""
    directions = 2 * half * tl.eye(2, dtype="float64")
    return count_linear_regions(model, tl.full(2, -half, dtype="float64"), *directions)


def on_line(model):
    """Return the number of pieces on a line through the origin, of length 6 and random direction."""
    end = 3 * nn.functional.normalize(tl.randn(2, dtype="float64"), axis=0)
    return count_linear_regions(model, -end, 2 * end)


def folds(depth):
    """Return a network whose layers each fold the interval from 0 to 1 in the middle."""
    layers = []
    for _ in range(depth):
        first, second = nn.Linear(1, 2), nn.Linear(2, 1)
        first.load_state_dict({"weight": [[2.0], [4.0]], "bias": [0.0, -2.0]})
        second.load_state_dict({"weight": [[1.0, -1.0]], "bias": [0.0]})
        layers += [first, nn.ReLU(), second]
    return nn.Sequential(*layers).to("float64")


def lesson(report, long):
    sizes = [2, 4, 8, 12, 24] if long else [2, 4, 8, 12]
    rows = [(n, in_plane(network(2, (n,)), 1e5), 1 + n + n * (n - 1) // 2) for n in sizes]
    report.table(["units", "regions, counted", "formula"], rows, "one random layer, in the plane")
    report.claim("a random layer reaches the formula", all(row[1] == row[2] for row in rows))

    depths = list(range(1, 11))
    start, step = tl.zeros(1, dtype="float64"), tl.ones(1, dtype="float64")
    pieces = [count_linear_regions(folds(depth), start, step) for depth in depths]
    report.claim("L folds make 2ᴸ pieces of a line", pieces == [2**depth for depth in depths])

    draws = 200 if long else 30
    counts = [sum(on_line(network(2, shape)) for _ in range(draws)) / draws for shape in SHAPES]
    names = [" - ".join(map(str, shape)) for shape in SHAPES]
    possible = [(shape[0] + 1) ** len(shape) for shape in SHAPES]
    report.table(["units in the layers", "pieces", "possible"], zip(names, counts, possible, strict=True), "on a line")
    near = all(0.5 < count / counts[0] < 1.2 for count in counts)
    report.claim("random deep networks have 0.5 to 1.2 times the pieces of a wide layer", near)
    report.claim("that is less than a thousandth of what six layers could have", counts[-1] < possible[-1] / 1000)

    ax, plane, bars = report.axes(columns=3)
    x = tl.linspace(0, 1, 1025, dtype="float64")[:, None]
    for depth in (1, 2, 4):
        ax.plot(x, folds(depth)(x).detach(), label=f"L = {depth}: {2**depth} pieces")
    ax.set(title="L layers that fold", xlabel="x", ylim=(-0.05, 1.5))
    model = network(2, (8, 8, 8))
    grid = tl.linspace(-3, 3, 400, dtype="float64")
    points = tl.stack(tl.meshgrid(grid, grid), axis=-1).requires_grad_()
    model(points).sum().backward()
    slopes = tl.atan2(points.grad[..., 1], points.grad[..., 0])
    plane.imshow(slopes, extent=(-3, 3, -3, 3), origin="lower", cmap="twilight", interpolation="nearest")
    plane.set(title=f"Random 8 - 8 - 8: {in_plane(model, 3)} regions", xlabel="x₁", ylabel="x₂")
    bars.barh(names, counts, color="#3f90da")
    bars.invert_yaxis()
    bars.set(title="Random networks of 48 units", xlabel="pieces of a line", ylabel="units in the layers")
