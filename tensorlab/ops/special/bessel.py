"""Modified Bessel functions of the first kind."""

from __future__ import annotations

from math import prod
from typing import Any

from ...autodiff.op import op
from ...autodiff.record import Draw, sample
from ...backend import Backend
from ...tensor import ArrayT
from ..arithmetic import sign
from ..declare import broadcast_shape, elementwise


def _order(x: Any, n: int, scaled: bool) -> Any:
    """Return the function of any order."""
    if n < 2:
        return (i0e, i1e)[n](x) if scaled else (i0, i1)[n](x)
    return bessel_i(x, n, scaled)


def _pull(g: Any, x: Any, n: int, scaled: bool) -> Any:
    """Pull through the function of order n >= 1 (DLMF 10.29.1)."""
    slope = 0.5 * (_order(x, n - 1, scaled) + _order(x, n + 1, scaled))
    return g * (slope - sign(x) * _order(x, n, scaled) if scaled else slope)


@op(
    vjp={"x": _pull},
    kind="elementwise",
    shape=broadcast_shape,
    dtype="floating",
    takes="real floating",
    flops=lambda shapes, out, params: 70 * prod(out),
    samples=[
        sample((2, 3), n=2, scaled=False),
        sample(Draw((3,), 5.0, 9.0), n=3, scaled=False),
        sample(Draw((3,), 0.5, 30.0), n=2, scaled=True),
        sample((), n=4, scaled=False),
        sample((0,), n=2, scaled=True),
    ],
    tolerance={"float32": 5e-6},
)
def bessel_i(backend: Backend, x: ArrayT, /, n: int, scaled: bool) -> ArrayT:
    """Modified Bessel function of the first kind of order n >= 2, times ``exp(-abs(x))`` if `scaled`.

    The derivatives of `i1` and `i1e` are composed of these.

    Examples
    --------
    >>> round(tl.ops.special.bessel.bessel_i(tl.tensor(1.0), 2, False).item(), 4)
    0.1357
    """
    return backend.bessel_i(x, n=n, scaled=scaled)


@elementwise(lambda g, x: g * i1(x), dtype="floating", takes="real floating", flops=40)
def i0(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Modified Bessel function of the first kind of order 0, elementwise.

    Examples
    --------
    >>> round(tl.i0(tl.tensor(1.0)).item(), 4)
    1.2661
    """
    return backend.i0(x)


@elementwise(lambda g, x: _pull(g, x, 1, False), dtype="floating", takes="real floating", flops=40)
def i1(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Modified Bessel function of the first kind of order 1, elementwise.

    Examples
    --------
    >>> round(tl.i1(tl.tensor(1.0)).item(), 4)
    0.5652
    """
    return backend.i1(x)


@elementwise(
    lambda g, x, out: g * (i1e(x) - sign(x) * out),
    domain=(0.3, 3.0),
    dtype="floating",
    takes="real floating",
    flops=40,
)
def i0e(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``exp(-abs(x)) * i0(x)``, elementwise: `i0` without its overflow; the derivative at zero is zero.

    Examples
    --------
    >>> round(tl.i0e(tl.tensor(1000.0)).item(), 4)
    0.0126
    """
    return backend.i0e(x)


@elementwise(lambda g, x: _pull(g, x, 1, True), domain=(0.3, 3.0), dtype="floating", takes="real floating", flops=40)
def i1e(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``exp(-abs(x)) * i1(x)``, elementwise: `i1` without its overflow.

    Examples
    --------
    >>> round(tl.i1e(tl.tensor(1000.0)).item(), 4)
    0.0126
    """
    return backend.i1e(x)
