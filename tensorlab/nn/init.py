"""Initialisers: functions that fill a tensor in place, outside any graph, and return it."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any, TypeVar

from ..autodiff.graph import no_grad
from ..random import Generator, default_generator
from ..tensor import Tensor

T = TypeVar("T", bound=Tensor)

GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": sqrt(2.0), "selu": 3 / 4}


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> T:
    """Fill with numbers drawn evenly from ``[a, b)``.

    Parameters
    ----------
    tensor : Tensor
        Real floating-point.
    a, b : float
        The ends.
    generator : Generator, optional
        What to draw from; the default one else.

    Examples
    --------
    >>> bool((tl.nn.init.uniform_(tl.zeros(9), 2.0, 3.0) >= 2.0).all())
    True
    """
    draw = (generator or default_generator).uniform
    return _filled(tensor, draw(tensor.shape, a, b, dtype=tensor.dtype, device=tensor.device))


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> T:
    """Fill with normally distributed numbers; see `uniform_`.

    Examples
    --------
    >>> tl.nn.init.normal_(tl.zeros(2), mean=4.0, std=0.0)
    tensor([4., 4.])
    """
    draw = (generator or default_generator).normal
    return _filled(tensor, draw(tensor.shape, mean, std, dtype=tensor.dtype, device=tensor.device))


def constant_(tensor: T, val: float) -> T:
    """Fill with one number.

    Examples
    --------
    >>> tl.nn.init.constant_(tl.zeros(2), 3.0)
    tensor([3., 3.])
    """
    return _filled(tensor, val)


def zeros_(tensor: T) -> T:
    """Fill with zeros.

    Examples
    --------
    >>> tl.nn.init.zeros_(tl.ones(2))
    tensor([0., 0.])
    """
    return _filled(tensor, 0.0)


def ones_(tensor: T) -> T:
    """Fill with ones.

    Examples
    --------
    >>> tl.nn.init.ones_(tl.zeros(2))
    tensor([1., 1.])
    """
    return _filled(tensor, 1.0)


def _filled(tensor: T, values: Any) -> T:
    with no_grad():
        tensor[...] = values
    return tensor


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return by how much a layer before this nonlinearity is to be scaled, to keep the variance.

    Parameters
    ----------
    nonlinearity : str
        ``"linear"``, ``"conv1d"`` to ``"conv3d"``, ``"sigmoid"``, ``"tanh"``, ``"relu"``, ``"leaky_relu"`` or
        ``"selu"``.
    param : float, optional
        The negative slope of the leaky ReLU; 0.01 by default.

    Raises
    ------
    ValueError
        If the nonlinearity is not known.

    Examples
    --------
    >>> tl.nn.init.calculate_gain("tanh")
    1.6666666666666667
    """
    if nonlinearity == "leaky_relu":
        return sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    name = "linear" if nonlinearity.startswith("conv") else nonlinearity
    if name not in GAINS:
        raise ValueError(f"there is no gain for {nonlinearity!r}; known are leaky_relu, conv*, {', '.join(GAINS)}")
    return GAINS[name]


def fans(tensor: Tensor) -> tuple[int, int]:
    """Return how many inputs each output of a weight sees, and how many outputs each input reaches.

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
    """Fill evenly so that variances are kept forwards and backwards on average (Glorot and Bengio, 2010).

    Parameters
    ----------
    tensor : Tensor, shape (out, in, *window)
        A weight.
    gain : float
        See `calculate_gain`.
    generator : Generator, optional
        What to draw from; the default one else.

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


def xavier_normal_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Fill with normal numbers of the variance that `xavier_uniform_` has.

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
    """Fill evenly so that rectified layers keep the variance (He et al., 2015).

    Parameters
    ----------
    tensor : Tensor, shape (out, in, *window)
        A weight.
    a : float
        The negative slope of the leaky ReLU behind the layer.
    mode : {"fan_in", "fan_out"}
        Whether forwards or backwards.
    nonlinearity : str
        See `calculate_gain`.
    generator : Generator, optional
        What to draw from; the default one else.

    Raises
    ------
    ValueError
        If the tensor has fewer than two axes, or mode or nonlinearity is not known.

    Examples
    --------
    >>> tl.nn.init.kaiming_uniform_(tl.zeros(3, 3), nonlinearity="relu").shape
    (3, 3)
    """
    bound = sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: T,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> T:
    """Fill with normal numbers of the variance that `kaiming_uniform_` has.

    Examples
    --------
    >>> tl.nn.init.kaiming_normal_(tl.zeros(3, 3), mode="fan_out").shape
    (3, 3)
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', not {mode!r}")
    fan = fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / sqrt(fan)


def by_fan_in_(weight: Tensor, bias: Tensor | None) -> None:
    """Fill a layer's weight and bias as PyTorch's layers do: evenly within ``1 / sqrt(fan_in)``."""
    fan_in, _ = fans(weight)
    bound = 1 / sqrt(fan_in) if fan_in else 0.0
    uniform_(weight, -bound, bound)
    if bias is not None:
        uniform_(bias, -bound, bound)
