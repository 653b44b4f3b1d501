"""Convolution over n spatial axes and its two gradients, as matrix products.

Memory layout
    The batch is the innermost axis of the arrays computed here: (channels, *space, batch). The inputs read at
    one tap of the window are then a few long contiguous runs; in (batch, channels, *space) they would be a run
    of 10 or 28 numbers for every row of every image. Results are views (batch, channels, *space) of this
    layout. NumPy's elementwise functions preserve it, so that the input of the next layer has it as well; an
    input in another layout is copied once.

Columns
    The inputs under the window become a matrix with a row for each weight and a column for each output
    position (im2col). The first spatial axis need not be unrolled: stored as (row, channel, taps of the other
    axes, column), the kernel_size[0] input rows that an output row reads already form a matrix, which overlaps
    that of the next output row. A 3 x 3 kernel is thus copied 3 times instead of 9 (MEC, Cho and Brand 2017).
    The computation is done in blocks: the columns of one block fit into the cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tensorlab.backend.kernels.window_geometry import Pairs

from .window_geometry import Array, Shape, Slices, Tap, Window, block_fitting, blocks, sum_dtype, taps

BLOCK_BYTES = 5 << 18
"""Bytes of a block of columns. From LeNet to ResNet 2 MB and 4 MB are fastest and 1 MB costs 10 to 20 %, but with
2 MB a training step of LeNet-5 takes 1.37 times PyTorch's memory; with this value it takes 0.96."""

ROWS_PER_BLOCK = 8
"""Desired number of rows of a block: the first and last kernel_size[0] - 1 rows of its input are unrolled twice."""

MIN_COLUMNS = 512
"""Minimum number of columns of a block: narrower matrix products do not reach the full rate of BLAS."""

Block: TypeAlias = tuple[Slices, Array]
"""A block of output positions, as slices of the arranged output, and its columns (rows, groups, weights, positions)."""


class Rows(Enum):
    """The axis that is not unrolled: the rows of the columns."""

    SPACE = "the first spatial axis"
    BATCH = "the batch; for 1 x 1 kernels on (batch, channels, *space) arrays, which are already columns"
    NONE = "none; there is one row, and every spatial axis is unrolled"


def convolution(x: Array, w: Array, *, stride: Shape, padding: Pairs, dilation: Shape, groups: int) -> Array:
    """Cross-correlate x with w.

    Parameters
    ----------
    x : (N, C, *S)
    w : (O, C / groups, *K), of the dtype of x
    stride, dilation : one number for each spatial axis
    padding : for each spatial axis the zeros (before, after); a negative number crops
    groups : number of channel groups; output channels depend on the input channels of their group only

    Returns
    -------
    (N, O, *S_out), with the batch innermost in memory, except for a 1 x 1 kernel on another layout
    """
    window = Window(w.shape[2:], stride, tuple(padding), dilation)
    return _correlate(x, w, window, groups, window.output_shape(x.shape[2:]))


def convolution_input_grad(
    g: Array,
    w: Array,
    *,
    input_size: Shape,
    stride: Shape,
    padding: Pairs,
    dilation: Shape,
    groups: int,
) -> Array:
    """Apply the transpose of `convolution` with respect to x: the gradient of x, and the transposed convolution.

    Parameters
    ----------
    g : (N, O, *S_out)
    w : (O, C / groups, *K), of the dtype of g
    input_size : the spatial shape S of x
    stride, padding, dilation, groups : as in `convolution`

    Returns
    -------
    (N, C, *S)
    """
    window = Window(w.shape[2:], stride, tuple(padding), dilation)
    if _is_cheaper_by_correlation(g, w, window, groups, input_size):
        return _correlate(g, _flipped_weights(w, groups), window.flipped(), groups, input_size)
    return _scatter(g, w, window, groups, input_size)


def convolution_weight_grad(
    x: Array,
    g: Array,
    *,
    kernel_size: Shape,
    stride: Shape,
    padding: Pairs,
    dilation: Shape,
    groups: int,
) -> Array:
    """Apply the transpose of `convolution` with respect to w: the gradient of w.

    Parameters
    ----------
    x : (N, C, *S)
    g : (N, O, *S_out), of the dtype of x
    kernel_size : the spatial shape K of w
    stride, padding, dilation, groups : as in `convolution`

    Returns
    -------
    (O, C / groups, *K)
    """
    window = Window(kernel_size, stride, tuple(padding), dilation)
    # The gradients of the rows are added up, which takes a tenth of the time of the products with 200 columns.
    rows = _choose_rows(x, window, g.shape[2:], least_columns=200)
    out_channels, channels = g.shape[1] // groups, x.shape[1] // groups
    gw = np.zeros((groups, channels * prod(kernel_size), out_channels), sum_dtype(x))
    if x.size and g.size:
        positions = _arranged(g, rows)
        for outputs, columns in _columns(x, window, groups, positions.shape[1:], rows):
            for row, g_row in zip(columns, _matrices(positions, outputs, groups)):
                gw += row @ g_row.swapaxes(1, 2)
    if rows is Rows.SPACE:
        gw = gw.reshape(groups, kernel_size[0], channels, prod(kernel_size[1:]), out_channels).swapaxes(1, 2)
    gw = gw.reshape(groups, channels * prod(kernel_size), out_channels).swapaxes(1, 2)
    return gw.reshape(g.shape[1], channels, *kernel_size).astype(x.dtype, copy=False)


def _correlate(x: Array, w: Array, window: Window, groups: int, output_size: Shape) -> Array:
    shape = (x.shape[0], w.shape[0], *output_size)
    if not (x.size and w.size and prod(shape)):
        return np.zeros(shape, x.dtype)
    rows = _choose_rows(x, window, output_size, least_columns=96)
    y = _empty(shape, sum_dtype(x), rows)
    weights = w.reshape(groups, shape[1] // groups, w.shape[1], w.shape[2], -1)
    if rows is Rows.SPACE:
        weights = weights.swapaxes(2, 3)
    matrix = np.ascontiguousarray(weights, y.dtype).reshape(groups, shape[1] // groups, -1)
    positions = _arranged(y, rows)
    for outputs, columns in _columns(x, window, groups, positions.shape[1:], rows):
        np.matmul(matrix, columns, out=_matrices(positions, outputs, groups, copy=False))
    return y.astype(x.dtype, copy=False)


def _scatter(g: Array, w: Array, window: Window, groups: int, input_size: Shape) -> Array:
    """Multiply each output position by the weights and add the products to the inputs under the window."""
    shape = (g.shape[0], w.shape[1] * groups, *input_size)
    if not (g.size and w.size and prod(shape)):
        return np.zeros(shape, g.dtype)
    gx = _empty(shape, sum_dtype(g), Rows.NONE)
    matrix = w.reshape(groups, -1, w[0].size).swapaxes(1, 2).astype(gx.dtype, copy=False)
    positions = _arranged(g, Rows.NONE)
    if window.covers(input_size):
        all_inputs = _batch_last(gx).reshape(groups, -1, shape[0], copy=False)
        np.matmul(matrix, positions.reshape(groups, -1, shape[0]), out=all_inputs)
        return gx.astype(g.dtype, copy=False)

    gx[...] = 0
    sums = _arranged(gx, Rows.NONE)
    window = _window_over(window, Rows.NONE)
    limit = max(MIN_COLUMNS, BLOCK_BYTES // (w[0].size * groups * gx.itemsize))
    for outputs in blocks(positions.shape[1:], block_fitting(positions.shape[1:], limit)):
        inputs, part = window.restricted_to(outputs, sums.shape[1:])
        counts = _lengths(outputs)
        products = matrix @ _matrices(positions, outputs, groups)[0]
        by_tap = _by_tap(products.reshape(shape[1], *part.kernel_size, *counts), 1, len(counts))
        target = sums[:, *inputs]
        for tap in taps(part, target.shape[1:], counts):
            target[tap.inputs] += by_tap[tap.offset][tap.outputs]
    return gx.astype(g.dtype, copy=False)


def _is_cheaper_by_correlation(g: Array, w: Array, window: Window, groups: int, input_size: Shape) -> bool:
    """Whether the input gradient is computed faster as the correlation of g with the flipped weights.

    This saves the additions of `_scatter`, a third of its time, but
    - it requires stride 1,
    - it multiplies by padding near the border of the input: 25 x the products for a 5 x 5 kernel on 5 x 5,
    - its product has only C / groups rows: with 6 of them BLAS runs at a quarter of its rate,
    - flipping the weights takes as long as the additions for about 4 positions per output channel.
    """
    if window.is_point:
        return True
    out_channels = w.shape[0] // groups
    return (
        set(window.stride) == {1}
        and prod(input_size) <= 1.2 * prod(g.shape[2:])
        and w.shape[1] * 2 >= min(out_channels, 32)
        and g.shape[0] * prod(g.shape[2:]) >= 4 * out_channels
    )


def _flipped_weights(w: Array, groups: int) -> Array:
    """Swap input and output channels and reverse the taps: (O, C / groups, *K) to (C, O / groups, *K)."""
    flipped = np.flip(w, tuple(range(2, w.ndim))).reshape(groups, -1, *w.shape[1:]).swapaxes(1, 2)
    return flipped.reshape(-1, *flipped.shape[2:])


def _columns(x: Array, window: Window, groups: int, output_shape: Shape, rows: Rows) -> Iterator[Block]:
    """Yield blocks of output positions with their columns; each block overwrites the one before.

    `x` is (N, C, *S); `output_shape` is the shape of the arranged output without its channels.
    """
    whole = tuple(slice(0, size) for size in output_shape)
    if window.is_point:
        yield whole, _matrices(_arranged(x, rows), whole, groups)
        return
    if window.covers(x.shape[2:]):
        widened = x.astype(sum_dtype(x), copy=False)
        yield whole, _batch_last(widened).reshape(1, groups, -1, x.shape[0])
        return

    arranged = _arranged(x, rows)
    window = _window_over(window, rows)
    column_size = x.shape[1] * prod(window.kernel_size[1:])
    block_shape = _block_shape(output_shape, window, column_size * arranged.itemsize)
    buffer_size = _input_rows(window, block_shape[0]) * column_size * prod(block_shape[1:])
    buffer = np.empty(buffer_size, arranged.dtype)
    for outputs in blocks(output_shape, block_shape):
        inputs, part = window.restricted_to(outputs, arranged.shape[1:])
        yield outputs, _unrolled(arranged[:, *inputs], part, groups, _lengths(outputs), buffer)


def _block_shape(output_shape: Shape, window: Window, column_bytes: int) -> Shape:
    """Return the shape of a block of output positions: enough rows, then as many columns as fit BLOCK_BYTES."""
    wanted_rows = _input_rows(window, min(ROWS_PER_BLOCK, output_shape[0]))
    columns = max(MIN_COLUMNS, BLOCK_BYTES // (wanted_rows * column_bytes))
    others = block_fitting(output_shape[1:], columns)
    input_rows = BLOCK_BYTES // (prod(others) * column_bytes)
    rows = (input_rows - window.kernel_size[0]) // window.stride[0] + 1
    return min(max(rows, 1), output_shape[0]), *others


def _input_rows(window: Window, output_rows: int) -> int:
    return (output_rows - 1) * window.stride[0] + window.kernel_size[0]


def _unrolled(x: Array, window: Window, groups: int, counts: Shape, buffer: Array) -> Array:
    """Write the inputs that the window reads in arranged x to `buffer`, as (rows, groups, weights, positions)."""
    input_rows, channels = _input_rows(window, counts[0]), x.shape[0] // groups
    source = x.reshape(groups, channels, *x.shape[1:])
    shape = (groups, input_rows, channels, *window.kernel_size[1:], *counts[1:])
    by_tap = _by_tap(buffer[: prod(shape)].reshape(shape), 3, len(counts) - 1)
    # Each input row is copied once and shared by kernel_size[0] output rows, whose matrices overlap.
    copied = replace(window, kernel_size=(1, *window.kernel_size[1:]), stride=(1, *window.stride[1:]))
    for tap in taps(copied, source.shape[2:], (input_rows, *counts[1:]), on_padding=True):
        _copy_tap(source, by_tap[tap.offset[1:]].swapaxes(1, 2), tap)

    positions = prod(counts[1:])
    weights_of_row = channels * prod(window.kernel_size[1:])
    step = positions * buffer.itemsize
    return as_strided(
        buffer,
        (counts[0], groups, window.kernel_size[0] * weights_of_row, positions),
        (
            window.stride[0] * weights_of_row * step,
            input_rows * weights_of_row * step,
            step,
            buffer.itemsize,
        ),
        writeable=False,
    )


def _copy_tap(source: Array, target: Array, tap: Tap) -> None:
    """Copy the inputs of a tap from the last axes of `source`; the rest of `target` is padding."""
    target[tap.outputs] = source[tap.inputs]
    for axis, outputs in enumerate(tap.outputs, start=-len(tap.outputs)):
        if not isinstance(outputs, slice):
            continue  # the leading "..."
        if outputs.stop - outputs.start < target.shape[axis]:
            lines = target.swapaxes(axis, 0)
            lines[: outputs.start] = 0
            lines[outputs.stop :] = 0


def _by_tap(x: Array, kernel_start: int, position_axes: int) -> Array:
    """Move the kernel's axes, from `kernel_start` to the positions at the end, to the front."""
    kernel_end = x.ndim - position_axes
    axes = (*range(kernel_start, kernel_end), *range(kernel_start), *range(kernel_end, x.ndim))
    return x.transpose(axes)


def _choose_rows(x: Array, window: Window, output_size: Shape, least_columns: int) -> Rows:
    if window.covers(x.shape[2:]):
        return Rows.NONE
    if window.is_point:
        return Rows.NONE if _has_batch_innermost(x) else Rows.BATCH
    enough_columns = prod(output_size[1:]) * x.shape[0] >= least_columns
    rows_overlap = window.dilation[0] == 1 and window.kernel_size[0] > window.stride[0] and output_size[0] > 1
    return Rows.SPACE if enough_columns and rows_overlap else Rows.NONE


def _window_over(window: Window, rows: Rows) -> Window:
    """Extend the window to the axes of an arranged array."""
    return window.with_unit_axes(before=rows is not Rows.SPACE, after=rows is not Rows.BATCH)


def _arranged(x: Array, rows: Rows) -> Array:
    """Return (N, C, *S) as (C, rows, *other axes), in the dtype of sums; as a view if the memory layout allows."""
    x = x.astype(sum_dtype(x), order="K", copy=False)
    if rows is Rows.BATCH:
        return np.ascontiguousarray(x).swapaxes(0, 1)
    innermost = _batch_last(x) if _has_batch_innermost(x) else _batch_last_copy(x)
    return innermost if rows is Rows.SPACE else innermost[:, np.newaxis]


def _has_batch_innermost(x: Array) -> bool:
    return _batch_last(x).flags.c_contiguous


def _batch_last(x: Array) -> Array:
    return x.transpose(*range(1, x.ndim), 0)


def _batch_last_copy(x: Array) -> Array:
    copy = np.empty((*x.shape[1:], x.shape[0]), x.dtype)
    if x.strides[0] % 4096:
        copy[...] = _batch_last(x)
    else:  # Images a multiple of a page apart share cache lines: copying them in sequence is 2 x faster.
        for batch_index, image in enumerate(x):
            copy[..., batch_index] = image
    return copy


def _empty(shape: Shape, dtype: np.dtype[Any], rows: Rows) -> Array:
    """Return an empty array (N, C, *S) that `_arranged` does not copy."""
    if rows is Rows.BATCH:
        return np.empty(shape, dtype)
    return np.empty((*shape[1:], shape[0]), dtype).transpose(-1, *range(len(shape) - 1))


def _matrices(arranged: Array, outputs: Slices, groups: int, copy: bool | None = None) -> Array:
    """Return a block of an arranged array as (rows, groups, channels, positions), as a view if possible."""
    block = arranged[:, *outputs]
    shape = (groups, block.shape[0] // groups, block.shape[1], prod(block.shape[2:]))
    return block.reshape(shape, copy=copy).transpose(2, 0, 1, 3)


def _lengths(slices: Slices) -> Shape:
    return tuple(part.stop - part.start for part in slices)
