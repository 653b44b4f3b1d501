"""Pooling with a given number of windows that cover the images evenly, down to one for each channel."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from ...backend import backend_of
from ...docstrings import documented_like
from ...errors import ShapeError
from ...ops.adaptive_pooling import adaptive_sum, adaptive_windows
from ...ops.arithmetic import multiply
from ...ops.creation import numbers_like
from ...ops.declare import composite, require
from ...ops.indexing import take_along_axis
from ...ops.pooling import avg_pool
from ...ops.reduction import mean
from ...ops.shapes import reshape
from ...tensor import ArrayT, Tensor
from .pooling import pooled_maxima, spatial_size
from .window_geometry import Sizes, with_batch_axis, without_batch_axis

OutputSize = int | None | Sequence[int | None]


def _target(ndim: int, x: Any, output_size: OutputSize) -> tuple[Sizes, Sizes]:
    """Return the spatial sizes before and after; None keeps an axis."""
    size = spatial_size(x, ndim)
    entries = (output_size,) * ndim if output_size is None or isinstance(output_size, int) else tuple(output_size)
    if len(entries) != ndim:
        raise ValueError(f"output_size must be a number or have {ndim} entries, one per spatial axis: {output_size!r}")
    wanted = tuple(length if n is None else n for n, length in zip(entries, size, strict=True))
    if not all(isinstance(n, int) and n >= 0 for n in wanted):
        raise ValueError(f"output_size must have integers >= 0, or None where an axis stays, not {output_size!r}")
    if 0 in size:
        raise ShapeError(f"pooling: images of shape {tuple(x.shape)} have no elements along a spatial axis")
    return size, wanted


def _divides(size: Sizes, wanted: Sizes) -> bool:
    return all(n and length % n == 0 for length, n in zip(size, wanted, strict=True))


def _tiling(size: Sizes, wanted: Sizes) -> dict[str, Any]:
    """Return the params of adjacent windows that cover the images."""
    kernel = tuple(length // n for length, n in zip(size, wanted, strict=True))
    return {"kernel_size": kernel, "stride": kernel, "padding": ((0, 0),) * len(kernel)}


# -- means -------------------------------------------------------------------------------------------------------------


@composite(input="floating")
def adaptive_avg_pool1d(input: ArrayT, output_size: OutputSize) -> ArrayT:
    """The mean of each of a number of windows that cover signals evenly.

    Of n windows on an axis of a given length, window i reaches from ``floor(i * length / n)`` to
    ``ceil((i + 1) * length / n)``; where n does not divide the length, neighbours share elements.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial) or (channels, *spatial)
        Floating-point.
    output_size : int, None, or tuple of them
        Number of windows along each spatial axis; None for the length of the axis.

    Returns
    -------
    Tensor
        Shape ``(batch, channels, *output_size)``.

    Raises
    ------
    ShapeError
        If the number of axes does not match, or a spatial axis has length 0.
    ValueError
        If a size is negative, or there is not one for each spatial axis.

    Examples
    --------
    >>> tl.nn.functional.adaptive_avg_pool1d(tl.tensor([[[1.0, 2.0, 6.0]]]), 2)
    tensor([[[1.5, 4. ]]])
    """
    return _mean(1, input, output_size)


@documented_like(adaptive_avg_pool1d)
@composite(input="floating")
def adaptive_avg_pool2d(input: ArrayT, output_size: OutputSize) -> ArrayT:
    """The mean of each of a number of windows that cover images evenly.

    Examples
    --------
    >>> tl.nn.functional.adaptive_avg_pool2d(tl.ones(2, 3, 8, 9), (None, 4)).shape
    (2, 3, 8, 4)
    """
    return _mean(2, input, output_size)


@documented_like(adaptive_avg_pool1d)
@composite(input="floating")
def adaptive_avg_pool3d(input: ArrayT, output_size: OutputSize) -> ArrayT:
    """The mean of each of a number of windows that cover volumes evenly.

    Examples
    --------
    >>> tl.nn.functional.adaptive_avg_pool3d(tl.ones(1, 3, 4, 5, 6), 2).shape
    (1, 3, 2, 2, 2)
    """
    return _mean(3, input, output_size)


def _mean(ndim: int, x: Any, output_size: OutputSize) -> Any:
    require("pooling", "floating", input=x)
    size, wanted = _target(ndim, x, output_size)
    if set(wanted) == {1}:
        return mean(x, axis=tuple(range(-ndim, 0)), keepdims=True)
    if _divides(size, wanted):
        x, added = with_batch_axis(x, ndim)
        return without_batch_axis(avg_pool(x, **_tiling(size, wanted)), added)
    y = adaptive_sum(x, wanted)
    return multiply(y, _shares(y, size, wanted))


def _shares(y: Any, size: Sizes, wanted: Sizes) -> Any:
    """Return one over the number of elements in each window."""
    array = y._array if isinstance(y, Tensor) else y
    xp, counts = backend_of(array).xp, None
    for axis, (length, n) in enumerate(zip(size, wanted, strict=True)):
        starts, ends = adaptive_windows(xp, length, n, array.device)
        along = xp.reshape(ends - starts, (-1,) + (1,) * (len(size) - 1 - axis))
        counts = along if counts is None else counts * along
    # NumPy makes float32 of a number over bfloat16.
    return numbers_like(y, xp.astype(1.0 / xp.astype(counts, array.dtype), array.dtype))


# -- maxima ------------------------------------------------------------------------------------------------------------


@documented_like(adaptive_avg_pool1d)
@composite(input="real")
def adaptive_max_pool1d(input: ArrayT, output_size: OutputSize, return_indices: bool = False) -> ArrayT:
    """The greatest element of each of a number of windows that cover signals evenly.

    The windows are those of `adaptive_avg_pool1d`. The gradient goes to the first element that is greatest.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial) or (channels, *spatial)
        Real.
    return_indices : bool
        Whether to return the indices of the maxima as well.

    Returns
    -------
    Tensor, or pair of Tensor
        Shape ``(batch, channels, *output_size)``; NaN if the window has one. The indices, int64, count the elements of
        each channel in C order.

    Examples
    --------
    >>> tl.nn.functional.adaptive_max_pool1d(tl.tensor([[[1.0, 5.0, 3.0]]]), 2, return_indices=True)
    (tensor([[[5., 5.]]]), tensor([[[1, 1]]]))
    """
    return _max(1, input, output_size, return_indices)


@documented_like(adaptive_max_pool1d)
@composite(input="real")
def adaptive_max_pool2d(input: ArrayT, output_size: OutputSize, return_indices: bool = False) -> ArrayT:
    """The greatest element of each of a number of windows that cover images evenly.

    Examples
    --------
    >>> tl.nn.functional.adaptive_max_pool2d(tl.ones(2, 3, 8, 9), (None, 4)).shape
    (2, 3, 8, 4)
    """
    return _max(2, input, output_size, return_indices)


@documented_like(adaptive_max_pool1d)
@composite(input="real")
def adaptive_max_pool3d(input: ArrayT, output_size: OutputSize, return_indices: bool = False) -> ArrayT:
    """The greatest element of each of a number of windows that cover volumes evenly.

    Examples
    --------
    >>> tl.nn.functional.adaptive_max_pool3d(tl.ones(1, 3, 4, 5, 6), 2).shape
    (1, 3, 2, 2, 2)
    """
    return _max(3, input, output_size, return_indices)


def _max(ndim: int, x: Any, output_size: OutputSize, return_indices: bool) -> Any:
    require("pooling", "real", input=x)
    size, wanted = _target(ndim, x, output_size)
    if _divides(size, wanted) and set(wanted) != {1}:
        return pooled_maxima(ndim, x, {**_tiling(size, wanted), "dilation": (1,) * ndim}, return_indices)
    array = x._array if isinstance(x, Tensor) else x
    xp, channels = backend_of(array).xp, tuple(array.shape[:-ndim])
    if set(wanted) == {1}:
        index = xp.argmax(xp.reshape(array, (*channels, prod(size))), axis=-1, keepdims=True)
    else:
        places = _places(xp, size, wanted, array.device)
        windows = xp.take(xp.reshape(array, (*channels, prod(size))), xp.reshape(places, (-1,)), axis=-1)
        best = xp.argmax(xp.reshape(windows, (*channels, *places.shape)), axis=-1)
        first = xp.arange(places.shape[0], device=array.device) * places.shape[1]
        index = xp.take(xp.reshape(places, (-1,)), xp.reshape(best + first, (-1,)), axis=0)
    return elements_at(x, xp.reshape(index, (*channels, prod(wanted))), wanted, return_indices)


def _places(xp: Any, size: Sizes, wanted: Sizes, device: Any) -> Any:
    """Return for each window the places of its elements in a channel, shape (windows, elements).

    Shorter windows repeat their last element, which changes no maximum.
    """
    ndim = len(size)
    places: Any = 0
    for axis, (length, n) in enumerate(zip(size, wanted, strict=True)):
        starts, ends = adaptive_windows(xp, length, n, device)
        longest = -(-length // n) + (length % n > 1) if n else 1
        taps = xp.minimum(xp.expand_dims(starts, axis=1) + xp.arange(longest, device=device), ends[:, None] - 1)
        shape = [1] * (2 * ndim)
        shape[axis], shape[ndim + axis] = n, longest
        places = places + xp.reshape(taps * prod(size[axis + 1 :]), tuple(shape))
    return xp.reshape(places, (prod(wanted), prod(places.shape[ndim:])))


def elements_at(x: Any, index: Any, wanted: Sizes, return_indices: bool) -> Any:
    """Return elements of each channel in a spatial size, and with `return_indices` their indices.

    Parameters
    ----------
    x : tensor or array, shape (..., *spatial)
        The images.
    index : array of integers, shape (..., n)
        Indices in C order.
    wanted : tuple of int
        A spatial size of `n` elements.
    return_indices : bool
        Whether to return the indices as well.
    """
    channels = tuple(index.shape[:-1])
    index = numbers_like(x, index)
    flat = reshape(x, (*channels, prod(x.shape[len(channels) :])))
    values = reshape(take_along_axis(flat, index, -1), (*channels, *wanted))
    return (values, reshape(index, (*channels, *wanted))) if return_indices else values


# -- one place for each channel ----------------------------------------------------------------------------------------


@documented_like(adaptive_avg_pool1d)
@composite(input="floating")
def global_avg_pool1d(input: ArrayT, keepdims: bool = False) -> ArrayT:
    """The mean of each channel of signals; PyTorch has no such function.

    Lin et al., "Network in network", 2014.

    Parameters
    ----------
    keepdims : bool
        Whether to keep the spatial axes with length 1.

    Returns
    -------
    Tensor
        Shape ``(batch, channels)``, or that of the input with spatial axes of length 1.

    Raises
    ------
    ShapeError
        If the number of axes does not match, or a spatial axis has length 0.

    Examples
    --------
    >>> tl.nn.functional.global_avg_pool1d(tl.tensor([[[1.0, 5.0, 3.0]]]))
    tensor([[3.]])
    """
    return _without_spatial(1, _mean(1, input, 1), keepdims)


@documented_like(global_avg_pool1d)
@composite(input="floating")
def global_avg_pool2d(input: ArrayT, keepdims: bool = False) -> ArrayT:
    """The mean of each channel of images.

    Examples
    --------
    >>> tl.nn.functional.global_avg_pool2d(tl.ones(2, 3, 8, 8)).shape
    (2, 3)
    """
    return _without_spatial(2, _mean(2, input, 1), keepdims)


@documented_like(global_avg_pool1d)
@composite(input="floating")
def global_avg_pool3d(input: ArrayT, keepdims: bool = False) -> ArrayT:
    """The mean of each channel of volumes.

    Examples
    --------
    >>> tl.nn.functional.global_avg_pool3d(tl.ones(2, 3, 4, 4, 4)).shape
    (2, 3)
    """
    return _without_spatial(3, _mean(3, input, 1), keepdims)


@documented_like(global_avg_pool1d)
@composite(input="real")
def global_max_pool1d(input: ArrayT, keepdims: bool = False) -> ArrayT:
    """The greatest element of each channel of signals; the gradient goes to the first that is greatest.

    Examples
    --------
    >>> tl.nn.functional.global_max_pool1d(tl.tensor([[[1.0, 5.0, 3.0]]]))
    tensor([[5.]])
    """
    return _without_spatial(1, _max(1, input, 1, return_indices=False), keepdims)


@documented_like(global_max_pool1d)
@composite(input="real")
def global_max_pool2d(input: ArrayT, keepdims: bool = False) -> ArrayT:
    """The greatest element of each channel of images.

    Examples
    --------
    >>> tl.nn.functional.global_max_pool2d(tl.ones(2, 3, 8, 8)).shape
    (2, 3)
    """
    return _without_spatial(2, _max(2, input, 1, return_indices=False), keepdims)


@documented_like(global_max_pool1d)
@composite(input="real")
def global_max_pool3d(input: ArrayT, keepdims: bool = False) -> ArrayT:
    """The greatest element of each channel of volumes.

    Examples
    --------
    >>> tl.nn.functional.global_max_pool3d(tl.ones(2, 3, 4, 4, 4)).shape
    (2, 3)
    """
    return _without_spatial(3, _max(3, input, 1, return_indices=False), keepdims)


def _without_spatial(ndim: int, y: Any, keepdims: bool) -> Any:
    return y if keepdims else reshape(y, tuple(y.shape[:-ndim]))
