"""Activations made of straight pieces, elementwise; at the kinks the derivatives are PyTorch's.

`inplace` is taken for PyTorch's sake: the input is never changed.
"""

from __future__ import annotations

from math import pi
from typing import Any

from ...autodiff.custom import custom_gradient
from ...errors import ShapeError
from ...ops import activation
from ...ops.arithmetic import abs, add, clip, subtract
from ...ops.comparison import where
from ...ops.declare import composite
from ...ops.exponential import sigmoid
from ...ops.shapes import reshape
from ...ops.special.piecewise import heaviside as step
from ...random import default_generator
from ...tensor import Tensor


def relu(input: Any, inplace: bool = False) -> Tensor:
    """The positive part, elementwise; the derivative at zero is zero.

    Examples
    --------
    >>> tl.nn.functional.relu(tl.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return activation.relu(input)


@composite(input="real floating")
def relu6(input: Any, inplace: bool = False) -> Tensor:
    """The input within 0 and 6, elementwise; the derivatives at 0 and 6 are zero.

    Examples
    --------
    >>> tl.nn.functional.relu6(tl.tensor([-1.0, 2.0, 8.0]))
    tensor([0., 2., 6.])
    """
    return activation.hardtanh(input, 0.0, 6.0)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """The input within two numbers, elementwise; the derivatives at these numbers are zero.

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
    return activation.hardtanh(input, min_val, max_val)


@composite(input="real floating")
def hardsigmoid(input: Any, inplace: bool = False) -> Tensor:
    """``relu6(input + 3) / 6``, elementwise; the derivatives at -3 and 3 are zero.

    Examples
    --------
    >>> tl.nn.functional.hardsigmoid(tl.tensor([-4.0, 0.0, 4.0]))
    tensor([0. , 0.5, 1. ])
    """
    return activation.hardtanh(add(input, 3.0), 0.0, 6.0) * (1 / 6)


def hardswish(input: Any, inplace: bool = False) -> Tensor:
    """``input * relu6(input + 3) / 6``, elementwise (Howard et al., 2019); the derivative is 0 at -3 and 1 at 3.

    Examples
    --------
    >>> tl.nn.functional.hardswish(tl.tensor([-4.0, 3.0, 4.0]))
    tensor([-0.,  3.,  4.])
    """
    return activation.hardswish(input)


@composite(input="real floating")
def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """The input, where it is not positive times a slope, elementwise (Maas et al., 2013).

    The derivative at zero is the slope.

    Examples
    --------
    >>> tl.nn.functional.leaky_relu(tl.tensor([-1.0, 2.0]), 0.5)
    tensor([-0.5,  2. ])
    """
    return activation.leaky(input, negative_slope)


@composite(input="real floating", weight="real floating")
def prelu(input: Any, weight: Any) -> Tensor:
    """The input, where it is not positive times a learned slope (He et al., 2015).

    Parameters
    ----------
    input : Tensor, shape (batch, channels, ...) or any
        Real floating-point.
    weight : Tensor, shape (channels,), (1,) or ()
        A slope per channel, or one for all.

    Raises
    ------
    ShapeError
        If there are neither one slope nor as many as channels.

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
    return activation.leaky(input, weight)


@composite(input="real floating")
def rrelu(
    input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """The input, where it is not positive times a random slope (Xu et al., 2015).

    Parameters
    ----------
    input : Tensor
        Any shape; real floating-point.
    lower, upper : float
        Between which the slopes are drawn evenly, one for each element, from the default generator.
    training : bool
        False takes the mean slope everywhere.

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
        return activation.leaky(input, (lower + upper) / 2)
    return activation.leaky(
        input, default_generator.uniform(input.shape, lower, upper, dtype=input.dtype, device=input.device)
    )


@composite(input="real")
def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """The input where it is above a threshold, else a value, elementwise; the derivative at the threshold is zero.

    Examples
    --------
    >>> tl.nn.functional.threshold(tl.tensor([0.0, 2.0]), 1.0, -5.0)
    tensor([-5.,  2.])
    """
    return where(input <= threshold, value, input)


@composite(input="real floating")
def hardshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """The input, zero within ``[-lambd, lambd]``, elementwise.

    Examples
    --------
    >>> tl.nn.functional.hardshrink(tl.tensor([-0.4, 2.0]))
    tensor([0., 2.])
    """
    return where((input >= -lambd) & (input <= lambd), 0.0, input)


@composite(input="real floating")
def softshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """The input brought nearer to zero by `lambd`, not beyond, elementwise.

    The derivatives at ``-lambd`` and ``lambd`` are zero.

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


# -- the step ----------------------------------------------------------------------------------------------------------


def _logistic_bump(x: Any, scale: float) -> Any:
    s = sigmoid(x * scale)
    return scale * (s * (1.0 - s))


SURROGATES: dict[str, Any] = {
    "straight_through": lambda x, scale: 1.0,
    "sigmoid": _logistic_bump,
    "triangle": lambda x, scale: scale * activation.relu(1.0 - abs(x * scale)),
    "arctan": lambda x, scale: (0.5 * scale) / (1.0 + (x * (0.5 * pi * scale)) ** 2),
}
"""What is taken for the derivative of the step; the last three have area one, for any scale."""


def check_surrogate(function: str, surrogate: str, scale: float) -> None:
    """Refuse settings of the step that mean nothing.

    Raises
    ------
    ValueError
        The message names the function.
    """
    if surrogate != "none" and surrogate not in SURROGATES:
        raise ValueError(f"{function}: surrogate must be 'none' or one of {', '.join(SURROGATES)}, not {surrogate!r}")
    if not scale > 0:
        raise ValueError(f"{function}: scale must be positive, not {scale}")


@composite(input="real floating")
def heaviside(input: Any, surrogate: str = "none", scale: float = 1.0, at_zero: float = 0.0) -> Tensor:
    """1 where the input is positive and 0 where it is negative, with a derivative to learn by.

    Parameters
    ----------
    input : Tensor
        Any shape; real floating-point.
    surrogate : {"none", "straight_through", "sigmoid", "triangle", "arctan"}
        What is taken for the derivative: 0; 1 (Bengio et al., 2013); that of ``sigmoid(scale * x)`` (Zenke and
        Ganguli, 2018, use one like it); ``scale * max(0, 1 - abs(scale * x))`` (Esser et al., 2016; Bellec et al.,
        2018); or that of ``arctan(pi / 2 * scale * x) / pi`` (Fang et al., 2021).
    scale : float
        How narrow the surrogate is; above 0. ``"none"`` and ``"straight_through"`` have none.
    at_zero : float
        The value at zero.

    Returns
    -------
    Tensor
        The shape and type of the input. Derivatives of second order are those of the surrogate: the true ones of
        ``"sigmoid"`` and ``"arctan"``, piecewise constant for ``"triangle"``, zero for the others.

    Raises
    ------
    ValueError
        If the surrogate is not known or the scale is not positive.

    Examples
    --------
    >>> x = tl.tensor([-0.5, 2.0])
    >>> tl.nn.functional.heaviside(x)
    tensor([0., 1.])
    >>> tl.grad(lambda x: tl.nn.functional.heaviside(x, "triangle").sum())(x)
    tensor([0.5, 0. ])
    """
    check_surrogate("heaviside", surrogate, scale)
    if surrogate == "none":
        return step(input, at_zero)
    slope = SURROGATES[surrogate]

    @custom_gradient
    def surrogated(x: Any) -> Any:
        return step(x, at_zero), lambda g: g * slope(x, scale)

    return surrogated(input)
