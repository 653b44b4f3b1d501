"""Activations that relate the elements of an axis to one another: softmax and its kin, and gates."""

from __future__ import annotations

from typing import Any

from ...autodiff.custom import custom_gradient
from ...errors import ShapeError
from ...ops import softmax as ops
from ...ops.arithmetic import add, multiply, negative
from ...ops.creation import arange
from ...ops.declare import composite
from ...ops.exponential import sigmoid
from ...ops.reduction import argmax
from ...ops.shapes import astype, normalized_axis, reshape
from ...random import default_generator
from ...tensor import Tensor


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
    return ops.softmax(input if dtype is None else astype(input, dtype), axis)


def log_softmax(input: Any, axis: int = -1, dtype: Any = None) -> Tensor:
    """The logarithm of `softmax`, exact also where that underflows.

    Examples
    --------
    >>> tl.nn.functional.log_softmax(tl.tensor([0.0, 1000.0]))
    tensor([-1000.,     0.])
    """
    return ops.log_softmax(input if dtype is None else astype(input, dtype), axis)


@composite(input="real")
def softmin(input: Any, axis: int = -1, dtype: Any = None) -> Tensor:
    """The `softmax` of ``-input``: the smallest element gets most.

    Examples
    --------
    >>> tl.nn.functional.softmin(tl.tensor([0.0, 1000.0]))
    tensor([1., 0.])
    """
    return softmax(negative(input), axis, dtype)


@composite(logits="real floating")
def gumbel_softmax(logits: Any, tau: float = 1.0, hard: bool = False, *, axis: int = -1) -> Tensor:
    """Draw from a relaxed categorical distribution, with gradients to its logits.

    Gumbel noise from the default generator is added to the logits, and the softmax taken (Jang et al., 2017; Maddison
    et al., 2017).

    Parameters
    ----------
    logits : Tensor
        Unnormalised log-probabilities; real floating-point.
    tau : float
        The temperature, above 0: the lower, the nearer to one-hot.
    hard : bool
        Whether to return the one-hot vector of the largest element, with the gradient of the softmax.
    axis : int
        Along which axis are the classes.

    Raises
    ------
    ShapeError
        If the axis does not exist.
    ValueError
        If `tau` is not positive.

    Examples
    --------
    >>> tl.nn.functional.gumbel_softmax(tl.tensor([0.0, 1000.0]), hard=True)
    tensor([0., 1.])
    """
    if not tau > 0:
        raise ValueError(f"gumbel_softmax: tau must be positive, not {tau}")
    noise = default_generator.gumbel(shape=logits.shape, dtype=logits.dtype, device=logits.device)
    soft = ops.softmax(multiply(add(logits, noise), 1.0 / tau), axis)
    return _one_hot_forwards(normalized_axis(axis, len(soft.shape)))(soft) if hard else soft


def _one_hot_forwards(axis: int) -> Any:
    """Return a function whose value is one-hot at the largest element and whose derivative is the identity."""

    @custom_gradient
    def one_hot(soft: Tensor) -> Any:
        places = arange(soft.shape[axis], device=soft.device)
        places = reshape(places, tuple(-1 if i == axis else 1 for i in range(soft.ndim)))
        return astype(places == argmax(soft, axis=axis, keepdims=True), soft.dtype), lambda g: g

    return one_hot


@composite(input="real floating")
def glu(input: Any, axis: int = -1) -> Tensor:
    """The first half along an axis, times the `sigmoid` of the second (Dauphin et al., 2016).

    Parameters
    ----------
    input : Tensor
        With an even number of elements along the axis.
    axis : int
        Along which axis.

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
        raise ShapeError(f"glu: axis {axis} of shape {tuple(input.shape)} has odd length {length} and no two halves")
    before = (slice(None),) * place
    first, second = input[(*before, slice(length // 2))], input[(*before, slice(length // 2, None))]
    return multiply(first, sigmoid(second))
