"""Smooth activations: one op each, whose rule is one product with a slope that is an op as well."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import Sample
from ..backend import Backend
from ..backend.kernels.activation import INVERSE_SQRT_2PI, TANH_CUBE, TANH_SCALE
from .comparison import where
from .declare import elementwise_samples, same_shape
from .exponential import exp, sigmoid
from .trigonometric import tanh

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805
"""The numbers of self-normalising networks (Klambauer et al., 2017)."""


def activation(rule: Callable[..., Any], *settings: dict[str, Any], flops: int, single: float = 2e-6) -> Any:
    """Declare a real elementwise op of one operand with a sample for each of its settings.

    Parameters
    ----------
    rule : callable
        The vjp rule.
    *settings : dict
        Params of the samples; none at all for an op that has none.
    flops : int
        Floating-point operations per element.
    single : float
        The relative error that it may have in single precision; in double precision as many roundings.
    """
    plain = elementwise_samples(1, (-2.0, 2.0))
    return op(
        vjp={"x": rule},
        kind="elementwise",
        shape=same_shape,
        dtype="floating",
        takes="real floating",
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
def gelu(backend: Backend, x: Any, /, approximate: str = "none") -> Any:
    """`x` times the area under the normal distribution left of `x`, elementwise; or its approximation by ``tanh``."""
    return backend.gelu(x, approximate)


@activation(lambda g, x, approximate: g * _gelu_second(x, approximate), *GELUS, flops=40, single=1e-5)
def gelu_slope(backend: Backend, x: Any, /, approximate: str = "none") -> Any:
    """Derivative of `gelu`."""
    return backend.gelu_slope(x, approximate)


# -- x * sigmoid(x), x * tanh(softplus(x)) -----------------------------------------------------------------------------


@activation(lambda g, x: g * silu_slope(x), flops=14)
def silu(backend: Backend, x: Any, /) -> Any:
    """``x * sigmoid(x)``, elementwise."""
    return backend.silu(x)


def _silu_second(x: Any) -> Any:
    s = sigmoid(x)
    return s * (1.0 - s) * (2.0 + x * (1.0 - 2.0 * s))


@activation(lambda g, x: g * _silu_second(x), flops=17, single=1e-5)
def silu_slope(backend: Backend, x: Any, /) -> Any:
    """Derivative of `silu`."""
    return backend.silu_slope(x)


@activation(lambda g, x: g * mish_slope(x), flops=16)
def mish(backend: Backend, x: Any, /) -> Any:
    """``x * tanh(softplus(x))``, elementwise."""
    return backend.mish(x)


def _mish_second(x: Any) -> Any:
    s, t = sigmoid(x), tanh(softplus(x))
    return s * (1.0 - t * t) * (2.0 + x * (1.0 - s - 2.0 * (s * t)))


@activation(lambda g, x: g * _mish_second(x), flops=20, single=1e-5)
def mish_slope(backend: Backend, x: Any, /) -> Any:
    """Derivative of `mish`."""
    return backend.mish_slope(x)


# -- logarithms of 1 + exp ---------------------------------------------------------------------------------------------

SOFTPLUSES = {"beta": 1.0, "threshold": 20.0}, {"beta": -2.5, "threshold": 20.0}, {"beta": 3.0, "threshold": -9.0}


@activation(lambda g, x, beta, threshold: g * softplus_slope(x, beta, threshold), *SOFTPLUSES, flops=24)
def softplus(backend: Backend, x: Any, /, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """``log(1 + exp(beta * x)) / beta``, elementwise; `x` itself where ``beta * x`` is above the threshold."""
    return backend.softplus(x, beta, threshold)


def _softplus_second(x: Any, beta: float, threshold: float) -> Any:
    z = beta * x
    s = sigmoid(z)
    return where(z > threshold, 0.0, beta * (s * (1.0 - s)))


@activation(lambda g, x, beta, threshold: g * _softplus_second(x, beta, threshold), *SOFTPLUSES, flops=14)
def softplus_slope(backend: Backend, x: Any, /, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """Derivative of `softplus`."""
    return backend.softplus_slope(x, beta, threshold)


@activation(lambda g, x: g * sigmoid(-x), flops=23)
def log_sigmoid(backend: Backend, x: Any, /) -> Any:
    """Logarithm of `sigmoid`, elementwise, exact also where that underflows or rounds to one."""
    return backend.log_sigmoid(x)


# -- exponentials for the negative numbers -----------------------------------------------------------------------------

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
    backend: Backend, x: Any, /, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0
) -> Any:
    """``scale * x``, where `x` is not positive ``scale * alpha * expm1(input_scale * x)``: ELU, SELU and CELU.

    The derivative at zero is that from the left.
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
    backend: Backend, x: Any, /, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0
) -> Any:
    """Derivative of `exponential_linear`."""
    return backend.exponential_linear_slope(x, alpha, scale, input_scale)
