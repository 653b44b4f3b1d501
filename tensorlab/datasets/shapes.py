"""Images of simple shapes with masks, for segmentation, made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, sin, tau
from operator import index as as_index
from typing import Annotated, Any, Literal

from ..data.dataset import Dataset
from ..ops.arithmetic import clip, hypot, remainder
from ..ops.comparison import where
from ..ops.creation import arange, asarray, full
from ..ops.trigonometric import atan2
from ..options import Count, NonNegative, Size, Sizes, checked
from ..options.kinds import Whole
from ..random import Generator
from ..tensor import Tensor

Seed = Annotated[int, Whole(0, 2**64 - 1)]
SMALLEST, LARGEST = 0.14, 0.3
"""The bounds of radii, as parts of the image's shorter side."""
MOST_CLASSES = 64


def _circle(u: Tensor, v: Tensor) -> Tensor:
    return hypot(u, v) <= 0.8


def _square(u: Tensor, v: Tensor) -> Tensor:
    return (abs(u) <= 0.7) & (abs(v) <= 0.7)


def _triangle(u: Tensor, v: Tensor) -> Tensor:
    slope = 3**0.5
    return (v >= -0.5) & (slope * abs(u) + v <= 1)


def _cross(u: Tensor, v: Tensor) -> Tensor:
    u, v = abs(u), abs(v)
    return ((u <= 0.25) & (v <= 0.9)) | ((v <= 0.25) & (u <= 0.9))


def _ring(u: Tensor, v: Tensor) -> Tensor:
    radius = hypot(u, v)
    return (radius >= 0.5) & (radius <= 0.9)


def _star(points: int) -> Callable[[Tensor, Tensor], Tensor]:
    def inside(u: Tensor, v: Tensor) -> Tensor:
        from_spike = abs(remainder(atan2(v, u) * (points / tau), 1.0) - 0.5)  # 0.5 at a spike, 0 between two
        return hypot(u, v) <= 0.45 + 1.1 * from_spike

    return inside


SHAPES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "circle": _circle, "square": _square, "triangle": _triangle, "cross": _cross, "ring": _ring,
}  # fmt: skip
"""Tests whether points are inside a shape of radius 1 at the origin, by name."""


def _shapes(count: int) -> dict[str, Callable[[Tensor, Tensor], Tensor]]:
    """Return the first `count` shapes: after those with names come stars with more and more points."""
    named = dict(list(SHAPES.items())[:count])
    return named | {f"star{n}": _star(n) for n in range(5, 5 + count - len(named))}


class Shapes(Dataset):
    """Images of circles, squares, triangles and other shapes, with a mask that says which pixel belongs to which.

    An image is uint8 of shape ``(channels, height, width)``, its mask int64 of shape ``(height, width)``: 0 is the
    background, and class ``k`` is ``classes[k]``.

    Parameters
    ----------
    n_samples : int
        The number of images.
    size : int or tuple of int
        Height and width in pixels, or one number for both.
    n_classes : int
        The number of shapes: circle, square, triangle, cross, ring, and stars with 5, 6, 7, ... points.
    max_shapes : int
        The number of shapes in an image is drawn from 1 to this. Later ones cover earlier ones.
    noise : float
        The standard deviation of Gaussian noise on all pixels, where 1 is the distance from black to white.
    channels : int
        1 for grey images, 3 for coloured ones.
    seed : int
        Determines all images, on every backend. Another seed gives other images, for a test set.
    transform : callable, optional
        Applied to each image.
    target_transform : callable, optional
        Applied to each mask.

    Attributes
    ----------
    classes : list of str
        The names of the classes, ``"background"`` first.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    The random numbers of an image depend on the seed and its index alone, so that any image can be made at any time.
    The shapes have radii from 0.14 to 0.3 of the shorter side, any rotation, and their centres inside the image.

    Examples
    --------
    >>> data = tl.datasets.Shapes(100, size=32, noise=0.05, seed=1)
    >>> image, mask = data[0]
    >>> image.shape, mask.shape, data.classes
    ((3, 32, 32), (32, 32), ['background', 'circle', 'square', 'triangle'])
    """

    @checked
    def __init__(
        self,
        n_samples: Count = 1000,
        size: Sizes = 64,
        n_classes: Size = 3,
        max_shapes: Size = 3,
        noise: NonNegative = 0.1,
        channels: Literal[1, 3] = 3,
        seed: Seed = 0,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ) -> None:
        lengths = (size, size) if isinstance(size, int) else tuple(size)
        if len(lengths) != 2:
            raise ValueError(f"Shapes: size must be one number, or height and width, not {size}")
        if n_classes > MOST_CLASSES:
            raise ValueError(f"Shapes: n_classes must be at most {MOST_CLASSES}, not {n_classes}")
        self.n_samples, self.size, self.max_shapes, self.noise = n_samples, lengths, max_shapes, noise
        self.channels, self.seed, self.n_classes = channels, seed, n_classes
        self.transform, self.target_transform = transform, target_transform
        self.classes = ["background", *_shapes(n_classes)]

    def __len__(self) -> int:
        return self.n_samples

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        number = as_index(index)
        if not -self.n_samples <= number < self.n_samples:
            raise IndexError(f"Shapes: index must be in the range of {self.n_samples} samples, not {number}")
        image, mask = self._drawn(number % self.n_samples)
        return (
            image if self.transform is None else self.transform(image),
            mask if self.target_transform is None else self.target_transform(mask),
        )

    def __repr__(self) -> str:
        height, width = self.size
        return f"Shapes({len(self)} images of shape {(self.channels, height, width)}, {self.n_classes} shapes)"

    def _drawn(self, index: int) -> tuple[Tensor, Tensor]:
        """Return an image and its mask."""
        generator = Generator(self.seed << 64 | index)
        height, width = self.size
        background, *shapes = generator.uniform((1 + self.max_shapes, 8)).tolist()
        count = 1 + int(background[0] * self.max_shapes)
        y, x = arange(height).unsqueeze(1) + 0.5, arange(width) + 0.5
        image = full((self.channels, height, width), 0.0) + self._colour(background[1:4], 0.0, 0.35)
        mask = full((height, width), 0, dtype="int64")
        kinds = list(_shapes(self.n_classes).values())
        for draws in shapes[:count]:
            label = int(draws[0] * len(kinds))
            inside = kinds[label](*self._frame(x, y, *draws[1:5]))
            image = where(inside, self._colour(draws[5:8], 0.6, 1.0), image)
            mask = where(inside, label + 1, mask)
        if self.noise:
            image = image + generator.normal(image.shape, std=self.noise)
        return (clip(image, 0.0, 1.0) * 255).round().astype("uint8"), mask

    def _frame(
        self, x: Tensor, y: Tensor, at_x: float, at_y: float, radius: float, turn: float
    ) -> tuple[Tensor, Tensor]:
        """Return the coordinates of the pixels in the frame of a shape; its place, size and rotation are drawn."""
        height, width = self.size
        scale = min(height, width) * (SMALLEST + (LARGEST - SMALLEST) * radius)
        u, v = (x - at_x * width) / scale, (at_y * height - y) / scale
        c, s = cos(tau * turn), sin(tau * turn)
        return c * u + s * v, c * v - s * u

    def _colour(self, draws: list[float], low: float, high: float) -> Tensor:
        """Return a colour whose channels are drawn between two bounds."""
        levels = [low + (high - low) * draw for draw in draws[: self.channels]]
        return asarray(levels, dtype="float32").reshape(-1, 1, 1)
