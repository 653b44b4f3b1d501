"""Sorting and selection, in less time than by stable sorts of everything."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

SORTED_WHOLE, SORTED_WHOLE_ROW = 4096, 64
"""Below these numbers of elements sorting everything takes no longer than finding what to sort."""


def sort(x: Any, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Sort values by NumPy's vectorised quicksort, a third of the time of its stable sort.

    Equal numbers cannot be told apart, but for zeros of different signs; with those among them the sort is a stable
    one after all.
    """
    values = np.sort(x, axis=axis)
    if stable and x.dtype.kind == "f":
        zeros = np.signbit(values[values == 0])
        if zeros.any() and not zeros.all():
            values = np.flip(x, axis=axis) if descending else x
            values = np.sort(values, axis=axis, stable=True)
    return np.flip(values, axis=axis) if descending else values


def topk_indices(x: Any, k: int, *, axis: int = -1, largest: bool = True) -> Any:
    """Find the k-th number by partition, sort what is beyond it; of equal ones the first come first."""
    rows = np.moveaxis(x, axis, -1)
    shape, n = rows.shape, x.shape[axis]
    rows = rows.reshape(prod(shape[:-1]), n)
    many = rows.size >= SORTED_WHOLE and n >= SORTED_WHOLE_ROW
    chosen = _chosen(rows, k, largest) if 0 < k < n and many else None
    if chosen is None:
        indices = _argsort(rows, largest)[:, :k]
    else:
        candidates = np.nonzero(chosen)[1].reshape(-1, k)
        order = _argsort(np.take_along_axis(rows, candidates, axis=1), largest)
        indices = np.take_along_axis(candidates, order, axis=1)
    return np.moveaxis(indices.reshape(*shape[:-1], k), -1, axis)


def _argsort(rows: Any, descending: bool) -> Any:
    """Sort the indices of each row, equal ones in their order."""
    if not descending:
        return np.argsort(rows, axis=1, stable=True)
    return rows.shape[1] - 1 - np.argsort(rows[:, ::-1], axis=1, stable=True)[:, ::-1]


def _chosen(rows: Any, k: int, largest: bool) -> Any:
    """Mark in each row `k` numbers, none of the others greater (or less); None where a NaN stands among them."""
    place = rows.shape[1] - k if largest else k - 1
    parted = np.partition(rows, place, axis=1)
    limit = parted[:, place : place + 1]
    if rows.dtype.kind == "f" and np.isnan(parted[:, place:] if largest else limit).any():
        return None
    chosen = rows >= limit if largest else rows <= limit
    if np.count_nonzero(chosen) > k * len(rows):
        equal = rows == limit
        beyond = chosen & ~equal
        room = k - np.count_nonzero(beyond, axis=1, keepdims=True)
        chosen = beyond | (equal & (np.cumsum(equal, axis=1) <= room))
    return chosen
