"""Reductions over axes."""

from __future__ import annotations

from math import inf
from math import prod as product
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import Draw, Sample, count_operand, sample
from ..backend import Backend, DTypeLike, backend_of
from ..docstrings import documented_like
from ..errors import ShapeError
from ..tensor import ArrayT, Tensor
from .arithmetic import conj, real, reciprocal_or_zero, squared_abs
from .comparison import where
from .declare import composite
from .exponential import exp, log_ratio
from .shapes import Axis, Shape, astype, broadcast_to, cast_back, normalized_axes, permute_dims, reshape


def reduced_shape(x_shape: Shape, axis: Axis = None, keepdims: bool = False, **_: Any) -> Shape:
    """Return the shape of a reduction over `axis`."""
    axes = normalized_axes(axis, len(x_shape))
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(x_shape))
    return tuple(n for i, n in enumerate(x_shape) if i not in axes)


def _extreme_shape(x_shape: Shape, axis: Axis = None, keepdims: bool = False, **_: Any) -> Shape:
    if not reduced_count(x_shape, axis):
        raise ShapeError(
            f"x of shape {x_shape} has no elements {'' if axis is None else f'along axis {axis} '}to compare"
        )
    return reduced_shape(x_shape, axis, keepdims)


def unreduced(g: Any, x_shape: Shape, axis: Axis) -> Any:
    """Return a reduction's result with the reduced axes restored with length 1."""
    return reshape(g, reduced_shape(x_shape, axis, True))


def spread_back(g: Any, x_shape: Shape, axis: Axis) -> Any:
    """Return a reduction's result broadcast back over the reduced axes."""
    if not g.shape:
        return broadcast_to(g, x_shape)
    return broadcast_to(unreduced(g, x_shape, axis), x_shape)


def reduced_count(x_shape: Shape, axis: Axis) -> int:
    """Return the number of elements that are reduced into each result."""
    return product(x_shape[a] for a in normalized_axes(axis, len(x_shape)))


def _refuse_axes_of_number(x: Any, axis: Axis) -> None:
    """Raise if an axis of a 0-d array is named; NumPy takes 0 and -1."""
    if axis is not None and not x.shape:
        normalized_axes(axis, 0)


def _samples(*extra: Sample) -> list[Sample]:
    return [
        sample((2, 3), axis=None),
        sample((2, 3), axis=1),
        sample((2, 3, 2), axis=(0, -1), keepdims=True),
        sample((), axis=None),
        *extra,
    ]


def _pull_sum(g: Any, x_shape: Shape, x_dtype: Any, axis: Axis, dtype: Any) -> Any:
    return spread_back(g if dtype is None else cast_back(g, x_dtype), x_shape, axis)


@op(
    vjp={"x": _pull_sum},
    jvp={"x": lambda t, axis, dtype, keepdims: sum(t, axis=axis, dtype=dtype, keepdims=keepdims)},
    kind="linear",
    shape=reduced_shape,
    flops=count_operand,
    samples=_samples(sample((0, 2), axis=0)),
)
def sum(
    backend: Backend, x: ArrayT, /, axis: Axis = None, *, dtype: DTypeLike = None, keepdims: bool = False
) -> ArrayT:
    """Sum over axes.

    On NumPy, the rounding error grows like the logarithm of the number of terms, along every axis.

    Parameters
    ----------
    dtype : dtype, optional
        Type of the sum. By default integers of fewer than 64 bits are summed in 64, and other types keep their type.

    Returns
    -------
    Tensor
        The shape without `axis`; zero for an empty sum.

    Examples
    --------
    >>> tl.sum(tl.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    tensor([4., 6.])
    """
    _refuse_axes_of_number(x, axis)
    native = backend.native(dtype)
    return backend.xp.sum(without_booleans(backend, x), axis=axis, dtype=native, keepdims=keepdims)


def without_booleans(backend: Backend, x: Any) -> Any:
    """Return booleans as integers, which the standard can add and multiply."""
    return backend.xp.astype(x, backend.xp.int64) if backend.dtype_of(x).kind == "bool" else x


@op(
    vjp={"x": lambda g, x_shape, axis: spread_back(g / reduced_count(x_shape, axis), x_shape, axis)},
    kind="linear",
    shape=reduced_shape,
    dtype="floating",
    flops=count_operand,
    samples=_samples(),
)
def mean(backend: Backend, x: ArrayT, /, axis: Axis = None, *, keepdims: bool = False) -> ArrayT:
    """Arithmetic mean over axes.

    Returns
    -------
    Tensor
        The shape without `axis`; NaN for an empty mean.

    Examples
    --------
    >>> tl.mean(tl.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    tensor([1.5, 3.5])
    """
    return backend.xp.mean(x, axis=axis, keepdims=keepdims)


def _shared_by_ties(g: Any, beaten: Any, x_shape: Shape, axis: Axis) -> Any:
    """Divide each cotangent equally among the elements that tie for the extreme, or among all if one is NaN."""
    tied = ~beaten
    shares = unreduced(g, x_shape, axis) / astype(sum(astype(tied, "int64"), axis=axis, keepdims=True), g.dtype)
    return where(tied, broadcast_to(shares, x_shape), 0.0)


def _pull_max(g: Any, x: Any, out: Any, x_shape: Shape, axis: Axis) -> Any:
    return _shared_by_ties(g, x < spread_back(out, x_shape, axis), x_shape, axis)


def _pull_min(g: Any, x: Any, out: Any, x_shape: Shape, axis: Axis) -> Any:
    return _shared_by_ties(g, x > spread_back(out, x_shape, axis), x_shape, axis)


@op(vjp={"x": _pull_max}, shape=_extreme_shape, takes="real", flops=count_operand, samples=_samples())
def max(backend: Backend, x: ArrayT, /, axis: Axis = None, *, keepdims: bool = False) -> ArrayT:
    """Maximum over axes; elements that tie share the gradient equally.

    Returns
    -------
    Tensor
        The shape without `axis`. NaN where any element is NaN; then all elements share the gradient.

    Raises
    ------
    ValueError
        If there are no elements.

    Examples
    --------
    >>> tl.max(tl.tensor([[1.0, 5.0], [3.0, 4.0]]), axis=1)
    tensor([5., 4.])
    """
    _refuse_axes_of_number(x, axis)
    return backend.xp.max(x, axis=axis, keepdims=keepdims)


@op(vjp={"x": _pull_min}, shape=_extreme_shape, takes="real", flops=count_operand, samples=_samples())
@documented_like(max)
def min(backend: Backend, x: ArrayT, /, axis: Axis = None, *, keepdims: bool = False) -> ArrayT:
    """Minimum over axes; see `max`.

    Examples
    --------
    >>> tl.min(tl.tensor([[1.0, 5.0], [3.0, 4.0]]), axis=1)
    tensor([1., 3.])
    """
    _refuse_axes_of_number(x, axis)
    return backend.xp.min(x, axis=axis, keepdims=keepdims)


# -- products ----------------------------------------------------------------------------------------------------------


def _pull_prod(g: Any, x: Any, out: Any, x_shape: Shape, axis: Axis) -> Any:
    if not any_zero_or_infinite(x):
        return spread_back(g * out, x_shape, axis) / x
    flat, restore = axes_last(x, axis)
    n = flat.shape[-1]
    others = where(eye_like(flat, n), 1.0, reshape(flat, (*flat.shape[:-1], 1, n)))
    return restore(prod(others, axis=-1) * reshape(g, (*flat.shape[:-1], 1)))


def any_zero_or_infinite(x: Any) -> bool:
    """Whether an element is zero or infinite, so that it cannot be divided out; synchronizes with the device."""
    return bool(any(x == 0.5 * x))


def eye_like(like: Any, n: int) -> Any:
    """Return a boolean identity matrix of size `n`, an array on the backend and device of `like`."""
    array = like._array if isinstance(like, Tensor) else like
    xp = backend_of(array).xp
    return xp.eye(n, dtype=xp.bool, device=array.device)


def axes_last(x: Any, axis: Axis) -> tuple[Any, Any]:
    """Return `x` with `axis` flattened and last, and the inverse function."""
    ndim = len(x.shape)
    axes = normalized_axes(axis, ndim)
    rest = [a for a in range(ndim) if a not in axes]
    order = (*rest, *axes)
    moved = permute_dims(x, order)
    back = tuple(order.index(a) for a in range(ndim))
    flat = reshape(moved, (*(x.shape[a] for a in rest), product(x.shape[a] for a in axes)))
    return flat, lambda y: permute_dims(reshape(y, tuple(moved.shape)), back)


@op(
    vjp={"x": _pull_prod},
    shape=reduced_shape,
    flops=count_operand,
    samples=_samples(),
    tolerance={"float32": 5e-6},
)
def prod(
    backend: Backend, x: ArrayT, /, axis: Axis = None, *, dtype: DTypeLike = None, keepdims: bool = False
) -> ArrayT:
    """Product over axes; the gradient is exact at zeros and infinities too.

    Parameters
    ----------
    dtype : dtype, optional
        Type of the product.

    Returns
    -------
    Tensor
        The shape without `axis`; one for an empty product.

    Examples
    --------
    >>> tl.prod(tl.tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    tensor([3., 8.])
    """
    _refuse_axes_of_number(x, axis)
    native = backend.native(dtype)
    return backend.xp.prod(without_booleans(backend, x), axis=axis, dtype=native, keepdims=keepdims)


# -- variance ----------------------------------------------------------------------------------------------------------


@composite(x="floating")
def var(x: ArrayT, /, axis: Axis = None, *, correction: float = 0.0, keepdims: bool = False) -> ArrayT:
    """Variance over axes.

    Parameters
    ----------
    correction : float
        The divisor is the number of elements minus `correction`: 0 for the population variance, 1 for Bessel's
        correction, PyTorch's default. Where the divisor is not positive, value and gradient are NaN or infinite.

    Examples
    --------
    >>> tl.var(tl.tensor([1.0, 3.0]))
    tensor(1.)
    """
    centred = x - mean(x, axis=axis, keepdims=True)
    squares = squared_abs(centred)
    count = reduced_count(tuple(x.shape), axis) - correction
    return sum(squares, axis=axis, keepdims=keepdims) / (count if count > 0 else 0)


@composite(x="floating")
@documented_like(var)
def std(x: ArrayT, /, axis: Axis = None, *, correction: float = 0.0, keepdims: bool = False) -> ArrayT:
    """Standard deviation over axes; see `var`. Where it is zero, so is its gradient.

    Examples
    --------
    >>> tl.std(tl.tensor([1.0, 3.0]))
    tensor(1.)
    """
    count = reduced_count(tuple(x.shape), axis) - correction
    centred = x - mean(x, axis=axis, keepdims=True)
    return euclidean_norm(centred, axis=axis, keepdims=keepdims) / (count**0.5 if count > 0 else 0)


# -- norms and logarithms of sums --------------------------------------------------------------------------------------


def _inverse_norm(out: Any, x_shape: Shape, axis: Axis, least: float) -> Any:
    """Return the reciprocal of a norm; zero where the norm is, or is less than `least`."""
    norm = unreduced(out, x_shape, axis)
    return where(norm > least, 1.0 / norm, 0.0) if least else reciprocal_or_zero(norm)


def _pull_norm(g: Any, x: Any, out: Any, x_shape: Shape, axis: Axis, least: float) -> Any:
    # In this order nothing underflows.
    return unreduced(g, x_shape, axis) * (conj(x) * _inverse_norm(out, x_shape, axis, least))


def _push_norm(t: Any, x: Any, out: Any, x_shape: Shape, axis: Axis, keepdims: bool, least: float) -> Any:
    along = conj(x) * _inverse_norm(out, x_shape, axis, least) * t
    return sum(real(along), axis=axis, keepdims=keepdims)


@op(
    vjp={"x": _pull_norm},
    jvp={"x": _push_norm},
    shape=reduced_shape,
    dtype="real",
    takes="floating",
    flops=lambda shapes, out, params: 2 * count_operand(shapes, out, params),
    samples=_samples(sample((0, 2), axis=1), sample((2, 3), axis=1, least=1.0)),
)
def euclidean_norm(
    backend: Backend, x: ArrayT, /, axis: Axis = None, *, keepdims: bool = False, least: float = 0.0
) -> ArrayT:
    """Square root of the sum of squares of absolute values, whose squares may overflow or underflow.

    It is at least `least`, if that is given; the gradient of smaller norms is zero then. Otherwise the gradient of a
    norm of zero is zero by convention, and its second derivative, which does not exist, is NaN.

    Examples
    --------
    >>> tl.ops.reduction.euclidean_norm(tl.tensor([3.0, 4.0]))
    tensor(5.)
    """
    xp, size = backend.xp, backend.xp.abs(x)
    shape = reduced_shape(x.shape, axis, keepdims)
    if 0 in x.shape:  # the maximum of nothing is undefined
        return xp.full(shape, least, dtype=size.dtype, device=x.device)
    peak = xp.max(size, axis=axis, keepdims=True)
    scale = xp.where((peak > 0) & (peak < inf), peak, 1.0)
    norm = scale * xp.sqrt(xp.sum(xp.square(size / scale), axis=axis, keepdims=True))
    return xp.reshape(xp.clip(norm, least, None) if least else norm, shape)


def _pull_logsumexp(g: Any, x: Any, out: Any, x_shape: Shape, axis: Axis) -> Any:
    weights = exp(log_ratio(x, unreduced(out, x_shape, axis)))
    # Their sum is 1 up to the rounding of a large result, or the number of infinities, or 0.
    total = sum(weights, axis=axis, keepdims=True)
    return unreduced(g, x_shape, axis) / where(total != 0, total, 1.0) * weights


@op(
    vjp={"x": _pull_logsumexp},
    shape=reduced_shape,
    dtype="floating",
    takes="real floating",
    flops=lambda shapes, out, params: 12 * product(shapes[0]),
    samples=_samples(),
)
def logsumexp(backend: Backend, x: ArrayT, /, axis: Axis = None, *, keepdims: bool = False) -> ArrayT:
    """``log(sum(exp(x)))`` over axes, without intermediate overflow.

    The derivatives are the weights of the elements, ``exp(x) / sum(exp(x))``, which are those of `softmax`. Elements of
    plus infinity share the weight 1 equally. The weight of minus infinity is 0, even if all elements are; if any
    element is NaN, all weights are.

    Returns
    -------
    Tensor
        The shape without `axis`; minus infinity for an empty sum.

    Examples
    --------
    >>> tl.logsumexp(tl.tensor([1000.0, 0.0]))
    tensor(1000.)
    """
    xp = backend.xp
    shape = reduced_shape(x.shape, axis, keepdims)
    if 0 in x.shape:  # the maximum of nothing is undefined
        return xp.full(shape, -inf, dtype=x.dtype, device=x.device)
    peak = xp.max(x, axis=axis, keepdims=True)
    total = xp.sum(xp.exp(x - xp.where(xp.isfinite(peak), peak, 0.0)), axis=axis, keepdims=True)
    return xp.reshape(peak + xp.log(xp.where(peak == -inf, 1.0, total)), shape)


# -- without a gradient ------------------------------------------------------------------------------------------------

ONE_AXIS_OR_ALL = [sample((2, 3), axis=0), sample((2, 3), axis=None)]


@op(shape=reduced_shape, dtype="bool", flops=count_operand, samples=[sample(Draw((2, 3), 0, 2, "bool"), axis=0)])
def all(backend: Backend, x: ArrayT, /, axis: Axis = None, *, keepdims: bool = False) -> ArrayT:
    """Whether all elements are true (not zero), over axes.

    Examples
    --------
    >>> tl.all(tl.tensor([True, False]))
    tensor(False)
    """
    _refuse_axes_of_number(x, axis)
    return backend.xp.all(x, axis=axis, keepdims=keepdims)


@op(shape=reduced_shape, dtype="bool", flops=count_operand, samples=[sample(Draw((2, 3), 0, 2, "bool"), axis=0)])
def any(backend: Backend, x: ArrayT, /, axis: Axis = None, *, keepdims: bool = False) -> ArrayT:
    """Whether at least one element is true (not zero), over axes.

    Examples
    --------
    >>> tl.any(tl.tensor([True, False]))
    tensor(True)
    """
    _refuse_axes_of_number(x, axis)
    return backend.xp.any(x, axis=axis, keepdims=keepdims)


@op(shape=_extreme_shape, dtype="int64", takes="real or bool", flops=count_operand, samples=ONE_AXIS_OR_ALL)
def argmax(backend: Backend, x: ArrayT, /, axis: int | None = None, *, keepdims: bool = False) -> ArrayT:
    """Index of the maximum along an axis, or in the flattened array; the first of elements that tie.

    Parameters
    ----------
    x : tensor or array
        Any shape; real or bool.
    axis : int, optional
        The axis along which to search; None for the flattened array.

    Examples
    --------
    >>> tl.argmax(tl.tensor([1.0, 5.0, 3.0]))
    tensor(1)
    """
    _refuse_axes_of_number(x, axis)
    return backend.xp.argmax(without_booleans(backend, x), axis=axis, keepdims=keepdims)


@op(shape=_extreme_shape, dtype="int64", takes="real or bool", flops=count_operand, samples=ONE_AXIS_OR_ALL)
@documented_like(argmax)
def argmin(backend: Backend, x: ArrayT, /, axis: int | None = None, *, keepdims: bool = False) -> ArrayT:
    """Index of the minimum along an axis, or in the flattened array; the first of elements that tie.

    Examples
    --------
    >>> tl.argmin(tl.tensor([1.0, 5.0, 3.0]))
    tensor(0)
    """
    _refuse_axes_of_number(x, axis)
    return backend.xp.argmin(without_booleans(backend, x), axis=axis, keepdims=keepdims)


@op(shape=reduced_shape, dtype="int64", flops=count_operand, samples=ONE_AXIS_OR_ALL)
def count_nonzero(backend: Backend, x: ArrayT, /, axis: Axis = None, *, keepdims: bool = False) -> ArrayT:
    """Number of nonzero elements, over axes.

    Examples
    --------
    >>> tl.count_nonzero(tl.tensor([1.0, 0.0, 3.0]))
    tensor(2)
    """
    _refuse_axes_of_number(x, axis)
    return backend.xp.count_nonzero(x, axis=axis, keepdims=keepdims)
