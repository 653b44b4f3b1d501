"""Resampling as products with band matrices, in blocks that stay in the cache."""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from .elementwise import surely_finite

BLOCK_BYTES = 1 << 18
"""Bytes of the result per block; sizes from 128 kB to 1 MB are equally fast."""

BAND = 16
"""Elements of the result per band: more would multiply by more zeros, fewer would make more calls."""

DENSEST = 24
"""The largest ratio of a band matrix's entries to those that are not zero for which it is worthwhile."""

ONE_THREAD = 1 << 18
"""Multiplications of the largest product that OpenBLAS computes on one thread; threads of two callers would wait."""


class Band(NamedTuple):
    """A part of the result, the elements that it depends on, and the matrix that takes these to that."""

    results: slice
    sources: slice
    matrix: Any
    transposed: Any
    """The matrix's transpose as a copy, by which products of rows are computed in half the time."""


def resample(backend: Any, x: Any, taps: Any, axis: int) -> Any:
    """Compute weighted sums of elements along an axis, by matrix products if the elements are finite.

    That takes half the time of one pass for each tap when images are halved bilinearly, a quarter when bicubically. A
    product would turn an infinite or NaN element into NaN wherever it is multiplied by zero.
    """
    axis = axis % x.ndim
    if taps.weights is None and len(taps.indices) == 1:
        return np.take(x, taps.arrays(backend, x)[0][0], axis=axis, mode="clip")  # without a check of each index
    outer, inner = x.shape[:axis], x.shape[axis + 1 :]
    source = x.reshape(prod(outer), taps.size, prod(inner))
    bands = _bands(taps, x.dtype) if x.dtype.kind == "f" and x.size else ()
    if bands and surely_finite(source):
        total = _by_products(source, bands, taps.count)
    else:
        total = _tap_by_tap(source, taps.arrays(backend, x), taps.count)
    return total.reshape(*outer, taps.count, *inner)


@lru_cache(maxsize=512)
def _bands(taps: Any, dtype: Any) -> tuple[Band, ...]:
    """Return the bands of the matrix that `taps` describe, or none if they are too wide to be worthwhile."""
    indices = np.asarray(taps.indices)
    weights = np.ones(indices.shape) if taps.weights is None else np.asarray(taps.weights)
    bands = []
    for start in range(0, taps.count, BAND):
        places = indices[:, start : start + BAND]
        first, last = int(places.min()), int(places.max())
        matrix = np.zeros((places.shape[1], last + 1 - first), dtype)
        np.add.at(matrix, (np.arange(places.shape[1]), places - first), weights[:, start : start + BAND])
        bands.append(
            Band(slice(start, start + places.shape[1]), slice(first, last + 1), matrix, np.ascontiguousarray(matrix.T))
        )
    entries = sum(band.matrix.size for band in bands)
    return tuple(bands) if entries <= DENSEST * max(8, len(indices)) * taps.count else ()


def _by_products(source: Any, bands: tuple[Band, ...], count: int) -> Any:
    """Multiply the middle axis by the bands."""
    outer, size, inner = source.shape
    total = np.empty((outer, count, inner), source.dtype)
    if inner > 1:
        for band in bands:
            np.matmul(band.matrix, source[:, band.sources], out=total[:, band.results])
        return total
    rows, sums = source.reshape(outer, size), total.reshape(outer, count)
    for band in bands:
        step = max(1, ONE_THREAD // band.matrix.size)
        for start in range(0, outer, step):
            block = slice(start, start + step)
            np.matmul(rows[block, band.sources], band.transposed, out=sums[block, band.results])
    return total


def _tap_by_tap(source: Any, arrays: Any, count: int) -> Any:
    """Add up the taps one after the other."""
    outer, _, inner = source.shape
    total = np.empty((outer, count, inner), source.dtype)
    lines = max(1, BLOCK_BYTES // max(1, total[:1].nbytes))
    buffer = np.empty((min(lines, outer), count, inner), source.dtype)
    for start in range(0, outer, lines):
        block, sums = source[start : start + lines], total[start : start + lines]
        for tap, (indices, weights) in enumerate(arrays):
            part = buffer[: len(block)] if tap else sums
            np.take(block, indices, axis=1, out=part, mode="clip")  # other modes make a copy
            if weights is not None:
                part *= weights[:, None]
            if tap:
                sums += part
    return total
