"""Resampling in blocks that stay in the cache, so that the summands are not written to memory."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

BLOCK_BYTES = 1 << 18
"""Bytes of the result per block; sizes from 128 kB to 1 MB are equally fast."""


def resample(backend: Any, x: Any, taps: Any, axis: int) -> Any:
    """Compute weighted sums of elements along an axis, in half the time of one pass for bilinear doubling of images."""
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
        for tap, (indices, weights) in enumerate(arrays):
            part = buffer[: len(block)] if tap else sums
            np.take(block, indices, axis=1, out=part, mode="clip")  # other modes make a copy
            if weights is not None:
                part *= weights[:, None]
            if tap:
                sums += part
    return total.reshape(*outer, taps.count, *inner)
