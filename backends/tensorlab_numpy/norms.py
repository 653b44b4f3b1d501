"""Euclidean norms of vectors whose squares may overflow or underflow, at little cost for all others."""

from __future__ import annotations

from math import inf, isfinite
from typing import Any

import numpy as np

from . import reduction
from .normalization import PIECE

LEAST_SUM = {"f": 2.0**-100, "d": 2.0**-960}
"""Sums of squares from here on have lost nothing to underflow, by letter of the data type."""

FEW = 16
"""Up to this number of elements, Python's `min` and `max` of a list take a third of the time of NumPy's."""


def _sum_of_squares(x: Any, axis: Any, keepdims: bool) -> Any:
    if axis is None and x.size <= PIECE:
        total = np.vdot(x, x).real
        return total.reshape((1,) * x.ndim) if keepdims else total
    if type(axis) is int and axis in (-1, x.ndim - 1) and x.shape[-1] <= PIECE:
        total = np.vecdot(x, x).real
        return total[..., None] if keepdims else total
    squares = x.real * x.real + x.imag * x.imag if x.dtype.kind == "c" else x * x
    return reduction.sum(squares, axis, keepdims=keepdims)


_quiet_sum_of_squares = np.errstate(over="ignore", under="ignore", invalid="ignore")(_sum_of_squares)


def _has_no_large_square(x: Any) -> bool:
    """Whether a glance, that costs less than silencing NumPy's warnings, shows that no square overflows."""
    return x.size <= PIECE and isfinite(np.vdot(x, x).real)


def _all_between(low: float, x: Any, high: float) -> bool:
    """Whether numbers are between two others; there is at least one, and the answer does not matter if one is NaN."""
    if x.size <= FEW:
        numbers = x.ravel().tolist()
        return low < min(numbers) and max(numbers) < high
    return bool(low < np.minimum.reduce(x, None) and np.maximum.reduce(x, None) < high)


def euclidean_norm(x: Any, axis: Any = None, *, keepdims: bool = False, least: float = 0.0) -> Any:
    """Square root of the sum of squares; see `tensorlab.ops.reduction`."""
    quiet = _has_no_large_square(x) if axis is not None else x.size <= PIECE
    total = (_sum_of_squares if quiet else _quiet_sum_of_squares)(x, axis, keepdims)
    inside = not total.size or _all_between(LEAST_SUM.get(total.dtype.char, 0.0), total, inf)
    norm = np.sqrt(total) if inside else _scaled_norm(x, axis, keepdims)
    return np.maximum(norm, least) if least else norm


def _scaled_norm(x: Any, axis: Any, keepdims: bool) -> Any:
    """Return the norms of vectors divided by their greatest element, times that element."""
    size = np.abs(x)
    peak = np.maximum.reduce(size, axis, keepdims=True, initial=0)
    scale = np.where((peak > 0) & (peak < inf), peak, peak.dtype.type(1))
    with np.errstate(under="ignore"):
        norm = np.sqrt(_sum_of_squares(size / scale, axis, True))
    norm = norm * scale
    return norm if keepdims else np.squeeze(norm, axis)
