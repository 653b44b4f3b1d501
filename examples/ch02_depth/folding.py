"""Layers that fold the plane repeat in every fold what follows, so that linear regions multiply.

A layer of n units folds both coordinates n / 2 times: (n / 2)² pieces of the square fall on one another, and what the
last layer draws in the square appears in all of them, mirrored. L such layers have (n / 2) to the power 2 (L - 1) times
the 1 + n + n (n - 1) / 2 regions of the last (Montúfar et al., 2014); they are counted exactly. Folds also compute: x²
is x minus a sum of sawtooths, and each further fold makes the error a quarter (Yarotsky, 2017).
"""

from itertools import pairwise
from math import pi

import tensorlab as tl
from tensorlab import nn
from tensorlab.nn.utils import count_linear_regions


def fold(x, times):
    """Fold each coordinate, from 0 to 1, into as many pieces, which all cover the interval from 0 to 1."""
    corners = tl.arange(times, dtype="float64") / times
    slopes = times * tl.where(tl.arange(times) == 0, 1.0, tl.where(tl.arange(times) % 2 == 1, -2.0, 2.0))
    return tl.relu(x[..., None] - corners) @ slopes.astype("float64")


def lines(x, count):
    """Return the ReLUs of lines near the middle of the square, of which each two cross in the square."""
    angles = pi * (tl.arange(count, dtype="float64") + 0.3) / count
    offsets = 0.03 * tl.cos(7.0 * tl.arange(count, dtype="float64"))
    return tl.relu((x - 0.5) @ tl.stack([tl.cos(angles), tl.sin(angles)]) - offsets)


class Folding(nn.Module):
    """Layers of `width` units: all but the last fold."""

    def __init__(self, layers, width):
        super().__init__()
        self.layers, self.width = layers, width

    def forward(self, x):
        """Return one value for each point of the square, (..., 2)."""
        for _ in range(self.layers - 1):
            x = fold(x, self.width // 2)
        hidden = lines(x, self.width)
        return hidden @ tl.where(tl.arange(self.width) % 2 == 0, 1.0, -1.0).astype("float64")


def montufar(layers, width):
    """Return the number of regions by the formula."""
    return (width // 2) ** (2 * (layers - 1)) * one_layer(width)


def one_layer(units):
    """Return the largest number of regions of the plane for one layer."""
    return 1 + units + units * (units - 1) // 2


def square(x, layers):
    """Return the approximation of x² by folds."""
    result, tooth = x, x
    for layer in range(1, layers + 1):
        tooth = fold(tooth, 2)
        result = result - tooth / 4**layer
    return result


def lesson(report, long):
    corner, sides = tl.zeros(2, dtype="float64"), tl.eye(2, dtype="float64")
    cases = [(layers, width) for width in (4, 6) for layers in ((1, 2, 3, 4) if long else (1, 2, 3))]
    rows = []
    for layers, width in cases:
        counted = count_linear_regions(Folding(layers, width), corner, *sides)
        rows.append((layers, width, counted, montufar(layers, width), one_layer(layers * width)))
    header = ["layers", "units in each", "regions, counted", "formula", "one layer of all units"]
    report.table(header, rows)
    report.claim("the count is the formula in every case", all(row[2] == row[3] for row in rows))
    report.claim(
        "three layers have more regions than one of all their units", all(r[2] > r[4] for r in rows if r[0] > 2)
    )

    x = tl.linspace(0, 1, 4097, dtype="float64")
    depths = [1, 2, 3, 4, 5]
    errors = [abs(square(x, depth) - x**2).max().item() for depth in depths]
    ratios = [before / after for before, after in pairwise(errors)]
    report.table(["folds", "largest error of x²"], zip(depths, errors, strict=True))
    report.claim("each fold makes the error of x² a quarter", all(abs(ratio - 4) < 0.01 for ratio in ratios))

    *planes, chart = report.axes(columns=4, width=3.6)
    grid = tl.linspace(0, 1, 500, dtype="float64")
    points = tl.stack(tl.meshgrid(grid, grid), axis=-1)
    for layers, plane in enumerate(planes, start=1):
        plane.imshow(Folding(layers, 4)(points), extent=(0, 1, 0, 1), origin="lower", cmap="RdBu_r")
        plane.set(title=f"{layers} × 4 units: {montufar(layers, 4)} regions", xlabel="x₁", ylabel="x₂")
    chart.semilogy([2 * depth for depth in depths], errors, "o-", label="folds of two units")
    units = range(2, 11, 2)
    chart.semilogy(units, [1 / (4 * n**2) for n in units], "s--", label="one layer, a polygon")
    chart.set(title="Largest error of x²", xlabel="units")
