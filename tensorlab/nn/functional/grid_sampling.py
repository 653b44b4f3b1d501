"""Sampling images on a grid, and grids of affine maps (spatial transformers)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any, Literal

from ...backend import backend_of
from ...errors import ShapeError
from ...ops.comparison import where
from ...ops.declare import composite, require
from ...ops.indexing import take
from ...ops.padding import pad_constant
from ...ops.shapes import expand_dims, permute_dims, reshape
from ...tensor import ArrayT, array_of
from .resampling import cubic_weights

SamplingMode = Literal["bilinear", "nearest", "bicubic"]
PaddingMode = Literal["zeros", "border", "reflection"]


@composite(input="floating", grid="real floating")
def grid_sample(
    input: ArrayT,
    grid: ArrayT,
    mode: SamplingMode = "bilinear",
    padding_mode: PaddingMode = "zeros",
    align_corners: bool | None = None,
) -> ArrayT:
    """Sample images at the places of a grid.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, height, width) or (batch, channels, depth, height, width)
        The images.
    grid : Tensor, shape (batch, *out, 2) or (batch, *out, 3), with as many axes `out` as there are spatial ones
        The places (x, y) or (x, y, z), x along the width: -1 is the start of an axis and 1 its end.
    mode : {"bilinear", "nearest", "bicubic"}
        Linear interpolation along each axis, the nearest pixel, or cubic interpolation of four neighbours with
        ``a = -0.75`` (two spatial axes only).
    padding_mode : {"zeros", "border", "reflection"}
        Values outside of the image: zeros, the pixels at its border, or its mirror image.
    align_corners : bool, optional
        Whether -1 and 1 are the centres of the first and the last pixel, or their outer edges (the default).

    Returns
    -------
    Tensor
        Shape ``(batch, channels, *out)``. The gradient with respect to the grid is that of the interpolation; it is
        zero along an axis on which a place was clipped to the border, and everywhere for "nearest".

    Raises
    ------
    ShapeError
        If the shapes of images and grid do not match.
    ValueError
        If a mode is not one of these.

    Examples
    --------
    >>> x = tl.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> tl.nn.functional.grid_sample(x, tl.tensor([[[[0.0, 0.0], [1.0, 1.0]]]]), align_corners=True)
    tensor([[[[2.5, 4. ]]]])
    """
    require("grid_sample", "floating", input=input)
    require("grid_sample", "real floating", grid=grid)
    _check_grid(tuple(input.shape), tuple(grid.shape), mode)
    return _sampled(input, grid, mode, padding_mode, bool(align_corners))


def _check_grid(x: Sequence[int], grid: Sequence[int], mode: str) -> None:
    ndim = len(x) - 2
    if ndim not in (2, 3):
        raise ShapeError(f"images must have 4 or 5 axes, (batch, channels, *spatial), not shape {x}")
    if len(grid) != len(x) or grid[-1] != ndim:
        raise ShapeError(
            f"for images of shape {x} the grid must have {len(x)} axes, the last of length {ndim}, not shape {grid}"
        )
    if grid[0] != x[0]:
        raise ShapeError(f"axis 0 of images of shape {x} and of a grid of shape {grid} must be the same batch")
    if 0 in x[2:]:
        raise ShapeError(f"images of shape {x} have no pixels")
    if mode == "bicubic" and ndim != 2:
        raise ShapeError(f"mode 'bicubic' is for images of 4 axes, not shape {x}")


def _sampled(input: Any, grid: Any, mode: str, padding_mode: str, align_corners: bool) -> Any:
    """Return the weighted sum of the neighbours of each place."""
    batch, channels, *size = input.shape
    ndim, out = len(size), tuple(grid.shape[1:-1])
    places = reshape(grid, (batch, prod(out), ndim))
    taps = []
    for axis, length in enumerate(size):
        place = _unnormalized(places[:, :, ndim - 1 - axis], length, align_corners)
        taps.append(_taps(place, length, mode, padding_mode, align_corners))

    images = permute_dims(input, (0, *range(2, ndim + 2), 1))
    if padding_mode == "zeros":
        images = pad_constant(images, ((0, 0), *((1, 1),) * ndim, (0, 0)))
    pixels = reshape(images, (-1, channels))
    xp = backend_of(array_of(grid)).xp
    first = xp.reshape(xp.arange(batch, dtype=xp.int64, device=array_of(grid).device), (batch, 1))
    total: Any = None
    for neighbours in product(*taps):
        index, weight = first, None
        for length, (along, factor) in zip(images.shape[1:-1], neighbours, strict=True):
            index = index * length + along
            weight = factor if weight is None else weight * factor
        part = take(pixels, index, axis=0)
        if weight is not None:
            part = part * expand_dims(weight, axis=2)
        total = part if total is None else total + part
    return permute_dims(reshape(total, (batch, *out, channels)), (0, ndim + 1, *range(1, ndim + 1)))


def _unnormalized(place: Any, length: int, align_corners: bool) -> Any:
    """Return places between -1 and 1 as places in pixels."""
    if align_corners:
        return (place + 1.0) * ((length - 1) / 2)
    return ((place + 1.0) * length - 1.0) * 0.5


def _taps(place: Any, length: int, mode: str, padding_mode: str, align_corners: bool) -> list[tuple[Any, Any]]:
    """Return (index, weight) of each neighbour along an axis; with "zeros" indices include the padding."""
    xp = backend_of(array_of(place)).xp

    def moved_inside(x: Any) -> Any:
        if padding_mode == "reflection":
            x = _reflected(x, length, align_corners)
        return x if padding_mode == "zeros" else _clipped(x, length)

    def index_at(x: Any) -> Any:
        if padding_mode == "zeros":
            # Places outside, and NaN, are mapped to the border of zeros.
            x = xp.where((x >= -1) & (x <= length), x, xp.asarray(-1.0, dtype=x.dtype, device=x.device)) + 1
        return xp.astype(_clipped(x, length + 2 * (padding_mode == "zeros")), xp.int64)

    if mode != "bicubic":
        place = moved_inside(place)
    numbers = array_of(place)
    if mode == "nearest":
        return [(index_at(xp.round(numbers)), None)]
    start = xp.floor(numbers)
    part = place - start
    if mode == "bilinear":
        return [(index_at(start), 1.0 - part), (index_at(start + 1), part)]
    return [(index_at(moved_inside(start + (k - 1))), weight) for k, weight in enumerate(cubic_weights(part, -0.75))]


def _clipped(place: Any, length: int) -> Any:
    """Clip places to the image, NaN to its start; clipped places have no gradient."""
    numbers = array_of(place)
    xp = backend_of(numbers).xp
    border = xp.astype(numbers >= length - 1, numbers.dtype) * (length - 1)
    return where((numbers > 0) & (numbers < length - 1), place, border)


def _reflected(place: Any, length: int, align_corners: bool) -> Any:
    """Reflect places into the image: at the centres of its outer pixels, or at their edges."""
    low, span = (0.0, length - 1) if align_corners else (-0.5, length)
    if not span:
        return place
    numbers = array_of(place)
    xp = backend_of(numbers).xp
    distance = xp.abs(numbers - low)
    flips = xp.floor(distance / span)
    # Inside the image, mirrored an even or an odd number of times; the place is slope * place + offset.
    turned = flips % 2
    slope = xp.where(numbers < low, 2 * turned - 1, 1 - 2 * turned)
    offset = low - slope * low + xp.where(turned == 1, (flips + 1) * span, -flips * span)
    return place * slope + offset


@composite(theta="real floating")
def affine_grid(theta: ArrayT, size: Sequence[int], align_corners: bool | None = None) -> ArrayT:
    """Return the grid of an affine map, for `grid_sample` (Jaderberg et al., 2015).

    Parameters
    ----------
    theta : Tensor, shape (batch, 2, 3) or (batch, 3, 4)
        The maps: each a matrix, with the translation in the last column.
    size : sequence of int
        The shape of the resulting images: (batch, channels, height, width) or (batch, channels, depth, height, width).
    align_corners : bool, optional
        As in `grid_sample`.

    Returns
    -------
    Tensor
        Shape ``(batch, height, width, 2)`` or ``(batch, depth, height, width, 3)``.

    Raises
    ------
    ShapeError
        If maps and size do not match.

    Examples
    --------
    >>> turn = tl.tensor([[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]])
    >>> tl.nn.functional.affine_grid(turn, (1, 1, 1, 2), align_corners=True)
    tensor([[[[ 0., -1.],
              [ 0.,  1.]]]])
    """
    require("affine_grid", "real floating", theta=theta)
    size = tuple(size)
    ndim = len(size) - 2
    if ndim not in (2, 3) or min(size) < 1:
        raise ShapeError(f"size must be four or five positive numbers, (batch, channels, *spatial), not {size}")
    if tuple(theta.shape) != (size[0], ndim, ndim + 1):
        raise ShapeError(
            f"for images of shape {size} the maps must have shape {(size[0], ndim, ndim + 1)}, not {tuple(theta.shape)}"
        )
    numbers = array_of(theta)
    xp = backend_of(numbers).xp
    maps = expand_dims(theta, axis=tuple(range(1, ndim + 1)))
    grid: Any = maps[..., ndim]
    for axis, length in enumerate(size[2:]):
        last = 1.0 if align_corners else (length - 1) / length
        along = xp.linspace(-last, last, length, dtype=numbers.dtype, device=numbers.device) if length > 1 else None
        if along is not None:
            places = xp.reshape(along, (length,) + (1,) * (ndim - axis))
            grid = grid + maps[..., ndim - 1 - axis] * places
    return grid
