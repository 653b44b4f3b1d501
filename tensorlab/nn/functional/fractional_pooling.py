"""Fractional max pooling: windows at random distances, which shrink images by factors between one and two."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from ...backend import backend_of
from ...docstrings import documented_like
from ...errors import ShapeError
from ...ops.declare import composite, require
from ...random import default_generator
from ...tensor import ArrayT, Tensor
from .adaptive_pooling import elements_at
from .pooling import spatial_size
from .window_geometry import IntOrInts, Sizes, positive_per_axis

Ratio = float | Sequence[float]


@composite(input="real floating", _random_samples="real floating")
def fractional_max_pool2d(
    input: ArrayT,
    kernel_size: IntOrInts,
    output_size: IntOrInts | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: ArrayT | None = None,
) -> ArrayT:
    """The greatest element of each of a number of windows at random places, drawn for every channel.

    Graham, "Fractional max-pooling", 2014: the distances of the windows are two neighbouring integers, in a sequence
    determined by one random number, such that the windows span the image. The gradient goes to the first element that
    is greatest.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial) or (channels, *spatial)
        Real, floating-point.
    kernel_size : int or tuple of int
        The windows.
    output_size : int or tuple of int
        Number of windows along each spatial axis.
    output_ratio : float or tuple of float
        Alternatively the number as a fraction of the length of the axis, rounded down; between 0 and 1.
    return_indices : bool
        Whether to return the indices of the maxima as well.
    _random_samples : Tensor, shape (batch, channels, axes), optional
        Numbers in [0, 1) that determine the windows, as in PyTorch; drawn from the default generator by default. With
        two axes they are for the last axis first, with three for the first.

    Returns
    -------
    Tensor, or pair of Tensor
        Shape ``(batch, channels, *output_size)``; the indices, int64, count the elements of each channel in C order.

    Raises
    ------
    ValueError
        If neither size nor ratio is given, or one is out of range.
    ShapeError
        If the windows do not fit, or the samples have another shape.

    Examples
    --------
    >>> x = tl.reshape(tl.arange(25.0), (1, 1, 5, 5))
    >>> tl.nn.functional.fractional_max_pool2d(x, 2, output_size=2, _random_samples=tl.tensor([[[0.1, 0.6]]]))
    tensor([[[[ 6.,  9.],
              [21., 24.]]]])
    """
    # The samples are for the last axis first in two dimensions and for the first axis first in three, as in PyTorch.
    return _fractional(2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples, (1, 0))


@documented_like(fractional_max_pool2d)
@composite(input="real floating", _random_samples="real floating")
def fractional_max_pool3d(
    input: ArrayT,
    kernel_size: IntOrInts,
    output_size: IntOrInts | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: ArrayT | None = None,
) -> ArrayT:
    """The greatest element of each of a number of windows at random places in volumes.

    Examples
    --------
    >>> tl.nn.functional.fractional_max_pool3d(tl.ones(1, 3, 6, 6, 6), 2, output_ratio=0.5).shape
    (1, 3, 3, 3, 3)
    """
    return _fractional(3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples, (0, 1, 2))


def _fractional(
    ndim: int, x: Any, kernel: Any, output_size: Any, ratio: Any, return_indices: bool, samples: Any, order: Sizes
) -> Any:
    require("pooling", "real floating", input=x)
    size = spatial_size(x, ndim)
    kernel, wanted = positive_per_axis(kernel, ndim, "kernel_size"), windows_wanted(ndim, size, output_size, ratio)
    for axis, (length, n, k) in enumerate(zip(size, wanted, kernel, strict=True)):
        if n + k - 1 > length:
            raise ShapeError(
                f"{n} windows of length {k} do not fit axis {axis - ndim} of images of shape {tuple(x.shape)}: "
                f"there can be {max(length - k + 1, 0)}"
            )
    array = x._array if isinstance(x, Tensor) else x
    xp, channels = backend_of(array).xp, tuple(array.shape[:-ndim])
    samples = _samples(ndim, x, samples)
    places = _places(xp, size, wanted, kernel, [samples[..., place] for place in order])
    flat = xp.reshape(array, (*channels, prod(size)))
    taken = xp.take_along_axis(flat, xp.reshape(places, (*channels, prod(wanted) * prod(kernel))), axis=-1)
    best = xp.argmax(xp.reshape(taken, places.shape), axis=-1, keepdims=True)
    index = xp.reshape(xp.take_along_axis(places, best, axis=-1), (*channels, prod(wanted)))
    return elements_at(x, index, wanted, return_indices)


def windows_wanted(ndim: int, size: Sizes | None, output_size: Any, ratio: Any) -> Sizes:
    """Return how many windows there are to be along each axis of a spatial size; with None, look at the settings only.

    Raises
    ------
    ValueError
        If neither a size nor a ratio is given, or one is out of range.
    """
    if output_size is not None:
        return positive_per_axis(output_size, ndim, "output_size")
    if ratio is None:
        raise ValueError("give output_size or output_ratio")
    ratios = (ratio,) * ndim if isinstance(ratio, int | float) else tuple(ratio)
    if len(ratios) != ndim or not all(0 < r < 1 for r in ratios):
        raise ValueError(f"output_ratio must be a number in (0, 1), or one for each of {ndim} axes, not {ratio}")
    return () if size is None else tuple(int(length * r) for length, r in zip(size, ratios, strict=True))


def _samples(ndim: int, x: Any, samples: Any) -> Any:
    """Return one random number for each channel and spatial axis, as an array of the shape (*channels, axes)."""
    channels = tuple(x.shape[:-ndim])
    tensor = x if isinstance(x, Tensor) else Tensor(x)
    if samples is None:
        return default_generator.uniform((*channels, ndim), dtype=tensor.dtype, device=tensor.device)._array
    batch = (1,) * (2 - len(channels)) + channels
    shape = tuple(samples.shape)
    if len(shape) != 3 or shape[0] < batch[0] or shape[1:] != (batch[1], ndim):
        raise ShapeError(f"_random_samples must have the shape {(*batch, ndim)}, not {shape}")
    array = samples._array if isinstance(samples, Tensor) else samples
    return array[: batch[0], ...] if len(channels) == 2 else array[0, ...]


def _places(xp: Any, size: Sizes, wanted: Sizes, kernel: Sizes, samples: list[Any]) -> Any:
    """Return the places of each window's elements in its channel, shape (*channels, windows, elements)."""
    ndim, channels = len(size), tuple(samples[0].shape)
    places: Any = 0
    for axis, (length, n, k, drawn) in enumerate(zip(size, wanted, kernel, samples, strict=True)):
        starts = _starts(xp, drawn, length, n, k)
        taps = xp.expand_dims(starts, axis=-1) + xp.arange(k, device=starts.device)
        shape = [1] * (2 * ndim)
        shape[axis], shape[ndim + axis] = n, k
        places = places + xp.reshape(taps * prod(size[axis + 1 :]), (*channels, *shape))
    return xp.reshape(places, (*channels, prod(wanted), prod(kernel)))


def _starts(xp: Any, samples: Any, length: int, count: int, kernel: int) -> Any:
    """Return where windows begin along an axis: the first one at its start, the last one at its end."""
    samples = xp.expand_dims(samples, axis=-1)
    last = xp.full(samples.shape, length - kernel, dtype=xp.int64, device=samples.device)
    if count == 1:
        return last
    step = (length - kernel) / (count - 1)
    numbers = xp.astype(xp.arange(count - 1, device=samples.device), samples.dtype)
    starts = xp.astype((numbers + samples) * step, xp.int64) - xp.astype(samples * step, xp.int64)
    return xp.concat([starts, last], axis=-1)
