"""Quantiles, percentiles and medians; those whose names begin with ``nan`` ignore NaN."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Number
from typing import Any, Literal

from ..backend import dtypes
from ..docstrings import documented_like
from ..options import RealScalar
from ..tensor import ArrayT
from .arithmetic import clip, divide
from .comparison import isfinite, isnan, logical_and, logical_not, where
from .datatypes import as_floating
from .declare import composite, require
from .indexing import getitem, take, take_along_axis
from .joining import stack
from .reduction import axes_last, reduced_count, reduced_shape, sum
from .rounding import ceil, floor
from .rounding import round as rounded
from .shapes import (
    Axis,
    astype,
    broadcast_to,
    normalized_axes,
    permute_dims,
    reshape,
)
from .sorting import sort

Shares = RealScalar | Sequence[RealScalar]
Method = Literal["linear", "lower", "higher", "midpoint", "nearest"]


@composite()
def quantile(
    x: ArrayT,
    /,
    q: Shares | ArrayT,
    axis: Axis = None,
    *,
    method: Method = "linear",
    keepdims: bool = False,
) -> ArrayT:
    """Quantiles over axes: a fraction `q` of the elements lies below the quantile `q`.

    Of ``n`` sorted elements, at the positions 0 to ``n - 1``, the quantile is the value at ``q * (n - 1)`` (Hyndman and
    Fan, "Sample quantiles in statistical packages", The American Statistician 50, 1996, definition 7).

    Parameters
    ----------
    x : tensor or array
        Any shape; real. Integers become float32 where quantiles lie between elements.
    q : float, sequence of float, tensor or array
        Fractions from 0 to 1. Those in a tensor are not checked, to avoid synchronization: outside this range the
        quantile is NaN, and of integers the smallest.
    method : {"linear", "lower", "higher", "midpoint", "nearest"}
        The value between two positions: the linear interpolation, the lower or the higher element, their mean, or the
        nearer one (in the middle that at the even position).

    Returns
    -------
    Tensor
        The shape of `q`, then that of `x` without `axis`. NaN where an element is NaN, or there is none. The gradient
        goes to the elements that the quantile is computed from, by their weights; of equal elements to those that a
        stable sort puts there. `q` has a gradient with the method "linear".

    Raises
    ------
    ValueError
        If `q` is out of range, or `method` is not one of these.

    Examples
    --------
    >>> tl.quantile(tl.tensor([1.0, 2.0, 4.0, 8.0]), [0.0, 0.5])
    tensor([1., 3.])
    """
    return _quantile("quantile", x, q, axis, method, keepdims, False)


@composite()
@documented_like(quantile)
def percentile(
    x: ArrayT,
    /,
    q: Shares | ArrayT,
    axis: Axis = None,
    *,
    method: Method = "linear",
    keepdims: bool = False,
) -> ArrayT:
    """Percentiles over axes: quantiles with `q` from 0 to 100; see `quantile`.

    Parameters
    ----------
    q : float, sequence of float, tensor or array
        Percentages from 0 to 100; otherwise as in `quantile`.

    Examples
    --------
    >>> tl.percentile(tl.tensor([1.0, 2.0, 4.0, 8.0]), 50)
    tensor(3.)
    """
    return _quantile("percentile", x, q, axis, method, keepdims, False)


@composite()
def median(x: ArrayT, /, axis: Axis = None, *, keepdims: bool = False) -> ArrayT:
    """Median over axes; of an even number of elements the mean of the two middle ones.

    This is NumPy's median. PyTorch's is the lower one of the two: ``quantile(x, 0.5, method="lower")``.

    Parameters
    ----------
    x : tensor or array
        Any shape; real. Integers become float32.

    Returns
    -------
    Tensor
        The shape of `x` without `axis`. NaN where an element is NaN, or there is none. The gradient goes to the middle
        element, or by halves to the two middle ones; see `quantile`.

    Examples
    --------
    >>> tl.median(tl.tensor([7.0, 1.0, 2.0, 4.0]))
    tensor(3.)
    """
    return _quantile("median", x, 0.5, axis, "midpoint", keepdims, False)


@composite()
@documented_like(quantile, but="Returns")
def nanquantile(
    x: ArrayT,
    /,
    q: Shares | ArrayT,
    axis: Axis = None,
    *,
    method: Method = "linear",
    keepdims: bool = False,
) -> ArrayT:
    """Quantiles over axes, ignoring NaN; see `quantile`. NaN where all elements are NaN.

    Examples
    --------
    >>> tl.nanquantile(tl.tensor([1.0, tl.nan, 3.0]), 0.5)
    tensor(2.)
    """
    return _quantile("nanquantile", x, q, axis, method, keepdims, True)


@composite()
@documented_like(percentile, but="Returns")
def nanpercentile(
    x: ArrayT,
    /,
    q: Shares | ArrayT,
    axis: Axis = None,
    *,
    method: Method = "linear",
    keepdims: bool = False,
) -> ArrayT:
    """Percentiles over axes, ignoring NaN; see `quantile`. NaN where all elements are NaN.

    Examples
    --------
    >>> tl.nanpercentile(tl.tensor([1.0, tl.nan, 3.0]), 50)
    tensor(2.)
    """
    return _quantile("nanpercentile", x, q, axis, method, keepdims, True)


@composite()
@documented_like(median, but="Returns")
def nanmedian(x: ArrayT, /, axis: Axis = None, *, keepdims: bool = False) -> ArrayT:
    """Median over axes, ignoring NaN; see `median`. NaN where all elements are NaN.

    Examples
    --------
    >>> tl.nanmedian(tl.tensor([1.0, tl.nan, 3.0]))
    tensor(2.)
    """
    return _quantile("nanmedian", x, 0.5, axis, "midpoint", keepdims, True)


def _quantile(function: str, x: Any, q: Any, axis: Axis, method: Method, keepdims: bool, skip_nan: bool) -> Any:
    require(function, "real", x=x)
    whole = 100 if "percentile" in function else 1
    q = _fractions(function, q, whole)
    axes = normalized_axes(axis, len(x.shape), f"{function}: axis")
    shape = tuple(x.shape)
    flat, _ = axes_last(
        as_floating(x) if method in ("linear", "midpoint") or not reduced_count(shape, axes) else x, axes
    )
    ordered = sort(flat, axis=-1, stable=False)
    result = _quantiles(ordered, q, method, skip_nan and dtypes.named(flat.dtype).is_floating)
    return reshape(result, (*_shape_of(q), *reduced_shape(shape, axes, keepdims)))


def _fractions(function: str, q: Any, whole: int) -> Any:
    """Return `q` as fractions: a float, a list of floats, a tensor or an array."""
    if hasattr(q, "shape") and not isinstance(q, Number):
        require(function, "real", q=q)
        return divide(q, whole)
    numbers: list[Any] = [q] if isinstance(q, Number) else list(q)
    if not all(0 <= number <= whole for number in numbers):
        raise ValueError(f"{function}: q must be from 0 to {whole}, not {q}")
    fractions = [float(number) / whole for number in numbers]
    return fractions[0] if isinstance(q, Number) else fractions


def _shape_of(q: Any) -> tuple[int, ...]:
    return (len(q),) if isinstance(q, list) else () if isinstance(q, float) else tuple(q.shape)


def _quantiles(ordered: Any, q: Any, method: Method, skip_nan: bool) -> Any:
    """Return quantiles over the last axis of a sorted array; the axes of `q` come first."""
    if isinstance(q, list):
        each = [_quantiles(ordered, fraction, method, skip_nan) for fraction in q]
        return stack(each) if each else broadcast_to(sum(ordered, axis=-1), (0, *ordered.shape[:-1]))
    (*rest, n), dtype = ordered.shape, dtypes.named(ordered.dtype)
    exact = dtypes.promote(dtype, dtypes.float32) if dtype.is_floating else dtypes.float32
    if not n:
        return broadcast_to(sum(ordered, axis=-1) + math.nan, (*_shape_of(q), *rest))
    inside: Any = True
    if not isinstance(q, float):
        inside = logical_and(q >= 0, q <= 1)
        q = astype(where(inside, q, 0), exact)
    more = (1,) * len(_shape_of(q))
    last: Any = n - 1
    if skip_nan:
        last = reshape(astype(sum(astype(logical_not(isnan(ordered)), "int64"), axis=-1), exact) - 1, (*rest, *more))

    def pick(place: Any) -> Any:
        if isinstance(place, int):
            return getitem(ordered, (Ellipsis, min(place, n - 1)))
        places = clip(astype(place, "int64"), 0, n - 1)
        if not skip_nan:
            return take(ordered, places, axis=-1)
        count = math.prod(places.shape[len(rest) :])
        return reshape(take_along_axis(ordered, reshape(places, (*rest, count)), -1), tuple(places.shape))

    result = _value_at(q * last, method, pick, dtype)
    if dtype.is_floating and not isinstance(q, float):
        result = where(inside, result, math.nan)
    if dtype.is_floating and not skip_nan:
        result = where(isnan(reshape(getitem(ordered, (Ellipsis, n - 1)), (*rest, *more))), math.nan, result)
    return permute_dims(result, (*range(len(rest), len(result.shape)), *range(len(rest)))) if more else result


def _value_at(position: Any, method: Method, pick: Callable[[Any], Any], dtype: dtypes.DType) -> Any:
    """Return the value at a position, a number or a tensor; `pick` returns the element at an integer position."""
    number = isinstance(position, float)
    if method in ("lower", "higher", "nearest"):
        whole: dict[str, Callable[[Any], Any]] = (
            {"lower": math.floor, "higher": math.ceil, "nearest": round}
            if number
            else {"lower": floor, "higher": ceil, "nearest": rounded}
        )
        return pick(whole[method](position))
    low = math.floor(position) if number else floor(position)
    part = position - low
    if number:
        if not part:
            return pick(low)
        part = 0.5 if method == "midpoint" else part
    else:
        part = astype(where(part > 0, 0.5, 0.0 * part) if method == "midpoint" else part, dtype)
    return _interpolated(pick(low), pick(low + 1), part)


def _interpolated(low: Any, high: Any, part: Any) -> Any:
    """Interpolate between two numbers: exact where they are equal, and correct where they are infinite."""
    gap = high - low
    weighted = low * (1 - part) + high * part
    if isinstance(part, float):
        finite = low + gap * part if part < 0.5 else high - gap * (1 - part)
    else:
        finite = where(part < 0.5, low + gap * part, high - gap * (1 - part))
        weighted = where(part == 0, low, weighted)
    return where(isfinite(gap), finite, weighted)
