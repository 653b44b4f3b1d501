"""The data sets, and the functions of their coordinates that a network can see."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import tau
from typing import Literal

from ..datasets import make_blobs, make_checkerboard, make_moons, make_spirals, make_surface, make_xor
from ..datasets.points import labelled_points, on_circle
from ..datasets.surfaces import Surface
from ..ops.creation import DeviceLike, asarray, linspace, meshgrid
from ..ops.exponential import exp
from ..ops.joining import stack
from ..ops.trigonometric import sin
from ..random import Generator
from ..tensor import Tensor

Problem = Literal["classification", "regression"]
SetName = Literal["circle", "xor", "gauss", "spiral", "moons", "checkerboard", "plane", "saddle", "waves"]
Feature = Literal["x1", "x2", "x1_squared", "x2_squared", "x1x2", "sin_x1", "sin_x2"]
Maker = Callable[[int, float, Generator], tuple[Tensor, Tensor]]

RADIUS, EXTENT = 5.0, 6.0
"""How far from the origin most of the points lie, and how far the pictures reach along each axis."""


# Each set is made within a radius of about 1.


def _circle(count: int, noise: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Make a disk inside a ring: `make_circles` draws lines."""
    parts = []
    for number, (inner, outer) in zip((count // 2, count - count // 2), ((0.7, 1.0), (0.0, 0.5))):
        radius = generator.uniform((number, 1), inner, outer)
        parts.append(radius * on_circle(generator.uniform((number,), 0.0, tau)))
    return labelled_points(parts, noise / 2, True, generator)


def _gauss(count: int, noise: float, generator: Generator) -> tuple[Tensor, Tensor]:
    centers = [[-0.4, -0.4], [0.4, 0.4]]
    return make_blobs(count, centers=centers, cluster_std=0.14 + noise / 2, generator=generator)


def _moons(count: int, noise: float, generator: Generator) -> tuple[Tensor, Tensor]:
    points, classes = make_moons(count, noise / 2, generator=generator)
    return (points - asarray([0.5, 0.25])) / 1.5, classes


def _surface(
    function: Surface | Callable[[Tensor, Tensor], Tensor], count: int, noise: float, generator: Generator
) -> tuple[Tensor, Tensor]:
    points, values = make_surface(count, function, noise / 2, generator=generator)
    return points, values[:, 0]


def _hills(x: Tensor, y: Tensor) -> Tensor:
    """Return the sum of six Gaussian hills and valleys, alternating."""
    total = 0.0 * x
    for column, center_x in enumerate((-0.75, 0.0, 0.75)):
        for row, center_y in enumerate((-0.5, 0.5)):
            square = (x - center_x) ** 2 + (y - center_y) ** 2
            total = total + (-1) ** (row + column) * exp(-12 * square)
    return total


SETS: dict[Problem, dict[SetName, Maker]] = {
    "classification": {
        "circle": _circle,
        "xor": lambda count, noise, generator: make_xor(count, noise / 2, generator=generator),
        "gauss": _gauss,
        "spiral": lambda count, noise, generator: make_spirals(count, noise / 10, turns=1.75, generator=generator),
        "moons": _moons,
        "checkerboard": lambda count, noise, generator: make_checkerboard(count, noise / 2, generator=generator),
    },
    "regression": {
        "plane": partial(_surface, "plane"),
        "gauss": partial(_surface, _hills),
        "saddle": partial(_surface, "saddle"),
        "waves": partial(_surface, "waves"),
    },
}
"""The functions that make the data sets: points, and their classes (0 and 1) or values (from -1 to 1)."""

FEATURES: dict[Feature, Callable[[Tensor, Tensor], Tensor]] = {
    "x1": lambda x1, x2: x1,
    "x2": lambda x1, x2: x2,
    "x1_squared": lambda x1, x2: x1**2,
    "x2_squared": lambda x1, x2: x2**2,
    "x1x2": lambda x1, x2: x1 * x2,
    "sin_x1": lambda x1, x2: sin(x1),
    "sin_x2": lambda x1, x2: sin(x2),
}
"""What a network can see of a point."""


def make_set(problem: Problem, name: SetName, count: int, noise: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Return points, shape ``(count, 2)``, and their classes or values, float32 of shape ``(count,)``."""
    points, targets = SETS[problem][name](count, noise, generator)
    return RADIUS * points, targets.astype("float32")


def features_of(points: Tensor, names: tuple[Feature, ...]) -> Tensor:
    """Return features of points, shape ``(N, features)``."""
    return stack([FEATURES[name](points[:, 0], points[:, 1]) for name in names], axis=1)


def grid(resolution: int, device: DeviceLike = None) -> Tensor:
    """Return the centres of the pixels of a picture, row by row from the top: shape ``(resolution**2, 2)``."""
    edge = EXTENT * (1 - 1 / resolution)
    side = linspace(-edge, edge, resolution, device=device)
    columns, rows = meshgrid(side, -side)
    return stack([columns.flatten(), rows.flatten()], axis=1)
