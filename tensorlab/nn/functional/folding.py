"""Rearranging images: windows as columns and back, channels as pixels and back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from ...docstrings import documented_like
from ...errors import ShapeError
from ...ops.declare import composite
from ...ops.folding import columns_to_windows, windows_to_columns
from ...ops.shapes import expand_dims, permute_dims, reshape
from ...tensor import ArrayT
from .window_geometry import IntOrInts, hashable, per_axis, positive_per_axis, with_batch_axis, without_batch_axis


@composite(input="any")
def unfold(
    input: ArrayT, kernel_size: IntOrInts, dilation: IntOrInts = 1, padding: IntOrInts = 0, stride: IntOrInts = 1
) -> ArrayT:
    """Return the windows of images as columns.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, height, width) or (channels, height, width)
        The images.
    kernel_size, dilation, stride : int or tuple of int
        Size of the window, distance of its elements, and its step.
    padding : int or tuple of int
        Zeros at both ends.

    Returns
    -------
    Tensor
        Shape ``(batch, channels * prod(kernel_size), windows)``, without the batch axis where the input has none:
        each column is a window, its channels concatenated.

    Raises
    ------
    ShapeError
        If no window fits, or the number of axes does not match.
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> tl.nn.functional.unfold(tl.tensor([[[1.0, 2.0], [3.0, 4.0]]]), (1, 2))
    tensor([[1., 3.],
            [2., 4.]])
    """
    x, added = with_batch_axis(input, 2)
    geometry = _geometry(hashable(kernel_size), hashable(dilation), hashable(padding), hashable(stride))
    return without_batch_axis(windows_to_columns(x, **geometry), added)


@documented_like(unfold)
@composite(input="any")
def fold(
    input: ArrayT,
    output_size: IntOrInts,
    kernel_size: IntOrInts,
    dilation: IntOrInts = 1,
    padding: IntOrInts = 0,
    stride: IntOrInts = 1,
) -> ArrayT:
    """Add windows, given as columns, at their places in images: the transpose of `unfold`.

    Overlapping elements are added, so this is the inverse of `unfold` only where windows do not overlap.

    Parameters
    ----------
    input : Tensor, shape (batch, channels * prod(kernel_size), windows), or without batch axis
        The columns.
    output_size : int or tuple of int
        Height and width of the images.
    padding : int or tuple of int
        Zeros that `unfold` added at both ends.

    Returns
    -------
    Tensor
        Shape ``(batch, channels, *output_size)``, without the batch axis where the input has none.

    Raises
    ------
    ShapeError
        If the columns do not have the shape that `unfold` gives for such images.
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> tl.nn.functional.fold(tl.ones(1, 2, 2), (1, 3), (1, 2))
    tensor([[[[1., 2., 1.]]]])
    """
    geometry = _geometry(hashable(kernel_size), hashable(dilation), hashable(padding), hashable(stride))
    unbatched = len(input.shape) == 2
    columns = expand_dims(input, axis=0) if unbatched else input
    images: Any = columns_to_windows(columns, output_size=positive_per_axis(output_size, 2, "output_size"), **geometry)
    return without_batch_axis(images, unbatched)


@lru_cache(maxsize=1024)
def _geometry(kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> dict[str, Any]:
    pads = per_axis(padding, 2, "padding")
    if min(pads) < 0:
        raise ValueError(f"padding must not be negative: {padding!r}")
    return {
        "kernel_size": positive_per_axis(kernel_size, 2, "kernel_size"),
        "dilation": positive_per_axis(dilation, 2, "dilation"),
        "padding": tuple((p, p) for p in pads),
        "stride": positive_per_axis(stride, 2, "stride"),
    }


@composite(input="any")
def pixel_shuffle(input: ArrayT, upscale_factor: int) -> ArrayT:
    """Enlarge images by moving channels to pixels.

    Channel ``(c * r + i) * r + j`` holds row `i` and column `j` of each block of r x r pixels of channel `c` (Shi et
    al., Real-time single image and video super-resolution using an efficient sub-pixel convolutional neural network,
    2016).

    Parameters
    ----------
    input : Tensor, shape (..., channels * r * r, height, width)
        The images.
    upscale_factor : int
        The factor r.

    Returns
    -------
    Tensor
        Shape ``(..., channels, height * r, width * r)``.

    Raises
    ------
    ShapeError
        If there are fewer than 3 axes, or the channels are not divisible by r * r.
    ValueError
        If the factor is not positive.

    Examples
    --------
    >>> tl.nn.functional.pixel_shuffle(tl.tensor([[[1.0]], [[2.0]], [[3.0]], [[4.0]]]), 2)
    tensor([[[1., 2.],
             [3., 4.]]])
    """
    r = _factor("upscale_factor", upscale_factor)
    *rest, channels, height, width = _images_shape(input)
    if channels % (r * r):
        raise ShapeError(
            f"{channels} channels on axis -3 of shape {tuple(input.shape)} do not divide by upscale_factor**2 = {r * r}"
        )
    blocks = reshape(input, (*rest, channels // (r * r), r, r, height, width))
    return reshape(_permuted(blocks, 0, 3, 1, 4, 2), (*rest, channels // (r * r), height * r, width * r))


@composite(input="any")
def pixel_unshuffle(input: ArrayT, downscale_factor: int) -> ArrayT:
    """Shrink images by moving pixels to channels: the inverse of `pixel_shuffle`.

    Parameters
    ----------
    input : Tensor, shape (..., channels, height * r, width * r)
        The images.
    downscale_factor : int
        The factor r.

    Returns
    -------
    Tensor
        Shape ``(..., channels * r * r, height, width)``.

    Raises
    ------
    ShapeError
        If there are fewer than 3 axes, or height or width is not divisible by r.
    ValueError
        If the factor is not positive.

    Examples
    --------
    >>> tl.nn.functional.pixel_unshuffle(tl.ones(1, 3, 8, 8), 2).shape
    (1, 12, 4, 4)
    """
    r = _factor("downscale_factor", downscale_factor)
    *rest, channels, height, width = _images_shape(input)
    if height % r or width % r:
        raise ShapeError(
            f"height {height} and width {width} of shape {tuple(input.shape)} do not both divide by "
            f"downscale_factor {r}"
        )
    blocks = reshape(input, (*rest, channels, height // r, r, width // r, r))
    return reshape(_permuted(blocks, 0, 2, 4, 1, 3), (*rest, channels * r * r, height // r, width // r))


@composite(input="any")
def channel_shuffle(input: ArrayT, groups: int) -> ArrayT:
    """Interleave groups of channels: the first of each group, then the second of each, and so on.

    Zhang et al., ShuffleNet: an extremely efficient convolutional neural network for mobile devices, 2018.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial)
        With at least one spatial axis.
    groups : int
        Number of groups.

    Returns
    -------
    Tensor
        The shape of the input.

    Raises
    ------
    ShapeError
        If there are fewer than 3 axes, or the channels are not divisible by the number of groups.
    ValueError
        If the number of groups is not positive.

    Examples
    --------
    >>> tl.nn.functional.channel_shuffle(tl.tensor([[[1.0], [2.0], [3.0], [4.0]]]), 2).flatten()
    tensor([1., 3., 2., 4.])
    """
    groups = _factor("groups", groups)
    batch, channels, *_ = _images_shape(input)
    if channels % groups:
        raise ShapeError(
            f"{channels} channels on axis 1 of shape {tuple(input.shape)} do not divide by {groups} groups"
        )
    parts = reshape(input, (batch, groups, channels // groups, *input.shape[2:]))
    order = (0, 2, 1, *range(3, len(input.shape) + 1))
    return reshape(permute_dims(parts, order), tuple(input.shape))


def _factor(name: str, value: int) -> int:
    if value < 1:
        raise ValueError(f"{name} must be positive, not {value}")
    return value


def _images_shape(x: Any) -> Sequence[int]:
    shape: Sequence[int] = tuple(x.shape)
    if len(shape) < 3:
        raise ShapeError(f"expects at least 3 axes, not shape {shape}")
    return shape


def _permuted(x: Any, *order: int) -> Any:
    """Permute as many of the last axes as are given."""
    rest = len(x.shape) - len(order)
    return permute_dims(x, (*range(rest), *(rest + axis for axis in order)))
