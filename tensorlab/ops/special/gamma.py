"""The logarithm of the gamma function, its derivatives, and the incomplete gamma functions."""

from __future__ import annotations

from math import lgamma as log_gamma_of_number
from math import prod
from typing import Annotated, Any, NoReturn

from ...autodiff.op import op
from ...autodiff.record import Draw, sample
from ...backend import Backend
from ...docstrings import documented_like
from ...options.kinds import Whole
from ...tensor import ArrayT
from ..declare import broadcast_shape, composite, elementwise, require
from ..exponential import exp
from .elementary import xlogy

HIGHEST_ORDER = 170
"""The highest order of `polygamma`: its factor n! is finite in float64."""


@elementwise(lambda g, x: g * digamma(x), domain=(0.3, 5.0), dtype="floating", takes="real floating", flops=50)
def lgamma(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Logarithm of the absolute value of the gamma function, elementwise.

    Infinite at 0 and the negative integers. Near its zeros at negative `x` the absolute error is small, not the
    relative one.

    Examples
    --------
    >>> round(tl.lgamma(tl.tensor(5.0)).item(), 4)
    3.1781
    """
    return backend.lgamma(x)


@elementwise(lambda g, x: g * polygamma(1, x), domain=(0.3, 5.0), dtype="floating", takes="real floating", flops=50)
def digamma(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Derivative of `lgamma`, elementwise.

    NaN at the negative integers, where the two sides differ; minus infinity at 0, infinity at -0.0.

    Examples
    --------
    >>> round(tl.digamma(tl.tensor(1.0)).item(), 4)
    -0.5772
    """
    return backend.digamma(x)


@op(
    vjp={"x": lambda g, x, n: g * polygamma(n + 1, x)},
    kind="elementwise",
    shape=broadcast_shape,
    dtype="floating",
    takes="real floating",
    flops=lambda shapes, out, params: 80 * prod(out),
    samples=[
        sample(Draw((2, 3), 0.3, 5.0), n=1),
        sample(Draw((4,), -1.9, -1.1), n=2),
        sample(Draw((), 0.3, 5.0), n=3),
        sample((0,), n=1),
    ],
    tolerance={"float32": 5e-6},
)
def polygamma_of_order(backend: Backend, x: ArrayT, /, n: Annotated[int, Whole(1, HIGHEST_ORDER)]) -> ArrayT:
    """Derivative of order n >= 1 of `digamma`; see `polygamma`.

    Examples
    --------
    >>> round(tl.ops.special.gamma.polygamma_of_order(tl.tensor(1.0), 1).item(), 4)
    1.6449
    """
    return backend.polygamma_of_order(x, n=n)


@composite()
def polygamma(n: int, x: ArrayT, /) -> ArrayT:
    """Derivative of order `n` of `digamma`, elementwise.

    Parameters
    ----------
    n : int
        From 0 to 170; 0 is `digamma` itself. The factor n! of the function is infinite in float64 for greater ones.
    x : tensor or array
        Any shape; real floating-point; integers become float32.

    Returns
    -------
    Tensor
        The shape and type of `x`. At 0 and the negative integers infinity for odd `n` and minus infinity for even
        `n`, as in SciPy.

    Raises
    ------
    TypeError, ValueError
        If `n` is not an integer, or out of range.

    Notes
    -----
    The relative error grows with `n`: about `n` units in the last place.

    Examples
    --------
    >>> round(tl.polygamma(1, tl.tensor(1.0)).item(), 4)
    1.6449
    """
    if not 0 <= n <= HIGHEST_ORDER:
        raise ValueError(f"polygamma: n is {n}, but must be from 0 to {HIGHEST_ORDER}")
    require("polygamma", "real", x=x)
    return polygamma_of_order(x, n) if n else digamma(x)


def _density(a: Any, x: Any) -> Any:
    """Return the density of the gamma distribution of shape `a`."""
    log_gamma = log_gamma_of_number(a) if isinstance(a, int | float) else lgamma(a)
    return exp(xlogy(a - 1, x) - x - log_gamma)


def _refuse(g: Any) -> NoReturn:
    raise NotImplementedError(
        "the incomplete gamma functions have no derivative with respect to a; use a.detach() if a is a constant"
    )


INCOMPLETE_SAMPLES = [
    sample(Draw((2, 3), 1, 5, "integer"), Draw((2, 3), 0.5, 6.0)),
    sample(Draw((3,), 1, 5, "integer"), Draw((2, 1), 0.5, 6.0)),
    sample(Draw((), 30, 40, "integer"), Draw((2,), 25.0, 45.0)),
    sample(Draw((0, 2), 1, 5, "integer"), Draw((2,), 0.5, 6.0)),
]
"""With integers for `a`, as the checks differentiate with respect to everything else."""


@op(
    vjp={"a": _refuse, "x": lambda g, a, x: g * _density(a, x)},
    kind="elementwise",
    shape=broadcast_shape,
    dtype="floating",
    takes="real floating",
    flops=lambda shapes, out, params: 300 * prod(out),
    samples=INCOMPLETE_SAMPLES,
    tolerance={"float32": 1e-5},
)
def gammainc(backend: Backend, a: ArrayT, x: ArrayT, /) -> ArrayT:
    """Regularised lower incomplete gamma function P(a, x), elementwise.

    The distribution function of the gamma distribution of shape `a`: the integral of ``t**(a - 1) * exp(-t)`` from 0
    to `x`, divided by the gamma function of `a`.

    Parameters
    ----------
    a : tensor, array or number
        Shape parameter, not negative; broadcasts with `x`. It has no gradient, as in PyTorch.
    x : tensor, array or number
        Upper end of the integral, not negative.

    Returns
    -------
    Tensor
        The broadcast shape; numbers in [0, 1], NaN for negative arguments.

    Raises
    ------
    NotImplementedError
        If a backward pass needs the derivative with respect to `a`.

    References
    ----------
    NIST Digital Library of Mathematical Functions, chapter 8; N. M. Temme, "The asymptotic expansion of the
    incomplete gamma functions", SIAM J. Math. Anal. 10 (1979), for large `a`.

    Examples
    --------
    >>> round(tl.gammainc(2.0, tl.tensor(1.0)).item(), 4)
    0.2642
    """
    return backend.gammainc(a, x)


@op(
    vjp={"a": _refuse, "x": lambda g, a, x: -g * _density(a, x)},
    kind="elementwise",
    shape=broadcast_shape,
    dtype="floating",
    takes="real floating",
    flops=lambda shapes, out, params: 300 * prod(out),
    samples=INCOMPLETE_SAMPLES,
    tolerance={"float32": 1e-5},
)
@documented_like(gammainc)
def gammaincc(backend: Backend, a: ArrayT, x: ArrayT, /) -> ArrayT:
    """Regularised upper incomplete gamma function Q(a, x), elementwise.

    ``1 - gammainc(a, x)``, accurate also where that is tiny; see `gammainc`.

    Examples
    --------
    >>> round(tl.gammaincc(2.0, tl.tensor(1.0)).item(), 4)
    0.7358
    """
    return backend.gammaincc(a, x)
