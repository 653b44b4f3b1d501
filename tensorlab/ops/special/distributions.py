"""The error function, the normal distribution, and their inverses."""

from __future__ import annotations

from ...backend import Backend
from ...tensor import ArrayT
from ..declare import elementwise
from ..exponential import exp

TWO_OVER_SQRT_PI = 1.1283791670955126
HALF_SQRT_PI = 0.886226925452758
SQRT_2PI = 2.5066282746310002
SQRT_HALF = 0.7071067811865476
SQRT_2_OVER_PI = 0.7978845608028654


@elementwise(lambda g, x: g * (TWO_OVER_SQRT_PI * exp(-(x * x))), dtype="floating", takes="real floating", flops=26)
def erf(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Error function, elementwise: ``2 / sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0 to `x`.

    Examples
    --------
    >>> round(tl.erf(tl.tensor(1.0)).item(), 4)
    0.8427
    """
    return backend.erf(x)


@elementwise(lambda g, x: g * (-TWO_OVER_SQRT_PI * exp(-(x * x))), dtype="floating", takes="real floating", flops=50)
def erfc(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Complementary error function ``1 - erf(x)``, elementwise, accurate also where that is tiny.

    Examples
    --------
    >>> round(tl.erfc(tl.tensor(1.0)).item(), 4)
    0.1573
    """
    return backend.erfc(x)


@elementwise(
    lambda g, x, out: g * (2.0 * (x * out) - TWO_OVER_SQRT_PI), dtype="floating", takes="real floating", flops=50
)
def erfcx(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Scaled complementary error function ``exp(x**2) * erfc(x)``, elementwise.

    It falls like ``1 / x`` where `erfc` underflows. The derivative is the difference of two numbers that are nearly
    equal for large `x`: its relative error grows like ``x**2``.

    Examples
    --------
    >>> round(tl.erfcx(tl.tensor(100.0)).item(), 4)
    0.0056
    """
    return backend.erfcx(x)


@elementwise(
    lambda g, out: g * (HALF_SQRT_PI * exp(out * out)),
    domain=(-0.9, 0.9),
    dtype="floating",
    takes="real floating",
    flops=40,
)
def erfinv(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Inverse of `erf`, elementwise: infinite at -1 and 1, NaN beyond.

    Examples
    --------
    >>> tl.erfinv(tl.tensor([-1.0, 0.0, 1.0]))
    tensor([-inf,   0.,  inf])
    """
    return backend.erfinv(x)


@elementwise(lambda g, x: g * (exp(-0.5 * (x * x)) / SQRT_2PI), dtype="floating", takes="real floating", flops=50)
def ndtr(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Distribution function of the standard normal distribution, elementwise: its area left of `x`.

    Examples
    --------
    >>> round(tl.ndtr(tl.tensor(1.0)).item(), 4)
    0.8413
    """
    return backend.ndtr(x)


@elementwise(
    lambda g, x: g * (SQRT_2_OVER_PI / erfcx(-SQRT_HALF * x)), dtype="floating", takes="real floating", flops=60
)
def log_ndtr(backend: Backend, x: ArrayT, /) -> ArrayT:
    """The logarithm of `ndtr`, elementwise, accurate also where that underflows.

    Examples
    --------
    >>> round(tl.log_ndtr(tl.tensor(-100.0)).item(), 1)
    -5005.5
    """
    return backend.log_ndtr(x)


@elementwise(
    lambda g, out: g * (SQRT_2PI * exp(0.5 * (out * out))),
    domain=(0.05, 0.95),
    dtype="floating",
    takes="real floating",
    flops=40,
)
def ndtri(backend: Backend, p: ArrayT, /) -> ArrayT:
    """Quantile function of the standard normal distribution, the inverse of `ndtr`, elementwise.

    Minus infinity at 0, infinity at 1, NaN beyond.

    Examples
    --------
    >>> round(tl.ndtri(tl.tensor(0.975)).item(), 4)
    1.96
    """
    return backend.ndtri(p)
