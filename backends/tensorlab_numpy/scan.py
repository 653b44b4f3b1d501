"""Cumulative sums and products whose rounding errors stay small over many terms.

NumPy adds term after term: in float32, the cumulative sum of four million times 0.1 ends 4 % off. Here, an axis is
divided into runs. Each is scanned, and so are the last elements of the scans, which are then combined with all elements
of the following run.
"""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from .reduction import FEW, INEXACT

RUN = 128
"""Terms of a run: with 64, combining the runs takes a third more time."""

BLOCK = 1 << 14
"""Products that are computed in double precision at once."""

DOUBLE = {"f": np.dtype(np.float64), "F": np.dtype(np.complex128)}
"""The double precision of single ones, by letter."""


def cumulative_sum(x: Any, *, axis: Any = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """Cumulative sum; see `tensorlab.cumulative_sum`."""
    place = _long_axis(x, axis, dtype)
    if place is None:
        return np.cumulative_sum(x, axis=axis, dtype=dtype, include_initial=include_initial)
    out, target = _target(x, place, dtype, 0 if include_initial else None)
    _scan(np.add, x, place, dtype, target)
    return out


def cumulative_prod(x: Any, *, axis: Any = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """Cumulative product; see `tensorlab.cumulative_prod`. Single precision is multiplied in double.

    Each factor rounds all later products, in whatever order they are multiplied.
    """
    place = _long_axis(x, axis, dtype)
    char = (x.dtype if dtype is None else dtype).char
    if place is None or char not in DOUBLE:
        return np.cumulative_prod(x, axis=axis, dtype=dtype, include_initial=include_initial)
    out, target = _target(x, place, dtype, 1 if include_initial else None)
    across = max((a for a in range(x.ndim) if a != place), key=x.shape.__getitem__, default=place)
    if across == place:
        _multiply_in_double(x, place, DOUBLE[char], target)
        return out
    width = max(1, BLOCK * x.shape[across] // x.size)
    for start in range(0, x.shape[across], width):
        part = (*(slice(None),) * across, slice(start, start + width))
        _multiply_in_double(x[part], place, DOUBLE[char], target[part])
    return out


def _multiply_in_double(x: Any, axis: int, double: Any, out: Any) -> None:
    """Write the cumulative products to `out`; they are computed in double precision block by block."""
    lead, length = (slice(None),) * axis, x.shape[axis]
    block = max(RUN, BLOCK * length // x.size)
    first, so_far = (*lead, slice(1)), None
    for start in range(0, length, block):
        part = (*lead, slice(start, start + block))
        products = x[part].astype(double)
        if so_far is not None:
            products[first] *= so_far
        np.multiply.accumulate(products, axis, None, products)
        so_far = products[(*lead, slice(-1, None))]
        out[part] = products


def logcumsumexp(x: Any, axis: int | None = None) -> Any:
    """Logarithm of the cumulative sum of exponentials; see `tensorlab.logcumsumexp`."""
    out = np.empty_like(x)
    _scan(np.logaddexp, x, 0 if axis is None else axis % x.ndim, None, out)
    return out


def _long_axis(x: Any, axis: Any, dtype: Any) -> int | None:
    """Return the axis of a scan that is rounded and long, without its sign."""
    if x.size <= FEW or (x.dtype if dtype is None else dtype).char not in INEXACT or (axis is None and x.ndim > 1):
        return None
    place = 0 if axis is None else index(axis)
    if not -x.ndim <= place < x.ndim or x.shape[place] <= FEW:
        return None
    return place % x.ndim


def _target(x: Any, axis: int, dtype: Any, initial: float | None) -> tuple[Any, Any]:
    """Return an array for the results of a scan, and the view of it that follows the initial value."""
    if initial is None:
        out = np.empty_like(x, dtype)
        return out, out
    out = np.empty((*x.shape[:axis], x.shape[axis] + 1, *x.shape[axis + 1 :]), x.dtype if dtype is None else dtype)
    lead: tuple[Any, ...] = (slice(None),) * axis
    out[(*lead, 0)] = initial
    return out, out[(*lead, slice(1, None))]


def _scan(ufunc: Any, x: Any, axis: int, dtype: Any, out: Any) -> None:
    """Write the scan of `x` to `out`: each run is scanned, then combined with the scan of the ends of the runs."""
    length = x.shape[axis]
    if length <= 2 * RUN:
        ufunc.accumulate(x, axis, dtype, out)
        return
    count = length // RUN
    lead: tuple[Any, ...] = (slice(None),) * axis
    shape = (*x.shape[:axis], count, RUN, *x.shape[axis + 1 :])
    used, others = (*lead, slice(count * RUN)), (*lead, slice(count * RUN, None))
    runs = out[used].reshape(shape, copy=False)
    ufunc.accumulate(x[used].reshape(shape), axis + 1, dtype, runs)
    ends = runs[(*lead, slice(None), -1)]
    so_far = np.empty_like(ends)
    _scan(ufunc, ends, axis, None, so_far)
    later = runs[(*lead, slice(1, None))]
    ufunc(later, so_far[(*lead, slice(-1), None)], out=later)
    if length % RUN:
        rest = out[others]
        ufunc.accumulate(x[others], axis, dtype, rest)
        ufunc(rest, so_far[(*lead, slice(-1, None))], out=rest)
