"""Reductions that ignore NaN, which gets a gradient of zero."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..backend import DTypeLike, dtypes
from ..docstrings import documented_like
from ..tensor import ArrayT
from .arithmetic import divide, maximum, squared_abs
from .comparison import isnan, logical_not, where
from .datatypes import as_floating
from .declare import composite
from .exponential import sqrt
from .reduction import all as all_of
from .reduction import euclidean_norm, prod, sum
from .reduction import max as maximum_of
from .reduction import min as minimum_of
from .shapes import (
    Axis,
    astype,
    reshape,
)


def _replaced(x: Any, number: float) -> Any:
    """Return `x` with a number in place of NaN."""
    return where(isnan(x), number, x) if dtypes.named(x.dtype).is_floating else x


def _count(x: Any, axis: Axis, keepdims: bool) -> Any:
    """Return how many elements are not NaN."""
    return sum(astype(logical_not(isnan(x)), "int64"), axis=axis, keepdims=keepdims)


@composite(x="numeric")
def nansum(x: ArrayT, /, axis: Axis = None, *, dtype: DTypeLike = None, keepdims: bool = False) -> ArrayT:
    """Sum over axes, ignoring NaN; zero where all elements are NaN.

    Parameters
    ----------
    dtype : dtype, optional
        Type of the sum, as for `sum`.

    Examples
    --------
    >>> tl.nansum(tl.tensor([1.0, tl.nan, 3.0]))
    tensor(4.)
    """
    return sum(_replaced(x, 0.0), axis=axis, dtype=dtype, keepdims=keepdims)


@composite(x="numeric")
@documented_like(nansum)
def nanprod(x: ArrayT, /, axis: Axis = None, *, dtype: DTypeLike = None, keepdims: bool = False) -> ArrayT:
    """Product over axes, ignoring NaN; one where all elements are NaN. See `nansum`.

    Examples
    --------
    >>> tl.nanprod(tl.tensor([2.0, tl.nan, 3.0]))
    tensor(6.)
    """
    return prod(_replaced(x, 1.0), axis=axis, dtype=dtype, keepdims=keepdims)


@composite(x="real")
def nanmax(x: ArrayT, /, axis: Axis = None, *, keepdims: bool = False) -> ArrayT:
    """Maximum over axes, ignoring NaN; elements that tie share the gradient equally.

    Returns
    -------
    Tensor
        The shape without `axis`; NaN where all elements are NaN.

    Raises
    ------
    ValueError
        If there are no elements.

    Examples
    --------
    >>> tl.nanmax(tl.tensor([1.0, tl.nan, 3.0]))
    tensor(3.)
    """
    return _nan_extreme(maximum_of, x, -math.inf, axis, keepdims)


@composite(x="real")
@documented_like(nanmax)
def nanmin(x: ArrayT, /, axis: Axis = None, *, keepdims: bool = False) -> ArrayT:
    """Minimum over axes, ignoring NaN; see `nanmax`.

    Examples
    --------
    >>> tl.nanmin(tl.tensor([1.0, tl.nan, 3.0]))
    tensor(1.)
    """
    return _nan_extreme(minimum_of, x, math.inf, axis, keepdims)


def _nan_extreme(extreme: Callable[..., Any], x: Any, loses: float, axis: Axis, keepdims: bool) -> Any:
    if not dtypes.named(x.dtype).is_floating:
        return extreme(x, axis=axis, keepdims=keepdims)
    missing = isnan(x)
    found = extreme(where(missing, loses, x), axis=axis, keepdims=keepdims)
    return where(all_of(missing, axis=axis, keepdims=keepdims), math.nan, found)


@composite(x="numeric")
def nanmean(x: ArrayT, /, axis: Axis = None, *, keepdims: bool = False) -> ArrayT:
    """Arithmetic mean over axes, ignoring NaN; NaN where all elements are NaN.

    Parameters
    ----------
    x : tensor or array
        Any shape; numeric. Integers become float32.

    Examples
    --------
    >>> tl.nanmean(tl.tensor([1.0, tl.nan, 3.0]))
    tensor(2.)
    """
    x = as_floating(x)
    return divide(sum(_replaced(x, 0.0), axis=axis, keepdims=keepdims), _count(x, axis, keepdims))


@composite(x="numeric")
def nanvar(x: ArrayT, /, axis: Axis = None, *, correction: float = 0.0, keepdims: bool = False) -> ArrayT:
    """Variance over axes, ignoring NaN.

    Parameters
    ----------
    x : tensor or array
        Any shape; numeric. Integers become float32.
    correction : float
        Subtracted from the number of elements in the divisor; see `var`. NumPy calls it ``ddof``.

    Returns
    -------
    Tensor
        The shape without `axis`, real; NaN where there are no more elements than `correction`.

    Examples
    --------
    >>> tl.nanvar(tl.tensor([1.0, tl.nan, 3.0]))
    tensor(1.)
    """
    centred, count = _centred(as_floating(x), axis)
    total = sum(squared_abs(centred), axis=axis, keepdims=keepdims)
    return total / _divisor(count, correction, total)


def _centred(x: Any, axis: Axis) -> tuple[Any, Any]:
    """Return `x` less its mean over `axis`, with zeros for NaN, and the number of other elements."""
    missing, count = isnan(x), _count(x, axis, True)
    center = divide(sum(where(missing, 0.0, x), axis=axis, keepdims=True), maximum(count, 1))
    return where(missing, 0.0, x - center), count


def _divisor(count: Any, correction: float, like: Any) -> Any:
    """Return `count` less `correction` with the shape and type of a result, NaN if it is not positive."""
    left = astype(reshape(count, tuple(like.shape)), like.dtype) - correction
    return where(left > 0, left, math.nan)


@composite(x="numeric")
@documented_like(nanvar)
def nanstd(x: ArrayT, /, axis: Axis = None, *, correction: float = 0.0, keepdims: bool = False) -> ArrayT:
    """Standard deviation over axes, ignoring NaN; see `nanvar`. Where it is zero, so is its gradient.

    Examples
    --------
    >>> tl.nanstd(tl.tensor([1.0, tl.nan, 3.0]))
    tensor(1.)
    """
    centred, count = _centred(as_floating(x), axis)
    norm = euclidean_norm(centred, axis=axis, keepdims=keepdims)
    return norm / sqrt(_divisor(count, correction, norm))
