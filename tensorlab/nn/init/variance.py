"""Initialisers that preserve variance through layers."""

from __future__ import annotations

from math import prod, sqrt

from ...docstrings import documented_like
from ...random import Generator
from ...tensor import Tensor
from .filling import T, normal_, uniform_

CONVOLUTIONS = [f"conv{kind}{axes}d" for kind in ("", "_transpose") for axes in (1, 2, 3)]
GAINS = {
    **dict.fromkeys(["linear", *CONVOLUTIONS, "sigmoid"], 1.0),
    "tanh": 5 / 3,
    "relu": sqrt(2.0),
    "selu": 3 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
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
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"calculate_gain: the negative slope of leaky_relu must be a number, not {slope!r}")
        return sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in GAINS:
        raise ValueError(f"there is no gain for {nonlinearity!r}; known are leaky_relu, {', '.join(GAINS)}")
    return GAINS[nonlinearity]


def fans(tensor: Tensor) -> tuple[int, int]:
    """Return the fan-in and fan-out of a weight: inputs of each output, and outputs of each input.

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes.
    """
    if len(tensor.shape) < 2:
        raise ValueError(f"fan-in and fan-out need a weight of at least 2 axes, not shape {tensor.shape}")
    outputs, inputs, *window = tensor.shape
    return inputs * prod(window), outputs * prod(window)


def xavier_uniform_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
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
    bound = gain * sqrt(6.0 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


@documented_like(xavier_uniform_)
def xavier_normal_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Fill with normal numbers of the same variance as `xavier_uniform_`.

    Examples
    --------
    >>> tl.nn.init.xavier_normal_(tl.zeros(3, 3)).shape
    (3, 3)
    """
    return normal_(tensor, 0.0, gain * sqrt(2.0 / sum(fans(tensor))), generator)


def kaiming_uniform_(
    tensor: T,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
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


@documented_like(kaiming_uniform_)
def kaiming_normal_(
    tensor: T,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
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


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', not {mode!r}")
    fan = fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / sqrt(fan)


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


@documented_like(lecun_uniform_)
def lecun_normal_(tensor: T, generator: Generator | None = None) -> T:
    """Fill with normal numbers of the same variance as `lecun_uniform_`.

    Examples
    --------
    >>> tl.nn.init.lecun_normal_(tl.zeros(3, 3)).shape
    (3, 3)
    """
    return kaiming_normal_(tensor, nonlinearity="linear", generator=generator)


def by_fan_in_(weight: Tensor, bias: Tensor | None) -> None:
    """Fill a layer's weight and bias as PyTorch's layers do: uniformly within ``1 / sqrt(fan_in)``."""
    fan_in, _ = fans(weight)
    bound = 1 / sqrt(fan_in) if fan_in else 0.0
    uniform_(weight, -bound, bound)
    if bias is not None:
        uniform_(bias, -bound, bound)
