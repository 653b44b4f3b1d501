"""Pooling over n spatial axes: the maximum and the mean of each window, and the transposes of both.

No kernel here gathers windows. Each goes over the taps of the window, and at a tap treats all windows at
once, as slices of the input. Results are laid out in memory like the input (NumPy's order "K"), so the layout
that convolution chooses passes through pooling.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from .window_geometry import Array, Pads, Shape, Slices, Window, taps

PART_BYTES = 2 << 20
"""Bytes of input treated at a time, to stay in cache: a 3 x 3 maximum of 25 MB takes 29 ms, uncut 70."""


def max_pool(
    x: Array,
    *,
    kernel_size: Shape,
    stride: Shape,
    padding: Pads,
    dilation: Shape,
) -> tuple[Array, Array]:
    """Take the maximum of each window, and where in the window it is.

    Padding counts as the least value of the dtype. The maximum of a window with a NaN is NaN.

    Parameters
    ----------
    x : (N, C, *S)
    kernel_size, stride, dilation : one number for each spatial axis
    padding : for each spatial axis the number of elements added (before, after)

    Returns
    -------
    y : (N, C, *S_out)
    index : (N, C, *S_out), of the smallest unsigned dtype that can count the window's elements
        Where the maximum is in the window, in C order over kernel_size; the first place if there are several.
        It is a place on the input, or 0 where the whole window is on the padding.
    """
    window = Window(kernel_size, stride, tuple(padding), dilation)
    output_size = window.output_shape(x.shape[2:])
    y = _empty_like(x, output_size)
    index = _empty_like(x, output_size, np.min_scalar_type(prod(kernel_size) - 1))
    y[...] = _least(x.dtype)
    index[...] = _first_place_on_input(window, x.shape[2:], output_size)
    for part in _parts(x):
        _find_maxima(x[part], window, y[part], index[part])
    return y, index


def max_unpool(
    g: Array,
    index: Array,
    *,
    input_size: Shape,
    kernel_size: Shape,
    stride: Shape,
    padding: Pads,
    dilation: Shape,
) -> Array:
    """Add each element of g to the place its index names: the transpose of `max_pool` for this index.

    Parameters
    ----------
    g, index : (N, C, *S_out)
    input_size : the spatial shape S
    kernel_size, stride, padding, dilation : as in `max_pool`

    Returns
    -------
    (N, C, *S)
    """
    window = Window(kernel_size, stride, tuple(padding), dilation)
    gx = _empty_like(g, input_size)
    if not window.tiles(input_size):
        gx[...] = 0
    for part in _parts(gx):
        _add_to_chosen(g[part], index[part], window, gx[part])
    return gx


def pool_gather(
    x: Array,
    index: Array,
    *,
    kernel_size: Shape,
    stride: Shape,
    padding: Pads,
    dilation: Shape,
) -> Array:
    """Take from each window the element its index names, 0 from the padding: the transpose of `max_unpool`.

    Parameters
    ----------
    x : (N, C, *S)
    index : (N, C, *S_out)
    kernel_size, stride, padding, dilation : as in `max_pool`

    Returns
    -------
    (N, C, *S_out)
    """
    window = Window(kernel_size, stride, tuple(padding), dilation)
    y = _empty_like(x, index.shape[2:])
    y[...] = 0
    for part in _parts(x):
        _add_chosen(x[part], index[part], window, y[part])
    return y


def avg_pool(x: Array, *, kernel_size: Shape, stride: Shape, padding: Pads) -> Array:
    """Sum each window and divide by the number of its elements, among which padding counts as zeros.

    Parameters
    ----------
    x : (N, C, *S)
    kernel_size, stride : one number for each spatial axis
    padding : for each spatial axis the number of zeros (before, after)

    Returns
    -------
    (N, C, *S_out)
    """
    windows = _windows_along_axes(kernel_size, stride, padding)
    y = _empty_like(x, tuple(window.output_shape(x.shape[2:])[axis] for axis, window in enumerate(windows)))
    for part in _parts(x):
        sums = x[part].astype(_sum_dtype(x), copy=False)
        for window in windows:
            line = sums
            sums = _empty_like(line, window.output_shape(line.shape[2:]))
            sums[...] = 0
            for tap in taps(window, line.shape[2:], sums.shape[2:]):
                sums[tap.outputs] += line[tap.inputs]
        np.multiply(sums, sums.dtype.type(1 / prod(kernel_size)), out=y[part], casting="same_kind")
    return y


def avg_unpool(g: Array, *, input_size: Shape, kernel_size: Shape, stride: Shape, padding: Pads) -> Array:
    """Share each element of g out among the elements of its window: the transpose of `avg_pool`.

    Parameters
    ----------
    g : (N, C, *S_out)
    input_size : the spatial shape S
    kernel_size, stride, padding : as in `avg_pool`

    Returns
    -------
    (N, C, *S)
    """
    windows = _windows_along_axes(kernel_size, stride, padding)
    gx = _empty_like(g, input_size)
    for part in _parts(gx):
        shares = g[part].astype(_sum_dtype(g))
        shares *= shares.dtype.type(1 / prod(kernel_size))
        for axis, window in enumerate(windows):
            line = shares
            size = (*input_size[: axis + 1], *g.shape[axis + 3 :])
            shares = _empty_like(line, size)
            shares[...] = 0
            for tap in taps(window, size, line.shape[2:]):
                shares[tap.inputs] += line[tap.outputs]
        gx[part] = shares
    return gx


def _find_maxima(x: Array, window: Window, y: Array, index: Array) -> None:
    """Raise `y` to the maximum of each window of `x`, and set `index` where this is more than `y` was."""
    is_greater, place = np.empty_like(index, np.bool_), np.empty_like(index)
    for position, tap in enumerate(taps(window, x.shape[2:], y.shape[2:])):
        here = tap.outputs
        met = x[tap.inputs]
        np.greater(met, y[here], out=is_greater[here])
        np.maximum(met, y[here], out=y[here])
        # Later places are greater numbers, so the maximum sets them: masked assignment takes 8 times as long.
        np.multiply(is_greater[here], index.dtype.type(position), out=place[here])
        np.maximum(index[here], place[here], out=index[here])
    if y.size and np.isnan(y.max()):
        _point_to_nans(index, x, window)


def _add_to_chosen(g: Array, index: Array, window: Window, gx: Array) -> None:
    chosen = np.empty_like(index, np.bool_)
    scratch = np.empty_like(g) if window.overlaps_itself() else None
    for position, tap in enumerate(taps(window, gx.shape[2:], g.shape[2:])):
        here = tap.outputs
        met = gx[tap.inputs]
        np.equal(index[here], position, out=chosen[here])
        if scratch is None:
            _select(g[here], chosen[here], out=met)
        else:
            _select(g[here], chosen[here], out=scratch[here])
            met += scratch[here]


def _add_chosen(x: Array, index: Array, window: Window, y: Array) -> None:
    chosen, scratch = np.empty_like(y, np.bool_), np.empty_like(y)
    for position, tap in enumerate(taps(window, x.shape[2:], y.shape[2:])):
        here = tap.outputs
        np.equal(index[here], position, out=chosen[here])
        _select(x[tap.inputs], chosen[here], out=scratch[here])
        y[here] += scratch[here]


def _parts(x: Array) -> Iterator[Slices]:
    """Cut (N, C, *S) to PART_BYTES along the batch or the channels, whichever is outermost in memory."""
    axis = int(abs(x.strides[1]) > abs(x.strides[0]))
    step = max(1, PART_BYTES * x.shape[axis] // max(1, x.nbytes))
    for start in range(0, x.shape[axis], step):
        yield (slice(None),) * axis + (slice(start, start + step),)


def _windows_along_axes(kernel_size: Shape, stride: Shape, padding: Pads) -> list[Window]:
    """Split a window into one for each axis, to sum along one after the other: 3 + 3 terms instead of 9."""
    ndim = len(kernel_size)
    return [
        Window((kernel,), (step,), (pads,), (1,)).with_still_axes(before=axis, after=ndim - axis - 1)
        for axis, (kernel, step, pads) in enumerate(zip(kernel_size, stride, padding))
    ]


def _select(values: Array, chosen: Array, out: Array) -> None:
    """Write the chosen values to `out`, and 0 elsewhere.

    Multiplying the bits by 0 clears infinities and NaNs too. On 75,000 float32 it takes 43 us, `np.where`
    150, and `np.copyto` with a mask 330.
    """
    if values.itemsize <= 8:
        bits = np.dtype(f"u{values.itemsize}")
        np.multiply(values.view(bits), chosen, out=out.view(bits))
    else:
        out[...] = np.where(chosen, values, values.dtype.type(0))


def _first_place_on_input(window: Window, input_size: Shape, output_size: Shape) -> Array:
    """Return for each position of the window its first element on the input, in C order; 0 where there is none."""
    place, met = np.zeros((), np.intp), np.ones((), np.bool_)
    for size, count, kernel, stride, (before, _), dilation in zip(
        input_size, output_size, window.kernel_size, window.stride, window.padding, window.dilation
    ):
        padded = before - np.arange(count) * stride
        first = np.clip(-(-padded // dilation), 0, kernel - 1)
        element = first * dilation - padded
        met = met[..., np.newaxis] & (element >= 0) & (element < size)
        place = place[..., np.newaxis] * kernel + first
    return np.where(met, place, 0)


def _point_to_nans(index: Array, x: Array, window: Window) -> None:
    """Let the index of each window with a NaN name the first one."""
    for position, tap in reversed(list(enumerate(taps(window, x.shape[2:], index.shape[2:])))):
        np.copyto(index[tap.outputs], position, where=np.isnan(x[tap.inputs]))


def _least(dtype: np.dtype[Any]) -> Any:
    """Return the least value of the dtype, -inf for floating point."""
    if dtype.kind == "b":
        return False
    return np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf


def _empty_like(x: Array, size: Shape, dtype: np.dtype[Any] | None = None) -> Array:
    """Make an array (N, C, *size) that is laid out in memory like x."""
    return np.empty_like(x, dtype, shape=(*x.shape[:2], *size))


def _sum_dtype(x: Array) -> np.dtype[Any]:
    """Return the dtype for sums: single precision for half."""
    return np.dtype(np.float32) if x.dtype.itemsize == 2 else x.dtype
