"""Signals and sampled functions: convolution of sequences, interpolation, integrals, differences, polynomials."""

from __future__ import annotations

import math
from numbers import Number
from typing import Any, Literal

from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend, dtypes
from ..backend.memory import require_memory
from ..docstrings import documented_like
from ..errors import ShapeError
from ..options import RealScalar, Scalar
from ..tensor import ArrayT, Tensor
from .arithmetic import abs as absolute
from .arithmetic import add, clip, conj, multiply, remainder
from .comparison import logical_and, not_equal, where
from .creation import numbers_like
from .cumulative import cumulative_sum
from .datatypes import as_floating
from .declare import composite, require
from .indexing import getitem, slice_along, take
from .joining import concat, flip, stack
from .padding import pad_constant
from .reduction import sum
from .shapes import Shape, broadcast_to, normalized_axis, reshape
from .sorting import argsort, searchsorted

# -- convolution of sequences ------------------------------------------------------------------------------------------


def _slid_shape(x: Shape, w: Shape) -> Shape:
    if len(x) != 1 or len(w) != 1 or not 0 < w[0] <= x[0]:
        raise ShapeError(f"correlate_valid takes two vectors, the second not empty and not longer, not {x} and {w}")
    return (x[0] - w[0] + 1,)


def _convolved(x: Any, w: Any) -> Any:
    """Return the full convolution of two vectors; the shorter one slides."""
    if w.shape[0] > x.shape[0]:
        x, w = w, x
    overhang = w.shape[0] - 1
    return correlate_valid(pad_constant(x, ((overhang, overhang),)), flip(w))


@op(
    vjp={"x": lambda g, w: _convolved(g, w), "w": lambda g, x: correlate_valid(x, g)},
    kind="linear",
    shape=_slid_shape,
    dtype="promote",
    takes="numeric",
    flops=lambda shapes, out, params: 2 * out[0] * shapes[1][0],
    samples=[sample((6,), (2,)), sample((5,), (4,)), sample((3,), (3,)), sample((4,), (1,))],
    checks_first=True,
)
def correlate_valid(backend: Backend, x: ArrayT, w: ArrayT, /) -> ArrayT:
    """Inner products of a vector, not conjugated, with each window of a longer one.

    Examples
    --------
    >>> tl.ops.signals.correlate_valid(tl.tensor([1.0, 2.0, 3.0]), tl.tensor([1.0, -1.0]))
    tensor([-1., -1.])
    """
    images, filters = (backend.xp.reshape(a, (1, 1, -1)) for a in (x, w))
    y = backend.convolution(images, filters, stride=(1,), padding=((0, 0),), dilation=(1,), groups=1)
    return backend.xp.reshape(y, (-1,))


Mode = Literal["full", "same", "valid"]


def _check_vectors(function: str, a: Any, v: Any) -> None:
    require(function, "numeric", a=a, v=v)
    shapes = tuple(a.shape), tuple(v.shape)
    if any(len(shape) != 1 or not shape[0] for shape in shapes):
        raise ShapeError(f"{function} takes two vectors that are not empty, not shapes {shapes[0]} and {shapes[1]}")


def _slid(longer: Any, shorter: Any, mode: Mode) -> Any:
    """Return the inner products of a vector with the windows of a longer one, padded with zeros."""
    n = shorter.shape[0]
    ends = {"full": (n - 1, n - 1), "same": (n // 2, n - 1 - n // 2), "valid": (0, 0)}[mode]
    return correlate_valid(pad_constant(longer, (ends,)) if any(ends) else longer, shorter)


@composite()
def convolve(a: ArrayT, v: ArrayT, /, mode: Mode = "full") -> ArrayT:
    """Convolution of two vectors: element ``k`` is the sum of all ``a[i] * v[k - i]``.

    Parameters
    ----------
    a, v : tensor or array, shapes (m,) and (n,)
        Numeric, not empty; types are promoted.
    mode : {"full", "same", "valid"}
        Which elements: all ``m + n - 1``; the ``max(m, n)`` in the middle; or the ``max(m, n) - min(m, n) + 1`` for
        which the vectors overlap completely.

    Returns
    -------
    Tensor, one axis
        Computed directly, in time proportional to the product of the lengths.

    Raises
    ------
    ShapeError
        If an operand is not a vector, or is empty.
    ValueError
        If `mode` is not one of these.

    Examples
    --------
    >>> tl.convolve(tl.tensor([1.0, 2.0, 3.0]), tl.tensor([1.0, 1.0]))
    tensor([1., 3., 5., 3.])
    """
    _check_vectors("convolve", a, v)
    if v.shape[0] > a.shape[0]:
        a, v = v, a
    return _slid(a, flip(v), mode)


@composite()
@documented_like(convolve)
def correlate(a: ArrayT, v: ArrayT, /, mode: Mode = "valid") -> ArrayT:
    """Cross-correlation of two vectors: element ``k`` is the sum of all ``a[i + k] * conj(v[i])``.

    Parameters
    ----------
    mode : {"full", "same", "valid"}
        As in `convolve`.

    Returns
    -------
    Tensor, one axis
        The elements in ascending order of ``k``.

    Examples
    --------
    >>> tl.correlate(tl.tensor([1.0, 2.0, 3.0]), tl.tensor([1.0, -1.0]))
    tensor([-1., -1.])
    """
    _check_vectors("correlate", a, v)
    if v.shape[0] > a.shape[0]:
        return flip(_slid(conj(v), a, mode))
    return _slid(a, conj(v), mode)


# -- sampled functions -------------------------------------------------------------------------------------------------


@composite()
def interp(
    x: ArrayT,
    xp: ArrayT,
    fp: ArrayT,
    /,
    left: ArrayT | RealScalar | None = None,
    right: ArrayT | RealScalar | None = None,
    period: float | None = None,
) -> ArrayT:
    """Piecewise linear interpolation between given points.

    Parameters
    ----------
    x : tensor or array
        Any shape; real. Where to evaluate the function.
    xp : tensor or array, shape (n,)
        Coordinates of the points; real, not empty, ascending unless there is a period.
    fp : tensor or array, shape (n,)
        Values at the points; real or complex.
    left, right : number or tensor, optional
        Values before the first point and after the last; by default those at these points.
    period : float, optional
        Period of the function; `left` and `right` are ignored then.

    Returns
    -------
    Tensor
        The shape of `x`. It has gradients with respect to `x`, `xp` and `fp`; at a point the one with respect to `x` is
        the slope after it, and zero at the last point.

    Raises
    ------
    ShapeError
        If `xp` and `fp` are not vectors of one length, or empty.
    ValueError
        If the period is zero.

    Examples
    --------
    >>> tl.interp(tl.tensor([0.5, 3.0]), tl.tensor([0.0, 1.0, 2.0]), tl.tensor([0.0, 10.0, 30.0]))
    tensor([ 5., 30.])
    """
    require("interp", "real", x=x, xp=xp)
    require("interp", "numeric", fp=fp)
    if len(xp.shape) != 1 or tuple(xp.shape) != tuple(fp.shape) or not xp.shape[0]:
        raise ShapeError(
            f"interp: xp and fp must be vectors of one length, not empty, not {tuple(xp.shape)} and {tuple(fp.shape)}"
        )
    x, xp, fp = as_floating(x), as_floating(xp), as_floating(fp)
    if period is not None:
        x, xp, fp = _unrolled(x, xp, fp, period)
        left = right = None
    n = xp.shape[0]
    first, last = getitem(fp, 0), getitem(fp, n - 1)
    after = x >= getitem(xp, n - 1)
    if n > 1:
        at = clip(searchsorted(xp, x, side="right"), 1, n - 1)
        inside = _on_line(x, *(take(points, at - step, axis=0) for points in (xp, fp) for step in (1, 0)))
    else:
        inside = first
    result = where(after, last, inside)
    result = where(x < getitem(xp, 0), first if left is None else left, result)
    return result if right is None else where(x > getitem(xp, n - 1), right, result)


def _on_line(x: Any, x1: Any, x2: Any, y1: Any, y2: Any) -> Any:
    width = x2 - x1
    return y1 + (x - x1) * ((y2 - y1) / where(width == 0, 1.0, width))


def _unrolled(x: Any, xp: Any, fp: Any, period: float) -> tuple[Any, Any, Any]:
    """Return sorted points of one period, with one more before and one after, and `x` in that period."""
    if not period:
        raise ValueError("interp: the period must not be zero")
    x, xp = remainder(x, abs(period)), remainder(xp, abs(period))
    order = argsort(xp)
    xp, fp = take(xp, order), take(fp, order)
    n = xp.shape[0]
    start, end = slice(0, 1), slice(n - 1, n)
    xp = concat([getitem(xp, end) - abs(period), xp, getitem(xp, start) + abs(period)])
    return x, xp, concat([getitem(fp, end), fp, getitem(fp, start)])


@composite()
def trapezoid(y: ArrayT, /, x: ArrayT | None = None, dx: ArrayT | Scalar = 1.0, axis: int = -1) -> ArrayT:
    """Integral along an axis of a sampled function, by the trapezoidal rule.

    Parameters
    ----------
    y : tensor or array
        The values; numeric, at least one axis.
    x : tensor or array, optional
        The sample points: a vector as long as the axis, or the shape of `y`.
    dx : number or tensor
        Spacing of the sample points, if `x` is not given.

    Returns
    -------
    Tensor
        The shape of `y` without `axis`; differentiable in `y`, `x` and `dx`.

    Raises
    ------
    ShapeError
        If the axis does not exist, or `x` does not match `y`.

    Examples
    --------
    >>> tl.trapezoid(tl.tensor([1.0, 2.0, 4.0]), tl.tensor([0.0, 1.0, 3.0]))
    tensor(7.5)
    """
    require("trapezoid", "numeric", y=y)
    y, shape = as_floating(y), tuple(y.shape)
    place = normalized_axis(axis, len(shape), "trapezoid: axis")
    steps: Any = dx
    if hasattr(dx, "shape"):
        require("trapezoid", "numeric", dx=dx)
    if x is not None:
        given = tuple(x.shape)
        if given not in (shape, (shape[place],)):
            raise ShapeError(f"trapezoid: x has shape {given}, but must have {(shape[place],)} or {shape}")
        steps = diff(as_floating(x), axis=place if len(given) == len(shape) else 0)
        if len(given) != len(shape):
            steps = reshape(steps, (-1,) + (1,) * (len(shape) - 1 - place))
    return sum(multiply(steps, slice_along(y, place, 1, None) + slice_along(y, place, None, -1)), axis=place) / 2


@composite()
def diff(
    x: ArrayT,
    /,
    n: int = 1,
    axis: int = -1,
    prepend: ArrayT | Scalar | None = None,
    append: ArrayT | Scalar | None = None,
) -> ArrayT:
    """Differences of adjacent elements along an axis.

    Parameters
    ----------
    x : tensor or array
        At least one axis; any type. The difference of booleans is whether they differ.
    n : int
        Number of times to take differences.
    prepend, append : number, tensor or array, optional
        What to put before and after `x` first: the shape of `x` except along `axis`, or a number for one slice.

    Returns
    -------
    Tensor
        `x` with the axis shorter by `n`, at least 0.

    Raises
    ------
    ShapeError
        If the axis does not exist, or `prepend` or `append` does not match.
    ValueError
        If `n` is negative.

    Examples
    --------
    >>> tl.diff(tl.tensor([1, 4, 9, 16]), n=2)
    tensor([2, 2])
    """
    require("diff", x=x)
    if n < 0:
        raise ValueError(f"diff: n must not be negative, but is {n}")
    place = normalized_axis(axis, len(x.shape), "diff: axis")
    if n and (prepend is not None or append is not None):
        slice_shape = tuple(1 if a == place else length for a, length in enumerate(x.shape))
        parts = [_slice_like(x, prepend, slice_shape), x, _slice_like(x, append, slice_shape)]
        x = concat([part for part in parts if part is not None], axis=place)
    truth = dtypes.named(x.dtype).kind == "bool"
    for _ in range(min(n, x.shape[place])):  # what is empty stays empty
        later, earlier = slice_along(x, place, 1, None), slice_along(x, place, None, -1)
        x = not_equal(later, earlier) if truth else later - earlier
    return x


def _slice_like(x: Any, value: Any, shape: Shape) -> Any:
    """Return a number as a slice like those of `x`, and an array with axes unchanged."""
    if isinstance(value, Number):
        value = numbers_like(x, value, x.dtype)
    return value if value is None or value.shape else broadcast_to(value, shape)


@composite()
def unwrap(p: ArrayT, /, discont: float | None = None, axis: int = -1, *, period: float = 2 * math.pi) -> ArrayT:
    """Remove jumps from angles along an axis, by adding multiples of the period.

    Parameters
    ----------
    p : tensor or array
        At least one axis; real. Integers become float32.
    discont : float, optional
        Steps shorter than this are kept; half a period by default, which is the minimum.
    period : float
        Period of the angles.

    Returns
    -------
    Tensor
        The shape of `p`; its gradient is passed through.

    Examples
    --------
    >>> tl.unwrap(tl.tensor([0.0, 3.0, -3.0]), period=6.5)
    tensor([0. , 3. , 3.5])
    """
    require("unwrap", "real", p=p)
    p = as_floating(p)
    place, half = normalized_axis(axis, len(p.shape), "unwrap: axis"), period / 2
    steps = diff(p.detach() if isinstance(p, Tensor) else p, axis=place)
    short = remainder(steps + half, period) - half
    # Half a period down equals half a period up: keep the direction of the step.
    short = where(logical_and(short == -half, steps > 0), half, short)
    added = where(absolute(steps) < (half if discont is None else discont), 0.0, short - steps)
    later = slice_along(p, place, 1, None) + cumulative_sum(added, axis=place)
    return concat([slice_along(p, place, None, 1), later], axis=place)


# -- polynomials -------------------------------------------------------------------------------------------------------


@composite()
def vander(x: ArrayT, /, N: int | None = None, increasing: bool = False) -> ArrayT:
    """Vandermonde matrix: the powers of each element.

    Parameters
    ----------
    x : tensor or array, shape (n,)
        Numeric.
    N : int, optional
        Number of powers; by default the number of elements.
    increasing : bool
        Whether the exponents increase from 0, instead of decreasing to 0.

    Returns
    -------
    Tensor, shape (n, N)

    Raises
    ------
    ShapeError
        If `x` is not a vector.
    ValueError
        If `N` is negative.

    Examples
    --------
    >>> tl.vander(tl.tensor([2.0, 3.0]), 3)
    tensor([[4., 2., 1.],
            [9., 3., 1.]])
    """
    require("vander", "numeric", x=x)
    if len(x.shape) != 1:
        raise ShapeError(f"vander takes a vector, not shape {tuple(x.shape)}")
    one = broadcast_to(numbers_like(x, 1, x.dtype), tuple(x.shape))
    powers = [one]
    count = x.shape[0] if N is None else N
    if count < 0:
        raise ValueError(f"vander: N must not be negative, but is {count}")
    require_memory("vander", f"N={count} powers", count)
    for _ in range(count - 1):
        powers.append(powers[-1] * x if len(powers) > 1 else x)
    if not count:
        return getitem(reshape(one, (-1, 1)), (slice(None), slice(0, 0)))
    return stack(powers if increasing else powers[::-1], axis=1)


@composite()
def polyval(p: ArrayT, x: ArrayT, /) -> ArrayT:
    """The value of a polynomial, by Horner's rule.

    Parameters
    ----------
    p : tensor or array, shape (n,)
        The coefficients, that of the highest power first; numeric.
    x : tensor or array
        Any shape; numeric. Where to evaluate it.

    Returns
    -------
    Tensor
        The shape of `x`; differentiable in both.

    Raises
    ------
    ShapeError
        If `p` is not a vector.

    Examples
    --------
    >>> tl.polyval(tl.tensor([1.0, 0.0, -1.0]), tl.tensor([2.0, 3.0]))
    tensor([3., 8.])
    """
    require("polyval", "numeric", p=p, x=x)
    if len(p.shape) != 1:
        raise ShapeError(f"polyval: p must be a vector, not of shape {tuple(p.shape)}")
    value = multiply(x, 0)
    for i in range(p.shape[0]):
        value = add(multiply(value, x), getitem(p, i))
    return value
