"""Rotation, affine maps and perspective: images sampled where a map leads from each pixel of the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, cos, floor, prod, radians, sin, tan, trunc
from typing import Any

from ....backend import backend_of
from ....errors import ShapeError
from ....nn.functional.grid_sampling import grid_sample
from ....ops.comparison import where
from ....ops.declare import composite
from ....ops.indexing import getitem
from ....ops.joining import concat, flip
from ....ops.shapes import broadcast_to, matrix_transpose, reshape
from ....tensor import ArrayT, array_of
from ..arguments import (
    CoefficientsPerImage,
    PairPerImage,
    PerChannel,
    PerImage,
    Points,
    PositivePerImage,
    WarpInterpolation,
)  # fmt: skip
from .images import as_floating, check_entries, check_images, dtype_of, on_batch, per_channel, restored

Matrix = tuple[float, float, float, float, float, float]
Coefficients = tuple[float, ...]


@composite(image="any")
def affine(
    image: ArrayT,
    angle: PerImage,
    translate: PairPerImage,
    scale: PositivePerImage,
    shear: PairPerImage,
    interpolation: WarpInterpolation = "nearest",
    fill: PerChannel | None = None,
    center: Sequence[float] | None = None,
) -> ArrayT:
    """Rotate, shear, scale and move images.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images.
    angle : float or sequence of float
        Clockwise, in degrees. Of a batch, one for each image if it is a sequence; so are the next three.
    translate : pair of float
        The shift to the right and downwards, in pixels.
    scale : float
        The factor by which images grow.
    shear : pair of float
        The angles of shear along the width and the height, in degrees.
    interpolation : {"nearest", "bilinear"}
        The nearest pixel, or linear interpolation of four.
    fill : float or tuple of float, optional
        The value outside of the image, or one for each channel. None is black, to which "bilinear" then blends over one
        pixel.
    center : pair of float, optional
        The (x, y) that rotation, shear and scale leave in place, from the upper left corner; by default the centre.

    Returns
    -------
    Tensor
        The shape and type of `image`; integers are rounded to the nearest.

    Raises
    ------
    ShapeError
        If the number of parameters is not that of the images.
    ValueError
        If `scale` is not positive.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.affine(tl.tensor([[[1, 2, 3]]]), angle=0, translate=(1, 0), scale=1, shear=(0, 0))
    tensor([[[0, 1, 2]]])
    """
    check_images(image)
    around = _from_centre(image, center)
    pairs = {name: pair for name, pair in (("translate", translate), ("shear", shear)) if isinstance(pair[0], tuple)}
    check_entries(image, angle=angle, scale=scale, **pairs)
    matrices = _each(lambda *row: inverse_affine(around, *row), (angle, scale), (translate, shear))
    return _warped(image, matrices, _affine_grid, tuple(image.shape[-2:]), interpolation, fill)


@composite(image="any")
def rotate(
    image: ArrayT,
    angle: PerImage,
    interpolation: WarpInterpolation = "nearest",
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: PerChannel | None = None,
) -> ArrayT:
    """Rotate images.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images.
    angle : float or sequence of float
        Counter-clockwise, in degrees. Of a batch, one for each image if it is a sequence.
    interpolation : {"nearest", "bilinear"}
        The nearest pixel, or linear interpolation of four. Multiples of 90 degrees need none where the result has
        the right shape.
    expand : bool
        Whether the result is as large as the rotated image, rather than as the image; for one angle.
    center : pair of float, optional
        The (x, y) that stays in place, from the upper left corner; by default the centre.
    fill : float or tuple of float, optional
        As in `affine`.

    Returns
    -------
    Tensor
        The type of `image`, and its shape unless `expand` is set; integers are rounded to the nearest.

    Raises
    ------
    ShapeError
        If the number of angles is not that of the images, or `expand` is set for several angles.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.rotate(tl.tensor([[[1, 2], [3, 4]]]), 90)
    tensor([[[2, 4],
             [1, 3]]])
    """
    check_images(image)
    if isinstance(angle, tuple) and expand:
        raise ShapeError("expand=True would make images of several sizes; give one angle")
    check_entries(image, angle=angle)
    size = tuple(image.shape[-2:])
    if not isinstance(angle, Sequence) and center is None:
        quarters, rest = divmod(angle % 360, 90)
        if not rest and (quarters % 2 == 0 or expand or size[0] == size[1]):
            return _quarter_turns(image, int(quarters) % 4)
    around = _from_centre(image, center)
    matrices = _each(lambda a: inverse_affine(around, -(a % 360), 1.0, (0.0, 0.0), (0.0, 0.0)), (angle,))
    new_size = _expanded(matrices, *size) if expand else size
    return _warped(image, matrices, _affine_grid, new_size, interpolation, fill)


@composite(image="any")
def perspective(
    image: ArrayT,
    startpoints: Points | None,
    endpoints: Points | None,
    interpolation: WarpInterpolation = "bilinear",
    fill: PerChannel | None = None,
    coefficients: CoefficientsPerImage | None = None,
) -> ArrayT:
    """Map images so that four points move to four others, and straight lines stay straight.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images.
    startpoints, endpoints : sequence of four pairs of float
        The (x, y) of four points, and where they go.
    interpolation : {"nearest", "bilinear"}
        The nearest pixel, or linear interpolation of four.
    fill : float or tuple of float, optional
        As in `affine`.
    coefficients : sequence of eight float, optional
        Instead of points, the map from each pixel of the result to one of the image, as `perspective_coefficients`
        returns. Of a batch, one such sequence for each image if it is a sequence of these.

    Returns
    -------
    Tensor
        The shape and type of `image`; integers are rounded to the nearest.

    Raises
    ------
    ShapeError
        If the number of maps is not that of the images.
    ValueError
        Unless either points or coefficients are given, or if three points lie on a line.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> corners, wider = [(0, 0), (4, 0), (4, 4), (0, 4)], [(-2, 0), (6, 0), (4, 4), (0, 4)]
    >>> F.perspective(tl.ones(1, 4, 4), corners, wider).shape
    (1, 4, 4)
    """
    check_images(image)
    if (coefficients is None) == (startpoints is None) or (startpoints is None) != (endpoints is None):
        raise ValueError("give either startpoints and endpoints, or coefficients")
    points: Any = (startpoints, endpoints)
    maps = perspective_coefficients(*points) if coefficients is None else coefficients
    several = isinstance(maps[0], tuple)
    return _warped(
        image, list(maps) if several else maps, _perspective_grid, tuple(image.shape[-2:]), interpolation, fill
    )


# -- maps --------------------------------------------------------------------------------------------------------------


def _each(make: Callable[..., Any], numbers: Sequence[Any], pairs: Sequence[Any] = ()) -> Any:
    """Return what `make` returns for one image, or a list for the images of a batch if any value differs among them."""
    several = [isinstance(value, tuple) for value in numbers] + [isinstance(value[0], tuple) for value in pairs]
    values = (*numbers, *pairs)
    if not any(several):
        return make(*values)
    count = len(values[several.index(True)])
    columns = [value if each else (value,) * count for value, each in zip(values, several, strict=True)]
    return [make(*row) for row in zip(*columns, strict=True)]


def inverse_affine(
    center: Sequence[float], angle: float, scale: float, translate: Sequence[float], shear: Sequence[float]
) -> Matrix:
    """Return the map from pixels of the result to those of the image, relative to the image's centre.

    The map of the image is ``T C R S Y X C^-1``: a shear along x and one along y, scale, rotation about `center` and
    translation. The inverse of the linear part is that of its two-by-two matrix, whose determinant is ``scale ** 2``.
    """
    rotation, shear_x, shear_y = map(radians, (angle, *shear))
    a = cos(rotation - shear_y) / cos(shear_y)
    b = -a * tan(shear_x) - sin(rotation)
    c = sin(rotation - shear_y) / cos(shear_y)
    d = cos(rotation) - c * tan(shear_x)
    x, y = center
    moved_x, moved_y = x + translate[0], y + translate[1]
    a, b, c, d = d / scale, -b / scale, -c / scale, a / scale
    return a, b, x - a * moved_x - b * moved_y, c, d, y - c * moved_x - d * moved_y


@composite()
def perspective_coefficients(startpoints: Points, endpoints: Points) -> Coefficients:
    """Return ``(a, ..., h)`` of the map that takes four end points to start points.

    It takes (x, y) to ``((a x + b y + c) / (g x + h y + 1), (d x + e y + f) / (g x + h y + 1))``. Both quadrilaterals
    are images of the unit square (Heckbert, Fundamentals of texture mapping, 1989, section 2.2.3).

    Parameters
    ----------
    startpoints, endpoints : sequence of four pairs of float
        The (x, y) of four points, and where they go.

    Returns
    -------
    tuple of eight float
        The coefficients.

    Raises
    ------
    ValueError
        If there are not four points, or three of them lie on a line.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.perspective_coefficients([(0, 0), (1, 0), (1, 1), (0, 1)], [(0, 0), (2, 0), (2, 2), (0, 2)])
    (0.5, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0)
    """
    to_start, from_end = _from_square(startpoints), _adjugate(_from_square(endpoints))
    product = [
        sum(to_start[3 * row + k] * from_end[3 * k + column] for k in range(3))
        for row in range(3)
        for column in range(3)
    ]
    if not product[8]:
        raise ValueError(f"no map takes {endpoints} to {startpoints}: three points lie on a line")
    return tuple(entry / product[8] for entry in product[:8])


def _from_square(points: Any) -> list[float]:
    """Return the matrix, row by row, of the map from the corners of the unit square to four points."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = [(float(x), float(y)) for x, y in points]
    sum_x, sum_y = x0 - x1 + x2 - x3, y0 - y1 + y2 - y3
    determinant = (x1 - x2) * (y3 - y2) - (x3 - x2) * (y1 - y2)
    if not determinant:
        raise ValueError(f"three of the points {points} lie on a line")
    g = (sum_x * (y3 - y2) - sum_y * (x3 - x2)) / determinant
    h = (sum_y * (x1 - x2) - sum_x * (y1 - y2)) / determinant
    return [x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1.0]


def _adjugate(m: Sequence[float]) -> list[float]:
    a, b, c, d, e, f, g, h, i = m
    return [
        e * i - f * h,
        c * h - b * i,
        b * f - c * e,
        f * g - d * i,
        a * i - c * g,
        c * d - a * f,
        d * h - e * g,
        b * g - a * h,
        a * e - b * d,
    ]


def _from_centre(image: Any, center: Any) -> tuple[float, float]:
    """Return a place given from the upper left corner as one from the centre."""
    if center is None:
        return 0.0, 0.0
    if len(center) != 2:
        raise ValueError(f"center must be (x, y), not {center}")
    return center[0] - 0.5 * image.shape[-1], center[1] - 0.5 * image.shape[-2]


def _expanded(matrix: Matrix, height: int, width: int) -> tuple[int, int]:
    """Return the size of the smallest image that holds the rotated one, as Pillow computes it."""
    new = []
    for length, (a, b, c) in ((height, matrix[3:]), (width, matrix[:3])):
        ends = [a * x + b * y + c + length / 2 for x in (-width / 2, width / 2) for y in (-height / 2, height / 2)]
        low, high = (trunc(end * 1e4) * 1e-4 for end in (min(ends), max(ends)))  # rounding must not add a pixel
        new.append(ceil(high) - floor(low))
    return new[0], new[1]


def _quarter_turns(image: Any, turns: int) -> Any:
    """Return images turned counter-clockwise by multiples of 90 degrees."""
    turned = matrix_transpose(image) if turns % 2 else image
    axes = {0: (), 1: (-2,), 2: (-2, -1), 3: (-1,)}[turns]
    return flip(turned, axis=axes) if axes else turned


# -- sampling ----------------------------------------------------------------------------------------------------------


def _affine_grid(values: Any, maps: Any, size: tuple[int, int], old: tuple[int, int]) -> Any:
    """Return the places that affine maps lead to, between -1 and 1."""
    x, y = _places(values, size, [(1 - length) / 2 for length in size])
    a, b, c, d, e, f = _entries(values, maps, [2 / old[1]] * 3 + [2 / old[0]] * 3)
    return _stacked(x * a + y * b + c, x * d + y * e + f)


def _perspective_grid(values: Any, maps: Any, size: tuple[int, int], old: tuple[int, int]) -> Any:
    """Return the places that perspective maps lead to, between -1 and 1."""
    x, y = _places(values, size, (0.5, 0.5))
    a, b, c, d, e, f, g, h = _entries(values, maps, [2 / old[1]] * 3 + [2 / old[0]] * 3 + [1.0] * 2)
    depth = x * g + y * h + 1.0
    return _stacked((x * a + y * b + c) / depth - 1.0, (x * d + y * e + f) / depth - 1.0)


def _places(values: Any, size: tuple[int, int], starts: Sequence[float]) -> tuple[Any, Any]:
    """Return the x and the y of the pixels of the result, for arithmetic with the entries of maps."""
    array: Any = array_of(values)
    xp = backend_of(array).xp
    y, x = (
        xp.arange(length, dtype=array.dtype, device=array.device) + start
        for length, start in zip(size, starts, strict=True)
    )
    return xp.reshape(x, (1, 1, -1)), xp.reshape(y, (1, -1, 1))


def _entries(values: Any, maps: Any, factors: Sequence[float]) -> list[Any]:
    """Return each entry of the maps, times its factor, as an array of shape (maps, 1, 1)."""
    array: Any = array_of(values)
    backend = backend_of(array)
    scaled = [[entry * factor for entry, factor in zip(row, factors, strict=True)] for row in maps]
    rows = backend.asarray(scaled, dtype=array.dtype, device=array.device)
    return [backend.xp.reshape(rows[:, k], (-1, 1, 1)) for k in range(rows.shape[1])]


def _stacked(x: Any, y: Any) -> Any:
    return backend_of(x).xp.stack((x, y), axis=-1)


def _warped(image: Any, maps: Any, grid: Callable[..., Any], size: Any, interpolation: str, fill: Any) -> Any:
    """Return images sampled where maps lead: one map for all, or a list with one for each image of a batch."""
    if 0 in image.shape:
        return reshape(image, (*image.shape[:-2], *size)) if 0 in image.shape[:-2] else image
    old = tuple(image.shape[-2:])

    def sampled(x: Any, own: Any = maps) -> Any:
        values = as_floating(x)
        batch = reshape(values, (prod(x.shape[:-3]), *x.shape[-3:]))
        rows = [row for row in own for _ in range(prod(x.shape[1:-3]))] if isinstance(own, list) else [own]
        places = grid(values, rows, size, old)
        places = broadcast_to(places, (batch.shape[0], *places.shape[1:]))
        result = _filled(batch, places, interpolation, fill)
        return restored(reshape(result, (*x.shape[:-2], *size)), dtype_of(x))

    return on_batch(sampled, image, coefficients=maps) if isinstance(maps, list) else on_batch(sampled, image)


def _filled(batch: Any, places: Any, interpolation: str, fill: Any) -> Any:
    """Return samples of images, with a value outside of them: how much of a sample is inside is sampled as well."""
    if fill is None:
        return grid_sample(batch, places, interpolation, align_corners=False)  # type: ignore[arg-type]
    array: Any = array_of(batch)
    ones = backend_of(array).xp.ones((batch.shape[0], 1, *batch.shape[-2:]), dtype=array.dtype, device=array.device)
    both = grid_sample(concat([batch, ones], axis=1), places, interpolation, align_corners=False)  # type: ignore[arg-type]
    values, inside = getitem(both, (slice(None), slice(-1))), getitem(both, (slice(None), slice(-1, None)))
    outside = per_channel("fill", fill, batch)
    if interpolation == "nearest":
        return where(inside < 0.5, outside, values)
    return (values - outside) * inside + outside
