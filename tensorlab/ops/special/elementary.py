"""Functions related to the exponential, logarithm, root and sine, elementwise."""

from __future__ import annotations

from math import factorial, pi, prod
from typing import Any

from ...autodiff.op import op
from ...autodiff.record import Draw, sample
from ...backend import Backend
from ...tensor import ArrayT
from ..arithmetic import divide_or_zero
from ..comparison import where
from ..declare import as_arrays, broadcast_shape, elementwise
from ..exponential import LN2, log, log_ratio, sigmoid

INF = float("inf")


@elementwise(lambda g, out: g * (LN2 * out), dtype="floating", flops=10)
def exp2(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``2 ** x``, elementwise.

    Examples
    --------
    >>> tl.exp2(tl.tensor([3.0, -1.0]))
    tensor([8. , 0.5])
    """
    return backend.xp.pow(2.0, x)


@elementwise(
    lambda g, x1, x2: g * sigmoid(LN2 * log_ratio(x1, x2)),
    lambda g, x1, x2: g * sigmoid(LN2 * log_ratio(x2, x1)),
    dtype="floating",
    takes="real floating",
    flops=20,
)
def logaddexp2(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """``log2(2 ** x1 + 2 ** x2)``, elementwise, without intermediate overflow.

    The derivatives are the weights of the operands, as for `logsumexp`.

    Examples
    --------
    >>> round(tl.logaddexp2(tl.tensor(1.0), 1000.0).item(), 4)
    1000.0
    """
    xp = backend.xp
    x1, x2 = as_arrays(backend, x1, x2)
    greater = xp.maximum(x1, x2)
    equal = x1 == x2  # also where both are infinite, and have no difference
    apart = xp.where(equal, 0.0, x1) - xp.where(equal, 0.0, x2)
    return greater + xp.log1p(xp.pow(2.0, -xp.abs(apart))) * (1 / LN2)


@elementwise(lambda g, out: -0.5 * g * (out * out * out), domain=(0.5, 3.0), dtype="floating", flops=5)
def rsqrt(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``1 / sqrt(x)``, elementwise.

    Examples
    --------
    >>> tl.rsqrt(tl.tensor([4.0, 0.25]))
    tensor([0.5, 2. ])
    """
    return 1.0 / backend.xp.sqrt(x)


@elementwise(lambda g: deg2rad(g), dtype="floating", takes="real floating")
def deg2rad(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Degrees in radians, elementwise.

    Examples
    --------
    >>> round(tl.deg2rad(tl.tensor(180.0)).item(), 4)
    3.1416
    """
    return x * (pi / 180)


@elementwise(lambda g: rad2deg(g), dtype="floating", takes="real floating")
def rad2deg(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Radians in degrees, elementwise.

    Examples
    --------
    >>> round(tl.rad2deg(tl.tensor(tl.pi / 2)).item(), 4)
    90.0
    """
    return x * (180 / pi)


# -- sin(pi x) / (pi x) ------------------------------------------------------------------------------------------------


def _sine_and_cosine_of_pi_times(backend: Backend, x: Any) -> tuple[Any, Any]:
    """Return ``sin(pi * x)`` and ``cos(pi * x)``, of real `x` without the error of rounding the product."""
    xp = backend.xp
    if backend.dtype_of(x).is_complex:
        return xp.sin(pi * x), xp.cos(pi * x)
    beyond = x - 2.0 * xp.round(0.5 * x)  # in [-1, 1]
    turned = xp.abs(beyond) > 0.5
    folded = xp.where(turned, xp.copysign(1.0 - xp.abs(beyond), beyond), beyond)
    cosine = xp.cos(pi * folded)
    return xp.sin(pi * folded), xp.where(turned, -cosine, cosine)


@elementwise(lambda g, x: g * sinc_derivative(x, 1), dtype="floating", flops=15)
def sinc(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``sin(pi * x) / (pi * x)``, elementwise: 1 at 0, where all derivatives are exact too, and 0 at other integers.

    Examples
    --------
    >>> round(tl.sinc(tl.tensor(0.5)).item(), 4)
    0.6366
    """
    xp = backend.xp
    zero = x == 0
    return xp.where(zero, 1.0, _sine_and_cosine_of_pi_times(backend, x)[0] / (pi * xp.where(zero, 1.0, x)))


@op(
    vjp={"x": lambda g, x, n: g * sinc_derivative(x, n + 1)},
    kind="elementwise",
    shape=broadcast_shape,
    dtype="floating",
    flops=lambda shapes, out, params: 50 * prod(out),
    samples=[
        sample(Draw((2, 3), 0.1, 0.5), n=1),
        sample(Draw((4,), 1.8, 2.2), n=2),
        sample(Draw((), 3.1, 3.3), n=3),
        sample((0,), n=1),
    ],
    tolerance={"float32": 1e-5},
)
def sinc_derivative(backend: Backend, x: ArrayT, /, n: int) -> ArrayT:
    """Derivative of order n >= 1 of `sinc`.

    By the power series near 0, and elsewhere by ``u f⁽ᵏ⁾(u) = sin⁽ᵏ⁾(u) - k f⁽ᵏ⁻¹⁾(u)``, which loses digits near 0.

    Examples
    --------
    >>> round(tl.ops.special.elementary.sinc_derivative(tl.tensor(1.0), 1).item(), 4)
    -1.0
    """
    xp = backend.xp
    near = xp.abs(x) * pi < n + 1
    return pi**n * xp.where(
        near,
        _sinc_series(xp.where(near, x, 0.0) * pi, n),
        _sinc_recurrence(backend, xp.where(near, n + 1.0, x), n),
    )


def _sinc_series(u: Any, n: int) -> Any:
    first = -(-n // 2)
    square = u * u
    total = square * 0.0
    for k in reversed(range(first, first + 14 + 2 * n)):
        total = total * square + (-1) ** k / ((2 * k + 1) * factorial(2 * k - n))
    return total * u if n % 2 else total


def _sinc_recurrence(backend: Backend, x: Any, n: int) -> Any:
    u = pi * x
    sine, cosine = _sine_and_cosine_of_pi_times(backend, x)
    value = sine / u
    for k in range(1, n + 1):
        value = ((sine, cosine, -sine, -cosine)[k % 4] - k * value) / u
    return value


# -- entropies and odds ------------------------------------------------------------------------------------------------


@elementwise(
    lambda g, x1, x2: where((x1 == 0) & (x2 < 0), 0.0, xlogy(g, x2)),
    lambda g, x1, x2: divide_or_zero(g * x1, x2),
    domain=(0.5, 2.0),
    dtype="floating",
    takes="real floating",
    flops=12,
)
def xlogy(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """``x1 * log(x2)``, elementwise, and 0 where `x1` is 0 unless `x2` is NaN.

    Where both are 0, the derivative with respect to `x1` is minus infinity, and that with respect to `x2` is 0. Where
    `x1` is 0 and `x2` negative, both are 0.

    Examples
    --------
    >>> tl.xlogy(tl.tensor([0.0, 2.0]), tl.tensor([0.0, 1.0]))
    tensor([0., 0.])
    """
    xp = backend.xp
    x1, x2 = as_arrays(backend, x1, x2)
    nothing = (x1 == 0) & ~xp.isnan(x2)
    return xp.where(nothing, 0.0, x1 * xp.log(xp.where(nothing, 1.0, x2)))


@elementwise(
    lambda g, x1, x2: where((x1 == 0) & (x2 < -1), 0.0, xlog1py(g, x2)),
    lambda g, x1, x2: divide_or_zero(g * x1, 1.0 + x2),
    domain=(0.5, 2.0),
    dtype="floating",
    takes="real floating",
    flops=12,
)
def xlog1py(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """``x1 * log1p(x2)``, elementwise, and 0 where `x1` is 0 unless `x2` is NaN; see `xlogy`.

    Examples
    --------
    >>> tl.xlog1py(tl.tensor([0.0, 2.0]), tl.tensor([-1.0, 0.0]))
    tensor([0., 0.])
    """
    xp = backend.xp
    x1, x2 = as_arrays(backend, x1, x2)
    nothing = (x1 == 0) & ~xp.isnan(x2)
    return xp.where(nothing, 0.0, x1 * xp.log1p(xp.where(nothing, 0.0, x2)))


@elementwise(lambda g, x: g * (-1.0 - log(x)), domain=(0.5, 2.0), dtype="floating", takes="real floating", flops=12)
def entr(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``-x * log(x)``, elementwise: 0 at 0, where the derivative is infinite, and minus infinity below.

    Examples
    --------
    >>> tl.entr(tl.tensor([0.0, -1.0]))
    tensor([  0., -inf])
    """
    xp = backend.xp
    inside = x > 0
    value = -x * xp.log(xp.where(inside, x, 1.0))
    return xp.where(x < 0, -INF, xp.where(inside, value, x + 0.0))


def _pull_logit(g: Any, x: Any, eps: float | None) -> Any:
    if eps is None:
        return g / x + g / (1.0 - x)
    inside = (x >= eps) & (x <= 1.0 - eps)
    safe, g = where(inside, x, 0.5), where(inside, g, 0.0)
    return g / safe + g / (1.0 - safe)


@op(
    vjp={"x": _pull_logit},
    kind="elementwise",
    shape=broadcast_shape,
    dtype="floating",
    takes="real floating",
    flops=lambda shapes, out, params: 25 * prod(out),
    samples=[
        sample(Draw((2, 3), 0.1, 0.9)),
        sample(Draw((), 0.1, 0.9)),
        sample(Draw((5,), 0.01, 0.99), eps=0.2),
        sample(Draw((0,), 0.1, 0.9)),
    ],
)
def logit(backend: Backend, x: ArrayT, /, eps: float | None = None) -> ArrayT:
    """``log(x / (1 - x))``, elementwise: the inverse of `sigmoid`.

    Parameters
    ----------
    x : tensor or array
        Any shape; real floating-point; integers become float32.
    eps : float, optional
        If given, `x` is limited to [eps, 1 - eps] first; elements outside have no gradient then.

    Returns
    -------
    Tensor
        The shape and type of `x`; minus infinity at 0, infinity at 1, NaN beyond.

    Examples
    --------
    >>> round(tl.logit(tl.tensor(0.9)).item(), 4)
    2.1972
    """
    xp = backend.xp
    if eps is not None:
        x = xp.clip(x, eps, 1.0 - eps)
    # In the middle the quotient would be rounded to a number near one, whose logarithm is small.
    middle = xp.abs(x - 0.5) <= 0.2
    outside = xp.where(middle, 0.2, x)
    return xp.where(middle, 2.0 * xp.atanh(2.0 * xp.where(middle, x, 0.5) - 1.0), xp.log(outside / (1.0 - outside)))
