"""Statistics: quantiles, means with weights, what leaves out NaN, covariances and histograms.

Functions whose names begin with ``nan`` leave NaN out of account; it gets a gradient of zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral, Number, Real
from typing import Any

from ..autodiff.op import ShapeError
from ..backend import backend_of, dtypes
from ..tensor import Tensor
from .arithmetic import abs as absolute
from .arithmetic import clip, conj, divide, imag, is_complex, maximum, multiply, real, square, subtract
from .comparison import equal, isfinite, isnan, logical_and, logical_not, where
from .contraction import matmul
from .declare import composite, require
from .exponential import sqrt
from .indexing import diagonal_pair, getitem, take, take_add, take_along_axis
from .joining import atleast_2d, concat, flip, stack
from .reduction import Axis, axes_last, mean, prod, reduced_count, reduced_shape, sum
from .reduction import all as all_of
from .reduction import max as maximum_of
from .reduction import min as minimum_of
from .rounding import ceil, floor
from .rounding import round as rounded
from .shapes import (
    astype,
    broadcast_to,
    flatten,
    matrix_transpose,
    normalized_axes,
    permute_dims,
    reshape,
    squeeze,
)
from .sorting import searchsorted, sort


def as_floating(x: Any) -> Any:
    """Return an array or tensor itself if it is of a floating-point type, else as float32."""
    return x if dtypes.named(x.dtype).is_floating else astype(x, dtypes.float32)


def beside(x: Any, numbers: Any, dtype: Any) -> Any:
    """Return numbers on the backend and device of `x`: a tensor beside a tensor, else an array."""
    array = x._array if isinstance(x, Tensor) else x
    backend = backend_of(array)
    made = backend.asarray(numbers, dtype=backend.native(dtype), device=getattr(array, "device", None))
    return Tensor(made) if isinstance(x, Tensor) else made


# -- order statistics --------------------------------------------------------------------------------------------------

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def quantile(x: Any, /, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False) -> Tensor:
    """Quantiles over axes: below the quantile `q` lies the share `q` of the elements.

    Sorted, ``n`` elements stand at the places 0 to ``n - 1``; the quantile is what stands at the place
    ``q * (n - 1)``. (Hyndman and Fan, "Sample quantiles in statistical packages", The American Statistician 50, 1996,
    definition 7.)

    Parameters
    ----------
    x : tensor or array
        Any shape; real. Integers become float32 where quantiles lie between elements.
    q : float, sequence of float, tensor or array
        Which quantiles, from 0 to 1. Those of a tensor are not checked, so that no GPU is waited for: outside, the
        quantile is NaN, and of integers the smallest.
    axis : int, tuple of int or None
        Which axes; None for all.
    method : {"linear", "lower", "higher", "midpoint", "nearest"}
        What stands between two places: a number between the two elements in proportion to the distances, the lower
        or the higher one, their mean, or the nearer one (at the middle that of even place).
    keepdims : bool
        Whether the axes stay, with length 1.

    Returns
    -------
    Tensor
        The shape of `q`, then that of `x` without `axis`. NaN where an element is NaN, and of nothing. The gradient
        goes to the elements between which the quantile lies, in the proportion in which they count; of equal elements
        to those that stand there after a stable sort. `q` has a gradient with
        the method "linear".

    Raises
    ------
    ValueError
        If a number is not from 0 to 1, or there is no such method.
    ShapeError
        If there is no such axis.

    Examples
    --------
    >>> tl.quantile(tl.tensor([1.0, 2.0, 4.0, 8.0]), [0.0, 0.5])
    tensor([1., 3.])
    """
    return _quantile("quantile", x, q, axis, method, keepdims, False)


def percentile(x: Any, /, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False) -> Tensor:
    """Percentiles over axes: quantiles with `q` from 0 to 100; see `quantile`.

    Examples
    --------
    >>> tl.percentile(tl.tensor([1.0, 2.0, 4.0, 8.0]), 50)
    tensor(3.)
    """
    return _quantile("percentile", x, q, axis, method, keepdims, False)


def median(x: Any, /, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """The middle element over axes; of an even number the mean of the two middle ones.

    This is NumPy's median. PyTorch's is the lower one of the two: ``quantile(x, 0.5, method="lower")``.

    Parameters
    ----------
    x : tensor or array
        Any shape; real. Integers become float32.
    axis : int, tuple of int or None
        Which axes; None for all.
    keepdims : bool
        Whether the axes stay, with length 1.

    Returns
    -------
    Tensor
        The shape of `x` without `axis`. NaN where an element is NaN, and of nothing. The gradient goes to the element
        in the middle, to each of two by half; see `quantile`.

    Examples
    --------
    >>> tl.median(tl.tensor([7.0, 1.0, 2.0, 4.0]))
    tensor(3.)
    """
    return _quantile("median", x, 0.5, axis, "midpoint", keepdims, False)


def nanquantile(x: Any, /, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False) -> Tensor:
    """Quantiles over axes of what is not NaN; see `quantile`. NaN where all is NaN.

    Examples
    --------
    >>> tl.nanquantile(tl.tensor([1.0, tl.nan, 3.0]), 0.5)
    tensor(2.)
    """
    return _quantile("nanquantile", x, q, axis, method, keepdims, True)


def nanpercentile(x: Any, /, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False) -> Tensor:
    """Percentiles over axes of what is not NaN; see `quantile`. NaN where all is NaN.

    Examples
    --------
    >>> tl.nanpercentile(tl.tensor([1.0, tl.nan, 3.0]), 50)
    tensor(2.)
    """
    return _quantile("nanpercentile", x, q, axis, method, keepdims, True)


def nanmedian(x: Any, /, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """The middle element over axes of what is not NaN; see `median`. NaN where all is NaN.

    Examples
    --------
    >>> tl.nanmedian(tl.tensor([1.0, tl.nan, 3.0]))
    tensor(2.)
    """
    return _quantile("nanmedian", x, 0.5, axis, "midpoint", keepdims, True)


def _quantile(function: str, x: Any, q: Any, axis: Axis, method: str, keepdims: bool, skip_nan: bool) -> Tensor:
    require(function, "real", x=x)
    if method not in METHODS:
        raise ValueError(f"{function}: method must be one of {', '.join(map(repr, METHODS))}, not {method!r}")
    whole = 100 if "percentile" in function else 1
    q = _checked_shares(function, q, whole)
    axes = normalized_axes(axis, len(x.shape), f"{function}: axis")
    shape = tuple(x.shape)
    flat, _ = axes_last(
        as_floating(x) if method in ("linear", "midpoint") or not reduced_count(shape, axes) else x, axes
    )
    ordered = sort(flat, axis=-1, stable=False)
    result = _quantiles(ordered, q, method, skip_nan and dtypes.named(flat.dtype).is_floating)
    return reshape(result, (*_shape_of(q), *reduced_shape(shape, axes, keepdims)))


def _checked_shares(function: str, q: Any, whole: int) -> Any:
    """Return which shares of the elements are to lie below: a float, a list of floats, a tensor or an array."""
    if hasattr(q, "shape") and not isinstance(q, Number):
        require(function, "real", q=q)
        return divide(q, whole)
    numbers: list[Any] = [q] if isinstance(q, Number) else list(q)
    if not all(isinstance(number, Real) and 0 <= float(number) <= whole for number in numbers):
        raise ValueError(f"{function}: q must be from 0 to {whole}, not {q}")
    shares = [float(number) / whole for number in numbers]
    return shares[0] if isinstance(q, Number) else shares


def _shape_of(q: Any) -> tuple[int, ...]:
    return (len(q),) if isinstance(q, list) else () if isinstance(q, float) else tuple(q.shape)


def _quantiles(ordered: Any, q: Any, method: str, skip_nan: bool) -> Any:
    """Return quantiles over the last axis of a sorted array; the axes of `q` stand first."""
    if isinstance(q, list):
        each = [_quantiles(ordered, share, method, skip_nan) for share in q]
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
        return reshape(take_along_axis(ordered, reshape(places, (*rest, -1)), -1), tuple(places.shape))

    result = _between_places(q * last, method, pick, dtype)
    if dtype.is_floating and not isinstance(q, float):
        result = where(inside, result, math.nan)
    if dtype.is_floating and not skip_nan:
        result = where(isnan(reshape(getitem(ordered, (Ellipsis, n - 1)), (*rest, *more))), math.nan, result)
    return permute_dims(result, (*range(len(rest), len(result.shape)), *range(len(rest)))) if more else result


def _between_places(position: Any, method: str, pick: Callable[[Any], Any], dtype: dtypes.DType) -> Any:
    """Return what stands at a position, a number or a tensor; `pick` gives what stands at whole ones."""
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
    return _between(pick(low), pick(low + 1), part)


def _between(low: Any, high: Any, part: Any) -> Any:
    """Return what lies between two numbers: exact where they are equal, and right where they are infinite."""
    gap = high - low
    weighted = low * (1 - part) + high * part
    if isinstance(part, float):
        finite = low + gap * part if part < 0.5 else high - gap * (1 - part)
    else:
        finite = where(part < 0.5, low + gap * part, high - gap * (1 - part))
        weighted = where(part == 0, low, weighted)
    return where(isfinite(gap), finite, weighted)


# -- leaving out NaN ---------------------------------------------------------------------------------------------------


def _replaced(x: Any, number: float) -> Any:
    """Return `x` with a number in place of NaN."""
    return where(isnan(x), number, x) if dtypes.named(x.dtype).is_floating else x


def _count(x: Any, axis: Axis, keepdims: bool) -> Any:
    """Return how many elements are not NaN."""
    return sum(astype(logical_not(isnan(x)), "int64"), axis=axis, keepdims=keepdims)


@composite(x="numeric")
def nansum(x: Any, /, axis: Axis = None, *, dtype: Any = None, keepdims: bool = False) -> Tensor:
    """Sum over axes of what is not NaN; zero where all is NaN.

    Parameters
    ----------
    x : tensor or array
        Any shape; numeric.
    axis : int, tuple of int or None
        Which axes; None for all.
    dtype : dtype, optional
        Type to sum in and to return, as of `sum`.
    keepdims : bool
        Whether the axes stay, with length 1.

    Examples
    --------
    >>> tl.nansum(tl.tensor([1.0, tl.nan, 3.0]))
    tensor(4.)
    """
    return sum(_replaced(x, 0.0), axis=axis, dtype=dtype, keepdims=keepdims)


@composite(x="numeric")
def nanprod(x: Any, /, axis: Axis = None, *, dtype: Any = None, keepdims: bool = False) -> Tensor:
    """Product over axes of what is not NaN; one where all is NaN. See `nansum`.

    Examples
    --------
    >>> tl.nanprod(tl.tensor([2.0, tl.nan, 3.0]))
    tensor(6.)
    """
    return prod(_replaced(x, 1.0), axis=axis, dtype=dtype, keepdims=keepdims)


@composite(x="real")
def nanmax(x: Any, /, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """The greatest element over axes that is not NaN; where several tie, they share the gradient equally.

    Parameters
    ----------
    x : tensor or array
        Any shape without empty reduced axes; real.
    axis : int, tuple of int or None
        Which axes; None for all.
    keepdims : bool
        Whether the axes stay, with length 1.

    Returns
    -------
    Tensor
        The shape without `axis`; NaN where all is NaN.

    Raises
    ------
    ValueError
        For a maximum of nothing.

    Examples
    --------
    >>> tl.nanmax(tl.tensor([1.0, tl.nan, 3.0]))
    tensor(3.)
    """
    return _nan_extreme(maximum_of, x, -math.inf, axis, keepdims)


@composite(x="real")
def nanmin(x: Any, /, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """The smallest element over axes that is not NaN; see `nanmax`.

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
def nanmean(x: Any, /, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Arithmetic mean over axes of what is not NaN; NaN where all is NaN.

    Parameters
    ----------
    x : tensor or array
        Any shape; numeric. Integers become float32.
    axis : int, tuple of int or None
        Which axes; None for all.
    keepdims : bool
        Whether the axes stay, with length 1.

    Examples
    --------
    >>> tl.nanmean(tl.tensor([1.0, tl.nan, 3.0]))
    tensor(2.)
    """
    x = as_floating(x)
    return divide(sum(_replaced(x, 0.0), axis=axis, keepdims=keepdims), _count(x, axis, keepdims))


@composite(x="numeric")
def nanvar(x: Any, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Tensor:
    """Variance over axes of what is not NaN.

    Parameters
    ----------
    x : tensor or array
        Any shape; numeric. Integers become float32.
    axis : int, tuple of int or None
        Which axes; None for all.
    correction : float
        The sum of squares is divided by the count less this; see `var`. NumPy calls it ``ddof``.
    keepdims : bool
        Whether the axes stay, with length 1.

    Returns
    -------
    Tensor
        The shape without `axis`, real; NaN where there are no more elements than `correction`.

    Examples
    --------
    >>> tl.nanvar(tl.tensor([1.0, tl.nan, 3.0]))
    tensor(1.)
    """
    x = as_floating(x)
    missing, count = isnan(x), _count(x, axis, True)
    center = divide(sum(where(missing, 0.0, x), axis=axis, keepdims=True), maximum(count, 1))
    centred = where(missing, 0.0, x - center)
    squares = square(absolute(centred)) if is_complex(centred) else square(centred)
    total = sum(squares, axis=axis, keepdims=keepdims)
    left = astype(reshape(count, tuple(total.shape)), total.dtype) - correction
    return total / where(left > 0, left, math.nan)


@composite(x="numeric")
def nanstd(x: Any, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Tensor:
    """Standard deviation over axes of what is not NaN; see `nanvar`. Where it is zero, so is its gradient.

    Examples
    --------
    >>> tl.nanstd(tl.tensor([1.0, tl.nan, 3.0]))
    tensor(1.)
    """
    variance = nanvar(x, axis=axis, correction=correction, keepdims=keepdims)
    constant = variance == 0
    return where(constant, 0.0, sqrt(where(constant, 1.0, variance)))


# -- means and spreads -------------------------------------------------------------------------------------------------


@composite(x="real")
def ptp(x: Any, /, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
    """Peak to peak: the greatest element less the smallest one, over axes; see `max`.

    Examples
    --------
    >>> tl.ptp(tl.tensor([1.0, 5.0, 3.0]))
    tensor(4.)
    """
    return maximum_of(x, axis=axis, keepdims=keepdims) - minimum_of(x, axis=axis, keepdims=keepdims)


@composite(x="numeric")
def average(
    x: Any, /, axis: Axis = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    """Mean over axes, weighted: ``sum(x * weights) / sum(weights)``.

    Parameters
    ----------
    x : tensor or array
        Any shape; numeric. Integers become float32.
    axis : int, tuple of int or None
        Which axes; None for all.
    weights : tensor or array, optional
        The shape of `x`, or the lengths of the axes in `axis`, in that order.
    returned : bool
        Whether to return the sums of the weights, too.
    keepdims : bool
        Whether the axes stay, with length 1.

    Returns
    -------
    Tensor, or pair of Tensor
        The shape without `axis`. Where the sum of the weights is zero, infinite or NaN.

    Raises
    ------
    ShapeError
        If the weights have neither shape.

    Examples
    --------
    >>> tl.average(tl.tensor([1.0, 2.0]), weights=tl.tensor([3.0, 1.0]))
    tensor(1.25)
    """
    x, shape = as_floating(x), tuple(x.shape)
    if weights is None:
        averaged: Any = mean(x, axis=axis, keepdims=keepdims)
        total: Any = broadcast_to(beside(averaged, reduced_count(shape, axis), averaged.dtype), tuple(averaged.shape))
    else:
        require("average", weights=weights)
        weights = _weights_beside(x, weights, axis)
        total = sum(broadcast_to(weights, shape), axis=axis, keepdims=keepdims)
        averaged = divide(sum(multiply(x, weights), axis=axis, keepdims=keepdims), total)
    return (averaged, astype(total, averaged.dtype)) if returned else averaged


def _weights_beside(x: Any, weights: Any, axis: Axis) -> Any:
    """Return weights in a shape that broadcasts against `x`."""
    shape, given = tuple(x.shape), tuple(weights.shape)
    if given == shape:
        return weights
    axes = normalized_axes(axis, len(shape))
    if axis is None or given != tuple(shape[a] for a in axes):
        wanted = f"{shape}" if axis is None else f"{shape} or {tuple(shape[a] for a in axes)}"
        raise ShapeError(f"average: weights of shape {given} do not fit x of shape {shape}; they must have {wanted}")
    weights = permute_dims(weights, tuple(axes.index(a) for a in sorted(axes)))
    return reshape(weights, tuple(n if a in axes else 1 for a, n in enumerate(shape)))


def cov(
    x: Any,
    y: Any = None,
    /,
    *,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
) -> Tensor:
    """Covariances of variables that were observed together.

    Parameters
    ----------
    x : tensor or array, shape (variables, observations) or (observations,)
        Numeric; integers become float32.
    y : tensor or array, optional
        More variables, in the same form.
    rowvar : bool
        Whether a matrix has one row per variable; one column, if not.
    bias : bool
        Whether to divide by the number of observations; by that less one, if not.
    ddof : int, optional
        What to take from the number of observations, whatever `bias` says.
    fweights : tensor or array of integers, shape (observations,), optional
        How often each observation was made.
    aweights : tensor or array, shape (observations,), optional
        How much each observation weighs.

    Returns
    -------
    Tensor
        Shape (variables, variables); () for one variable. Element ``i, j`` is the mean of ``x_i * conj(x_j)``, both
        centred. Infinite or NaN where there are too few observations.

    Raises
    ------
    ShapeError
        If there are more than two axes, or the numbers of observations differ.

    Examples
    --------
    >>> tl.cov(tl.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    variables = _variables("cov", x, rowvar)
    if y is not None:
        more = _variables("cov", y, rowvar)
        if more.shape[1] != variables.shape[1]:
            raise ShapeError(f"cov: x has {variables.shape[1]} observations and y {more.shape[1]}")
        variables = concat([variables, more])
    observations = variables.shape[1]
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights = _observation_weights(observations, fweights, aweights)
    if weights is None:
        centred = variables - mean(variables, axis=1, keepdims=True)
        weighted, freedom = centred, max(observations - ddof, 0)
    else:
        total = sum(weights)
        centred = variables - divide(sum(multiply(variables, weights), axis=1, keepdims=True), total)
        lost = ddof if aweights is None else ddof * divide(sum(multiply(weights, aweights)), total)
        weighted, freedom = multiply(centred, weights), maximum(subtract(total, lost), 0)
    products = matmul(centred, conj(matrix_transpose(weighted)))
    covariances = divide(products, freedom)
    return squeeze(covariances) if covariances.shape == (1, 1) else covariances


def _variables(function: str, x: Any, rowvar: bool) -> Any:
    """Return observations as a matrix with one row per variable."""
    require(function, "numeric", x=x)
    if len(x.shape) > 2:
        raise ShapeError(f"{function} takes vectors and matrices, not shape {tuple(x.shape)}")
    x = as_floating(x)
    return matrix_transpose(x) if len(x.shape) == 2 and not rowvar else atleast_2d(x)


def _observation_weights(observations: int, fweights: Any, aweights: Any) -> Any:
    for name, weights in (("fweights", fweights), ("aweights", aweights)):
        if weights is not None and tuple(weights.shape) != (observations,):
            raise ShapeError(f"cov: {name} must have shape {(observations,)}, not {tuple(weights.shape)}")
    if fweights is None or aweights is None:
        return aweights if fweights is None else fweights
    return multiply(fweights, aweights)


def corrcoef(x: Any, y: Any = None, /, *, rowvar: bool = True) -> Tensor:
    """Pearson's correlation coefficients of variables that were observed together.

    Parameters
    ----------
    x : tensor or array, shape (variables, observations) or (observations,)
        Numeric; integers become float32.
    y : tensor or array, optional
        More variables, in the same form.
    rowvar : bool
        Whether a matrix has one row per variable; one column, if not.

    Returns
    -------
    Tensor
        Shape (variables, variables), from -1 to 1; () for one variable. NaN for a variable that does not vary.

    Raises
    ------
    ShapeError
        If there are more than two axes, or the numbers of observations differ.

    Examples
    --------
    >>> tl.corrcoef(tl.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    require("corrcoef", "numeric", x=x)
    covariances = cov(x, y, rowvar=rowvar)
    if not covariances.shape:
        return covariances / covariances
    deviations = sqrt(real(diagonal_pair(covariances, 0, 1)))
    coefficients = covariances / reshape(deviations, (-1, 1)) / deviations
    # Rounding may take them beyond 1, where the derivative is zero anyway.
    if is_complex(coefficients):
        return clip(real(coefficients), -1, 1) + 1j * clip(imag(coefficients), -1, 1)
    return clip(coefficients, -1, 1)


# -- counting ----------------------------------------------------------------------------------------------------------


def histogram(
    x: Any,
    /,
    bins: Any = 10,
    range: tuple[float, float] | None = None,
    density: bool = False,
    weights: Any = None,
) -> tuple[Tensor, Tensor]:
    """How many elements lie in each of several intervals.

    Parameters
    ----------
    x : tensor or array
        Any shape; real.
    bins : int, sequence of float, tensor or array
        How many intervals of equal length, or the edges between intervals, in ascending order.
    range : pair of float, optional
        The outermost edges of so many intervals; the smallest and the greatest element by default. What lies outside,
        and NaN, is not counted.
    density : bool
        Whether to divide by the number of all elements counted and by each interval's length.
    weights : tensor or array, optional
        The shape of `x`; what each element counts, instead of one.

    Returns
    -------
    tuple of Tensor
        The counts, int64 or of the weights' type (with `density` floating-point), and the edges, one more. An interval
        holds its lower edge; the last one both. The counts have a gradient with respect to the weights; with respect
        to `x` it would be zero.

    Raises
    ------
    ValueError
        If the number of intervals is not positive, the range is not finite or its ends are exchanged, or edges that
        are numbers do not ascend.
    ShapeError
        If the weights have another shape than `x`, or the edges are no vector.

    Examples
    --------
    >>> tl.histogram(tl.tensor([1.0, 2.0, 2.5, 4.0]), bins=3)
    (tensor([1, 2, 1]), tensor([1., 2., 3., 4.]))
    """
    require("histogram", "real", x=x)
    x = x.detach() if isinstance(x, Tensor) else x
    edges = _edges(x, bins, range)
    if weights is not None and tuple(weights.shape) != tuple(x.shape):
        raise ShapeError(f"histogram: weights of shape {tuple(weights.shape)} do not fit x of shape {tuple(x.shape)}")
    count, values = edges.shape[0] - 1, flatten(x)
    # Place 0 is below the first edge, place `count + 1` above the last one, which belongs to the last interval.
    places = searchsorted(edges, values, side="right")
    places = where(equal(values, getitem(edges, count)), count, places)
    counted = broadcast_to(beside(x, 1, "int64"), tuple(values.shape)) if weights is None else flatten(weights)
    counts = getitem(take_add(counted, places, 0, count + 2), slice(1, count + 1))
    if density:
        lengths = getitem(edges, slice(1, None)) - getitem(edges, slice(None, -1))
        counts = divide(counts, multiply(sum(counts), lengths))
    return counts, edges


def _edges(x: Any, bins: Any, span: tuple[float, float] | None) -> Any:
    """Return the edges of a histogram's intervals, beside `x`."""
    if hasattr(bins, "shape") and not isinstance(bins, Number):
        require("histogram", "real", bins=bins)
        if len(bins.shape) != 1:
            raise ShapeError(f"histogram: edges must have 1 axis, not shape {tuple(bins.shape)}")
        return bins
    dtype = dtypes.named(x.dtype)
    dtype = dtype if dtype.is_floating else dtypes.float32
    if not isinstance(bins, Integral):
        edges = list(bins)
        if not all(isinstance(edge, Number) for edge in edges) or edges != sorted(edges) or not edges:
            raise ValueError(f"histogram: bins must be a number, or edges in ascending order, not {bins!r}")
        return beside(x, edges, dtypes.int64 if all(isinstance(edge, Integral) for edge in edges) else dtype)
    if bins < 1:
        raise ValueError(f"histogram: the number of bins must be positive, not {bins}")
    return _even_edges(x, int(bins), span, dtype)


def _even_edges(x: Any, bins: int, span: tuple[float, float] | None, dtype: dtypes.DType) -> Any:
    if span is None and math.prod(x.shape):
        low, high = astype(minimum_of(x), dtype), astype(maximum_of(x), dtype)
        low, high = where(equal(low, high), low - 0.5, low), where(equal(low, high), high + 0.5, high)
        inner = low + (high - low) / bins * beside(x, list(range(bins)), dtype)
        return concat([inner, reshape(high, (1,))])
    first, last = (0.0, 1.0) if span is None else map(float, span)
    if not (math.isfinite(first) and math.isfinite(last) and first <= last):
        raise ValueError(f"histogram: range must be finite and ascend, not {span}")
    first, last = (first - 0.5, last + 0.5) if first == last else (first, last)
    step = (last - first) / bins
    return beside(x, [*(first + i * step for i in range(bins)), last], dtype)


def digitize(x: Any, bins: Any, /, right: bool = False) -> Tensor:
    """In which of several intervals each element lies.

    Parameters
    ----------
    x : tensor or array
        Any shape; real.
    bins : tensor or array, shape (n,)
        The edges between intervals, ascending or descending.
    right : bool
        Whether an edge belongs to the interval below it (as numbers go), instead of the one above.

    Returns
    -------
    Tensor
        The shape of `x`, int64: 0 before the first edge, `n` behind the last.

    Raises
    ------
    ShapeError
        If the edges are no vector.

    Examples
    --------
    >>> tl.digitize(tl.tensor([0.5, 1.0, 9.0]), tl.tensor([1.0, 2.0]))
    tensor([0, 1, 2])
    """
    require("digitize", "real", x=x, bins=bins)
    if len(bins.shape) != 1:
        raise ShapeError(f"digitize: bins must have 1 axis, not shape {tuple(bins.shape)}")
    side, n = ("left" if right else "right"), bins.shape[0]
    if n < 2:
        return searchsorted(bins, x, side=side)
    falling = getitem(bins, 0) > getitem(bins, n - 1)
    places = searchsorted(where(falling, flip(bins), bins), x, side=side)
    return where(falling, n - places, places)
