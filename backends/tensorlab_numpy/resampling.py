"""Resampling in blocks that stay in the cache: the parts that are added up are never written to memory."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

BLOCK_BYTES = 1 << 18
"""Bytes of the result that are worked on at a time; from 128 kB to 1 MB makes no difference."""


def resample(backend: Any, x: Any, taps: Any, axis: int) -> Any:
    """Sum the elements along an axis that `taps` names; doubling images bilinearly takes half the time in blocks."""
    axis = axis % x.ndim
    arrays = taps.arrays(backend, x)
    if len(arrays) == 1 and arrays[0][1] is None:
        return np.take(x, arrays[0][0], axis=axis)
    outer, inner = x.shape[:axis], x.shape[axis + 1 :]
    source = x.reshape(prod(outer), taps.size, prod(inner))
    total = np.empty((len(source), taps.count, prod(inner)), x.dtype)
    lines = max(1, BLOCK_BYTES // max(1, total[:1].nbytes))
    buffer = np.empty((min(lines, len(source)), *total.shape[1:]), x.dtype)
    for start in range(0, len(source), lines):
        block, sums = source[start : start + lines], total[start : start + lines]
        for tap, (places, weights) in enumerate(arrays):
            part = buffer[: len(block)] if tap else sums
            np.take(block, places, axis=1, out=part, mode="clip")  # any other mode goes through a copy of its own
            if weights is not None:
                part *= weights[:, None]
            if tap:
                sums += part
    return total.reshape(*outer, taps.count, *inner)
