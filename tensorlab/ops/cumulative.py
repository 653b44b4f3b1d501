"""Cumulative sums and products along an axis."""

from __future__ import annotations

from math import prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import count_operand, sample
from ..backend import Backend, DTypeLike
from ..docstrings import documented_like
from ..errors import ShapeError
from ..tensor import ArrayT
from .comparison import where
from .exponential import exp, log_ratio
from .indexing import slice_along
from .joining import concat, flip
from .reduction import any_zero_or_infinite, axes_last, eye_like, sum, without_booleans
from .shapes import Shape, astype, cast_back, normalized_axis, reshape


def _cumulated(x_shape: Shape, axis: int | None = None, include_initial: bool = False, **_: Any) -> Shape:
    place = normalized_axis(axis or 0, len(x_shape))
    return tuple(n + (include_initial and i == place) for i, n in enumerate(x_shape))


def _from_the_end(g: Any, axis: int | None) -> Any:
    """Return the sum of each element and all after it."""
    place = 0 if axis is None else axis
    return flip(cumulative_sum(flip(g, axis=place), axis=place), axis=place)


def _without_initial(g: Any, axis: int | None, include_initial: bool) -> Any:
    place = normalized_axis(axis or 0, len(g.shape))
    return slice_along(g, place, 1, None) if include_initial else g


def _pull_cumulative_sum(g: Any, x_dtype: Any, axis: int | None, dtype: Any, include_initial: bool) -> Any:
    g = _without_initial(g if dtype is None else cast_back(g, x_dtype), axis, include_initial)
    return _from_the_end(g, axis)


@op(
    vjp={"x": _pull_cumulative_sum},
    kind="linear",
    shape=_cumulated,
    flops=count_operand,
    samples=[sample((4,), axis=None), sample((2, 3), axis=1), sample((2, 3), axis=0, include_initial=True)],
)
def cumulative_sum(
    backend: Backend,
    x: ArrayT,
    /,
    axis: int | None = None,
    *,
    dtype: DTypeLike = None,
    include_initial: bool = False,
) -> ArrayT:
    """Cumulative sum along an axis.

    On NumPy, the rounding error grows like the logarithm of the number of terms.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; numeric.
    axis : int, optional
        The axis along which to operate; may be omitted if there is only one.
    dtype : dtype, optional
        Type of the sum, as for `sum`.
    include_initial : bool
        Whether to prepend the empty sum, which makes the axis longer by one.

    Examples
    --------
    >>> tl.cumulative_sum(tl.tensor([1.0, 2.0, 3.0]))
    tensor([1., 3., 6.])
    """
    native, x = backend.native(dtype), without_booleans(backend, x)
    return backend.xp.cumulative_sum(x, axis=axis, dtype=native, include_initial=include_initial)


def _pull_cumulative_prod(
    g: Any, x: Any, out: Any, x_dtype: Any, axis: int | None, dtype: Any, include_initial: bool
) -> Any:
    if dtype is not None:
        g, out = cast_back(g, x_dtype), cast_back(out, x_dtype)
    g, out = _without_initial(g, axis, include_initial), _without_initial(out, axis, include_initial)
    place = 0 if axis is None else axis
    if not any_zero_or_infinite(x):
        return _from_the_end(g * out, place) / x
    # d out[j] / d x[i] is the product of all x[k], k <= j, but x[i]: quadratic in the length, exact at 0 and infinity.
    flat, restore = axes_last(x, place)
    cotangent, _ = axes_last(g, place)
    n = flat.shape[-1]
    eye = eye_like(flat, n)
    others = where(eye, 1.0, reshape(flat, (*flat.shape[:-1], 1, n)))
    partial = cumulative_prod(others, axis=len(flat.shape))
    later = cumulative_sum(astype(eye, "int64"), axis=1) > 0
    return restore(sum(where(later, partial * reshape(cotangent, (*flat.shape[:-1], 1, n)), 0.0), axis=-1))


@op(
    vjp={"x": _pull_cumulative_prod},
    shape=_cumulated,
    flops=count_operand,
    samples=[sample((4,), axis=None), sample((2, 3), axis=1), sample((2, 3), axis=0, include_initial=True)],
    tolerance={"float32": 5e-6},
)
@documented_like(cumulative_sum)
def cumulative_prod(
    backend: Backend,
    x: ArrayT,
    /,
    axis: int | None = None,
    *,
    dtype: DTypeLike = None,
    include_initial: bool = False,
) -> ArrayT:
    """Cumulative product along an axis; the gradient is exact at zeros and infinities too.

    On NumPy, long products in single precision are computed in double precision and rounded once.

    Parameters
    ----------
    dtype : dtype, optional
        Type of the product, as for `prod`.
    include_initial : bool
        Whether to prepend the empty product, which makes the axis longer by one.

    Examples
    --------
    >>> tl.cumulative_prod(tl.tensor([1.0, 2.0, 3.0]))
    tensor([1., 2., 6.])
    """
    native, x = backend.native(dtype), without_booleans(backend, x)
    return backend.xp.cumulative_prod(x, axis=axis, dtype=native, include_initial=include_initial)


# -- logarithms of sums ------------------------------------------------------------------------------------------------


def _scanned(x_shape: Shape, axis: int | None = None) -> Shape:
    _scan_axis(x_shape, axis)
    return x_shape


def _scan_axis(x_shape: Shape, axis: int | None) -> int:
    if axis is None and len(x_shape) != 1:
        raise ShapeError(f"an array of shape {tuple(x_shape)} needs an explicit axis, as it does not have exactly one")
    return normalized_axis(axis or 0, len(x_shape))


def _recurrence(terms: Any, decay: Any, axis: int) -> Any:
    """Return ``r[i] = terms[i] + decay[i] * r[i + 1]`` along an axis; each round doubles how far the sums reach."""
    n, reach, total = terms.shape[axis], 1, terms
    while reach < n:
        ahead = slice_along(total, axis, None, n - reach) + decay * slice_along(total, axis, reach, None)
        total = concat([ahead, slice_along(total, axis, n - reach, None)], axis=axis)
        if 2 * reach < n:
            decay = slice_along(decay, axis, None, n - 2 * reach) * slice_along(decay, axis, reach, None)
        reach *= 2
    return total


def _pull_logcumsumexp(g: Any, x: Any, out: Any, x_shape: Shape, axis: int | None) -> Any:
    """Sum the cotangents from each element on, times its weights ``exp(x[i] - out[j])``, without overflow.

    A weight is the product of ``exp(x[i] - out[i])`` and of ``exp(out[k] - out[k + 1])``, which are at most one. The
    weights of the elements up to j sum to 1 up to the rounding of a large ``out[j]``, or to the number of infinities.
    """
    place = _scan_axis(x_shape, axis)
    if not x_shape[place]:
        return g
    last = exp(log_ratio(x, out))
    decay = exp(log_ratio(slice_along(out, place, None, -1), slice_along(out, place, 1, None)))
    total = flip(_recurrence(flip(last, axis=place), flip(decay, axis=place), place), axis=place)
    return _recurrence(g / where(total != 0, total, 1.0), decay, place) * last


@op(
    vjp={"x": _pull_logcumsumexp},
    shape=_scanned,
    dtype="floating",
    takes="real floating",
    flops=lambda shapes, out, params: 20 * prod(out),
    samples=[sample((4,), axis=None), sample((2, 7), axis=1), sample((3, 2), axis=0), sample((0, 2), axis=0)],
    checks_first=True,
)
def logcumsumexp(backend: Backend, x: ArrayT, /, axis: int | None = None) -> ArrayT:
    """Logarithm of the cumulative sum of exponentials along an axis, without intermediate overflow.

    The derivatives of each result are the weights of the elements up to it, as for `logsumexp`.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; real floating-point; integers become float32.
    axis : int, optional
        The axis along which to operate; may be omitted if there is only one.

    Returns
    -------
    Tensor
        The shape of `x`.

    Raises
    ------
    ShapeError
        If the axis does not exist, or is omitted although there is not exactly one.

    Examples
    --------
    >>> tl.logcumsumexp(tl.tensor([0.0, 1000.0, 0.0]))
    tensor([   0., 1000., 1000.])
    """
    xp, place = backend.xp, _scan_axis(x.shape, axis)
    so_far: Any = x
    before, reach = (slice(None),) * place, 1
    while reach < so_far.shape[place]:
        further = xp.logaddexp(so_far[(*before, slice(reach, None), ...)], so_far[(*before, slice(None, -reach), ...)])
        so_far = xp.concat([so_far[(*before, slice(None, reach), ...)], further], axis=place)
        reach *= 2
    return so_far
