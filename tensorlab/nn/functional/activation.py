"""Smooth activations, elementwise.

`inplace` is taken for PyTorch's sake wherever PyTorch has it, here and in the other families: the input is never
changed, and the result is a tensor of its own.
"""

from __future__ import annotations

from typing import Any

from ...ops import activation as ops
from ...ops import exponential, trigonometric
from ...ops.arithmetic import abs, divide, multiply, negative, subtract
from ...ops.declare import composite
from ...tensor import Tensor


def sigmoid(input: Any) -> Tensor:
    """``1 / (1 + exp(-input))``, elementwise.

    Examples
    --------
    >>> tl.nn.functional.sigmoid(tl.tensor([0.0]))
    tensor([0.5])
    """
    return exponential.sigmoid(input)


@composite(input="real floating")
def logsigmoid(input: Any) -> Tensor:
    """The logarithm of `sigmoid`, elementwise, exact also where that underflows.

    Examples
    --------
    >>> tl.nn.functional.logsigmoid(tl.tensor([-1000.0]))
    tensor([-1000.])
    """
    return ops.log_sigmoid(input)


def tanh(input: Any) -> Tensor:
    """The hyperbolic tangent, elementwise.

    Examples
    --------
    >>> tl.nn.functional.tanh(tl.tensor([0.0]))
    tensor([0.])
    """
    return trigonometric.tanh(input)


@composite(input="real floating")
def tanhshrink(input: Any) -> Tensor:
    """``input - tanh(input)``, elementwise.

    Examples
    --------
    >>> tl.nn.functional.tanhshrink(tl.tensor([0.0, 100.0]))
    tensor([ 0., 99.])
    """
    return subtract(input, trigonometric.tanh(input))


def gelu(input: Any, approximate: str = "none") -> Tensor:
    """``input`` times the area under the normal distribution left of it, elementwise (Hendrycks and Gimpel, 2016).

    Parameters
    ----------
    input : Tensor
        Any shape; real floating-point.
    approximate : {"none", "tanh"}
        ``"tanh"`` takes ``(1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2`` for the area.

    Raises
    ------
    ValueError
        If the approximation is not known.

    Examples
    --------
    >>> tl.nn.functional.gelu(tl.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: approximate must be 'none' or 'tanh', not {approximate!r}")
    return ops.gelu(input, approximate)


def silu(input: Any, inplace: bool = False) -> Tensor:
    """``input * sigmoid(input)``, elementwise; also called swish (Elfwing et al., 2017; Ramachandran et al., 2017).

    Examples
    --------
    >>> tl.nn.functional.silu(tl.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """
    return ops.silu(input)


def mish(input: Any, inplace: bool = False) -> Tensor:
    """``input * tanh(softplus(input))``, elementwise (Misra, 2019).

    Examples
    --------
    >>> tl.nn.functional.mish(tl.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """
    return ops.mish(input)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """``log(1 + exp(beta * input)) / beta``, elementwise, without overflow on the way.

    Parameters
    ----------
    input : Tensor
        Any shape; real floating-point.
    beta : float
        How sharply it bends at zero.
    threshold : float
        Where ``beta * input`` is above it, the result is the input.

    Examples
    --------
    >>> tl.nn.functional.softplus(tl.tensor([0.0, 1000.0]))
    tensor([6.931472e-01, 1.000000e+03])
    """
    return ops.softplus(input, beta, threshold)


@composite(input="real floating")
def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``input``, where it is not positive ``alpha * (exp(input) - 1)``, elementwise (Clevert et al., 2015).

    The derivative at zero is `alpha`.

    Examples
    --------
    >>> tl.nn.functional.elu(tl.tensor([-1000.0, 2.0]), alpha=0.5)
    tensor([-0.5,  2. ])
    """
    return ops.exponential_linear(input, alpha)


@composite(input="real floating")
def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """``input``, where it is negative ``alpha * (exp(input / alpha) - 1)``, elementwise (Barron, 2017).

    Its derivative is continuous for each `alpha`.

    Raises
    ------
    ValueError
        If `alpha` is zero.

    Examples
    --------
    >>> tl.nn.functional.celu(tl.tensor([-1000.0, 2.0]), alpha=0.5)
    tensor([-0.5,  2. ])
    """
    if alpha == 0:
        raise ValueError("celu: alpha must not be 0; relu is the limit")
    return ops.exponential_linear(input, alpha, 1.0, 1.0 / alpha)


@composite(input="real floating")
def selu(input: Any, inplace: bool = False) -> Tensor:
    """``1.0507 * elu(input, 1.6733)``, elementwise: it draws mean and variance to 0 and 1 (Klambauer et al., 2017).

    The derivative at zero is that from the left, 1.7581.

    Examples
    --------
    >>> tl.nn.functional.selu(tl.tensor([0.0, 1.0]))
    tensor([0.      , 1.050701])
    """
    return ops.exponential_linear(input, ops.SELU_ALPHA, ops.SELU_SCALE)


@composite(input="real floating")
def softsign(input: Any) -> Tensor:
    """``input / (1 + abs(input))``, elementwise.

    Examples
    --------
    >>> tl.nn.functional.softsign(tl.tensor([-1.0, 0.0, 3.0]))
    tensor([-0.5 ,  0.  ,  0.75])
    """
    return divide(input, abs(input) + 1.0)


@composite(input="real floating")
def gaussian(input: Any) -> Tensor:
    """``exp(-input**2)``, elementwise: the bump of radial basis functions (Broomhead and Lowe, 1988).

    Examples
    --------
    >>> tl.nn.functional.gaussian(tl.tensor([0.0, 100.0]))
    tensor([1., 0.])
    """
    return exponential.exp(negative(multiply(input, input)))


@composite(input="real floating", beta="real floating")
def swish(input: Any, beta: Any) -> Tensor:
    """``input * sigmoid(beta * input)`` (Ramachandran et al., 2017); with ``beta=1`` `silu` is quicker.

    Parameters
    ----------
    input : Tensor
        Any shape; real floating-point.
    beta : Tensor
        Of a shape that broadcasts with the input.

    Examples
    --------
    >>> tl.nn.functional.swish(tl.tensor([0.0, 100.0]), tl.tensor(2.0))
    tensor([  0., 100.])
    """
    return multiply(input, exponential.sigmoid(multiply(input, beta)))
