"""The step from 0 to 1, with surrogate gradients."""

from __future__ import annotations

from math import pi
from typing import Any, Literal

from ...autodiff.custom import custom_gradient
from ...ops import activation
from ...ops.arithmetic import abs
from ...ops.declare import composite
from ...ops.exponential import sigmoid
from ...ops.special.piecewise import heaviside as step
from ...tensor import ArrayT

Surrogate = Literal["none", "straight_through", "sigmoid", "triangle", "arctan"]


def _logistic_bump(x: Any, scale: float) -> Any:
    s = sigmoid(x * scale)
    return scale * (s * (1.0 - s))


SURROGATES: dict[str, Any] = {
    "straight_through": lambda x, scale: 1.0,
    "sigmoid": _logistic_bump,
    "triangle": lambda x, scale: scale * activation.relu(1.0 - abs(x * scale)),
    "arctan": lambda x, scale: (0.5 * scale) / (1.0 + (x * (0.5 * pi * scale)) ** 2),
}
"""The surrogates of the step's derivative; the last three have area one for any scale."""


@composite(input="real floating")
def heaviside(input: ArrayT, surrogate: Surrogate = "none", scale: float = 1.0, at_zero: float = 0.0) -> ArrayT:
    """Heaviside step: 1 where the input is positive and 0 where it is negative, with a surrogate gradient.

    Parameters
    ----------
    input : Tensor
        Any shape; real floating-point.
    surrogate : {"none", "straight_through", "sigmoid", "triangle", "arctan"}
        The derivative: 0; 1 (Bengio et al., 2013); that of ``sigmoid(scale * x)`` (similar to Zenke and Ganguli,
        2018); ``scale * max(0, 1 - abs(scale * x))`` (Esser et al., 2016; Bellec et al.,
        2018); or that of ``arctan(pi / 2 * scale * x) / pi`` (Fang et al., 2021).
    scale : float
        Positive: the inverse width of the surrogate; unused by ``"none"`` and ``"straight_through"``.
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
        If `surrogate` is not one of these or `scale` is not positive.

    Examples
    --------
    >>> x = tl.tensor([-0.5, 2.0])
    >>> tl.nn.functional.heaviside(x)
    tensor([0., 1.])
    >>> tl.grad(lambda x: tl.nn.functional.heaviside(x, "triangle").sum())(x)
    tensor([0.5, 0. ])
    """
    if not scale > 0:
        raise ValueError(f"heaviside: scale must be positive, not {scale}")
    if surrogate == "none":
        return step(input, at_zero)
    slope = SURROGATES[surrogate]

    @custom_gradient
    def surrogated(x: Any) -> Any:
        return step(x, at_zero), lambda g: g * slope(x, scale)

    return surrogated(input)
