"""Normalisation of batches."""

from __future__ import annotations

from math import prod
from typing import Any

from ...ops.normalization import standardize
from ...ops.shapes import reshape
from ...tensor import Tensor


def batch_norm(
    input: Any,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Shift and scale each channel to mean zero and variance one, then by `weight` and `bias`.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial)
        Floating-point.
    running_mean, running_var : Tensor, shape (channels,), or None
        With `training` they move towards the batch's mean and (unbiased) variance; else they are what is used.
    weight, bias : Tensor, shape (channels,), optional
        Scale and shift of the result.
    training : bool
        Whether to use the batch's statistics.
    momentum : float
        How far the running statistics move, in [0, 1].
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor
        The shape of `input`.

    Raises
    ------
    ValueError
        If in training there is only one value per channel, or out of it there are no running statistics.

    Examples
    --------
    >>> x = tl.tensor([[1.0], [3.0]])
    >>> tl.nn.functional.batch_norm(x, None, None, training=True, eps=0.0)
    tensor([[-1.],
            [ 1.]])
    """
    per_channel = (-1,) + (1,) * (len(input.shape) - 2)
    if training:
        normal = _by_batch(input, running_mean, running_var, momentum, eps)
    elif running_mean is None or running_var is None:
        raise ValueError("batch_norm needs running_mean and running_var unless training=True")
    else:
        scale = (running_var + eps) ** -0.5
        normal = (input - reshape(running_mean, per_channel)) * reshape(scale, per_channel)
    if weight is not None:
        normal = normal * reshape(weight, per_channel)
    return normal if bias is None else normal + reshape(bias, per_channel)


def _by_batch(x: Any, running_mean: Tensor | None, running_var: Tensor | None, momentum: float, eps: float) -> Any:
    """Return `x` standardised by its own statistics; let the running ones follow."""
    count = prod(x.shape) // x.shape[1] if x.shape[1] else 0
    if count == 1:
        raise ValueError(
            f"batch_norm in training needs more than one value per channel, which shape {tuple(x.shape)} has not"
        )
    normal, mean, variance = standardize(x, (0, *range(2, len(x.shape))), eps)
    if running_mean is not None:
        _follow(running_mean, mean, momentum)
    if running_var is not None:
        _follow(running_var, variance * (count / max(count - 1, 1)), momentum)
    return normal


def _follow(running: Tensor, value: Tensor, momentum: float) -> None:
    """Move a running statistic towards a value: new elements, as earlier results may still need the old ones."""
    running.data = running.detach() * (1 - momentum) + reshape(value.detach(), running.shape) * momentum
