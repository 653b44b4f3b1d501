"""Exponentials, logarithms and roots, elementwise."""

from __future__ import annotations

from typing import Any

from ..backend import Backend
from .declare import elementwise

LN2 = 0.6931471805599453
LN10 = 2.302585092994046


@elementwise(lambda g, out: g * out, dtype="floating", flops=10)
def exp(backend: Backend, x: Any, /) -> Any:
    """``e ** x``, elementwise.

    Examples
    --------
    >>> tl.exp(tl.tensor([0.0, -1000.0]))
    tensor([1., 0.])
    """
    return backend.xp.exp(x)


@elementwise(lambda g, out: g * (out + 1), dtype="floating", flops=10)
def expm1(backend: Backend, x: Any, /) -> Any:
    """``e ** x - 1``, elementwise, exact also for small `x`.

    Examples
    --------
    >>> tl.expm1(tl.tensor([0.0, -1000.0]))
    tensor([ 0., -1.])
    """
    return backend.xp.expm1(x)


@elementwise(lambda g, x: g / x, domain=(0.5, 3.0), dtype="floating", flops=10)
def log(backend: Backend, x: Any, /) -> Any:
    """Natural logarithm, elementwise.

    Examples
    --------
    >>> tl.log(tl.tensor([1.0]))
    tensor([0.])
    """
    return backend.xp.log(x)


@elementwise(lambda g, x: g / (1 + x), domain=(-0.5, 2.0), dtype="floating", flops=10)
def log1p(backend: Backend, x: Any, /) -> Any:
    """Natural logarithm of ``1 + x``, elementwise, exact also for small `x`.

    Examples
    --------
    >>> tl.log1p(tl.tensor([0.0]))
    tensor([0.])
    """
    return backend.xp.log1p(x)


@elementwise(lambda g, x: g / (x * LN2), domain=(0.5, 3.0), dtype="floating", flops=10)
def log2(backend: Backend, x: Any, /) -> Any:
    """Logarithm to base 2, elementwise.

    Examples
    --------
    >>> tl.log2(tl.tensor([1.0]))
    tensor([0.])
    """
    return backend.xp.log2(x)


@elementwise(lambda g, x: g / (x * LN10), domain=(0.5, 3.0), dtype="floating", flops=10)
def log10(backend: Backend, x: Any, /) -> Any:
    """Logarithm to base 10, elementwise.

    Examples
    --------
    >>> tl.log10(tl.tensor([1.0]))
    tensor([0.])
    """
    return backend.xp.log10(x)


@elementwise(
    lambda g, x1, out: g * exp(x1 - out),
    lambda g, x2, out: g * exp(x2 - out),
    dtype="floating",
    flops=20,
)
def logaddexp(backend: Backend, x1: Any, x2: Any, /) -> Any:
    """``log(exp(x1) + exp(x2))`` without overflow on the way, elementwise.

    Examples
    --------
    >>> tl.logaddexp(tl.tensor([0.0]), -1000.0)
    tensor([0.])
    """
    return backend.xp.logaddexp(x1, x2)


@elementwise(lambda g, out: g / (out + out), domain=(0.5, 3.0), dtype="floating", flops=4)
def sqrt(backend: Backend, x: Any, /) -> Any:
    """Square root, elementwise.

    Examples
    --------
    >>> tl.sqrt(tl.tensor([4.0, 9.0]))
    tensor([2., 3.])
    """
    return backend.xp.sqrt(x)
