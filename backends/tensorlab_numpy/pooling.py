"""Pooling over n spatial axes: the maximum and the mean of each window, and the transposes of both.

No kernel gathers windows. Each iterates over the taps of the window and processes all windows at once, as
slices of the input. Results have the memory layout of the input (NumPy's order "K"), so that pooling preserves the
layout chosen by convolution.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from tensorlab.backend.kernels.window_geometry import Pairs

from .window_geometry import Array, Shape, Slices, Window, sum_dtype, taps

PART_BYTES = 2 << 20
"""Bytes of input per part, which fits into the cache: a 3 x 3 maximum of 25 MB takes 29 ms, without parts 70."""


def max_pool(
    x: Array,
    *,
    kernel_size: Shape,
    stride: Shape,
    padding: Pairs,
    dilation: Shape,
) -> tuple[Array, Array]:
    """Return the maximum of each window and its position in the window.

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
        The position of the maximum in the window, in C order over kernel_size; the first one of equal elements.
        It is on the input, or 0 if the whole window is on the padding.
    """
    window = Window(kernel_size, stride, tuple(padding), dilation)
    output_size = window.output_shape(x.shape[2:])
    y = _empty_like(x, output_size)
    index = _empty_like(x, output_size, np.min_scalar_type(prod(kernel_size) - 1))
    y[...] = _least(x.dtype)
    index[...] = _first_position_on_input(window, x.shape[2:], output_size)
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
    padding: Pairs,
    dilation: Shape,
) -> Array:
    """Add each element of g at the position of its index: the transpose of `max_pool` for this index.

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
    padding: Pairs,
    dilation: Shape,
) -> Array:
    """Return the element of each window at its index, 0 for padding: the transpose of `max_unpool`.

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


def avg_pool(x: Array, *, kernel_size: Shape, stride: Shape, padding: Pairs) -> Array:
    """Return the mean of each window, including zeros for the padding.

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
        sums = x[part].astype(sum_dtype(x), copy=False)
        for window in windows:
            previous = sums
            sums = _empty_like(previous, window.output_shape(previous.shape[2:]))
            sums[...] = 0
            for tap in taps(window, previous.shape[2:], sums.shape[2:]):
                sums[tap.outputs] += previous[tap.inputs]
        np.multiply(sums, sums.dtype.type(1 / prod(kernel_size)), out=y[part], casting="same_kind")
    return y


def avg_unpool(g: Array, *, input_size: Shape, kernel_size: Shape, stride: Shape, padding: Pairs) -> Array:
    """Distribute each element of g evenly over its window: the transpose of `avg_pool`.

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
        shares = g[part].astype(sum_dtype(g))
        shares *= shares.dtype.type(1 / prod(kernel_size))
        for axis, window in enumerate(windows):
            previous = shares
            size = (*input_size[: axis + 1], *g.shape[axis + 3 :])
            shares = _empty_like(previous, size)
            shares[...] = 0
            for tap in taps(window, size, previous.shape[2:]):
                shares[tap.inputs] += previous[tap.outputs]
        gx[part] = shares
    return gx


def _find_maxima(x: Array, window: Window, y: Array, index: Array) -> None:
    """Replace `y` by the maximum of `y` and each window of `x`, and set `index` where `y` increases."""
    is_greater, new_index = np.empty_like(index, np.bool_), np.empty_like(index)
    for tap in taps(window, x.shape[2:], y.shape[2:]):
        here = tap.outputs
        inputs = x[tap.inputs]
        np.greater(inputs, y[here], out=is_greater[here])
        np.maximum(inputs, y[here], out=y[here])
        # Later positions are greater, so that the maximum selects them; masked assignment takes 8 times as long.
        np.multiply(is_greater[here], index.dtype.type(tap.position), out=new_index[here])
        np.maximum(index[here], new_index[here], out=index[here])
    if y.size and np.isnan(y.max()):
        _set_index_to_nan(index, x, window)


def _add_to_chosen(g: Array, index: Array, window: Window, gx: Array) -> None:
    chosen = np.empty_like(index, np.bool_)
    scratch = np.empty_like(g) if window.overlaps_itself() else None
    for tap in taps(window, gx.shape[2:], g.shape[2:]):
        here = tap.outputs
        target = gx[tap.inputs]
        np.equal(index[here], tap.position, out=chosen[here])
        if scratch is None:
            _select(g[here], chosen[here], out=target)
        else:
            _select(g[here], chosen[here], out=scratch[here])
            target += scratch[here]


def _add_chosen(x: Array, index: Array, window: Window, y: Array) -> None:
    chosen, scratch = np.empty_like(y, np.bool_), np.empty_like(y)
    for tap in taps(window, x.shape[2:], y.shape[2:]):
        here = tap.outputs
        np.equal(index[here], tap.position, out=chosen[here])
        _select(x[tap.inputs], chosen[here], out=scratch[here])
        y[here] += scratch[here]


def _parts(x: Array) -> Iterator[Slices]:
    """Yield slices of (N, C, *S) of PART_BYTES along the batch or the channels, whichever is outermost in memory."""
    axis = int(abs(x.strides[1]) > abs(x.strides[0]))
    step = max(1, PART_BYTES * x.shape[axis] // max(1, x.nbytes))
    for start in range(0, x.shape[axis], step):
        yield (slice(None),) * axis + (slice(start, start + step),)


def _windows_along_axes(kernel_size: Shape, stride: Shape, padding: Pairs) -> list[Window]:
    """Return a window for each axis, so that sums are taken along one axis at a time: 3 + 3 terms instead of 9."""
    ndim = len(kernel_size)
    return [
        Window((kernel,), (step,), (pads,), (1,)).with_unit_axes(before=axis, after=ndim - axis - 1)
        for axis, (kernel, step, pads) in enumerate(zip(kernel_size, stride, padding))
    ]


def _select(values: Array, chosen: Array, out: Array) -> None:
    """Write the chosen values to `out`, and 0 elsewhere.

    Multiplying the bits by 0 also clears infinities and NaN. On 75,000 float32 it takes 43 us, `np.where` 150, and
    `np.copyto` with a mask 330.
    """
    if values.itemsize <= 8:
        bits = np.dtype(f"u{values.itemsize}")
        np.multiply(values.view(bits), chosen, out=out.view(bits))
    else:
        out[...] = np.where(chosen, values, values.dtype.type(0))


def _first_position_on_input(window: Window, input_size: Shape, output_size: Shape) -> Array:
    """Return for each output the first position in its window that is on the input, in C order; 0 if there is none."""
    position, on_input = np.zeros((), np.intp), np.ones((), np.bool_)
    for size, count, kernel, stride, (before, _), dilation in zip(
        input_size, output_size, window.kernel_size, window.stride, window.padding, window.dilation
    ):
        padded = before - np.arange(count) * stride
        first = np.clip(-(-padded // dilation), 0, kernel - 1)
        element = first * dilation - padded
        on_input = on_input[..., np.newaxis] & (element >= 0) & (element < size)
        position = position[..., np.newaxis] * kernel + first
    return np.where(on_input, position, 0)


def _set_index_to_nan(index: Array, x: Array, window: Window) -> None:
    """Set the index of each window with a NaN to the first one."""
    for tap in reversed(taps(window, x.shape[2:], index.shape[2:])):
        np.copyto(index[tap.outputs], tap.position, where=np.isnan(x[tap.inputs]))


def _least(dtype: np.dtype[Any]) -> Any:
    """Return the least value of the dtype, -inf for floating point."""
    if dtype.kind == "b":
        return False
    return np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf


def _empty_like(x: Array, size: Shape, dtype: np.dtype[Any] | None = None) -> Array:
    """Return an empty array (N, C, *size) with the memory layout of x."""
    return np.empty_like(x, dtype, shape=(*x.shape[:2], *size))
