"""Piecewise functions: remainders, steps, replacements, and comparison with a tolerance."""

from __future__ import annotations

from math import prod
from typing import Any

from ...autodiff.op import op
from ...autodiff.record import Draw, sample
from ...backend import Backend
from ...docstrings import documented_like
from ...tensor import ArrayT, Tensor
from ..arithmetic import abs as absolute
from ..arithmetic import imag, is_complex, positive, real, zeros_like
from ..comparison import isfinite, where
from ..datatypes import finfo, isdtype, result_type
from ..declare import as_arrays, broadcast_shape, composite, elementwise, require
from ..reduction import all as all_of
from ..rounding import trunc

INF = float("inf")


@elementwise(lambda g: g, domain=(0.1, 0.9), takes="real floating")
def frac(backend: Backend, x: ArrayT, /) -> ArrayT:
    """The fractional part, with the sign of `x`, elementwise; the derivative is one everywhere.

    Examples
    --------
    >>> tl.frac(tl.tensor([1.25, -1.25]))
    tensor([ 0.25, -0.25])
    """
    return x - backend.xp.trunc(x)


@elementwise(
    lambda g: g,
    lambda g, x1, x2: -g * trunc(x1 / x2),
    domain=(0.6, 0.9),
    takes="real",
    tolerance={"float32": 1e-5},
)
def fmod(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Remainder of division rounded towards zero, with the sign of `x1`, elementwise; C's ``fmod``.

    `remainder` has the sign of `x2` instead.

    Examples
    --------
    >>> tl.fmod(tl.tensor([5, -5]), 3)
    tensor([ 2, -2])
    """
    xp = backend.xp
    dividend, divisor = as_arrays(backend, x1, x2)
    dtype = backend.dtype_of(dividend)
    if dtype.kind == "unsigned integer":
        return xp.remainder(dividend, divisor)
    rest = xp.remainder(xp.abs(dividend), xp.abs(divisor))
    return xp.copysign(rest, dividend) if dtype.is_floating else xp.where(dividend < 0, -rest, rest)


@elementwise(
    lambda g: zeros_like(g),
    lambda g, x1: where(x1 == 0, g, 0.0),
    domain=(0.1, 0.9),
    dtype="floating",
    takes="real floating",
)
def heaviside(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """The step function: 0 where `x1` is negative, `x2` where it is zero, 1 where it is positive, elementwise.

    The derivative with respect to `x1` is zero, also at the step.

    Examples
    --------
    >>> tl.heaviside(tl.tensor([-1.0, 0.0, 2.0]), 0.5)
    tensor([0. , 0.5, 1. ])
    """
    xp = backend.xp
    x, at_zero = as_arrays(backend, x1, x2)
    step = xp.astype(x > 0, x.dtype)
    return xp.where(x == 0, at_zero, xp.where(x != x, x, step))


def _pull_replaced(g: Any, x: Any) -> Any:
    if not is_complex(x):
        return where(isfinite(x), g, 0.0)
    return where(isfinite(real(x)), real(g), 0.0) + 1j * where(isfinite(imag(x)), imag(g), 0.0)


@op(
    vjp={"x": _pull_replaced},
    jvp={"x": _pull_replaced},
    kind="elementwise",
    shape=broadcast_shape,
    takes="floating",
    flops=lambda shapes, out, params: 3 * prod(out),
    samples=[sample((2, 3), nan=0.0, posinf=9.0, neginf=-9.0), sample((), nan=1.0, posinf=2.0, neginf=3.0)],
)
def replace_nonfinite(backend: Backend, x: ArrayT, /, nan: float, posinf: float, neginf: float) -> ArrayT:
    """Replace NaN and infinities by numbers; see `nan_to_num`.

    Examples
    --------
    >>> tl.ops.special.piecewise.replace_nonfinite(tl.tensor([float("nan"), 1.0]), 0.0, 9.0, -9.0)
    tensor([0., 1.])
    """
    xp = backend.xp
    if backend.dtype_of(x).is_complex:
        parts = (_replaced(xp, part, nan, posinf, neginf) for part in (xp.real(x), xp.imag(x)))
        first, second = (xp.astype(part, x.dtype) for part in parts)
        return first + 1j * second
    return _replaced(xp, x, nan, posinf, neginf)


def _replaced(xp: Any, x: Any, nan: float, posinf: float, neginf: float) -> Any:
    x = xp.where(xp.isnan(x), nan, x)
    x = xp.where(x == INF, posinf, x)
    return xp.where(x == -INF, neginf, x)


@composite()
def nan_to_num(x: ArrayT, /, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> ArrayT:
    """Replace NaN and infinities by numbers, elementwise.

    Parameters
    ----------
    x : tensor or array
        Any shape; numeric. Real and imaginary parts are replaced independently.
    nan : float
        Replacement of NaN.
    posinf, neginf : float, optional
        Replacements of the infinities; by default the greatest and the least finite number of the type.

    Returns
    -------
    Tensor
        The shape and type of `x`. Replaced elements get no gradient.

    Examples
    --------
    >>> tl.nan_to_num(tl.tensor([float("nan"), float("inf"), 1.0]), posinf=9.0)
    tensor([0., 9., 1.])
    """
    require("nan_to_num", "numeric", x=x)
    if not isdtype(result_type(x), ("real floating", "complex floating")):
        return positive(x)
    limits = finfo(x)
    posinf, neginf = limits.max if posinf is None else posinf, limits.min if neginf is None else neginf
    return replace_nonfinite(x, nan, posinf, neginf)


@composite()
def lerp(start: ArrayT, end: ArrayT, weight: ArrayT | complex, /) -> ArrayT:
    """Interpolate linearly between two arrays, elementwise: ``start + weight * (end - start)``.

    Parameters
    ----------
    start, end : tensor or array
        Shapes that broadcast to one another; floating-point.
    weight : number, tensor or array
        0 gives `start` and 1 gives `end`, exactly; numbers beyond extrapolate.

    Returns
    -------
    Tensor
        The broadcast shape.

    Examples
    --------
    >>> tl.lerp(tl.tensor([0.0, 1.0]), tl.tensor([10.0, 3.0]), 0.5)
    tensor([5., 2.])
    """
    require("lerp", "floating", start=start, end=end)
    distance = end - start
    if isinstance(weight, int | float | complex):
        return start + weight * distance if abs(weight) < 0.5 else end - (1 - weight) * distance
    return where(absolute(weight) < 0.5, start + weight * distance, end - (1 - weight) * distance)


@op(
    kind="elementwise",
    shape=broadcast_shape,
    dtype="bool",
    flops=lambda shapes, out, params: 5 * prod(out),
    samples=[
        sample((2, 3), (2, 3)),
        sample((3,), (2, 1), rtol=0.5, atol=0.5),
        sample(Draw((4,), 0, 3, "integer"), Draw((4,), 0, 3, "integer")),
        sample((), (2,), equal_nan=True),
        sample((0,), (1,)),
    ],
)
def isclose(
    backend: Backend,
    x1: ArrayT | complex,
    x2: ArrayT | complex,
    /,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> ArrayT:
    """Whether two arrays are equal within a tolerance, elementwise: ``abs(x1 - x2) <= atol + rtol * abs(x2)``.

    Parameters
    ----------
    x1, x2 : tensor, array or number
        Shapes that broadcast to one another; any type.
    rtol, atol : float
        Relative tolerance, in terms of `x2`, and absolute tolerance.
    equal_nan : bool
        Whether NaN is close to NaN.

    Returns
    -------
    Tensor
        The broadcast shape; bool. An infinity is close only to itself.

    Examples
    --------
    >>> tl.isclose(tl.tensor([1.0, 1.0]), tl.tensor([1.000001, 1.1]))
    tensor([ True, False])
    """
    xp = backend.xp
    a, b = as_arrays(backend, x1, x2)
    if a.dtype not in backend.floating_dtypes:
        a, b = xp.astype(a, xp.float64), xp.astype(b, xp.float64)
    same = a == b
    if equal_nan:
        same = same | (xp.isnan(a) & xp.isnan(b))
    comparable = xp.isfinite(a) & xp.isfinite(b)
    first, second = xp.where(comparable, a, 0.0), xp.where(comparable, b, 0.0)
    return same | comparable & (xp.abs(first - second) <= atol + rtol * xp.abs(second))


@composite(x1="any", x2="any")
@documented_like(isclose)
def allclose(
    x1: ArrayT | complex,
    x2: ArrayT | complex,
    /,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> bool:
    """Whether two arrays are equal within a tolerance everywhere; see `isclose`.

    Returns
    -------
    bool
        A Python bool, which synchronizes with the device; True for empty arrays.

    Examples
    --------
    >>> tl.allclose(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 2.000001]))
    True
    """
    close = all_of(isclose(x1, x2, rtol=rtol, atol=atol, equal_nan=equal_nan))
    return bool(close.item() if isinstance(close, Tensor) else close)
