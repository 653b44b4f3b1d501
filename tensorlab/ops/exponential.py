"""Exponentials, logarithms and roots, elementwise."""

from __future__ import annotations

from ..backend import Backend
from ..tensor import ArrayT
from .declare import as_arrays, elementwise

LN2 = 0.6931471805599453
LN10 = 2.302585092994046
INF = float("inf")


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


@elementwise(lambda g: g, lambda g: -g, dtype="floating", takes="real floating", flops=1)
def log_ratio(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Logarithm of ``exp(x1) / exp(x2)``: ``x1 - x2``, 0 where both are infinity, -infinity where both are -infinity.

    In weights of exponentials, elements of plus infinity therefore count equally, those of minus infinity not at all.

    Examples
    --------
    >>> tl.ops.exponential.log_ratio(tl.tensor([3.0, tl.inf, -tl.inf]), tl.tensor([1.0, tl.inf, -tl.inf]))
    tensor([  2.,   0., -inf])
    """
    xp = backend.xp
    a, b = as_arrays(backend, x1, x2)
    equal = a == b
    return xp.where(equal & (a > -INF), 0.0, a) - xp.where(equal, 0.0, b)


@elementwise(
    lambda g, x1, x2: g * sigmoid(log_ratio(x1, x2)),
    lambda g, x1, x2: g * sigmoid(log_ratio(x2, x1)),
    dtype="floating",
    takes="real floating",
    flops=20,
)
def logaddexp(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """``log(exp(x1) + exp(x2))``, elementwise, without intermediate overflow.

    The derivatives are the weights of the operands, as for `logsumexp`.

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
