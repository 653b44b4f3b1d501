"""Activations, elementwise: smooth ones, those of straight pieces, and gates.

`inplace` is accepted wherever PyTorch has it, here and in the other families: the input is never changed, and the
result is a tensor of its own. At kinks the derivatives are PyTorch's.
"""

from __future__ import annotations

from typing import Any, Literal

from ...docstrings import documented_like
from ...errors import ShapeError
from ...ops import activation as ops
from ...ops import exponential, trigonometric
from ...ops.arithmetic import abs, add, clip, divide, multiply, negative, subtract
from ...ops.comparison import where
from ...ops.declare import composite
from ...ops.shapes import normalized_axis, reshape
from ...random import default_generator
from ...tensor import ArrayT

# -- smooth activations ------------------------------------------------------------------------------------------------


@composite(input="any")
def sigmoid(input: ArrayT) -> ArrayT:
    """``1 / (1 + exp(-input))``, elementwise.

    Examples
    --------
    >>> tl.nn.functional.sigmoid(tl.tensor([0.0]))
    tensor([0.5])
    """
    return exponential.sigmoid(input)


@composite(input="real floating")
def logsigmoid(input: ArrayT) -> ArrayT:
    """The logarithm of `sigmoid`, elementwise, accurate also where that underflows.

    Examples
    --------
    >>> tl.nn.functional.logsigmoid(tl.tensor([-1000.0]))
    tensor([-1000.])
    """
    return ops.log_sigmoid(input)


@composite(input="any")
def tanh(input: ArrayT) -> ArrayT:
    """The hyperbolic tangent, elementwise.

    Examples
    --------
    >>> tl.nn.functional.tanh(tl.tensor([0.0]))
    tensor([0.])
    """
    return trigonometric.tanh(input)


@composite(input="real floating")
def tanhshrink(input: ArrayT) -> ArrayT:
    """``input - tanh(input)``, elementwise.

    Examples
    --------
    >>> tl.nn.functional.tanhshrink(tl.tensor([0.0, 100.0]))
    tensor([ 0., 99.])
    """
    return subtract(input, trigonometric.tanh(input))


@composite(input="real")
def gelu(input: ArrayT, approximate: Literal["none", "tanh"] = "none") -> ArrayT:
    """``input`` times the normal distribution's cumulative distribution function (Hendrycks and Gimpel, 2016).

    Parameters
    ----------
    input : Tensor
        Any shape; real floating-point.
    approximate : {"none", "tanh"}
        ``"tanh"`` approximates that function by ``(1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2``.

    Raises
    ------
    ValueError
        If `approximate` is not one of these.

    Examples
    --------
    >>> tl.nn.functional.gelu(tl.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """
    return ops.gelu(input, approximate)


@composite(input="any")
def silu(input: ArrayT, inplace: bool = False) -> ArrayT:
    """``input * sigmoid(input)``, elementwise; also called swish (Elfwing et al., 2017; Ramachandran et al., 2017).

    Complex numbers are supported, and so are their gradients, which PyTorch does not compute.

    Examples
    --------
    >>> tl.nn.functional.silu(tl.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """
    return ops.silu(input)


@composite(input="real")
def mish(input: ArrayT, inplace: bool = False) -> ArrayT:
    """``input * tanh(softplus(input))``, elementwise (Misra, 2019).

    Examples
    --------
    >>> tl.nn.functional.mish(tl.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """
    return ops.mish(input)


@composite(input="real")
def softplus(input: ArrayT, beta: float = 1.0, threshold: float = 20.0) -> ArrayT:
    """``log(1 + exp(beta * input)) / beta``, elementwise, computed without overflow.

    Parameters
    ----------
    input : Tensor
        Any shape; real floating-point.
    beta : float
        The sharpness of the bend at zero.
    threshold : float
        Where ``beta * input`` is above it, the result is the input.

    Examples
    --------
    >>> tl.nn.functional.softplus(tl.tensor([0.0, 1000.0]))
    tensor([6.931472e-01, 1.000000e+03])
    """
    return ops.softplus(input, beta, threshold)


@composite(input="real floating")
def elu(input: ArrayT, alpha: float = 1.0, inplace: bool = False) -> ArrayT:
    """``input``, where it is not positive ``alpha * (exp(input) - 1)``, elementwise (Clevert et al., 2015).

    The derivative at zero is `alpha`.

    Parameters
    ----------
    input : Tensor
        Any shape; real floating-point.
    alpha : float
        Minus the limit for large negative inputs.

    Examples
    --------
    >>> tl.nn.functional.elu(tl.tensor([-1000.0, 2.0]), alpha=0.5)
    tensor([-0.5,  2. ])
    """
    return ops.exponential_linear(input, alpha)


@documented_like(gelu)
@composite(input="real floating")
def celu(input: ArrayT, alpha: float = 1.0, inplace: bool = False) -> ArrayT:
    """``input``, where it is negative ``alpha * (exp(input / alpha) - 1)``, elementwise (Barron, 2017).

    Its derivative is continuous for each `alpha`.

    Parameters
    ----------
    alpha : float
        Minus the limit for large negative inputs; not zero.

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
def selu(input: ArrayT, inplace: bool = False) -> ArrayT:
    """``1.0507 * elu(input, 1.6733)``, elementwise: drives mean and variance to 0 and 1 (Klambauer et al., 2017).

    The derivative at zero is that from the left, 1.7581.

    Examples
    --------
    >>> tl.nn.functional.selu(tl.tensor([0.0, 1.0]))
    tensor([0.      , 1.050701])
    """
    return ops.exponential_linear(input, ops.SELU_ALPHA, ops.SELU_SCALE)


@composite(input="real floating")
def softsign(input: ArrayT) -> ArrayT:
    """``input / (1 + abs(input))``, elementwise.

    Examples
    --------
    >>> tl.nn.functional.softsign(tl.tensor([-1.0, 0.0, 3.0]))
    tensor([-0.5 ,  0.  ,  0.75])
    """
    return divide(input, abs(input) + 1.0)


@composite(input="real floating")
def gaussian(input: ArrayT) -> ArrayT:
    """``exp(-input**2)``, elementwise: a radial basis function (Broomhead and Lowe, 1988).

    Examples
    --------
    >>> tl.nn.functional.gaussian(tl.tensor([0.0, 100.0]))
    tensor([1., 0.])
    """
    return exponential.exp(negative(multiply(input, input)))


@composite(input="real floating", beta="real floating")
def swish(input: ArrayT, beta: ArrayT) -> ArrayT:
    """``input * sigmoid(beta * input)`` (Ramachandran et al., 2017); for ``beta=1`` `silu` is faster.

    Parameters
    ----------
    input : Tensor
        Any shape; real floating-point.
    beta : Tensor
        A shape that broadcasts with the input's.

    Examples
    --------
    >>> tl.nn.functional.swish(tl.tensor([0.0, 100.0]), tl.tensor(2.0))
    tensor([  0., 100.])
    """
    return multiply(input, exponential.sigmoid(multiply(input, beta)))


# -- activations of straight pieces ------------------------------------------------------------------------------------


@composite(input="real")
def relu(input: ArrayT, inplace: bool = False) -> ArrayT:
    """The positive part, elementwise; the derivative at zero is zero.

    Examples
    --------
    >>> tl.nn.functional.relu(tl.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return ops.relu(input)


@composite(input="real floating")
def relu6(input: ArrayT, inplace: bool = False) -> ArrayT:
    """The input clamped to the interval from 0 to 6, elementwise; the derivatives at 0 and 6 are zero.

    Examples
    --------
    >>> tl.nn.functional.relu6(tl.tensor([-1.0, 2.0, 8.0]))
    tensor([0., 2., 6.])
    """
    return ops.hardtanh(input, 0.0, 6.0)


@composite(input="real")
def hardtanh(input: ArrayT, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> ArrayT:
    """The input clamped to an interval, elementwise; the derivatives at its ends are zero.

    Parameters
    ----------
    input : Tensor
        Any shape; real.
    min_val, max_val : float
        The ends of the interval.

    Raises
    ------
    ValueError
        If `min_val` is above `max_val`.

    Examples
    --------
    >>> tl.nn.functional.hardtanh(tl.tensor([-2.0, 0.5, 2.0]))
    tensor([-1. ,  0.5,  1. ])
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val must not be above max_val, but {min_val} > {max_val}")
    return ops.hardtanh(input, min_val, max_val)


@composite(input="real floating")
def hardsigmoid(input: ArrayT, inplace: bool = False) -> ArrayT:
    """``relu6(input + 3) / 6``, elementwise; the derivatives at -3 and 3 are zero.

    Examples
    --------
    >>> tl.nn.functional.hardsigmoid(tl.tensor([-4.0, 0.0, 4.0]))
    tensor([0. , 0.5, 1. ])
    """
    return ops.hardtanh(add(input, 3.0), 0.0, 6.0) * (1 / 6)


@composite(input="real")
def hardswish(input: ArrayT, inplace: bool = False) -> ArrayT:
    """``input * relu6(input + 3) / 6``, elementwise (Howard et al., 2019); the derivative is 0 at -3 and 1 at 3.

    Examples
    --------
    >>> tl.nn.functional.hardswish(tl.tensor([-4.0, 3.0, 4.0]))
    tensor([-0.,  3.,  4.])
    """
    return ops.hardswish(input)


@composite(input="real floating")
def leaky_relu(input: ArrayT, negative_slope: float = 0.01, inplace: bool = False) -> ArrayT:
    """The input, multiplied by a slope where it is not positive, elementwise (Maas et al., 2013).

    The derivative at zero is the slope.

    Parameters
    ----------
    input : Tensor
        Any shape; real floating-point.
    negative_slope : float
        The slope.

    Examples
    --------
    >>> tl.nn.functional.leaky_relu(tl.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5,  2. ])
    """
    return ops.leaky(input, negative_slope)


@composite(input="real floating", weight="real floating")
def prelu(input: ArrayT, weight: ArrayT) -> ArrayT:
    """The input, multiplied by a learned slope where it is not positive (He et al., 2015).

    Parameters
    ----------
    input : Tensor, shape (batch, channels, ...) or any
        Real floating-point.
    weight : Tensor, shape (channels,), (1,) or ()
        One slope per channel, or one for all.

    Raises
    ------
    ShapeError
        If the number of slopes is neither one nor the number of channels.

    Examples
    --------
    >>> tl.nn.functional.prelu(tl.tensor([[-1.0, -1.0]]), tl.tensor([0.5, 0.25]))
    tensor([[-0.5 , -0.25]])
    """
    shape, slopes = tuple(input.shape), tuple(weight.shape)
    if slopes not in ((), (1,)):
        channels = shape[1] if len(shape) > 1 else 1
        if slopes != (channels,):
            raise ShapeError(
                f"prelu: expects one slope, or one for each of the {channels} channels (axis 1) of an input of shape "
                f"{shape}, not a weight of shape {slopes}"
            )
        weight = reshape(weight, (-1,) + (1,) * (len(shape) - 2))
    elif slopes and not shape:
        weight = reshape(weight, ())
    return ops.leaky(input, weight)


@documented_like(gelu)
@composite(input="real floating")
def rrelu(
    input: ArrayT, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False
) -> ArrayT:
    """The input, multiplied by a random slope where it is not positive (Xu et al., 2015).

    Parameters
    ----------
    lower, upper : float
        Bounds of the slopes, which are drawn uniformly for each element from the default generator.
    training : bool
        False uses the mean slope everywhere.

    Raises
    ------
    ValueError
        If `lower` is above `upper`.

    Examples
    --------
    >>> tl.nn.functional.rrelu(tl.tensor([-1.0, 2.0]), 0.25, 0.75)
    tensor([-0.5,  2. ])
    """
    if lower > upper:
        raise ValueError(f"rrelu: lower must not be above upper, but {lower} > {upper}")
    if not training:
        return ops.leaky(input, (lower + upper) / 2)
    slopes: Any = default_generator.uniform(input.shape, lower, upper, dtype=input.dtype, device=input.device)
    return ops.leaky(input, slopes)


@composite(input="real")
def threshold(input: ArrayT, threshold: float, value: float, inplace: bool = False) -> ArrayT:
    """The input where it is above a threshold, otherwise a value, elementwise.

    The derivative at the threshold is zero.

    Parameters
    ----------
    input : Tensor
        Any shape; real.
    threshold : float
        The threshold.
    value : float
        The value at and below the threshold.

    Examples
    --------
    >>> tl.nn.functional.threshold(tl.tensor([0.0, 2.0]), 1.0, -5.0)
    tensor([-5.,  2.])
    """
    return where(input <= threshold, value, input)


@composite(input="real floating")
def hardshrink(input: ArrayT, lambd: float = 0.5) -> ArrayT:
    """The input, zero within ``[-lambd, lambd]``, elementwise.

    Parameters
    ----------
    input : Tensor
        Any shape; real floating-point.
    lambd : float
        The end of the interval.

    Examples
    --------
    >>> tl.nn.functional.hardshrink(tl.tensor([-0.4, 2.0]))
    tensor([0., 2.])
    """
    return where((input >= -lambd) & (input <= lambd), 0.0, input)


@documented_like(gelu)
@composite(input="real floating")
def softshrink(input: ArrayT, lambd: float = 0.5) -> ArrayT:
    """The input moved towards zero by `lambd`, but not past it, elementwise.

    The derivatives at ``-lambd`` and ``lambd`` are zero.

    Parameters
    ----------
    lambd : float
        Non-negative: the distance.

    Raises
    ------
    ValueError
        If `lambd` is negative.

    Examples
    --------
    >>> tl.nn.functional.softshrink(tl.tensor([-0.4, 2.0]))
    tensor([0. , 1.5])
    """
    if lambd < 0:
        raise ValueError(f"softshrink: lambd must not be negative, but is {lambd}")
    return subtract(input, clip(input, -lambd, lambd))


# -- gates -------------------------------------------------------------------------------------------------------------


@composite(input="real floating")
def glu(input: ArrayT, axis: int = -1) -> ArrayT:
    """The first half along an axis, times the `sigmoid` of the second (Dauphin et al., 2016).

    Parameters
    ----------
    input : Tensor
        Any shape with an even length along the axis; real floating-point.
    axis : int
        The axis that is split.

    Returns
    -------
    Tensor
        Half as long along the axis.

    Raises
    ------
    ShapeError
        If the axis does not exist or its length is odd.

    Examples
    --------
    >>> tl.nn.functional.glu(tl.tensor([3.0, 0.0]))
    tensor([1.5])
    """
    place = normalized_axis(axis, len(input.shape))
    length = input.shape[place]
    if length % 2:
        raise ShapeError(f"glu: axis {axis} of shape {tuple(input.shape)} has odd length {length} and cannot be halved")
    x: Any = input
    half = length // 2
    before: tuple[slice, ...] = (slice(None),) * place
    return multiply(x[(*before, slice(half))], exponential.sigmoid(x[(*before, slice(half, None))]))
