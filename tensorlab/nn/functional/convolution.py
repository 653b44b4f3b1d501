"""Convolutions and their transposes, with PyTorch's arguments."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ...docstrings import documented_like
from ...errors import ShapeError
from ...ops.convolution import convolution, convolution_input_grad
from ...ops.declare import channels_last_hint, composite
from ...ops.padding import pad_constant
from ...ops.shapes import reshape
from ...options import Size
from ...tensor import ArrayT
from .window_geometry import (
    IntOrInts,
    Sizes,
    convolution_geometry,
    hashable,
    per_axis,
    positive_per_axis,
    with_batch_axis,
    without_batch_axis,
)

Padding = IntOrInts | str


@composite(input="any", weight="any", bias="any")
def conv1d(
    input: ArrayT,
    weight: ArrayT,
    bias: ArrayT | None = None,
    stride: IntOrInts = 1,
    padding: Padding = 0,
    dilation: IntOrInts = 1,
    groups: Size = 1,
) -> ArrayT:
    """Cross-correlate signals with filters.

    Parameters
    ----------
    input : Tensor, shape (batch, in_channels, *size) or (in_channels, *size)
        One spatial axis for signals, two for images, three for volumes.
    weight : Tensor, shape (out_channels, in_channels / groups, *kernel)
        The filters.
    bias : Tensor, shape (out_channels,), optional
        Added to each channel.
    stride : int or tuple of int
        Step of the window.
    padding : int, tuple of int, "same" or "valid"
        Elements added at both ends of each spatial axis; "same" keeps the size, "valid" adds none.
    dilation : int or tuple of int
        Distance between the elements of the window.
    groups : int
        Number of groups into which the channels are divided; each is convolved independently.

    Returns
    -------
    Tensor
        Shape ``(batch, out_channels, *out)``, without the batch axis where the input has none.

    Raises
    ------
    ShapeError
        If channels, groups or sizes do not fit.
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> tl.nn.functional.conv1d(tl.ones(1, 1, 4), tl.ones(1, 1, 3), padding=1)
    tensor([[[2., 3., 3., 2.]]])
    """
    return convolve(1, input, weight, bias, stride, padding, dilation, groups)


@documented_like(conv1d)
@composite(input="any", weight="any", bias="any")
def conv2d(
    input: ArrayT,
    weight: ArrayT,
    bias: ArrayT | None = None,
    stride: IntOrInts = 1,
    padding: Padding = 0,
    dilation: IntOrInts = 1,
    groups: Size = 1,
) -> ArrayT:
    """Cross-correlate images with filters.

    Examples
    --------
    >>> tl.nn.functional.conv2d(tl.ones(1, 3, 8, 8), tl.ones(4, 3, 3, 3), stride=2).shape
    (1, 4, 3, 3)
    """
    return convolve(2, input, weight, bias, stride, padding, dilation, groups)


@documented_like(conv1d)
@composite(input="any", weight="any", bias="any")
def conv3d(
    input: ArrayT,
    weight: ArrayT,
    bias: ArrayT | None = None,
    stride: IntOrInts = 1,
    padding: Padding = 0,
    dilation: IntOrInts = 1,
    groups: Size = 1,
) -> ArrayT:
    """Cross-correlate volumes with filters.

    Examples
    --------
    >>> tl.nn.functional.conv3d(tl.ones(1, 1, 4, 4, 4), tl.ones(2, 1, 3, 3, 3), padding="same").shape
    (1, 2, 4, 4, 4)
    """
    return convolve(3, input, weight, bias, stride, padding, dilation, groups)


def convolve(ndim: int, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    """Convolve over `ndim` spatial axes, with PyTorch's arguments."""
    _check_weight(ndim, tuple(weight.shape))
    geometry = convolution_geometry(
        weight.shape[-ndim:], hashable(stride), hashable(padding), hashable(dilation), groups
    )
    _check_unbatched("convolution ", ndim, tuple(x.shape), weight.shape[1] * groups, tuple(weight.shape))
    x, added = with_batch_axis(x, ndim)
    return without_batch_axis(convolution(x, weight, bias, **geometry), added)


def _check_weight(ndim: int, shape: Sizes) -> None:
    if len(shape) != ndim + 2:
        raise ShapeError(f"weight must have {ndim + 2} axes, of which {ndim} are spatial, not shape {shape}")


def _check_unbatched(name: str, ndim: int, x: Sizes, channels: int, weight: Sizes) -> None:
    """Raise `ShapeError` where an input without a batch axis has other channels; it names the axes of that input."""
    if len(x) != ndim + 1 or x[0] == channels:
        return
    message = f"{name}expects {channels} channels on axis 0 of an input without a batch axis (filters of shape "
    message += f"{weight}), but shape {x} has {x[0]}"
    if x[-1] == channels:
        message += channels_last_hint(len(x), channel_axis=0)
    raise ShapeError(message)


@composite(input="any", weight="any", bias="any")
def conv_transpose1d(
    input: ArrayT,
    weight: ArrayT,
    bias: ArrayT | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts = 0,
    output_padding: IntOrInts = 0,
    groups: Size = 1,
    dilation: IntOrInts = 1,
) -> ArrayT:
    """Spread each element of signals over a window, weighted by filters, and add up: the transpose of `conv1d`.

    Parameters
    ----------
    input : Tensor, shape (batch, in_channels, *size) or (in_channels, *size)
        One spatial axis for signals, two for images, three for volumes.
    weight : Tensor, shape (in_channels, out_channels / groups, *kernel)
        The filters.
    bias : Tensor, shape (out_channels,), optional
        Added to each channel.
    stride : int or tuple of int
        Distance between the windows of neighbouring elements.
    padding : int, tuple of int
        Elements removed at both ends of each spatial axis.
    output_padding : int, tuple of int
        How many elements fewer are removed at the far end; less than the stride or the dilation.
    groups : int
        Number of groups into which the channels are divided; each is convolved independently.
    dilation : int or tuple of int
        Distance between the elements of the window.

    Returns
    -------
    Tensor
        Shape ``(batch, out_channels, *out)``, without the batch axis where the input has none, where `out` is
        ``(size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1``.

    Raises
    ------
    ShapeError
        If channels, groups or sizes do not fit.
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> tl.nn.functional.conv_transpose1d(tl.tensor([[[1.0, 2.0]]]), tl.ones(1, 1, 3), stride=2)
    tensor([[[1., 1., 3., 2., 2.]]])
    """
    return convolve_transposed(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


@documented_like(conv_transpose1d)
@composite(input="any", weight="any", bias="any")
def conv_transpose2d(
    input: ArrayT,
    weight: ArrayT,
    bias: ArrayT | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts = 0,
    output_padding: IntOrInts = 0,
    groups: Size = 1,
    dilation: IntOrInts = 1,
) -> ArrayT:
    """Spread images over windows, the transpose of `conv2d`.

    Examples
    --------
    >>> tl.nn.functional.conv_transpose2d(tl.ones(1, 4, 3, 3), tl.ones(4, 3, 2, 2), stride=2).shape
    (1, 3, 6, 6)
    """
    return convolve_transposed(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


@documented_like(conv_transpose1d)
@composite(input="any", weight="any", bias="any")
def conv_transpose3d(
    input: ArrayT,
    weight: ArrayT,
    bias: ArrayT | None = None,
    stride: IntOrInts = 1,
    padding: IntOrInts = 0,
    output_padding: IntOrInts = 0,
    groups: Size = 1,
    dilation: IntOrInts = 1,
) -> ArrayT:
    """Spread volumes over windows, the transpose of `conv3d`.

    Examples
    --------
    >>> tl.nn.functional.conv_transpose3d(tl.ones(1, 2, 2, 2, 2), tl.ones(2, 1, 3, 3, 3), padding=1).shape
    (1, 1, 2, 2, 2)
    """
    return convolve_transposed(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def convolve_transposed(
    ndim: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Any:
    """Apply the transpose of a convolution over `ndim` spatial axes, with PyTorch's arguments."""
    _check_weight(ndim, tuple(weight.shape))
    _check_unbatched("", ndim, tuple(x.shape), weight.shape[0], tuple(weight.shape))
    x, added = with_batch_axis(x, ndim)
    _check_transposed(ndim, tuple(x.shape), tuple(weight.shape), None if bias is None else tuple(bias.shape), groups)
    geometry, missing = _transposed_geometry(
        x.shape[2:],
        weight.shape[2:],
        hashable(stride),
        hashable(padding),
        hashable(output_padding),
        groups,
        hashable(dilation),
    )
    y = convolution_input_grad(x, weight, **geometry)
    if any(missing):
        y = pad_constant(y, ((0, 0), (0, 0), *((0, n) for n in missing)))
    if bias is not None:
        y = y + reshape(bias, (-1,) + (1,) * ndim)
    return without_batch_axis(y, added)


def _check_transposed(ndim: int, x: Sizes, weight: Sizes, bias: Sizes | None, groups: int) -> None:
    if len(x) != ndim + 2 or len(weight) != ndim + 2:
        raise ShapeError(
            f"images of shape {x} and filters of shape {weight} must have {ndim} spatial axes after batch and channels"
        )
    if groups < 1 or weight[0] % groups:
        raise ShapeError(f"{weight[0]} input channels do not divide into {groups} groups (filters {weight})")
    if x[1] != weight[0]:
        message = f"expects {weight[0]} channels on axis 1 of the images (filters of shape {weight}), but images of "
        message += f"shape {x} have {x[1]}"
        if x[-1] == weight[0]:
            message += channels_last_hint(len(x))
        raise ShapeError(message)
    if bias is not None and bias != (weight[1] * groups,):
        raise ShapeError(
            f"bias of shape {bias} does not fit filters of shape {weight}: it must be {(weight[1] * groups,)}"
        )


@lru_cache(maxsize=1024)
def _transposed_geometry(
    size: Sizes, kernel: Sizes, stride: Any, padding: Any, output_padding: Any, groups: int, dilation: Any
) -> tuple[dict[str, Any], Sizes]:
    """Return the params of `convolution_input_grad`, and how many zeros are missing at the end of each axis."""
    ndim = len(kernel)
    stride = positive_per_axis(stride, ndim, "stride")
    dilation = positive_per_axis(dilation, ndim, "dilation")
    padding = per_axis(padding, ndim, "padding")
    extra = per_axis(output_padding, ndim, "output_padding")
    if min(padding) < 0 or min(extra) < 0:
        raise ValueError(f"padding and output_padding must not be negative: {padding}, {extra}")
    for e, s, d in zip(extra, stride, dilation, strict=True):
        if e >= max(s, d):
            raise ValueError(f"output_padding {extra} must be less than stride {stride} or dilation {dilation}")
    out = transposed_size(size, kernel, stride, padding, extra, dilation)
    if min(out) < 1:
        raise ShapeError(f"images of size {tuple(size)} with padding {padding} leave nothing: {out}")
    # Where the output is longer by a stride or more, another window would fit; less padding at the end prevents it.
    at_end = [p - e // s * s for p, e, s in zip(padding, extra, stride, strict=True)]
    missing = tuple(max(0, -b) for b in at_end)
    geometry = {
        "input_size": tuple(n - m for n, m in zip(out, missing, strict=True)),
        "stride": stride,
        "padding": tuple((p, max(0, b)) for p, b in zip(padding, at_end, strict=True)),
        "dilation": dilation,
        "groups": groups,
    }
    return geometry, missing


def transposed_size(
    size: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, output_padding: Sizes, dilation: Sizes
) -> Sizes:
    """Return the spatial size that a transposed convolution gives."""
    return tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, k, s, p, e, d in zip(size, kernel, stride, padding, output_padding, dilation, strict=True)
    )
