"""Initialisers that preserve variance through layers."""

from __future__ import annotations

from math import prod, sqrt
from typing import Literal

from ...docstrings import documented_like
from ...ops.declare import composite
from ...options import Finite, NonNegative
from ...random import Generator
from ...tensor import Tensor
from .filling import T, normal_, uniform_

Nonlinearity = Literal[
    "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid",
    "tanh", "relu", "leaky_relu", "selu",
]  # fmt: skip
Mode = Literal["fan_in", "fan_out"]
GAINS = {"tanh": 5 / 3, "relu": sqrt(2.0), "selu": 3 / 4}
"""The gains other than 1."""


@composite()
def calculate_gain(nonlinearity: Nonlinearity, param: Finite | None = None) -> float:
    """Return the gain of a layer's weights that preserves variance through a nonlinearity.

    Parameters
    ----------
    nonlinearity : str
        ``"linear"``, ``"conv1d"`` to ``"conv3d"``, ``"conv_transpose1d"`` to ``"conv_transpose3d"``, ``"sigmoid"``,
        ``"tanh"``, ``"relu"``, ``"leaky_relu"`` or ``"selu"``.
    param : float, optional
        The negative slope of the leaky ReLU; 0.01 by default.

    Raises
    ------
    ValueError
        If the nonlinearity is unknown.

    Examples
    --------
    >>> tl.nn.init.calculate_gain("tanh")
    1.6666666666666667
    """
    if nonlinearity == "leaky_relu":
        return sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    return GAINS.get(nonlinearity, 1.0)


@composite()
def fans(tensor: Tensor) -> tuple[int, int]:
    """Return the fan-in and fan-out of a weight: inputs of each output, and outputs of each input.

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes.
    """
    if len(tensor.shape) < 2:
        raise ValueError(f"fans: tensor must have at least 2 axes, not shape {tensor.shape}")
    outputs, inputs, *window = tensor.shape
    return inputs * prod(window), outputs * prod(window)


@composite()
def xavier_uniform_(tensor: T, gain: NonNegative = 1.0, generator: Generator | None = None) -> T:
    """Fill uniformly, preserving variance forwards and backwards on average (Glorot and Bengio, 2010).

    Parameters
    ----------
    tensor : Tensor, shape (out, in, *window)
        A weight.
    gain : float
        See `calculate_gain`.
    generator : Generator, optional
        Source of the random numbers; the default generator by default.

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes.

    Examples
    --------
    >>> bool((abs(tl.nn.init.xavier_uniform_(tl.zeros(3, 3))) <= 1.0).all())
    True
    """
    bound = gain * sqrt(6.0 / (sum(fans(tensor)) or 1))
    return uniform_(tensor, -bound, bound, generator)


@composite()
@documented_like(xavier_uniform_)
def xavier_normal_(tensor: T, gain: NonNegative = 1.0, generator: Generator | None = None) -> T:
    """Fill with normal numbers of the same variance as `xavier_uniform_`.

    Examples
    --------
    >>> tl.nn.init.xavier_normal_(tl.zeros(3, 3)).shape
    (3, 3)
    """
    return normal_(tensor, 0.0, gain * sqrt(2.0 / (sum(fans(tensor)) or 1)), generator)


@composite()
def kaiming_uniform_(
    tensor: T,
    a: Finite = 0.0,
    mode: Mode = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu",
    generator: Generator | None = None,
) -> T:
    """Fill uniformly, preserving variance through rectified layers (He et al., 2015).

    Parameters
    ----------
    tensor : Tensor, shape (out, in, *window)
        A weight.
    a : float
        Negative slope of the leaky ReLU after the layer.
    mode : {"fan_in", "fan_out"}
        Whether to preserve variance forwards or backwards.
    nonlinearity : str
        See `calculate_gain`.
    generator : Generator, optional
        Source of the random numbers; the default generator by default.

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes, or mode or nonlinearity is unknown.

    Examples
    --------
    >>> tl.nn.init.kaiming_uniform_(tl.zeros(3, 3), nonlinearity="relu").shape
    (3, 3)
    """
    if 0 in tensor.shape:
        return tensor
    bound = sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


@composite()
@documented_like(kaiming_uniform_)
def kaiming_normal_(
    tensor: T,
    a: Finite = 0.0,
    mode: Mode = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu",
    generator: Generator | None = None,
) -> T:
    """Fill with normal numbers of the same variance as `kaiming_uniform_`.

    Examples
    --------
    >>> tl.nn.init.kaiming_normal_(tl.zeros(3, 3), mode="fan_out").shape
    (3, 3)
    """
    if 0 in tensor.shape:
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: Mode, nonlinearity: Nonlinearity) -> float:
    fan = fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / sqrt(fan)


@composite()
def lecun_uniform_(tensor: T, generator: Generator | None = None) -> T:
    """Fill uniformly with variance ``1 / fan_in`` (LeCun et al., 1998), which linear and SELU layers preserve.

    Parameters
    ----------
    tensor : Tensor, shape (out, in, *window)
        A weight.
    generator : Generator, optional
        Source of the random numbers; the default generator by default.

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes.

    Examples
    --------
    >>> bool((abs(tl.nn.init.lecun_uniform_(tl.zeros(3, 3))) <= 1.0).all())
    True
    """
    return kaiming_uniform_(tensor, nonlinearity="linear", generator=generator)


@composite()
@documented_like(lecun_uniform_)
def lecun_normal_(tensor: T, generator: Generator | None = None) -> T:
    """Fill with normal numbers of the same variance as `lecun_uniform_`.

    Examples
    --------
    >>> tl.nn.init.lecun_normal_(tl.zeros(3, 3)).shape
    (3, 3)
    """
    return kaiming_normal_(tensor, nonlinearity="linear", generator=generator)


@composite()
def by_fan_in_(weight: Tensor, bias: Tensor | None) -> None:
    """Fill a layer's weight and bias as PyTorch's layers do: uniformly within ``1 / sqrt(fan_in)``."""
    fan_in, _ = fans(weight)
    bound = 1 / sqrt(fan_in) if fan_in else 0.0
    uniform_(weight, -bound, bound)
    if bias is not None:
        uniform_(bias, -bound, bound)
