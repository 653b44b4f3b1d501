"""Exponentials, logarithms and roots, elementwise."""

from __future__ import annotations

from typing import Any

from ..backend import Backend
from ..tensor import ArrayT
from .comparison import where
from .declare import elementwise

LN2 = 0.6931471805599453
LN10 = 2.302585092994046


@elementwise(lambda g, out: g * out, dtype="floating", flops=10)
def exp(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``e ** x``, elementwise.

    Examples
    --------
    >>> tl.exp(tl.tensor([0.0, -1000.0]))
    tensor([1., 0.])
    """
    return backend.xp.exp(x)


# exp(x) rather than out + 1, which rounds to 0 where exp(x) is small.
@elementwise(lambda g, x: g * exp(x), dtype="floating", flops=10)
def expm1(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``e ** x - 1``, elementwise, accurate also for small `x`.

    Examples
    --------
    >>> tl.expm1(tl.tensor([0.0, -1000.0]))
    tensor([ 0., -1.])
    """
    return backend.xp.expm1(x)


@elementwise(lambda g, x: g / x, domain=(0.5, 3.0), dtype="floating", flops=10)
def log(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Natural logarithm, elementwise.

    The derivative at zero is infinite, with the sign of the zero.

    Examples
    --------
    >>> tl.log(tl.tensor([1.0]))
    tensor([0.])
    """
    return backend.xp.log(x)


@elementwise(lambda g, x: g / (1 + x), domain=(-0.5, 2.0), dtype="floating", flops=10)
def log1p(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Natural logarithm of ``1 + x``, elementwise, accurate also for small `x`.

    The derivative at -1 is infinite.

    Examples
    --------
    >>> tl.log1p(tl.tensor([0.0]))
    tensor([0.])
    """
    return backend.xp.log1p(x)


@elementwise(lambda g, x: g / (x * LN2), domain=(0.5, 3.0), dtype="floating", flops=10)
def log2(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Logarithm to base 2, elementwise.

    The derivative at zero is infinite, with the sign of the zero.

    Examples
    --------
    >>> tl.log2(tl.tensor([1.0]))
    tensor([0.])
    """
    return backend.xp.log2(x)


@elementwise(lambda g, x: g / (x * LN10), domain=(0.5, 3.0), dtype="floating", flops=10)
def log10(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Logarithm to base 10, elementwise.

    The derivative at zero is infinite, with the sign of the zero.

    Examples
    --------
    >>> tl.log10(tl.tensor([1.0]))
    tensor([0.])
    """
    return backend.xp.log10(x)


@elementwise(lambda g, out: g * (out * (1 - out)), dtype="floating", flops=12)
def sigmoid(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``1 / (1 + exp(-x))``, elementwise, without intermediate overflow.

    The derivative is computed from the value, which rounds to 1 above 17 (37 in double precision): it is 0 there.

    Examples
    --------
    >>> tl.sigmoid(tl.tensor([0.0]))
    tensor([0.5])
    """
    return backend.sigmoid(x)


def _share(x: Any, other: Any) -> Any:
    """Return ``exp(x) / (exp(x) + exp(other))``; 1/2 where both are the same infinity, or one is NaN."""
    difference = x - other
    return sigmoid(where(difference == difference, difference, 0.0))


@elementwise(
    lambda g, x1, x2: g * _share(x1, x2),
    lambda g, x1, x2: g * _share(x2, x1),
    dtype="floating",
    flops=20,
    real_only=True,
)
def logaddexp(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """``log(exp(x1) + exp(x2))``, elementwise, without intermediate overflow.

    Where both are the same infinity, or one is NaN, each gets half of the gradient.

    Examples
    --------
    >>> tl.logaddexp(tl.tensor([0.0]), -1000.0)
    tensor([0.])
    """
    return backend.xp.logaddexp(x1, x2)


@elementwise(lambda g, out: g / (out + out), domain=(0.5, 3.0), dtype="floating", flops=4)
def sqrt(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Square root, elementwise.

    The derivative at zero is infinite, with the sign of the zero; NaN for complex zero.

    Examples
    --------
    >>> tl.sqrt(tl.tensor([4.0, 9.0]))
    tensor([2., 3.])
    """
    return backend.xp.sqrt(x)
