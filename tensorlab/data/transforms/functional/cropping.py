"""Parts of images, and their mirror images."""

from __future__ import annotations

from typing import Any

from ....backend import backend_of
from ....errors import ShapeError
from ....ops.declare import composite
from ....ops.indexing import getitem
from ....ops.joining import flip, stack
from ....ops.padding import pad as pad_ends
from ....options import Size, Sizes
from ....tensor import ArrayT, Tensor
from ..arguments import IntegerPerImage
from .images import check_entries, check_images, on_batch


@composite(image="any")
def crop(image: ArrayT, top: IntegerPerImage, left: IntegerPerImage, height: Size, width: Size) -> ArrayT:
    """Cut a rectangle out of images.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images.
    top, left : int or sequence of int
        The row and column of the upper left corner. Of a batch, one for each image if they are sequences.
    height, width : int
        The size of the rectangle. What lies outside of the image is zero.

    Returns
    -------
    Tensor
        Shape ``(..., channels, height, width)``. It may share memory with `image`, as slices do.

    Raises
    ------
    ShapeError
        If the number of corners is not that of the images.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.crop(tl.tensor([[[1, 2, 3], [4, 5, 6]]]), 1, 1, 1, 3)
    tensor([[[5, 6, 0]]])
    """
    check_images(image)
    if not isinstance(top, tuple) and not isinstance(left, tuple):
        return _cut(image, top, left, height, width)
    check_entries(image, top=top, left=left)
    image, top, left = enclosing(image, top, left, height, width)
    return on_batch(lambda x, tops, lefts: _windows(x, tops, lefts, height, width), image, top=top, left=left)


def _cut(image: Any, top: Any, left: Any, height: int, width: int) -> Any:
    """Return the same rectangle of all images."""
    rows, columns = image.shape[-2:]
    if top < 0 or left < 0 or top + height > rows or left + width > columns:
        image, top, left = enclosing(image, top, left, height, width)
    return window(image, top, left, height, width)


def enclosing(image: Any, top: Any, left: Any, height: Any, width: Any) -> tuple[Any, Any, Any]:
    """Return images with zeros around them that hold all rectangles, and the upper left corners of these there."""
    corners, amounts = [], {}
    for axis, starts, lengths in ((-2, top, height), (-1, left, width)):
        pairs = list(_together(starts, lengths))
        before = max((-start for start, _ in pairs), default=0)
        after = max((start + length for start, length in pairs), default=0) - image.shape[axis]
        amounts[axis] = (max(0, before), max(0, after))
        moved = amounts[axis][0]
        corners.append(tuple(start + moved for start in starts) if isinstance(starts, tuple) else starts + moved)
    if any(map(any, amounts.values())):
        image = pad_ends(image, amounts)
    return image, corners[0], corners[1]


def _together(starts: Any, lengths: Any) -> Any:
    """Return pairs of starts and lengths, of which either may be one for all."""
    if isinstance(starts, tuple):
        return zip(starts, lengths if isinstance(lengths, tuple) else (lengths,) * len(starts), strict=False)
    return ((starts, length) for length in (lengths if isinstance(lengths, tuple) else (lengths,)))


def window(image: Any, top: Any, left: Any, height: Any, width: Any) -> Any:
    """Return a rectangle that lies in the images."""
    return getitem(image, (..., slice(top, top + height), slice(left, left + width)))


def _windows(images: Any, tops: Any, lefts: Any, height: int, width: int) -> Any:
    """Return a window of each image of a batch."""
    count = images.shape[0]
    tops, lefts = (entries if isinstance(entries, tuple) else (entries,) * count for entries in (tops, lefts))
    if not count:
        return window(images, 0, 0, height, width)
    cut = [
        images[i, ..., top : top + height, left : left + width]
        for i, (top, left) in enumerate(zip(tops, lefts, strict=True))
    ]
    if isinstance(images, Tensor):
        return stack(cut)
    return backend_of(images).xp.stack(cut)  # without looking at each of them


@composite(image="any")
def center_crop(image: ArrayT, output_size: Sizes) -> ArrayT:
    """Cut a rectangle out of the centre of images, with zeros where it is larger than they are.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images.
    output_size : int or tuple of int
        The height and width of the rectangle; one number for a square.

    Returns
    -------
    Tensor
        Shape ``(..., channels, *output_size)``. It may share memory with `image`, as slices do.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.center_crop(tl.tensor([[[1, 2, 3, 4]]]), (1, 2))
    tensor([[[2, 3]]])
    """
    check_images(image)
    height, width = square(output_size, "output_size")
    rows, columns = image.shape[-2:]
    return _cut(image, _centred(rows, height), _centred(columns, width), height, width)


def _centred(old: int, new: int) -> int:
    """Return where a centred part of an axis begins: of a padding of odd length the larger half comes last."""
    return round((old - new) / 2) if new <= old else -((new - old) // 2)


def square(size: Any, name: str) -> tuple[int, int]:
    """Return a size as (height, width); one number stands for both."""
    sides = size if isinstance(size, tuple) else (size,)
    if len(sides) not in (1, 2):
        raise ValueError(f"{name} must be one number, or (height, width), not {size}")
    if min(sides) < 1:
        raise ValueError(f"{name} must be positive, not {size}")
    return sides[0], sides[-1]


@composite(image="any")
def five_crop(image: ArrayT, size: Sizes) -> tuple[ArrayT, ...]:
    """Cut out the four corners and the centre of images.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images.
    size : int or tuple of int
        The height and width of the crops; one number for squares.

    Returns
    -------
    tuple of five Tensor
        Upper left, upper right, lower left, lower right, centre.

    Raises
    ------
    ShapeError
        If the crops are larger than the images.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> [part.item() for part in F.five_crop(tl.arange(9).reshape(1, 3, 3), 1)]
    [0, 2, 6, 8, 4]
    """
    check_images(image)
    height, width = square(size, "size")
    rows, columns = image.shape[-2:]
    if height > rows or width > columns:
        raise ShapeError(f"crops of size ({height}, {width}) are larger than images of shape {tuple(image.shape)}")
    corners = [(top, left) for top in (0, rows - height) for left in (0, columns - width)]
    cut: Any = [crop(image, top, left, height, width) for top, left in corners]
    return (*cut, center_crop(image, (height, width)))


@composite(image="any")
def ten_crop(image: ArrayT, size: Sizes, vertical_flip: bool = False) -> tuple[ArrayT, ...]:
    """Cut out the four corners and the centre of images and of their mirror images.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images.
    size : int or tuple of int
        The height and width of the crops; one number for squares.
    vertical_flip : bool
        Whether the mirror images are upside down instead of left to right.

    Returns
    -------
    tuple of ten Tensor
        The crops of `five_crop`, of the images and then of the mirror images.

    Raises
    ------
    ShapeError
        If the crops are larger than the images.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> [part.item() for part in F.ten_crop(tl.arange(9).reshape(1, 3, 3), 1)]
    [0, 2, 6, 8, 4, 2, 0, 8, 6, 4]
    """
    check_images(image)
    return five_crop(image, size) + five_crop(flip(image, axis=-2 if vertical_flip else -1), size)


@composite(image="any")
def horizontal_flip(image: ArrayT) -> ArrayT:
    """Mirror images left to right.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images.

    Returns
    -------
    Tensor
        The shape and type of `image`. It may share memory with `image`, as slices do.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.horizontal_flip(tl.tensor([[[1, 2, 3]]]))
    tensor([[[3, 2, 1]]])
    """
    check_images(image)
    return flip(image, axis=-1)


@composite(image="any")
def vertical_flip(image: ArrayT) -> ArrayT:
    """Turn images upside down.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images.

    Returns
    -------
    Tensor
        The shape and type of `image`. It may share memory with `image`, as slices do.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.vertical_flip(tl.tensor([[[1], [2]]])).ravel()
    tensor([2, 1])
    """
    check_images(image)
    return flip(image, axis=-2)


hflip, vflip = horizontal_flip, vertical_flip
"""Shorter names."""
