"""Resizing, of whole images and of parts of them."""

from __future__ import annotations

from typing import Any

from ....backend.dtypes import DType
from ....errors import ShapeError
from ....nn.functional.resampling import cheapest_order, interpolate_axis
from ....ops.arithmetic import clip
from ....ops.declare import composite
from ....ops.indexing import getitem
from ....ops.joining import stack
from ....ops.shapes import astype
from ....options import Size, Sizes
from ....tensor import ArrayT
from ..arguments import IntegerPerImage, Interpolation, SizePerImage
from .cropping import crop, enclosing, window
from .images import as_floating, check_entries, check_images, dtype_of, on_batch, restored


@composite(image="any")
def resize(
    image: ArrayT,
    size: Sizes | None,
    interpolation: Interpolation = "bilinear",
    max_size: Size | None = None,
    antialias: bool = True,
) -> ArrayT:
    """Resize images.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images.
    size : int, tuple of int or None
        The height and width of the result; or the length of its shorter side, which keeps the aspect ratio. None, with
        `max_size`, makes that the length of the longer side.
    interpolation : {"nearest", "nearest-exact", "bilinear", "bicubic", "lanczos"}
        How values are interpolated.
    max_size : int, optional
        The largest length of the longer side, where `size` is that of the shorter one.
    antialias : bool
        Whether filters are widened where images shrink, as in Pillow; without effect on "nearest".

    Returns
    -------
    Tensor
        Shape ``(..., channels, *size)``, in the type of `image`; integers are rounded to the nearest.

    Raises
    ------
    ValueError
        If `size` and `max_size` contradict each other.
    ShapeError
        If the result would be empty.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.resize(tl.tensor([[[0.0, 1.0]]]), (1, 4))
    tensor([[[0.  , 0.25, 0.75, 1.  ]]])
    >>> F.resize(tl.zeros(3, 480, 640), 224).shape
    (3, 224, 298)
    """
    check_images(image)
    height, width = resized_size(tuple(image.shape[-2:]), size, max_size)
    return on_batch(lambda x: _resized(x, height, width, interpolation, antialias), image)


def resized_size(old: Any, size: Any, max_size: int | None) -> tuple[int, int]:
    """Return the height and width after resizing."""
    height, width = old
    sides = size if isinstance(size, tuple) else None if size is None else (size,)
    if sides is not None and len(sides) not in (1, 2):
        raise ValueError(f"size must be the length of the shorter side, or (height, width), not {size}")
    if sides is not None and len(sides) == 2:
        if max_size is not None:
            raise ValueError(f"max_size={max_size} needs a size that is the length of the shorter side, not {size}")
        return sides
    short, long = min(old), max(old)
    if not short:
        raise ShapeError(f"an image of height {height} and width {width} has no aspect ratio")
    if sides is None:
        if max_size is None:
            raise ValueError("size=None needs a max_size")
        new = (int(max_size * short / long), max_size)
    else:
        new = (sides[0], int(sides[0] * long / short))
        if max_size is not None:
            if max_size <= sides[0]:
                raise ValueError(f"max_size={max_size} must be greater than size={sides[0]}, the shorter side")
            new = (int(max_size * new[0] / new[1]), max_size) if new[1] > max_size else new
    return new if height <= width else new[::-1]


def _resized(image: Any, height: int, width: int, mode: str, antialias: bool) -> Any:
    """Resize along the width and the height: bytes are rounded after each of them, as in Pillow and PyTorch."""
    dtype, near = dtype_of(image), mode.startswith("nearest")
    rounds = dtype.name == "uint8" and not near
    values = image if near or rounds else as_floating(image)
    for axis, size in _order(image, height, width, rounds):
        if values.shape[axis] != size:
            values = as_floating(values) if rounds else values
            values = interpolate_axis(values, axis, size, mode, antialias and not near)
            values = _as_bytes(values, mode, dtype) if rounds else values
    return values if near or rounds else restored(values, dtype)


def _as_bytes(values: Any, mode: str, dtype: DType) -> Any:
    """Return resized bytes, rounded to the nearest; the memory of `values` is used."""
    values += 0.5
    values = clip(values, 0.0, 255.0) if mode != "bilinear" else values  # others have overshoots
    return astype(values, dtype)  # cuts fractions off


def _order(image: Any, height: int, width: int, rounds: bool) -> list[tuple[int, int]]:
    """Return axes and their new lengths in the cheapest order, but the width first where values are rounded."""
    new = (height, width)
    return [(axis - 2, new[axis]) for axis in ((1, 0) if rounds else cheapest_order(image.shape[-2:], new))]


@composite(image="any")
def resized_crop(
    image: ArrayT,
    top: IntegerPerImage,
    left: IntegerPerImage,
    height: SizePerImage,
    width: SizePerImage,
    size: Sizes,
    interpolation: Interpolation = "bilinear",
    antialias: bool = True,
) -> ArrayT:
    """Cut a rectangle out of images, and resize it.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images.
    top, left, height, width : int or sequence of int
        The rectangle, as in `crop`. Of a batch, one for each image if they are sequences.
    size : int or tuple of int
        The height and width of the result, or the length of the shorter side.
    interpolation, antialias
        As in `resize`.

    Returns
    -------
    Tensor
        Shape ``(..., channels, *size)``, in the type of `image`.

    Raises
    ------
    ShapeError
        If the number of rectangles is not that of the images, or rectangles of a batch become images of various sizes.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.resized_crop(tl.zeros(8, 3, 32, 32), 0, [0, 1] * 4, 24, 24, size=(16, 16)).shape
    (8, 3, 16, 16)
    """
    check_images(image)
    box = (top, left, height, width)
    if not any(isinstance(entries, tuple) for entries in box):
        return resize(crop(image, *box), size, interpolation, None, antialias)  # type: ignore[arg-type]
    check_entries(image, top=top, left=left, height=height, width=width)
    sizes = {resized_size(pair, size, None) for pair in _pairs(height, width)}
    if len(sizes) > 1:
        raise ShapeError(f"size={size} makes rectangles of several aspect ratios images of several sizes")
    (new,) = sizes
    if not image.shape[0]:
        return resize(image, new, interpolation, None, antialias)

    def cut(x: Any, *boxes: Any) -> Any:
        columns = [entries if isinstance(entries, tuple) else (entries,) * x.shape[0] for entries in boxes]
        parts = [window(getitem(x, i), *corner) for i, corner in enumerate(zip(*columns, strict=True))]
        return stack([_resized(part, *new, interpolation, antialias) for part in parts])

    image, top, left = enclosing(image, *box)
    return on_batch(cut, image, top=top, left=left, height=height, width=width)


def _pairs(height: Any, width: Any) -> list[tuple[int, int]]:
    count = max(len(entries) if isinstance(entries, tuple) else 1 for entries in (height, width))
    heights, widths = (entries if isinstance(entries, tuple) else (entries,) * count for entries in (height, width))
    return list(zip(heights, widths, strict=False)) or [(1, 1)]
