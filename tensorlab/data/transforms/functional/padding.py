"""New pixels: around images, and in place of others."""

from __future__ import annotations

from typing import Any

from ....backend import backend_of
from ....ops.comparison import where
from ....ops.declare import composite
from ....ops.joining import stack
from ....ops.padding import pad as pad_ends
from ....ops.shapes import reshape
from ....tensor import ArrayT, array_of
from ..arguments import IntegerPerImage, NewValue, PaddingMode, PerChannel, PerSide
from .cropping import window
from .images import check_images, dtype_of, largest_value, on_batch, per_channel


@composite(image="any")
def pad(image: ArrayT, padding: PerSide, fill: PerChannel | None = 0, padding_mode: PaddingMode = "constant") -> ArrayT:
    """Pad images at their sides.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images.
    padding : int or tuple of int
        The number of pixels to add: on all sides; (left and right, top and bottom); or (left, top, right, bottom).
        Negative numbers cut off.
    fill : float or tuple of float, optional
        The value of new pixels in mode "constant", or one for each channel.
    padding_mode : {"constant", "edge", "reflect", "symmetric"}
        What is added: `fill`; the last pixel; the mirror image without the last pixel, or with it.

    Returns
    -------
    Tensor
        The images with a frame, in the type of `image`.

    Raises
    ------
    ShapeError
        If the number of values to fill with is not that of the channels.
    ValueError
        If `padding` has another number of entries.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.pad(tl.tensor([[[1, 2]]]), (1, 0), fill=9)
    tensor([[[9, 1, 2, 9]]])
    >>> F.pad(tl.tensor([[[1, 2, 3]]]), (2, 0, 0, 0), padding_mode="reflect")
    tensor([[[3, 2, 1, 2, 3]]])
    """
    check_images(image)
    left, top, right, bottom = sides(padding)
    rows, columns = image.shape[-2:]
    if min(left, top, right, bottom) < 0:
        image = window(
            image,
            max(0, -top),
            max(0, -left),
            rows + min(top, 0) + min(bottom, 0),
            columns + min(left, 0) + min(right, 0),
        )
    amounts = {-2: (max(top, 0), max(bottom, 0)), -1: (max(left, 0), max(right, 0))}
    if not any(map(any, amounts.values())):
        return image
    if padding_mode != "constant":
        if isinstance(fill, tuple) and len(fill) > 1:
            raise ValueError(f"padding_mode {padding_mode!r} takes no fill for each channel")
        return pad_ends(image, amounts, padding_mode)
    values = fill[0] if isinstance(fill, tuple) and len(fill) == 1 else 0 if fill is None else fill
    if not isinstance(values, tuple):
        return pad_ends(image, amounts, constant_values=_of_type("fill", values, image))
    return where(_inside(image, amounts), pad_ends(image, amounts), per_channel("fill", values, image, dtype_of(image)))


def _of_type(name: str, value: Any, image: Any) -> float:
    """Return a number as the type of an image holds it: fractions of integers are cut off."""
    dtype = dtype_of(image)
    if dtype.is_floating or dtype.kind == "bool":
        return float(value)
    white = largest_value(dtype)
    if not (0 if dtype.kind.startswith("unsigned") else -white) <= value <= white:
        raise ValueError(f"{name}={value} does not fit in an image of {dtype}")
    return int(value)


def _inside(image: Any, amounts: Any) -> Any:
    """Return which pixels of the padded image are those of the image."""
    array: Any = array_of(image)
    xp = backend_of(array).xp
    inside = xp.ones(tuple(image.shape[-2:]), dtype=xp.bool, device=array.device)
    return pad_ends(inside, [amounts[-2], amounts[-1]])


def sides(padding: Any, name: str = "padding") -> tuple[int, int, int, int]:
    """Return a padding as (left, top, right, bottom)."""
    given: tuple[int, ...] = padding if isinstance(padding, tuple) else (padding,)
    if len(given) not in (1, 2, 4):
        raise ValueError(f"{name} must have 1, 2 or 4 entries, (left, top, right, bottom), not {padding}")
    left, top, right, bottom = (given * 4)[:4] if len(given) != 2 else (*given, *given)
    return left, top, right, bottom


@composite(image="real")
def erase(
    image: ArrayT,
    i: IntegerPerImage,
    j: IntegerPerImage,
    h: IntegerPerImage,
    w: IntegerPerImage,
    v: NewValue,
    inplace: bool = False,
) -> ArrayT:
    """Replace a rectangle of images.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images.
    i, j : int or sequence of int
        The row and column of the upper left corner. Of a batch, one for each image if they are sequences.
    h, w : int or sequence of int
        The height and width of the rectangle.
    v : float, tuple of float or Tensor
        The new value; one for each channel; or images, of which the same rectangle is taken.
    inplace : bool
        Accepted for compatibility with torchvision; the image is never changed.

    Returns
    -------
    Tensor
        The shape and type of `image`.

    Raises
    ------
    ShapeError
        If the number of rectangles is not that of the images, or `v` does not fit the image.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.erase(tl.tensor([[[1, 2, 3]]]), 0, 1, 1, 2, 9)
    tensor([[[1, 9, 9]]])
    """
    check_images(image)
    dtype = dtype_of(image)
    if isinstance(v, list):
        v = tuple(v)
    value = per_channel("v", v, image, dtype) if not isinstance(v, int | float) else _of_type("v", v, image)
    whole = len(getattr(value, "shape", ())) > 3

    def erased(x: Any, new: Any, *boxes: Any) -> Any:
        columns = [entries if isinstance(entries, tuple) else (entries,) for entries in boxes]
        count = max(map(len, columns))
        rows = [entries * (count // len(entries)) for entries in columns]
        masks = stack([_rectangle(x, *box) for box in zip(*rows, strict=True)])
        mask = reshape(masks, (count, *(1,) * (len(x.shape) - 3), *x.shape[-2:])) if len(x.shape) > 3 else masks
        return where(mask, new, x)

    if whole:  # each image has its own
        return erased(image, value, i, j, h, w)
    return on_batch(erased, image, v=value, i=i, j=j, h=h, w=w)


def _rectangle(image: Any, top: int, left: int, height: int, width: int) -> Any:
    """Return which pixels of an image lie in a rectangle."""
    array: Any = array_of(image)
    xp = backend_of(array).xp
    rows, columns = (xp.arange(length, dtype=xp.int64, device=array.device) for length in image.shape[-2:])
    in_rows, in_columns = (rows >= top) & (rows < top + height), (columns >= left) & (columns < left + width)
    return in_rows[:, None] & in_columns[None, :]
