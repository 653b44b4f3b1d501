"""Sums whose rounding errors grow like the logarithm of the number of terms, along every axis.

NumPy sums pairwise along the axis that is innermost in memory and adds term after term along all others: in float32,
the mean of four million rows of 0.1 is 0.096. Here, a long axis of the second kind is divided into short runs. NumPy
sums each run; the sums, a fraction of the operand, are summed in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from operator import index
from typing import Any

import numpy as np

FEW = 128
"""Up to this number of terms are added one after the other: the error is less than twice that of a pairwise sum."""

RUN = 32
"""Terms of a run."""

WIDTH = 2048
"""Least number of elements that NumPy's inner loop adds to as many others, by taking several runs side by side.

For rows of 3 float32 a loop per row takes 20 times as long, and 512 elements 1.6 times. More do not fit into the
first-level cache.
"""

INEXACT = "fdFD"
"""Letters of the data types whose sums are rounded."""

# Called with positional arguments, as keywords cost 0.1 us; NumPy's type stubs do not allow them.
add_reduce: Any = np.add.reduce

NEW_ARRAY: Any = ... if np.lib.NumpyVersion(np.__version__) >= "2.3.0" else None
"""The argument `out` of reductions that makes them return 0-d arrays rather than scalars, from NumPy 2.3 on."""


def refuse_axes_of_number(axis: Any) -> None:
    """Raise if an axis of a 0-d array is named: 0 and -1, which ufuncs take."""
    if axis is not None and axis != ():
        raise np.exceptions.AxisError(axis if isinstance(axis, int) else axis[0], 0)


def sum(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Sum over axes; see `tensorlab.sum`."""
    axes = None if x.size <= FEW else _inaccurate_axes(x, axis, dtype)
    if axes is None:
        return add_reduce(x, axis, dtype, out=NEW_ARRAY, keepdims=keepdims)
    return _sum_in_runs(x, axes, dtype, keepdims)


def mean(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """Mean over axes; see `tensorlab.mean`. ``np.mean`` adds 2 us of Python overhead."""
    if x.dtype.char not in INEXACT or not x.size or not x.ndim:
        return np.mean(x, axis=axis, keepdims=keepdims)
    axes = None if x.size <= FEW else _inaccurate_axes(x, axis, None)
    # Scalars are divided in half the time of 0-d arrays.
    total = add_reduce(x, axis, None, None, keepdims) if axes is None else _sum_in_runs(x, axes, None, keepdims)
    return total / (x.size // total.size)


def pairwise_sum(arrays: Iterable[Any]) -> Any:
    """Sum arrays pairwise as they come, at least one. They are overwritten; as many as the logarithm are kept."""
    kept: list[Any] = []
    for count, array in enumerate(arrays):
        while count & 1:  # the last of those that are kept sums as many as this one
            array += kept.pop()
            count >>= 1
        kept.append(array)
    result = kept.pop()
    while kept:
        result += kept.pop()
    return result


def is_pairwise(x: Any, axis: Any) -> bool:
    """Whether a glance shows that NumPy sums pairwise, or few terms."""
    if axis is None:
        return bool(x.flags.forc)
    if type(axis) is not int or not -x.ndim <= axis < x.ndim:
        return False
    return x.shape[axis] <= FEW or (x.strides[axis] == x.itemsize and axis in (-1, x.ndim - 1))


def _inaccurate_axes(x: Any, axis: Any, dtype: Any) -> tuple[int, ...] | None:
    """Return the axes of a sum in ascending order, or None if NumPy's own sum is exact, short, or pairwise."""
    if (dtype is None or dtype == x.dtype) and is_pairwise(x, axis):  # NumPy casts blocks and adds up their sums
        return None
    if (x.dtype if dtype is None else dtype).char not in INEXACT:
        return None
    ndim = x.ndim
    axes = range(ndim) if axis is None else [index(a) for a in (axis if isinstance(axis, tuple) else (axis,))]
    axes = sorted([a + ndim if a < 0 else a for a in axes])
    if len(set(axes)) < len(axes) or not all(0 <= a < ndim for a in axes):  # NumPy raises the error
        return None
    return tuple(axes) if prod([x.shape[a] for a in axes]) > FEW else None


def _sum_in_runs(x: Any, axes: tuple[int, ...], dtype: Any, keepdims: bool) -> Any:
    """Sum over axes in ascending order."""
    shape, leading = x.shape, len(axes)
    if axes[-1] >= leading or not x.flags.c_contiguous:
        return _sum_any(x, axes, dtype, keepdims)
    rest = shape[leading:]
    total = _sum_rows(x.reshape(prod(shape[:leading]), prod(rest)), dtype)
    return total.reshape((1,) * leading + rest if keepdims else rest)


def _sum_rows(rows: Any, dtype: Any) -> Any:
    """Sum the rows of a contiguous matrix."""
    if len(rows) <= 2 * RUN:
        return add_reduce(rows, 0, dtype)
    sums, others = _sums_of_runs(rows, 0, rows.shape[1], dtype)
    total = _sum_rows(sums, None)
    return total if others is None else total + _sum_rows(others, dtype)


def _sum_any(x: Any, axes: tuple[int, ...], dtype: Any, keepdims: bool) -> Any:
    """Sum an array of any memory layout."""
    slow = _slow_axes(x, axes, dtype)
    if prod([x.shape[a] for a in slow]) <= 2 * RUN:
        return add_reduce(x, axes, dtype, out=NEW_ARRAY, keepdims=keepdims)
    axis = max(slow, key=x.shape.__getitem__)
    stride = abs(x.strides[axis])
    inner = prod([n for n, s in zip(x.shape, x.strides, strict=True) if abs(s) < stride])
    sums, others = _sums_of_runs(x, axis, inner, dtype)
    total = _sum_any(sums, axes, None, keepdims)
    return total if others is None else total + _sum_any(others, axes, dtype, keepdims)


def _sums_of_runs(x: Any, axis: int, inner: int, dtype: Any) -> tuple[Any, Any]:
    """Return the sums of the runs into which an axis is divided, along that axis, and the slices that are left over.

    `inner` is the number of elements that each index of the axis has next to one another in memory.
    """
    shape = x.shape
    length, before, after = shape[axis], shape[:axis], shape[axis + 1 :]
    run = min(RUN, length)
    width = max(1, min(WIDTH // inner, length // run))
    count = length // (run * width)
    used = count * run * width
    others = None
    if used < length:
        lead = (slice(None),) * axis
        x, others = x[(*lead, slice(used))], x[(*lead, slice(used, None))]
    sums = add_reduce(x.reshape((*before, count, run, width, *after)), axis + 1, dtype)
    return sums.reshape((*before, count * width, *after)), others


def _slow_axes(x: Any, axes: tuple[int, ...], dtype: Any) -> list[int]:
    """Return those of `axes` along which NumPy adds term after term."""
    if dtype is not None and dtype != x.dtype:
        return list(axes)
    # NumPy's inner loop runs over the axis with the smallest stride and those that continue it in memory.
    pairwise: list[int] = []
    following = 0
    for stride, minus_axis in sorted((abs(s), -a) for a, s in enumerate(x.strides) if x.shape[a] > 1):
        if -minus_axis not in axes or not stride or (pairwise and stride != following):
            break
        pairwise.append(-minus_axis)
        following = stride * x.shape[-minus_axis]
    return [a for a in axes if a not in pairwise and x.shape[a] > 1]
