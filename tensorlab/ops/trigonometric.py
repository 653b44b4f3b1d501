"""Trigonometric and hyperbolic functions, elementwise; angles in radians."""

from __future__ import annotations

from typing import Any

from ..backend import Backend
from ..tensor import ArrayT
from .arithmetic import hypot, positive_divisor
from .declare import elementwise
from .exponential import sqrt


@elementwise(lambda g, x: g * cos(x), dtype="floating", flops=10)
def sin(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Sine, elementwise.

    Examples
    --------
    >>> tl.sin(tl.tensor([0.0]))
    tensor([0.])
    """
    return backend.xp.sin(x)


@elementwise(lambda g, x: -g * sin(x), dtype="floating", flops=10)
def cos(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Cosine, elementwise.

    Examples
    --------
    >>> tl.cos(tl.tensor([0.0]))
    tensor([1.])
    """
    return backend.xp.cos(x)


@elementwise(lambda g, out: g * (1 + out * out), domain=(-1.0, 1.0), dtype="floating", flops=15)
def tan(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Tangent, elementwise.

    Its poles lie between the floating-point numbers: value and derivative are finite everywhere.

    Examples
    --------
    >>> tl.tan(tl.tensor([0.0]))
    tensor([0.])
    """
    return backend.xp.tan(x)


# (1 - x) * (1 + x) rather than 1 - x * x, here and below: close to 1 the latter rounds most of its digits away.
@elementwise(lambda g, x: g / sqrt((1 - x) * (1 + x)), domain=(-0.8, 0.8), dtype="floating", flops=15)
def asin(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Inverse sine, elementwise, in [-pi/2, pi/2].

    The derivative is infinite at -1 and 1, and NaN beyond, as the value is.

    Examples
    --------
    >>> tl.asin(tl.tensor([0.0]))
    tensor([0.])
    """
    return backend.xp.asin(x)


@elementwise(lambda g, x: -g / sqrt((1 - x) * (1 + x)), domain=(-0.8, 0.8), dtype="floating", flops=15)
def acos(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Inverse cosine, elementwise, in [0, pi].

    The derivative is minus infinity at -1 and 1, and NaN beyond, as the value is.

    Examples
    --------
    >>> tl.acos(tl.tensor([1.0]))
    tensor([0.])
    """
    return backend.xp.acos(x)


@elementwise(lambda g, x: g / (1 + x * x), dtype="floating", flops=15)
def atan(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Inverse tangent, elementwise, in [-pi/2, pi/2].

    Examples
    --------
    >>> tl.atan(tl.tensor([0.0]))
    tensor([0.])
    """
    return backend.xp.atan(x)


def _along_circle(g: Any, x: Any, x1: Any, x2: Any) -> Any:
    """Return ``g * x / (x1**2 + x2**2)`` without intermediate overflow; 0 at the origin."""
    radius = positive_divisor(hypot(x1, x2))
    return g * (x / radius / radius)


@elementwise(
    lambda g, x1, x2: _along_circle(g, x2, x1, x2),
    lambda g, x1, x2: _along_circle(-g, x1, x1, x2),
    domain=(0.5, 2.0),
    dtype="floating",
    takes="real floating",
    flops=20,
)
def atan2(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Angle of the point ``(x2, x1)``, elementwise, in [-pi, pi].

    The derivatives at the origin, where the angle has none, are zero; where the angle jumps from pi to -pi they are the
    one-sided ones. If a coordinate is infinite, the derivative with respect to the other one is NaN.

    Examples
    --------
    >>> tl.atan2(tl.tensor([0.0]), 1.0)
    tensor([0.])
    """
    return backend.xp.atan2(x1, x2)


@elementwise(lambda g, x: g * cosh(x), dtype="floating", flops=15)
def sinh(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Hyperbolic sine, elementwise.

    Examples
    --------
    >>> tl.sinh(tl.tensor([0.0]))
    tensor([0.])
    """
    return backend.xp.sinh(x)


@elementwise(lambda g, x: g * sinh(x), dtype="floating", flops=15)
def cosh(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Hyperbolic cosine, elementwise.

    Examples
    --------
    >>> tl.cosh(tl.tensor([0.0]))
    tensor([1.])
    """
    return backend.xp.cosh(x)


@elementwise(lambda g, out: g * (1 - out * out), dtype="floating", flops=15)
def tanh(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Hyperbolic tangent, elementwise.

    Examples
    --------
    >>> tl.tanh(tl.tensor([0.0]))
    tensor([0.])
    """
    return backend.xp.tanh(x)


# Not by the square of x, which overflows.
@elementwise(lambda g, out: g / cosh(out), dtype="floating", flops=15)
def asinh(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Inverse hyperbolic sine, elementwise.

    Examples
    --------
    >>> tl.asinh(tl.tensor([0.0]))
    tensor([0.])
    """
    return backend.xp.asinh(x)


# Two roots rather than one of a product: that is the branch which acosh has for complex numbers.
@elementwise(lambda g, x: g / (sqrt(x - 1) * sqrt(x + 1)), domain=(1.5, 3.0), dtype="floating", flops=15)
def acosh(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Inverse hyperbolic cosine, elementwise.

    The derivative is infinite at 1, and NaN below, as the value is.

    Examples
    --------
    >>> tl.acosh(tl.tensor([1.0]))
    tensor([0.])
    """
    return backend.xp.acosh(x)


@elementwise(lambda g, x: g / ((1 - x) * (1 + x)), domain=(-0.8, 0.8), dtype="floating", flops=15)
def atanh(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Inverse hyperbolic tangent, elementwise.

    The derivative is infinite at -1 and 1.

    Examples
    --------
    >>> tl.atanh(tl.tensor([0.0]))
    tensor([0.])
    """
    return backend.xp.atanh(x)
