"""Activation functions."""

from __future__ import annotations

from math import prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend
from .arithmetic import zeros_like
from .comparison import where
from .declare import elementwise, same_shape
from .exponential import exp
from .exponential import sigmoid as sigmoid
from .reduction import sum
from .shapes import Shape, normalized_axis


@elementwise(lambda g, out: where(out != 0, g, 0.0), real_only=True)
def relu(backend: Backend, x: Any, /) -> Any:
    """The positive part, elementwise; the derivative at zero is zero. NaN stays, and passes its gradient on.

    Examples
    --------
    >>> tl.relu(tl.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    xp = backend.xp
    return xp.where(x <= 0, xp.zeros_like(x), x)


@elementwise(
    lambda g, x, slope: g * leaky_slope(x, slope),
    lambda g, x: where(x > 0, 0.0, g * x),
    dtype="floating",
    takes="real floating",
    flops=3,
)
def leaky(backend: Backend, x: Any, slope: Any, /) -> Any:
    """`x`, and where it is not positive ``slope * x``, elementwise; the derivative at zero is the slope.

    Examples
    --------
    >>> tl.nn.functional.leaky_relu(tl.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5,  2. ])
    """
    return backend.leaky(x, slope)


@elementwise(
    lambda g: zeros_like(g), lambda g, x: where(x > 0, 0.0, g), dtype="floating", takes="real floating", flops=3
)
def leaky_slope(backend: Backend, x: Any, slope: Any, /) -> Any:
    """The derivative of `leaky`: 1 where `x` is positive, else the slope.

    Examples
    --------
    >>> tl.grad(lambda x: tl.nn.functional.leaky_relu(x, 0.5).sum())(tl.tensor([-1.0, 2.0]))
    tensor([0.5, 1. ])
    """
    return backend.leaky_slope(x, slope)


@op(
    vjp={"x": lambda g, out, min_val, max_val: where((out <= min_val) | (out >= max_val), 0.0, g)},
    kind="elementwise",
    shape=same_shape,
    dtype="floating",
    takes="real floating",
    flops=lambda shapes, out, params: 2 * prod(out),
    samples=[sample((2, 3), min_val=-0.5, max_val=1.0), sample((), min_val=-9.0, max_val=9.0), sample((0, 3))],
)
def hardtanh(backend: Backend, x: Any, /, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """`x` within two numbers, elementwise; unlike that of `clip` the derivative at these numbers is zero."""
    return backend.hardtanh(x, min_val, max_val)


@elementwise(lambda g, x: g * hardswish_slope(x), domain=(-5.0, 5.0), dtype="floating", takes="real floating", flops=5)
def hardswish(backend: Backend, x: Any, /) -> Any:
    """``x * clip(x + 3, 0, 6) / 6``, elementwise; the derivative at -3 is 0, that at 3 is 1.

    Examples
    --------
    >>> tl.nn.functional.hardswish(tl.tensor([0.0, 4.0]))
    tensor([0., 4.])
    """
    return backend.hardswish(x)


@elementwise(
    lambda g, x: where((x > -3.0) & (x < 3.0), g * (1 / 3), 0.0),
    domain=(-2.9, 2.9),
    dtype="floating",
    takes="real floating",
    flops=8,
)
def hardswish_slope(backend: Backend, x: Any, /) -> Any:
    """The derivative of `hardswish`.

    Examples
    --------
    >>> tl.grad(lambda x: tl.nn.functional.hardswish(x).sum())(tl.tensor([-3.0, 0.0, 3.0]))
    tensor([0. , 0.5, 1. ])
    """
    return backend.hardswish_slope(x)


def _along_axis(x_shape: Shape, axis: int = -1) -> Shape:
    normalized_axis(axis, len(x_shape))
    return x_shape


SOFTMAX_SAMPLES = [sample((2, 3), axis=-1), sample((2, 3), axis=0), sample((4,), axis=0), sample((0, 3), axis=1)]


@op(
    vjp={"x": lambda g, out, axis: (g - sum(g * out, axis=axis, keepdims=True)) * out},
    jvp={"x": lambda t, out, axis: (t - sum(t * out, axis=axis, keepdims=True)) * out},
    shape=_along_axis,
    dtype="floating",
    flops=lambda shapes, out, params: 14 * prod(out),
    samples=SOFTMAX_SAMPLES,
    real_only=True,
)
def softmax(backend: Backend, x: Any, /, axis: int = -1) -> Any:
    """``exp(x)`` scaled to sum to one along an axis.

    Elements of minus infinity get 0, and a gradient of 0. Value and gradient are NaN all along a line that holds NaN,
    plus infinity, or minus infinity alone.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; real floating-point.
    axis : int
        Along which axis.

    Returns
    -------
    Tensor
        The shape of `x`; numbers in [0, 1].

    Raises
    ------
    ShapeError
        If the axis does not exist.

    Examples
    --------
    >>> tl.softmax(tl.tensor([0.0, 0.0]))
    tensor([0.5, 0.5])
    """
    xp = backend.xp
    powers = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return powers / xp.sum(powers, axis=axis, keepdims=True)


@op(
    vjp={"x": lambda g, out, axis: g - exp(out) * sum(g, axis=axis, keepdims=True)},
    jvp={"x": lambda t, out, axis: t - sum(exp(out) * t, axis=axis, keepdims=True)},
    shape=_along_axis,
    dtype="floating",
    flops=lambda shapes, out, params: 14 * prod(out),
    samples=SOFTMAX_SAMPLES,
    real_only=True,
)
def log_softmax(backend: Backend, x: Any, /, axis: int = -1) -> Any:
    """The logarithm of `softmax`, exact also where that underflows; of infinities see there.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; real floating-point.
    axis : int
        Along which axis.

    Returns
    -------
    Tensor
        The shape of `x`; numbers below or equal to zero.

    Raises
    ------
    ShapeError
        If the axis does not exist.

    Examples
    --------
    >>> tl.log_softmax(tl.tensor([0.0, 1000.0]))
    tensor([-1000.,     0.])
    """
    xp = backend.xp
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))
