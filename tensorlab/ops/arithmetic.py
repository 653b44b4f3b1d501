"""Arithmetic, bounds, signs and complex parts, elementwise."""

from __future__ import annotations

import cmath
import math
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend, DType, backend_of
from ..options import RealScalar
from ..tensor import ArrayT, Tensor
from .comparison import where
from .declare import as_arrays, composite, elementwise, require, same_shape
from .exponential import log


def _zero(g: Any) -> Any:
    return zeros_like(g)


@elementwise(_zero, flops=0)
def zeros_like(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Zeros of an array's shape, type and device.

    Examples
    --------
    >>> tl.zeros_like(tl.tensor([1.0, 2.0]))
    tensor([0., 0.])
    """
    return backend.xp.zeros_like(x)


@elementwise(lambda g: g, lambda g: g)
def add(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """``x1 + x2``, elementwise.

    Examples
    --------
    >>> tl.add(tl.tensor([1.0, 2.0]), 1)
    tensor([2., 3.])
    """
    return backend.xp.add(x1, x2)


@elementwise(lambda g: g, lambda g: -g, takes="numeric")
def subtract(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """``x1 - x2``, elementwise.

    Examples
    --------
    >>> tl.subtract(tl.tensor([1.0, 2.0]), 1)
    tensor([0., 1.])
    """
    return backend.xp.subtract(x1, x2)


@elementwise(lambda g, x2: g * x2, lambda g, x1: g * x1)
def multiply(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """``x1 * x2``, elementwise.

    Examples
    --------
    >>> tl.multiply(tl.tensor([1.0, 2.0]), 3)
    tensor([3., 6.])
    """
    return backend.xp.multiply(x1, x2)


@elementwise(lambda g, x2: g / x2, lambda g, out, x2: -g * out / x2, domain=(0.5, 2.0), dtype="floating")
def divide(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """``x1 / x2``, elementwise; always floating-point.

    Where `x2` is zero the derivatives are infinite, and NaN for ``0 / 0``.

    Examples
    --------
    >>> tl.divide(tl.tensor([1, 2]), 4)
    tensor([0.25, 0.5 ])
    """
    return backend.xp.divide(x1, x2)


@elementwise(_zero, _zero, domain=(0.6, 0.9), takes="real")
def floor_divide(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """``x1 / x2`` rounded towards minus infinity, elementwise; its derivative is zero, also at its discontinuities.

    Examples
    --------
    >>> tl.floor_divide(tl.tensor([5, -5]), 3)
    tensor([ 1, -2])
    """
    return backend.xp.floor_divide(x1, x2)


@elementwise(
    lambda g: g,
    lambda g, x1, x2: -g * floor_divide(x1, x2),
    domain=(0.6, 0.9),
    takes="real",
    tolerance={"float32": 1e-5},
)
def remainder(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Remainder of `floor_divide`, with the sign of `x2`, elementwise.

    The derivatives are 1 and ``-floor_divide(x1, x2)``, also at multiples of `x2`, where the remainder is
    discontinuous.

    Examples
    --------
    >>> tl.remainder(tl.tensor([5, -5]), 3)
    tensor([2, 1])
    """
    return backend.xp.remainder(x1, x2)


@elementwise(
    lambda g, x2, n: divide_or_zero(g, x2, n=n),
    lambda g, x1, x2, n: -n * divide_or_zero(g * x1, x2, n=n + 1),
    domain=(0.5, 2.0),
    dtype="floating",
    flops=3,
)
def divide_or_zero(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /, *, n: int = 1) -> ArrayT:
    """``x1 / x2**n``, elementwise, and 0 where both are 0: a derivative of ``x1 * log(x2)``.

    Examples
    --------
    >>> tl.ops.arithmetic.divide_or_zero(tl.tensor([1.0, 0.0]), tl.tensor([4.0, 0.0]))
    tensor([0.25, 0.  ])
    """
    xp = backend.xp
    x1, x2 = as_arrays(backend, x1, x2)
    nothing = (x1 == 0) & (x2 == 0)
    divisor = xp.where(nothing, 1.0, x2)
    return xp.where(nothing, 0.0, x1) / (divisor if n == 1 else divisor**n)


@elementwise(lambda g, x2: multiply_or_zero(g, x2), lambda g, x1: multiply_or_zero(x1, g), dtype="floating")
def multiply_or_zero(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """``x1 * x2``, elementwise, and 0 where `x1` is 0: a weight of zero also hides what is infinite.

    Examples
    --------
    >>> tl.ops.arithmetic.multiply_or_zero(tl.tensor([2.0, 0.0]), tl.inf)
    tensor([inf,  0.])
    """
    xp = backend.xp
    x1, x2 = as_arrays(backend, x1, x2)
    return x1 * xp.where(x1 == 0, 0.0, x2)


@elementwise(lambda g: -g, takes="numeric")
def negative(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``-x``, elementwise.

    Examples
    --------
    >>> tl.negative(tl.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return backend.xp.negative(x)


@elementwise(lambda g: g, flops=0)
def positive(backend: Backend, x: ArrayT, /) -> ArrayT:
    """A copy of `x`, which may be of any type.

    Examples
    --------
    >>> tl.positive(tl.tensor([1.0, -2.0]))
    tensor([ 1., -2.])
    """
    return backend.xp.asarray(x, copy=True)


@elementwise(lambda g, out: -g * out * out, domain=(0.5, 2.0), dtype="floating")
def reciprocal(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``1 / x``, elementwise; the derivative at zero is minus infinity.

    Examples
    --------
    >>> tl.reciprocal(tl.tensor([1.0, 4.0]))
    tensor([1.  , 0.25])
    """
    return backend.xp.reciprocal(x)


@elementwise(lambda g, x: -g / x / x, domain=(0.5, 2.0), dtype="floating")
def reciprocal_or_zero(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``1 / x``, elementwise, and 0 at 0, where the derivative is infinite or, times zero, NaN.

    The gradient of a norm is zero at zero by convention. As its factor is this function, the second derivative, which
    does not exist there, is NaN.

    Examples
    --------
    >>> tl.ops.arithmetic.reciprocal_or_zero(tl.tensor([4.0, 0.0]))
    tensor([0.25, 0.  ])
    """
    xp = backend.xp
    zero = x == 0
    return xp.where(zero, 0.0, 1.0 / xp.where(zero, 1.0, x))


@elementwise(lambda g, x: (g + g) * x)
def square(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``x * x``, elementwise.

    Examples
    --------
    >>> tl.square(tl.tensor([2.0, -3.0]))
    tensor([4., 9.])
    """
    return backend.xp.square(x)


def _pow_base(g: Any, x1: Any, x2: Any) -> Any:
    if isinstance(x2, int | float | complex):
        if x2 == 2:
            return (g + g) * x1
        return zeros_like(g) if x2 == 0 else g * (x2 * x1 ** (x2 - 1))
    # The derivative is zero where the exponent is, also where the base is zero or NaN and the formula gives 0 * inf.
    sloping = (x2 != 0) | (abs(x1) > 0)
    return where(sloping, g * x2 * x1 ** where(sloping, x2 - 1, 1.0), 0.0)


def _pow_exponent(g: Any, x1: Any, x2: Any, out: Any) -> Any:
    number = isinstance(x1, int | float | complex)
    if number and x1 != 0 and cmath.isfinite(x1):
        return g * out * _logarithm(x1, is_complex(out))
    # In place of the logarithm of zero: -1 has its sign where the power is infinite, and with 0 all derivatives of 0**0
    # are zero. Where the power is zero so is the derivative, even if the logarithm is infinite.
    of_zero = where(real(x2) < 0, -1.0, zeros_like(x2))
    if number:
        logarithm = of_zero if x1 == 0 else _logarithm(x1, is_complex(out))
    else:
        logarithm = where(x1 != 0, log(where(x1 != 0, x1, 1.0)), of_zero)
    return where(out != 0, g * out * logarithm, 0.0)


def _logarithm(number: complex, of_complex: bool) -> complex:
    if isinstance(number, complex) or (of_complex and number < 0):
        return cmath.log(number)
    return math.log(number) if number > 0 else math.nan


@elementwise(_pow_base, _pow_exponent, domain=(0.5, 2.0), flops=20)
def pow(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """``x1 ** x2``, elementwise.

    The derivative with respect to `x1` is zero where `x2` is; at base zero it is infinite for exponents below 1, and
    NaN for complex ones. The one with respect to `x2` is zero where the power is and for ``0**0``, infinite at base
    zero for negative exponents, and NaN for negative bases, where the power is real for integer exponents only.

    Examples
    --------
    >>> tl.pow(tl.tensor([2.0, 3.0]), 2)
    tensor([4., 9.])
    """
    return backend.xp.pow(x1, x2)


def _pull_root(g: Any, out: Any, p: float) -> Any:
    if p < 1:
        return g * (1 / p) * out ** (1 - p)
    if p == 1:
        return g * (out * reciprocal_or_zero(out))
    return g * (1 / p) * reciprocal_or_zero(out if p == 2 else out ** (p - 1))


@elementwise(_pull_root, domain=(0.5, 2.0), takes="real floating", dtype="floating", flops=20)
def root(backend: Backend, x: ArrayT, /, *, p: float = 2.0) -> ArrayT:
    """``x ** (1 / p)``, elementwise; the derivative at zero is zero by convention, the second one there is NaN.

    Examples
    --------
    >>> tl.ops.arithmetic.root(tl.tensor([0.0, 8.0]), p=3.0)
    tensor([0., 2.])
    """
    xp = backend.xp
    if p > 0:
        return xp.sqrt(x) if p == 2 else xp.pow(x, 1 / p)
    zero = x == 0
    return xp.where(zero, math.inf, xp.pow(xp.where(zero, 1.0, x), 1 / p))


def _selected(g: Any, beaten: Any, equal: Any) -> Any:
    """Give the cotangent to the selected operand: half of it where both are equal, all of it where one is NaN."""
    return where(~beaten, where(equal, 0.5 * g, g), 0.0)


@elementwise(
    lambda g, x1, x2: _selected(g, x1 < x2, x1 == x2),
    lambda g, x1, x2: _selected(g, x2 < x1, x1 == x2),
    takes="real",
)
def maximum(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Elementwise maximum. Where equal, each operand gets half of the gradient; where one is NaN, each gets all of it.

    Examples
    --------
    >>> tl.maximum(tl.tensor([1.0, 5.0]), 2)
    tensor([2., 5.])
    """
    return backend.xp.maximum(x1, x2)


@elementwise(
    lambda g, x1, x2: _selected(g, x1 > x2, x1 == x2),
    lambda g, x1, x2: _selected(g, x2 > x1, x1 == x2),
    takes="real",
)
def minimum(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Elementwise minimum. Where equal, each operand gets half of the gradient; where one is NaN, each gets all of it.

    Examples
    --------
    >>> tl.minimum(tl.tensor([1.0, 5.0]), 2)
    tensor([1., 2.])
    """
    return backend.xp.minimum(x1, x2)


LEAST = {"float16": 6e-8, "bfloat16": 9.2e-41, "float32": 1.4e-45, "float64": 5e-324}
"""The smallest positive number of each type."""


def positive_divisor(x: Any) -> Any:
    """Return non-negative numbers, with the smallest positive one in place of 0, so that 0 / 0 becomes 0.

    It is added to all of them, which changes none above 1e-37 (1e-307 in double precision).
    """
    return x + LEAST[_dtype_of(x).name]


@elementwise(
    lambda g, x1, out: g * (x1 / positive_divisor(out)),
    lambda g, x2, out: g * (x2 / positive_divisor(out)),
    domain=(0.5, 2.0),
    dtype="floating",
    takes="real floating",
    flops=4,
    real_only=True,
)
def hypot(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """``sqrt(x1**2 + x2**2)``, elementwise, without intermediate overflow.

    The derivatives at the origin are zero; those with respect to infinities are NaN.

    Examples
    --------
    >>> tl.hypot(tl.tensor([3.0]), 4.0)
    tensor([5.])
    """
    return backend.xp.hypot(x1, x2)


@elementwise(
    lambda g, x1, out: g * (sign(x1) * sign(out)),
    lambda g: zeros_like(g),
    domain=(0.5, 2.0),
    dtype="floating",
    takes="real floating",
    real_only=True,
)
def copysign(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """`x1` with the sign of `x2`, elementwise.

    The derivative with respect to `x1` is 1 or -1, and zero where `x1` is; that with respect to `x2` is zero.

    Examples
    --------
    >>> tl.copysign(tl.tensor([1.0, -2.0]), -1.0)
    tensor([-1., -2.])
    """
    return backend.xp.copysign(x1, x2)


@elementwise(
    dtype="floating",
    takes="real floating",
    exact=True,
    no_gradient=dict.fromkeys(("x1", "x2"), "a step function of both operands"),
)
def nextafter(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """The next representable number from `x1` towards `x2`, elementwise.

    Examples
    --------
    >>> bool((tl.nextafter(tl.tensor([1.0]), 2.0) > 1).item())
    True
    """
    return backend.xp.nextafter(*as_arrays(backend, x1, x2))


# -- bounds ---------------------------------------------------------------------------------------------------------


def _within_bounds(g: Any, x: Any, low: float | None, high: float | None) -> Any:
    if low is not None:
        g = _zero_if(x < low, g)
    return g if high is None else _zero_if(x > high, g)


def _zero_if(condition: Any, g: Any) -> Any:
    """Return a cotangent, zero where the condition holds; for NaN neither a condition nor its opposite does."""
    return where(~condition, g, 0.0)


@op(
    vjp={"x": _within_bounds},
    jvp={"x": _within_bounds},
    shape=same_shape,
    takes="real",
    samples=[sample((2, 3), low=-0.5, high=1.0), sample((4,), low=0.1), sample((), high=0.3), sample((0,), low=0.0)],
)
def clip_to_numbers(
    backend: Backend, x: ArrayT, /, low: RealScalar | None = None, high: RealScalar | None = None
) -> ArrayT:
    """Limit elements to a range given by numbers; see `clip`.

    Examples
    --------
    >>> tl.ops.arithmetic.clip_to_numbers(tl.tensor([-3.0, 3.0]), -1.0, 2.0)
    tensor([-1.,  2.])
    """
    if low is not None and high is not None and low > high:
        low = high  # the standard leaves this open
    return backend.xp.clip(x, low, high)


@elementwise(
    lambda g, x, low: _zero_if(x < low, g),
    lambda g, x, low: where(x < low, g, 0.0),
    domain=(-2.0, 2.0),
    takes="real",
)
def raise_to(backend: Backend, x: ArrayT | complex, low: ArrayT | complex, /) -> ArrayT:
    """`x`, but `low` where `x` is below it, elementwise; see `clip`.

    Examples
    --------
    >>> tl.ops.arithmetic.raise_to(tl.tensor([-3.0, 3.0]), tl.tensor([0.0, 1.0]))
    tensor([0., 3.])
    """
    return backend.xp.maximum(x, low)


@elementwise(lambda g, x, high: _zero_if(x > high, g), lambda g, x, high: where(x > high, g, 0.0), takes="real")
def lower_to(backend: Backend, x: ArrayT | complex, high: ArrayT | complex, /) -> ArrayT:
    """`x`, but `high` where `x` is above it, elementwise; see `clip`.

    Examples
    --------
    >>> tl.ops.arithmetic.lower_to(tl.tensor([-3.0, 3.0]), tl.tensor([0.0, 1.0]))
    tensor([-3.,  1.])
    """
    return backend.xp.minimum(x, high)


@composite(min="real", max="real")
def clip(x: ArrayT, /, min: ArrayT | RealScalar | None = None, max: ArrayT | RealScalar | None = None) -> ArrayT:
    """Limit elements to a range.

    Parameters
    ----------
    x : tensor or array
        Any shape; real.
    min, max : number, tensor or array, optional
        The bounds; arrays broadcast with `x` and have gradients too. Where `min` exceeds `max`, the result is `max`.

    Returns
    -------
    Tensor
        The broadcast shape and the promoted type. Elements within or at the bounds, and where something is NaN, get
        their gradient; elsewhere the bound that replaces the element does.

    Examples
    --------
    >>> tl.clip(tl.tensor([-3.0, 0.5, 3.0]), -1, 2)
    tensor([-1. ,  0.5,  2. ])
    """
    require("clip", "real", x=x)
    numbers = int | float | None if _dtype_of(x).is_floating else int | None
    if isinstance(min, numbers) and isinstance(max, numbers):
        return clip_to_numbers(x, min, max)
    low = x if min is None else raise_to(x, min)
    return low if max is None else lower_to(low, max)


# -- sign and complex parts ----------------------------------------------------------------------------------------


def _pull_sign(g: Any, x: Any, out: Any) -> Any:
    return _orthogonal_part(g, conj(out), x) if is_complex(x) else zeros_like(g)


def _push_sign(t: Any, x: Any, out: Any) -> Any:
    return _orthogonal_part(t, out, x) if is_complex(x) else zeros_like(t)


def _towards(x: Any) -> Any:
    """Return the conjugate of ``x / abs(x)``, zero at zero, where only that of real numbers has a derivative."""
    return conj(x) * reciprocal_or_zero(abs(x)) if is_complex(x) else sign(x)


def _orthogonal_part(t: Any, direction: Any, x: Any) -> Any:
    """Return the part of `t` orthogonal to a direction, divided by the absolute value of `x`; 0 where `x` is."""
    size = abs(x)
    across = t - real(conj(direction) * t) * direction
    return where(size != 0, across / where(size != 0, size, 1.0), 0.0)


@elementwise(_pull_sign, jvp=(_push_sign,), domain=(0.5, 2.0), takes="numeric")
def sign(backend: Backend, x: ArrayT, /) -> ArrayT:
    """-1, 0 or 1 by the sign of `x`, or ``x / abs(x)`` for complex `x`, elementwise; the derivative at zero is zero.

    Examples
    --------
    >>> tl.sign(tl.tensor([-3.0, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """
    return backend.xp.sign(x)


@elementwise(
    lambda g, x: g * _towards(x),
    jvp=(lambda t, x: real(_towards(x) * t),),
    domain=(0.5, 2.0),
    dtype="real",
    takes="numeric",
)
def abs(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Absolute value, elementwise; the derivative at zero is zero. Complex numbers have no second one there: NaN.

    Examples
    --------
    >>> tl.abs(tl.tensor([-3.0, 2.0]))
    tensor([3., 2.])
    """
    return backend.xp.abs(x)


@elementwise(lambda g: conj(g), jvp=(lambda t: conj(t),))
def conj(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Complex conjugate, elementwise.

    Examples
    --------
    >>> tl.conj(tl.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    return backend.xp.conj(x) if backend.dtype_of(x).is_complex else x


@elementwise(lambda g, x: g + zeros_like(x), jvp=(lambda t: real(t),), dtype="real", flops=0)
def real(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Real part, elementwise; a real `x` unchanged.

    Examples
    --------
    >>> tl.real(tl.tensor([1 + 2j]))
    tensor([1.])
    """
    return backend.xp.real(x) if backend.dtype_of(x).is_complex else x


def _pull_imag(g: Any, x: Any) -> Any:
    return g * -1j if is_complex(x) else zeros_like(g)


@elementwise(_pull_imag, jvp=(lambda t: imag(t),), dtype="real", flops=0)
def imag(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Imaginary part, elementwise; zeros for a real `x`.

    Examples
    --------
    >>> tl.imag(tl.tensor([1 + 2j]))
    tensor([2.])
    """
    return backend.xp.imag(x) if backend.dtype_of(x).is_complex else backend.xp.zeros_like(x)


def squared_abs(x: Any) -> Any:
    """Return the squares of absolute values, which are smooth at zero too."""
    return square(real(x)) + square(imag(x)) if is_complex(x) else square(x)


def is_complex(x: Any) -> bool:
    """Whether an array or tensor is of a complex type."""
    return _dtype_of(x).is_complex


def _dtype_of(x: Any) -> DType:
    return x.dtype if isinstance(x, Tensor) else backend_of(x).dtype_of(x)
