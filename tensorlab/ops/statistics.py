"""Statistics: weighted means, covariances and histograms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Number
from typing import Any, Literal, overload

from ..backend import dtypes
from ..backend.memory import BYTES_PER_NUMBER, require_memory
from ..docstrings import documented_like
from ..errors import ShapeError
from ..tensor import ArrayT, Tensor
from .arithmetic import clip, conj, divide, imag, is_complex, maximum, multiply, real, subtract
from .comparison import equal, where
from .contraction import matmul
from .creation import numbers_like
from .datatypes import as_floating
from .declare import composite, require
from .exponential import sqrt
from .indexing import diagonal_pair, getitem, take_add
from .joining import atleast_2d, concat, flip
from .reduction import max as maximum_of
from .reduction import mean, reduced_count, sum
from .reduction import min as minimum_of
from .shapes import (
    Axis,
    astype,
    broadcast_to,
    flatten,
    matrix_transpose,
    normalized_axes,
    permute_dims,
    reshape,
    squeeze,
)
from .sorting import searchsorted

# -- means and spreads -------------------------------------------------------------------------------------------------


@composite(x="real")
def ptp(x: ArrayT, /, axis: Axis = None, *, keepdims: bool = False) -> ArrayT:
    """Peak to peak: the greatest element less the smallest one, over axes; see `max`.

    Examples
    --------
    >>> tl.ptp(tl.tensor([1.0, 5.0, 3.0]))
    tensor(4.)
    """
    return maximum_of(x, axis=axis, keepdims=keepdims) - minimum_of(x, axis=axis, keepdims=keepdims)


@overload
def average(
    x: ArrayT,
    /,
    axis: Axis = None,
    weights: ArrayT | None = None,
    returned: Literal[False] = False,
    *,
    keepdims: bool = False,
) -> ArrayT: ...
@overload
def average(
    x: ArrayT, /, axis: Axis = None, weights: ArrayT | None = None, *, returned: Literal[True], keepdims: bool = False
) -> tuple[ArrayT, ArrayT]: ...
@composite(x="numeric")
def average(
    x: ArrayT, /, axis: Axis = None, weights: ArrayT | None = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    """Mean over axes, weighted: ``sum(x * weights) / sum(weights)``.

    Parameters
    ----------
    x : tensor or array
        Any shape; numeric. Integers become float32.
    weights : tensor or array, optional
        The shape of `x`, or the lengths of the axes in `axis`, in that order.
    returned : bool
        Whether to return the sums of the weights too.

    Returns
    -------
    Tensor, or pair of Tensor
        The shape without `axis`. Infinite or NaN where the weights sum to zero.

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
        total: Any = broadcast_to(
            numbers_like(averaged, reduced_count(shape, axis), averaged.dtype), tuple(averaged.shape)
        )
    else:
        require("average", weights=weights)
        weights = _broadcastable_weights(x, weights, axis)
        total = sum(broadcast_to(weights, shape), axis=axis, keepdims=keepdims)
        averaged = divide(sum(multiply(x, weights), axis=axis, keepdims=keepdims), total)
    return (averaged, astype(total, averaged.dtype)) if returned else averaged


def _broadcastable_weights(x: Any, weights: Any, axis: Axis) -> Any:
    """Return weights in a shape that broadcasts with `x`."""
    shape, given = tuple(x.shape), tuple(weights.shape)
    if given == shape:
        return weights
    axes = normalized_axes(axis, len(shape))
    if axis is None or given != tuple(shape[a] for a in axes):
        wanted = f"{shape}" if axis is None else f"{shape} or {tuple(shape[a] for a in axes)}"
        raise ShapeError(f"average: weights of shape {given} do not fit x of shape {shape}; they must have {wanted}")
    weights = permute_dims(weights, tuple(axes.index(a) for a in sorted(axes)))
    return reshape(weights, tuple(n if a in axes else 1 for a, n in enumerate(shape)))


@composite()
def cov(
    x: ArrayT,
    y: ArrayT | None = None,
    /,
    *,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: ArrayT | None = None,
    aweights: ArrayT | None = None,
) -> ArrayT:
    """Covariance matrix of variables.

    Parameters
    ----------
    x : tensor or array, shape (variables, observations) or (observations,)
        Numeric; integers become float32.
    y : tensor or array, optional
        More variables, in the same form.
    rowvar : bool
        Whether variables are the rows of a matrix, instead of the columns.
    bias : bool
        Whether to divide by the number of observations, instead of one less.
    ddof : int, optional
        Subtracted from the number of observations in the divisor; overrides `bias`.
    fweights : tensor or array of integers, shape (observations,), optional
        Frequency of each observation.
    aweights : tensor or array, shape (observations,), optional
        Weight of each observation.

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
        require("cov", "numeric", y=y)
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


@composite()
@documented_like(cov)
def corrcoef(x: ArrayT, y: ArrayT | None = None, /, *, rowvar: bool = True) -> ArrayT:
    """Pearson correlation coefficients of variables.

    Returns
    -------
    Tensor
        Shape (variables, variables), from -1 to 1; () for one variable. NaN for a constant variable.

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


@composite()
def histogram(
    x: ArrayT,
    /,
    bins: int | Sequence[float] | ArrayT = 10,
    range: tuple[float, float] | None = None,
    density: bool = False,
    weights: ArrayT | None = None,
) -> tuple[ArrayT, ArrayT]:
    """Histogram: the number of elements in each bin.

    Parameters
    ----------
    x : tensor or array
        Any shape; real.
    bins : int, sequence of float, tensor or array
        Number of bins of equal width, or the edges of the bins in ascending order.
    range : pair of float, optional
        Outermost edges of bins given by number; by default the smallest and the greatest element. Elements outside, and
        NaN, are not counted.
    density : bool
        Whether to divide by the number of elements counted and by the width of each bin.
    weights : tensor or array, optional
        The shape of `x`; the weight of each element.

    Returns
    -------
    tuple of Tensor
        The counts, int64 or of the weights' type (with `density` floating-point), and the edges, one more. A bin
        includes its lower edge, the last one both. The counts have a gradient with respect to the weights; with respect
        to `x` it would be zero.

    Raises
    ------
    ValueError
        If the number of bins is not positive, the range is not finite or descends, or edges given as numbers do not
        ascend.
    ShapeError
        If the weights have another shape than `x`, or the edges are not a vector.

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
    # Place 0 is below the first edge, place `count + 1` above the last one, which belongs to the last bin.
    places = searchsorted(edges, values, side="right")
    places = where(equal(values, getitem(edges, count)), count, places)
    counted = broadcast_to(numbers_like(x, 1, "int64"), tuple(values.shape)) if weights is None else flatten(weights)
    counts = getitem(take_add(counted, places, 0, count + 2), slice(1, count + 1))
    if density:
        lengths = getitem(edges, slice(1, None)) - getitem(edges, slice(None, -1))
        counts = divide(counts, multiply(sum(counts), lengths))
    return counts, edges


def _edges(x: Any, bins: Any, span: tuple[float, float] | None) -> Any:
    """Return the edges of a histogram's bins, on the device of `x`."""
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
        return numbers_like(x, edges, dtypes.int64 if all(isinstance(edge, Integral) for edge in edges) else dtype)
    if bins < 1:
        raise ValueError(f"histogram: the number of bins must be positive, not {bins}")
    require_memory("histogram", f"bins={bins} bins", int(bins), BYTES_PER_NUMBER)
    return _even_edges(x, int(bins), span, dtype)


def _even_edges(x: Any, bins: int, span: tuple[float, float] | None, dtype: dtypes.DType) -> Any:
    if span is None and math.prod(x.shape):
        low, high = astype(minimum_of(x), dtype), astype(maximum_of(x), dtype)
        low, high = where(equal(low, high), low - 0.5, low), where(equal(low, high), high + 0.5, high)
        inner = low + (high - low) / bins * numbers_like(x, list(range(bins)), dtype)
        return concat([inner, reshape(high, (1,))])
    first, last = (0.0, 1.0) if span is None else map(float, span)
    if not (math.isfinite(first) and math.isfinite(last) and first <= last):
        raise ValueError(f"histogram: range must be finite and ascend, not {span}")
    first, last = (first - 0.5, last + 0.5) if first == last else (first, last)
    step = (last - first) / bins
    return numbers_like(x, [*(first + i * step for i in range(bins)), last], dtype)


@composite()
def digitize(x: ArrayT, bins: ArrayT, /, right: bool = False) -> ArrayT:
    """Index of the bin that each element lies in.

    Parameters
    ----------
    x : tensor or array
        Any shape; real.
    bins : tensor or array, shape (n,)
        Edges of the bins, ascending or descending.
    right : bool
        Whether a bin includes its greater edge, instead of its smaller one.

    Returns
    -------
    Tensor
        The shape of `x`, int64: 0 before the first edge, `n` after the last.

    Raises
    ------
    ShapeError
        If the edges are not a vector.

    Examples
    --------
    >>> tl.digitize(tl.tensor([0.5, 1.0, 9.0]), tl.tensor([1.0, 2.0]))
    tensor([0, 1, 2])
    """
    require("digitize", "real", x=x, bins=bins)
    if len(bins.shape) != 1:
        raise ShapeError(f"digitize: bins must have 1 axis, not shape {tuple(bins.shape)}")
    side: Literal["left", "right"] = "left" if right else "right"
    n = bins.shape[0]
    if n < 2:
        return searchsorted(bins, x, side=side)
    falling = getitem(bins, 0) > getitem(bins, n - 1)
    places = searchsorted(where(falling, flip(bins), bins), x, side=side)
    return where(falling, n - places, places)
