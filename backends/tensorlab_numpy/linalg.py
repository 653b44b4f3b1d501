"""Linear algebra beyond NumPy's functions."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

BLOCK = 32
"""Columns that are eliminated one by one before a matrix product updates all others."""


def lu_factors(x: Any) -> tuple[Any, Any, Any]:
    """LU decomposition with partial pivoting, in blocks of columns, of all matrices of a stack at once."""
    *batch, m, n = x.shape
    k = min(m, n)
    a = np.array(x).reshape(prod(batch), m, n)  # not -1, which is ambiguous for empty arrays
    order = np.tile(np.arange(m), (len(a), 1))
    for start in range(0, k, BLOCK):
        stop = min(start + BLOCK, k)
        _eliminate(a, order, start, stop)
        if stop < n:
            for j in range(start + 1, stop):
                a[:, j, stop:] -= (a[:, j : j + 1, start:j] @ a[:, start:j, stop:])[:, 0]
            a[:, stop:, stop:] -= a[:, stop:, start:stop] @ a[:, start:stop, stop:]
    lower = np.tril(a[:, :, :k], -1)
    lower[:, range(k), range(k)] = 1
    p = np.zeros((len(a), m, m), x.dtype)
    p[np.arange(len(a))[:, None], order, np.arange(m)] = 1
    return p.reshape(*batch, m, m), lower.reshape(*batch, m, k), np.triu(a[:, :k]).reshape(*batch, k, n)


def _pivot_magnitudes(x: Any) -> Any:
    """Return the magnitudes for pivoting; of complex numbers ``abs(real) + abs(imag)``, as in LAPACK."""
    return np.abs(x.real) + np.abs(x.imag) if x.dtype.kind == "c" else np.abs(x)


def _eliminate(a: Any, order: Any, start: int, stop: int) -> None:
    """Eliminate the columns from `start` to `stop` in place: update these columns only, but exchange whole rows."""
    each = np.arange(len(a))
    for j in range(start, stop):
        pivot = j + np.argmax(_pivot_magnitudes(a[:, j:, j]), axis=1)
        for rows in (a, order):
            chosen = rows[each, pivot]
            rows[each, pivot] = rows[:, j]
            rows[:, j] = chosen
        head = a[:, j, j]
        a[:, j + 1 :, j] /= np.where(head == 0, 1, head)[:, None]
        a[:, j + 1 :, j + 1 : stop] -= a[:, j + 1 :, j, None] * a[:, j, None, j + 1 : stop]
