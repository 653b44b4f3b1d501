"""Activation functions, elementwise. The derivative of a smooth one is an op as well, so its rule is a product."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Concatenate, ParamSpec, TypeVar

from ..autodiff.op import op
from ..autodiff.record import Sample, sample
from ..backend import Backend
from ..backend.kernels.activation import INVERSE_SQRT_2PI, TANH_CUBE, TANH_SCALE
from ..tensor import ArrayT
from .arithmetic import zeros_like
from .comparison import where
from .declare import elementwise, elementwise_samples, same_shape
from .exponential import exp, sigmoid
from .trigonometric import tanh

P = ParamSpec("P")
R = TypeVar("R")

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805
"""The constants of self-normalising networks (Klambauer et al., 2017)."""


def activation(
    rule: Callable[..., Any],
    *settings: dict[str, Any],
    flops: int,
    single: float = 2e-6,
    takes: str = "real floating",
) -> Callable[[Callable[Concatenate[Any, P], R]], Callable[P, R]]:
    """Declare an elementwise op of one operand with a sample for each of its settings.

    Parameters
    ----------
    rule : callable
        The vjp rule.
    *settings : dict
        Params of the samples; none for an op without params.
    flops : int
        Floating-point operations per element.
    single : float
        The relative error allowed in single precision; in double precision it is scaled with the rounding error.
    takes : str
        The data types of the operand, as in `Op`.
    """
    plain = elementwise_samples(1, (-2.0, 2.0))
    return op(
        vjp={"x": rule},
        kind="elementwise",
        shape=same_shape,
        dtype="floating",
        takes=takes,
        flops=lambda shapes, out, params: flops * prod(out),
        samples=[Sample(s.operands, params) for params in settings or ({},) for s in plain],
        tolerance={"float32": single, "float64": single * 1e-8 if single > 2e-6 else 1e-13},
    )


# -- GELU --------------------------------------------------------------------------------------------------------------


def _gelu_second(x: Any, approximate: str) -> Any:
    """Return the second derivative of `gelu`."""
    square = x * x
    if approximate == "none":
        return INVERSE_SQRT_2PI * exp(-0.5 * square) * (2.0 - square)
    t = tanh(TANH_SCALE * x * (1.0 + TANH_CUBE * square))
    first = TANH_SCALE + (3 * TANH_SCALE * TANH_CUBE) * square
    second = (6 * TANH_SCALE * TANH_CUBE) * x
    return (1.0 - t * t) * (first + x * (0.5 * second - t * (first * first)))


GELUS = {"approximate": "none"}, {"approximate": "tanh"}


@activation(lambda g, x, approximate: g * gelu_slope(x, approximate), *GELUS, flops=30, single=1e-5)
def gelu(backend: Backend, x: ArrayT, /, approximate: str = "none") -> ArrayT:
    """`x` times the standard normal distribution function of `x`, elementwise, or its approximation by ``tanh``."""
    return backend.gelu(x, approximate)


@activation(lambda g, x, approximate: g * _gelu_second(x, approximate), *GELUS, flops=40, single=1e-5)
def gelu_slope(backend: Backend, x: ArrayT, /, approximate: str = "none") -> ArrayT:
    """Derivative of `gelu`."""
    return backend.gelu_slope(x, approximate)


# -- x * sigmoid(x), x * tanh(softplus(x)) -----------------------------------------------------------------------------


@activation(lambda g, x: g * silu_slope(x), flops=14, takes="floating")
def silu(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``x * sigmoid(x)``, elementwise."""
    return backend.silu(x)


def _silu_second(x: Any) -> Any:
    s = sigmoid(x)
    return s * (1.0 - s) * (2.0 + x * (1.0 - 2.0 * s))


@activation(lambda g, x: g * _silu_second(x), flops=17, single=1e-5, takes="floating")
def silu_slope(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Derivative of `silu`."""
    return backend.silu_slope(x)


@activation(lambda g, x: g * mish_slope(x), flops=16)
def mish(backend: Backend, x: ArrayT, /) -> ArrayT:
    """``x * tanh(softplus(x))``, elementwise."""
    return backend.mish(x)


def _mish_second(x: Any) -> Any:
    s, t = sigmoid(x), tanh(softplus(x))
    return s * (1.0 - t * t) * (2.0 + x * (1.0 - s - 2.0 * (s * t)))


@activation(lambda g, x: g * _mish_second(x), flops=20, single=1e-5)
def mish_slope(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Derivative of `mish`."""
    return backend.mish_slope(x)


# -- logarithms of 1 + exp ---------------------------------------------------------------------------------------------

SOFTPLUSES = {"beta": 1.0, "threshold": 20.0}, {"beta": -2.5, "threshold": 20.0}, {"beta": 3.0, "threshold": -9.0}


@activation(lambda g, x, beta, threshold: g * softplus_slope(x, beta, threshold), *SOFTPLUSES, flops=24)
def softplus(backend: Backend, x: ArrayT, /, beta: float = 1.0, threshold: float = 20.0) -> ArrayT:
    """``log(1 + exp(beta * x)) / beta``, elementwise; `x` itself where ``beta * x`` is above the threshold."""
    return backend.softplus(x, beta, threshold)


def _softplus_second(x: Any, beta: float, threshold: float) -> Any:
    z = beta * x
    s = sigmoid(z)
    return where(z > threshold, 0.0, beta * (s * (1.0 - s)))


@activation(lambda g, x, beta, threshold: g * _softplus_second(x, beta, threshold), *SOFTPLUSES, flops=14)
def softplus_slope(backend: Backend, x: ArrayT, /, beta: float = 1.0, threshold: float = 20.0) -> ArrayT:
    """Derivative of `softplus`."""
    return backend.softplus_slope(x, beta, threshold)


@activation(lambda g, x: g * sigmoid(-x), flops=23)
def log_sigmoid(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Logarithm of `sigmoid`, elementwise, accurate also where it underflows or rounds to one."""
    return backend.log_sigmoid(x)


# -- exponentials of negative numbers ----------------------------------------------------------------------------------

LINEARS = (
    {"alpha": 1.0, "scale": 1.0, "input_scale": 1.0},
    {"alpha": 0.7, "scale": 1.5, "input_scale": 2.0},
)


@activation(
    lambda g, x, alpha, scale, input_scale: g * exponential_linear_slope(x, alpha, scale, input_scale),
    *LINEARS,
    flops=14,
)
def exponential_linear(
    backend: Backend, x: ArrayT, /, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0
) -> ArrayT:
    """``scale * x`` for positive `x`, else ``scale * alpha * expm1(input_scale * x)``: ELU, SELU and CELU.

    The derivative at zero is the left derivative.
    """
    return backend.exponential_linear(x, alpha, scale, input_scale)


@activation(
    lambda g, x, alpha, scale, input_scale: where(
        x > 0, 0.0, (g * input_scale) * exponential_linear_slope(x, alpha, scale, input_scale)
    ),
    *LINEARS,
    flops=14,
)
def exponential_linear_slope(
    backend: Backend, x: ArrayT, /, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0
) -> ArrayT:
    """Derivative of `exponential_linear`."""
    return backend.exponential_linear_slope(x, alpha, scale, input_scale)


# -- piecewise linear --------------------------------------------------------------------------------------------------


@elementwise(lambda g, out: where(out != 0, g, 0.0), takes="real")
def relu(backend: Backend, x: ArrayT, /) -> ArrayT:
    """The positive part, elementwise; the derivative at zero is zero. NaN propagates, and so does its gradient.

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
def leaky(backend: Backend, x: ArrayT | complex, slope: ArrayT | complex, /) -> ArrayT:
    """`x` where it is positive, else ``slope * x``, elementwise; the derivative at zero is the slope.

    Examples
    --------
    >>> tl.nn.functional.leaky_relu(tl.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5,  2. ])
    """
    return backend.leaky(x, slope)


@elementwise(
    lambda g: zeros_like(g), lambda g, x: where(x > 0, 0.0, g), dtype="floating", takes="real floating", flops=3
)
def leaky_slope(backend: Backend, x: ArrayT | complex, slope: ArrayT | complex, /) -> ArrayT:
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
def hardtanh(backend: Backend, x: ArrayT, /, min_val: float = -1.0, max_val: float = 1.0) -> ArrayT:
    """`x` limited to an interval, elementwise; unlike for `clip`, the derivative at its ends is zero."""
    return backend.hardtanh(x, min_val, max_val)


@elementwise(lambda g, x: g * hardswish_slope(x), domain=(-5.0, 5.0), dtype="floating", takes="real floating", flops=5)
def hardswish(backend: Backend, x: ArrayT, /) -> ArrayT:
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
def hardswish_slope(backend: Backend, x: ArrayT, /) -> ArrayT:
    """The derivative of `hardswish`.

    Examples
    --------
    >>> tl.grad(lambda x: tl.nn.functional.hardswish(x).sum())(tl.tensor([-3.0, 0.0, 3.0]))
    tensor([0. , 0.5, 1. ])
    """
    return backend.hardswish_slope(x)
