"""Layer and root-mean-square normalisation, in blocks of rows that stay in the cache; BLAS computes the sums."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import isfinite, prod
from typing import Any

import numpy as np

from tensorlab.backend.kernels import normalization

from . import reduction
from .namespace import Namespace

BLOCK = 1 << 16
"""Elements per block: a few arrays of this size fit into the cache of one core."""

FEW = 1 << 12
"""Up to this number of elements, a look at all of them costs less than silencing NumPy's warnings."""

PIECE = 1 << 14
"""Numbers of a row that BLAS adds up, term after term in 32 places: the error is about that of a pairwise sum."""

NAMESPACE = Namespace()

RUN = 256
"""Rows that BLAS adds up, four by four."""


def _rows(x: Any, ndim: int) -> Any:
    """Return `x` as a matrix: the last `ndim` axes are merged, and all others."""
    columns = prod(x.shape[x.ndim - ndim :])
    return x.reshape(x.size // columns, columns)


def _blocks(rows: Any) -> Iterator[slice]:
    step = max(1, BLOCK // rows.shape[1])
    return (slice(start, start + step) for start in range(0, len(rows), step))


@lru_cache(maxsize=32)
def _ones(length: int, dtype: Any) -> Any:
    """Return a vector of ones, whose product with rows is their sum."""
    ones = np.ones(length, dtype)
    ones.flags.writeable = False
    return ones


def _dots(rows: Any, others: Any) -> Any:
    """Return the inner products of rows with as many others, or with one vector.

    BLAS adds term after term: long rows are divided into pieces, whose products are summed pairwise.
    """
    length = rows.shape[1]
    if length <= PIECE:
        return rows @ others if others.ndim == 1 else np.vecdot(rows, others)
    whole = length - length % PIECE
    pieces, other_pieces = (x[..., :whole].reshape(*x.shape[:-1], -1, PIECE) for x in (rows, others))
    total = np.add.reduce(np.vecdot(pieces, other_pieces), axis=-1)
    total += np.vecdot(rows[:, whole:], others[..., whole:])
    return total


def _weighted_sums(weights: Any, rows: Any) -> Iterator[Any]:
    """Yield the sums of `RUN` rows each, times their weights."""
    whole = len(rows) - len(rows) % RUN
    if whole:
        yield from (weights[:whole].reshape(-1, 1, RUN) @ rows[:whole].reshape(-1, RUN, rows.shape[1]))[:, 0]
    if whole < len(rows):
        yield weights[whole:] @ rows[whole:]


def _small_squares(x: Any) -> bool:
    """Whether a glance, which costs less than silencing NumPy's warnings, shows that no square overflows."""
    return x.size <= FEW and isfinite(np.vdot(x, x))


def _all_positive(scale: Any) -> bool:
    """Whether no variance has overflowed, which makes its inverse root zero."""
    return np.count_nonzero(scale) == scale.size


def _centred_and_scale(rows: Any, target: Any, eps: float, ones: Any) -> tuple[Any, Any, Any]:
    """Return the centred rows, written to `target`, the factors that normalise them, and the slopes of the results.

    The product with `ones` is the sum of each row. If `ones` is None, the rows are not centred and nothing is written.
    The slopes are the same factors, unless the rows are too large to be squared and were divided by a power of two.
    """
    if ones is not None:
        average = _dots(rows, ones)
        average /= len(ones)
        rows = np.subtract(rows, average[:, None], out=target)
    scale = _dots(rows, rows)
    scale /= rows.shape[1]
    scale += eps
    np.sqrt(scale, out=scale)
    scale = np.reciprocal(scale, out=scale)[:, None]
    return rows, scale, scale


@np.errstate(over="ignore")
def _checked_centred_and_scale(rows: Any, target: Any, eps: float, ones: Any) -> tuple[Any, Any, Any]:
    """Do the same for rows that may be too large to be squared."""
    results = _centred_and_scale(rows, target, eps, ones)
    return results if _all_positive(results[1]) else _shrunk_and_scale(rows, target, eps, ones)


def _shrunk_and_scale(rows: Any, target: Any, eps: float, ones: Any) -> tuple[Any, Any, Any]:
    """Do the same for rows some of which are too large to be squared."""
    factors, least = normalization.shrinking_factors(np, rows, (1,), eps)
    rows = rows * factors
    if ones is not None:
        rows = np.subtract(rows, _dots(rows, ones)[:, None] / len(ones), out=target)
    scale = 1.0 / np.sqrt(_dots(rows, rows)[:, None] / rows.shape[1] + least)
    return rows, scale, scale * factors


def standardize(x: Any, axis: tuple[int, ...], eps: float = 1e-5) -> tuple[Any, Any, Any, Any]:
    """Shift and scale to mean zero and variance one; see `tensorlab.ops.normalization`."""
    return (_standardized if _small_squares(x) else _checked_standardized)(x, axis, eps)


def _standardized(x: Any, axis: tuple[int, ...], eps: float) -> tuple[Any, Any, Any, Any]:
    average = reduction.mean(x, axis, keepdims=True)
    centred = x - average
    variance = reduction.mean(centred * centred, axis, keepdims=True)
    slope = (variance + eps) ** -0.5
    centred *= slope
    return centred, average, variance, slope


@np.errstate(over="ignore")
def _checked_standardized(x: Any, axis: tuple[int, ...], eps: float) -> tuple[Any, Any, Any, Any]:
    results = _standardized(x, axis, eps)
    return results if _all_positive(results[3]) else normalization.standardized(NAMESPACE, x, axis, eps)


def normalize_trailing(x: Any, weight: Any = None, bias: Any = None, *, ndim: int, eps: float, centred: bool) -> Any:
    """Layer normalisation; see `tensorlab.ops.normalization`."""
    if not x.size:
        return np.zeros(x.shape, x.dtype)
    rows = _rows(x, ndim)
    y = np.empty(rows.shape, x.dtype)
    ones = _ones(rows.shape[1], x.dtype) if centred else None
    centred_and_scale = _centred_and_scale if _small_squares(x) else _checked_centred_and_scale
    for block in _blocks(rows):
        out = y[block]
        centred_rows, scale, _ = centred_and_scale(rows[block], out, eps, ones)
        np.multiply(centred_rows, scale, out=out)
        if weight is not None:
            out *= weight.reshape(-1)
        if bias is not None:
            out += bias.reshape(-1)
    return y.reshape(x.shape)


def normalize_trailing_input_grad(g: Any, x: Any, weight: Any = None, *, ndim: int, eps: float, centred: bool) -> Any:
    """Gradient of `normalize_trailing` with respect to its input."""
    if not x.size:
        return np.zeros(x.shape, x.dtype)
    rows, pulls = _rows(x, ndim), _rows(g, ndim)
    n = rows.shape[1]
    pulled = np.empty(rows.shape, x.dtype)
    scratch = np.empty((min(len(rows), max(1, BLOCK // n)), n), x.dtype)
    ones = _ones(n, x.dtype) if centred else None
    centred_and_scale = _centred_and_scale if _small_squares(x) else _checked_centred_and_scale
    weights: Any = ones if weight is None else weight.reshape(-1)
    for block in _blocks(rows):
        pull, out = pulls[block], pulled[block]
        spare = scratch[: len(out)]
        centred_rows, scale, slope = centred_and_scale(rows[block], spare, eps, ones)
        if weight is None:
            np.copyto(out, pull)
        else:
            np.multiply(pull, weights, out=out)
        along = _dots(out, centred_rows)[:, None]
        along *= scale * scale / n
        if centred:
            average = _dots(pull, weights)
            average /= n
            out -= average[:, None]
        out -= np.multiply(centred_rows, along, out=spare)
        out *= slope
    return pulled.reshape(x.shape)


def normalize_trailing_weight_grad(g: Any, x: Any, *, ndim: int, eps: float, centred: bool) -> Any:
    """Gradient of `normalize_trailing` with respect to its weight."""
    shape = x.shape[x.ndim - ndim :]
    if not x.size:
        return np.zeros(shape, x.dtype)
    rows, pulls = _rows(x, ndim), _rows(g, ndim)
    n = rows.shape[1]
    scratch = np.empty((min(len(rows), max(1, BLOCK // n)), n), x.dtype)
    ones = _ones(n, x.dtype) if centred else None
    centred_and_scale = _centred_and_scale if _small_squares(x) else _checked_centred_and_scale

    def sums() -> Iterator[Any]:
        for block in _blocks(rows):
            spare = scratch[: len(rows[block])]
            centred_rows, scale, _ = centred_and_scale(rows[block], spare, eps, ones)
            yield from _weighted_sums(scale[:, 0], np.multiply(centred_rows, pulls[block], out=spare))

    return reduction.pairwise_sum(sums()).reshape(shape)
