"""Sorting and selection that avoid full stable sorts."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

PARTITION_SIZE, PARTITION_ROW = 4096, 64
"""From these numbers of elements, in total and per row, partition saves time compared with a full sort."""


def sort(x: Any, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """Sort values by NumPy's vectorised quicksort, in a third of the time of its stable sort.

    Equal numbers are indistinguishable except for zeros of different signs; if there are such, the sort is stable.
    """
    values = np.sort(x, axis=axis)
    if stable and x.dtype.kind == "f":
        zeros = np.signbit(values[values == 0])
        if zeros.any() and not zeros.all():
            values = np.flip(x, axis=axis) if descending else x
            values = np.sort(values, axis=axis, stable=True)
    return np.flip(values, axis=axis) if descending else values


def topk_indices(x: Any, k: int, *, axis: int = -1, largest: bool = True) -> Any:
    """Return the indices of the top k numbers, by partition; equal numbers keep their order."""
    rows = np.moveaxis(x, axis, -1)
    shape, n = rows.shape, x.shape[axis]
    rows = rows.reshape(prod(shape[:-1]), n)
    many = rows.size >= PARTITION_SIZE and n >= PARTITION_ROW
    chosen = _top_k_mask(rows, k, largest) if 0 < k < n and many else None
    if chosen is None:
        indices = _argsort(rows, largest)[:, :k]
    else:
        candidates = np.nonzero(chosen)[1].reshape(-1, k)
        order = _argsort(np.take_along_axis(rows, candidates, axis=1), largest)
        indices = np.take_along_axis(candidates, order, axis=1)
    return np.moveaxis(indices.reshape(*shape[:-1], k), -1, axis)


def _argsort(rows: Any, descending: bool) -> Any:
    """Return the indices that sort each row; equal numbers keep their order."""
    if not descending:
        return np.argsort(rows, axis=1, stable=True)
    return rows.shape[1] - 1 - np.argsort(rows[:, ::-1], axis=1, stable=True)[:, ::-1]


def _top_k_mask(rows: Any, k: int, largest: bool) -> Any:
    """Mark the top `k` numbers of each row; None if there is a NaN among them."""
    kth = rows.shape[1] - k if largest else k - 1
    partitioned = np.partition(rows, kth, axis=1)
    limit = partitioned[:, kth : kth + 1]
    if rows.dtype.kind == "f" and np.isnan(partitioned[:, kth:] if largest else limit).any():
        return None
    chosen = rows >= limit if largest else rows <= limit
    if np.count_nonzero(chosen) > k * len(rows):
        equal = rows == limit
        beyond = chosen & ~equal
        room = k - np.count_nonzero(beyond, axis=1, keepdims=True)
        chosen = beyond | (equal & (np.cumsum(equal, axis=1) <= room))
    return chosen
