"""Linear maps, activations and dropout."""

from __future__ import annotations

from typing import Any

from ...ops import activation, contraction, trigonometric
from ...ops.arithmetic import multiply
from ...ops.shapes import astype
from ...random import default_generator
from ...tensor import Tensor


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """``input @ weight.T + bias``.

    Parameters
    ----------
    input : Tensor, shape (..., in_features)
        What to map.
    weight : Tensor, shape (out_features, in_features)
        One row per output feature.
    bias : Tensor, shape (out_features,), optional
        What to add.

    Returns
    -------
    Tensor
        Shape ``(..., out_features)``.

    Raises
    ------
    ShapeError
        If the shapes do not fit.

    Examples
    --------
    >>> tl.nn.functional.linear(tl.tensor([1.0, 2.0]), tl.tensor([[3.0, 4.0]]), bias=tl.tensor([0.5]))
    tensor([11.5])
    """
    return contraction.linear(input, weight, bias)


def relu(input: Any) -> Tensor:
    """The positive part, elementwise.

    Examples
    --------
    >>> tl.nn.functional.relu(tl.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return activation.relu(input)


def sigmoid(input: Any) -> Tensor:
    """``1 / (1 + exp(-input))``, elementwise.

    Examples
    --------
    >>> tl.nn.functional.sigmoid(tl.tensor([0.0]))
    tensor([0.5])
    """
    return activation.sigmoid(input)


def tanh(input: Any) -> Tensor:
    """The hyperbolic tangent, elementwise.

    Examples
    --------
    >>> tl.nn.functional.tanh(tl.tensor([0.0]))
    tensor([0.])
    """
    return trigonometric.tanh(input)


def softmax(input: Any, axis: int = -1, dtype: Any = None) -> Tensor:
    """``exp(input)`` scaled to sum to one along an axis.

    Parameters
    ----------
    input : Tensor
        Any shape with at least one axis.
    axis : int
        Along which axis; the last by default.
    dtype : dtype, optional
        What to cast the input to first.

    Examples
    --------
    >>> tl.nn.functional.softmax(tl.tensor([0.0, 0.0]))
    tensor([0.5, 0.5])
    """
    return activation.softmax(input if dtype is None else astype(input, dtype), axis)


def log_softmax(input: Any, axis: int = -1, dtype: Any = None) -> Tensor:
    """The logarithm of `softmax`, exact also where that underflows.

    Examples
    --------
    >>> tl.nn.functional.log_softmax(tl.tensor([0.0, 1000.0]))
    tensor([-1000.,     0.])
    """
    return activation.log_softmax(input if dtype is None else astype(input, dtype), axis)


def dropout(input: Any, p: float = 0.5, training: bool = True) -> Tensor:
    """Set elements to zero with probability `p`, drawn from the default generator, and scale the others.

    Parameters
    ----------
    input : Tensor
        Any shape.
    p : float
        In [0, 1]; the others are divided by ``1 - p``, which keeps the mean.
    training : bool
        False returns the input as it is.

    Raises
    ------
    ValueError
        If `p` is no probability.

    Examples
    --------
    >>> tl.nn.functional.dropout(tl.ones(3), p=1.0)
    tensor([0., 0., 0.])
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p is a probability in [0, 1], not {p}")
    if not training or p == 0:
        return input
    kept = default_generator.bernoulli(1 - p, input.shape, dtype=input.dtype, device=input.device)
    return multiply(input, kept if p == 1 else kept * (1 / (1 - p)))
