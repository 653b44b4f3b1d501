"""Convolution, as PyTorch spells it."""

from __future__ import annotations

from typing import Any

from ...ops.convolution import convolution
from ...tensor import Tensor
from .geometry import IntOrInts, convolution_geometry, hashable, with_batch_axis, without_batch_axis

Padding = IntOrInts | str


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: IntOrInts = 1,
    padding: Padding = 0,
    dilation: IntOrInts = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlate signals with filters.

    Parameters
    ----------
    input : Tensor, shape (batch, in_channels, length) or (in_channels, length)
        What to convolve.
    weight : Tensor, shape (out_channels, in_channels / groups, kernel)
        The filters.
    bias : Tensor, shape (out_channels,), optional
        What to add to each channel.
    stride : int or tuple of int
        By how much the window moves.
    padding : int, tuple of int, "same" or "valid"
        Zeros at both ends; "same" keeps the length, "valid" adds none.
    dilation : int or tuple of int
        The distance between the window's elements.
    groups : int
        Into how many groups the channels are divided, each convolved for itself.

    Returns
    -------
    Tensor
        Shape ``(batch, out_channels, out)``, without the batch axis where the input has none.

    Raises
    ------
    ShapeError
        If channels, groups or sizes do not fit.
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.functional.conv1d(tl.ones(1, 1, 4), tl.ones(1, 1, 3), padding=1)
    tensor([[[2., 3., 3., 2.]]])
    """
    return convolve(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: IntOrInts = 1,
    padding: Padding = 0,
    dilation: IntOrInts = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlate images with filters; as `conv1d`, with two spatial axes.

    Examples
    --------
    >>> tl.nn.functional.conv2d(tl.ones(1, 3, 8, 8), tl.ones(4, 3, 3, 3), stride=2).shape
    (1, 4, 3, 3)
    """
    return convolve(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: IntOrInts = 1,
    padding: Padding = 0,
    dilation: IntOrInts = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlate volumes with filters; as `conv1d`, with three spatial axes.

    Examples
    --------
    >>> tl.nn.functional.conv3d(tl.ones(1, 1, 4, 4, 4), tl.ones(2, 1, 3, 3, 3), padding="same").shape
    (1, 2, 4, 4, 4)
    """
    return convolve(3, input, weight, bias, stride, padding, dilation, groups)


def convolve(
    ndim: int, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Tensor:
    """Convolve over `ndim` spatial axes, with PyTorch's spellings of the window's movement."""
    geometry = convolution_geometry(
        weight.shape[-ndim:], hashable(stride), hashable(padding), hashable(dilation), groups
    )
    x, added = with_batch_axis(x, ndim)
    return without_batch_axis(convolution(x, weight, bias, **geometry), added)
