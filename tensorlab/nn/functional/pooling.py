"""Pooling with windows of a given size: maxima and means.

The maxima functions are typed by what they usually return; with `return_indices` it is a pair of tensors.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

from ...backend.kernels.window_geometry import output_size
from ...docstrings import documented_like
from ...errors import ShapeError
from ...ops.creation import numbers_like
from ...ops.declare import composite
from ...ops.pooling import avg_pool, max_pool
from ...ops.shapes import astype, reshape
from ...tensor import ArrayT, Tensor
from .window_geometry import IntOrInts, Sizes, hashable, per_axis, pooling_geometry, with_batch_axis, without_batch_axis


@composite(input="real")
def max_pool1d(
    input: ArrayT,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> ArrayT:
    """The greatest element of each window of signals.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial) or (channels, *spatial)
        Real.
    kernel_size : int or tuple of int
        The window.
    stride : int or tuple of int, optional
        The step of the window; its own size by default.
    padding : int or tuple of int
        Padding at both ends, which is never the maximum; at most half a window.
    dilation : int or tuple of int
        The distance between the elements of the window.
    ceil_mode : bool
        Whether a last window may extend past the end.
    return_indices : bool
        Whether to return the indices of the maxima as well.

    Returns
    -------
    Tensor, or pair of Tensor
        Shape ``(batch, channels, *out)``. The indices, int64, count the elements of each channel in C order.

    Raises
    ------
    ShapeError
        If no window fits.
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> tl.nn.functional.max_pool1d(tl.tensor([[[1.0, 5.0, 3.0]]]), 2, ceil_mode=True)
    tensor([[[5., 3.]]])
    """
    return _max(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@documented_like(max_pool1d)
@composite(input="real")
def max_pool2d(
    input: ArrayT,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> ArrayT:
    """The greatest element of each window of images.

    Examples
    --------
    >>> tl.nn.functional.max_pool2d(tl.ones(1, 3, 8, 8), 3, stride=2, padding=1).shape
    (1, 3, 4, 4)
    """
    return _max(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@documented_like(max_pool1d)
@composite(input="real")
def max_pool3d(
    input: ArrayT,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    dilation: IntOrInts = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> ArrayT:
    """The greatest element of each window of volumes.

    Examples
    --------
    >>> tl.nn.functional.max_pool3d(tl.ones(1, 3, 4, 4, 4), 2).shape
    (1, 3, 2, 2, 2)
    """
    return _max(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _max(
    ndim: int, x: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, return_indices: bool
) -> Any:
    size = spatial_size(x, ndim)
    geometry = pooling_geometry(
        ndim, size, hashable(kernel), hashable(stride), hashable(padding), hashable(dilation), ceil_mode
    )
    return pooled_maxima(ndim, x, geometry, return_indices)


def spatial_size(x: Any, ndim: int) -> Sizes:
    """Return the lengths of the last axes of images with or without a batch axis.

    Raises
    ------
    ShapeError
        If the images have another number of axes.
    """
    shape = tuple(x.shape)
    if len(shape) not in (ndim + 1, ndim + 2):
        raise ShapeError(
            f"pooling over {ndim} axes expects (batch, channels, *spatial) or (channels, *spatial), not shape {shape}"
        )
    return shape[len(shape) - ndim :]


def pooled_maxima(ndim: int, x: Any, geometry: dict[str, Any], return_indices: bool) -> Any:
    """Return the maxima of windows, and with `return_indices` their indices; see the op `max_pool`."""
    x, added = with_batch_axis(x, ndim)
    values, places = max_pool(x, **geometry)
    values = without_batch_axis(values, added)
    if not return_indices:
        return values
    return values, without_batch_axis(_places_in_image(places, x.shape[2:], **geometry), added)


def _places_in_image(
    places: Any, size: Sizes, *, kernel_size: Sizes, stride: Sizes, padding: Any, dilation: Sizes
) -> Any:
    """Return each maximum's place in its channel, given its place in the window."""
    total: Any = 0
    within = astype(places, "int64")
    for axis in reversed(range(len(size))):
        length = kernel_size[axis]
        starts = [o * stride[axis] - padding[axis][0] for o in range(places.shape[2 + axis])]
        start = reshape(numbers_like(places, starts), (-1,) + (1,) * (len(size) - 1 - axis))
        coordinate = start + (within % length) * dilation[axis]
        total = total + coordinate * prod(size[axis + 1 :])
        within = within // length
    return total


@documented_like(max_pool1d)
@composite(input="floating")
def avg_pool1d(
    input: ArrayT,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> ArrayT:
    """The mean of each window of signals.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial) or (channels, *spatial)
        Floating-point.
    padding : int or tuple of int
        Zeros at both ends; at most half a window.
    ceil_mode : bool
        Whether a last window may extend past the end; the part past it does not count as elements.
    count_include_pad : bool
        Whether the padding counts as elements.

    Returns
    -------
    Tensor
        Shape ``(batch, channels, *out)``.

    Examples
    --------
    >>> tl.nn.functional.avg_pool1d(tl.tensor([[[1.0, 3.0, 5.0]]]), 2, padding=1, count_include_pad=False)
    tensor([[[1., 4.]]])
    """
    return _mean(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


@documented_like(avg_pool1d)
@composite(input="floating")
def avg_pool2d(
    input: ArrayT,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> ArrayT:
    """The mean of each window of images.

    Parameters
    ----------
    divisor_override : int, optional
        Divisor of the sum of each window, instead of the number of its elements.

    Examples
    --------
    >>> tl.nn.functional.avg_pool2d(tl.ones(1, 3, 8, 8), 2).shape
    (1, 3, 4, 4)
    """
    return _mean(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


@documented_like(avg_pool2d)
@composite(input="floating")
def avg_pool3d(
    input: ArrayT,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> ArrayT:
    """The mean of each window of volumes.

    Examples
    --------
    >>> tl.nn.functional.avg_pool3d(tl.ones(1, 3, 4, 4, 4), 2).shape
    (1, 3, 2, 2, 2)
    """
    return _mean(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def _mean(
    ndim: int,
    x: Any,
    kernel: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    if divisor_override == 0:
        raise ValueError("divisor_override must not be zero")
    size = spatial_size(x, ndim)
    x, added = with_batch_axis(x, ndim)
    geometry = pooling_geometry(ndim, size, hashable(kernel), hashable(stride), hashable(padding), 1, ceil_mode)
    window = {name: geometry[name] for name in ("kernel_size", "stride", "padding")}
    y = avg_pool(x, **window)
    if divisor_override is not None:
        y = y * (prod(window["kernel_size"]) / divisor_override)
    else:
        counted = per_axis(padding if count_include_pad else 0, ndim, "padding")
        for axis, factors in _corrections(size, counted, **window):
            array = y._array if isinstance(y, Tensor) else y
            factor = numbers_like(y, factors, array.dtype)
            y = y * reshape(factor, (-1,) + (1,) * (ndim - 1 - axis))
    return without_batch_axis(y, added)


@lru_cache(maxsize=1024)
def _corrections(
    size: Sizes, counted: Sizes, *, kernel_size: Sizes, stride: Sizes, padding: Any
) -> list[tuple[int, list[float]]]:
    """Return (axis, factor per window) where windows have fewer elements that count than the kernel has.

    `counted` is the part of the padding that counts; what `ceil_mode` added after it never does.
    """
    out = output_size(size, kernel_size, stride, padding, (1,) * len(size))
    corrections = []
    for axis, length in enumerate(size):
        factors = []
        for position in range(out[axis]):
            start = position * stride[axis] - padding[axis][0]
            first, last = max(start, -counted[axis]), min(start + kernel_size[axis], length + counted[axis])
            factors.append(kernel_size[axis] / (last - first))
        if set(factors) != {1.0}:
            corrections.append((axis, factors))
    return corrections
