"""Softmax and its variants."""

from __future__ import annotations

from typing import Any

from ...autodiff.custom import custom_gradient
from ...backend import DTypeLike
from ...docstrings import documented_like
from ...ops import softmax as ops
from ...ops.arithmetic import add, multiply, negative
from ...ops.creation import arange
from ...ops.declare import composite
from ...ops.reduction import argmax
from ...ops.shapes import Axis, astype, normalized_axis, reshape
from ...random import default_generator
from ...tensor import ArrayT, Tensor


@composite()
def softmax(input: ArrayT, axis: Axis = -1, dtype: DTypeLike = None) -> ArrayT:
    """``exp(input)`` scaled to sum to one along an axis, or over several.

    Parameters
    ----------
    input : Tensor
        Any shape with at least one axis.
    axis : int, tuple of int or None
        The axis or axes of the distribution; None for all.
    dtype : dtype, optional
        Type to which the input is cast first.

    Examples
    --------
    >>> tl.nn.functional.softmax(tl.tensor([0.0, 0.0]))
    tensor([0.5, 0.5])
    """
    return ops.softmax(input if dtype is None else astype(input, dtype), axis)


@composite()
@documented_like(softmax)
def log_softmax(input: ArrayT, axis: Axis = -1, dtype: DTypeLike = None) -> ArrayT:
    """The logarithm of `softmax`, accurate also where that underflows.

    Examples
    --------
    >>> tl.nn.functional.log_softmax(tl.tensor([0.0, 1000.0]))
    tensor([-1000.,     0.])
    """
    return ops.log_softmax(input if dtype is None else astype(input, dtype), axis)


@documented_like(softmax)
@composite(input="real")
def softmin(input: ArrayT, axis: Axis = -1, dtype: DTypeLike = None) -> ArrayT:
    """The `softmax` of ``-input``: the smallest element gets the greatest weight.

    Examples
    --------
    >>> tl.nn.functional.softmin(tl.tensor([0.0, 1000.0]))
    tensor([1., 0.])
    """
    return softmax(negative(input), axis, dtype)


@composite(logits="real floating")
def gumbel_softmax(logits: ArrayT, tau: float = 1.0, hard: bool = False, *, axis: int = -1) -> ArrayT:
    """Draw from a relaxed categorical distribution, with gradients to its logits.

    The softmax of the logits plus Gumbel noise from the default generator (Jang et al., 2017; Maddison et al., 2017).

    Parameters
    ----------
    logits : Tensor
        Unnormalised log-probabilities; real floating-point.
    tau : float
        Positive: the temperature. Lower values are closer to one-hot.
    hard : bool
        Whether to return the one-hot vector of the largest element, with the gradient of the softmax.
    axis : int
        The axis of the classes.

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
    noise: Any = default_generator.gumbel(shape=logits.shape, dtype=logits.dtype, device=logits.device)
    soft: Any = ops.softmax(multiply(add(logits, noise), 1.0 / tau), axis)
    return _one_hot_forwards(normalized_axis(axis, len(soft.shape)))(soft) if hard and 0 not in soft.shape else soft


def _one_hot_forwards(axis: int) -> Any:
    """Return a function whose value is one-hot at the largest element and whose derivative is the identity."""

    @custom_gradient
    def one_hot(soft: Tensor) -> Any:
        places = arange(soft.shape[axis], device=soft.device)
        places = reshape(places, tuple(-1 if i == axis else 1 for i in range(soft.ndim)))
        return astype(places == argmax(soft, axis=axis, keepdims=True), soft.dtype), lambda g: g

    return one_hot
