"""Batch and instance normalisation: by the statistics of each channel, or by running statistics."""

from __future__ import annotations

from math import prod
from typing import Any

from ...errors import ShapeError
from ...ops.declare import composite
from ...ops.normalization import normalize_trailing, standardize
from ...ops.reduction import mean
from ...ops.shapes import reshape
from ...tensor import ArrayT, Tensor

STATISTICS = dict.fromkeys(("input", "running_mean", "running_var", "weight", "bias"), "real floating")


@composite(**STATISTICS)
def batch_norm(
    input: ArrayT,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: ArrayT | None = None,
    bias: ArrayT | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> ArrayT:
    """Shift and scale each channel to mean zero and variance one, then by `weight` and `bias`.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial)
        Floating-point.
    running_mean, running_var : Tensor, shape (channels,), or None
        Used unless `training`; in training they are updated by the batch's mean and (unbiased) variance.
    weight, bias : Tensor, shape (channels,), optional
        Scale and shift of the result.
    training : bool
        Whether to use the batch's statistics.
    momentum : float
        Weight of the new values in the running statistics, in [0, 1].
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor
        The shape of `input`.

    Raises
    ------
    ValueError
        In training, if there is only one value per channel or `eps` is not positive; in evaluation, if `eps` is
        negative or there are no running statistics.
    ShapeError
        If there is no channel axis, or running statistics, weight or bias do not have one number per channel.

    Examples
    --------
    >>> x = tl.tensor([[1.0], [3.0]])
    >>> tl.nn.functional.batch_norm(x, None, None, training=True)
    tensor([[-0.999995],
            [ 0.999995]])
    """
    per_channel = one_per_channel(input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if eps < 0 or (training and eps == 0):
        raise ValueError(f"batch_norm: eps must be positive in training and never negative, not {eps}")
    if training:
        return affine(_by_own_statistics(input, running_mean, running_var, momentum, eps), weight, bias, per_channel)
    if running_mean is None or running_var is None:
        raise ValueError("batch_norm needs running_mean and running_var unless training=True")
    return _by_running_statistics(input, running_mean, running_var, weight, bias, eps, per_channel)


def one_per_channel(x: Any, **given: Any) -> tuple[int, ...]:
    """Return the shape in which one number per channel broadcasts with `x`.

    Raises
    ------
    ShapeError
        If `x` has no channel axis, or a value does not have one number per channel.
    """
    shape = tuple(x.shape)
    if len(shape) < 2:
        raise ShapeError(f"the input must have a batch axis and a channel axis, not shape {shape}")
    for name, value in given.items():
        if value is not None and tuple(value.shape) != shape[1:2]:
            message = (
                f"{name} must have one number for each of the {shape[1]} channels on axis 1 of the input of shape "
                f"{shape}, not shape {tuple(value.shape)}"
            )
            if tuple(value.shape) == shape[-1:]:
                order = (0, len(shape) - 1, *range(1, len(shape) - 1))
                message += f"; the input looks channels-last, which x.permute{order} corrects"
            raise ShapeError(message)
    return (-1,) + (1,) * (len(shape) - 2)


def affine(x: Any, weight: Any, bias: Any, per_channel: tuple[int, ...]) -> Any:
    """Scale and shift each channel."""
    if weight is not None:
        x = x * reshape(weight, per_channel)
    return x if bias is None else x + reshape(bias, per_channel)


def _by_running_statistics(
    x: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any, eps: float, per_channel: tuple[int, ...]
) -> Any:
    """Normalise by running statistics: one scale and one shift for each channel."""
    scale = (running_var + eps) ** -0.5
    if weight is not None:
        scale = scale * weight
    shift = -running_mean * scale
    return affine(x, scale, shift if bias is None else shift + bias, per_channel)


def _by_own_statistics(
    x: Any, running_mean: Tensor | None, running_var: Tensor | None, momentum: float, eps: float
) -> Any:
    """Return `x` standardised by its own statistics, and update the running ones."""
    if not prod(x.shape):
        return x  # no elements, no statistics
    count = prod(x.shape) // x.shape[1]
    if count == 1:
        raise ValueError(f"batch_norm in training needs more than one value per channel, not shape {tuple(x.shape)}")
    normal, average, variance, _ = standardize(x, (0, *range(2, len(x.shape))), eps)
    _update(running_mean, average, momentum)
    _update(running_var, variance * (count / max(count - 1, 1)), momentum)
    return normal


def _update(running: Tensor | None, value: Any, momentum: float) -> None:
    """Average a running statistic with a value, into new elements, as earlier results may still need the old ones."""
    if running is not None:
        running.data = running.detach() * (1 - momentum) + reshape(value.detach(), running.shape) * momentum


@composite(**STATISTICS)
def instance_norm(
    input: ArrayT,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: ArrayT | None = None,
    bias: ArrayT | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> ArrayT:
    """Shift and scale each channel of each sample to mean zero and variance one, then by `weight` and `bias`.

    (Ulyanov, Vedaldi and Lempitsky, "Instance Normalization: The Missing Ingredient for Fast Stylization", 2016.)

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial)
        Real floating-point.
    running_mean, running_var : Tensor, shape (channels,), or None
        Used unless `use_input_stats`; with it they are updated by the mean over the batch of the samples' means and
        (unbiased) variances.
    weight, bias : Tensor, shape (channels,), optional
        Scale and shift of the result.
    use_input_stats : bool
        Whether to use each sample's own statistics.
    momentum : float
        Weight of the new values in the running statistics, in [0, 1].
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor
        The shape of `input`.

    Raises
    ------
    ValueError
        With `use_input_stats`, if there is only one value per channel and sample; without, if there are no running
        statistics.
    ShapeError
        If there is no channel axis, or running statistics, weight or bias do not have one number per channel.

    Examples
    --------
    >>> tl.nn.functional.instance_norm(tl.tensor([[[1.0, 3.0], [10.0, 50.0]]]), eps=0.0)
    tensor([[[-1.,  1.],
             [-1.,  1.]]])
    """
    per_channel = one_per_channel(input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ValueError("instance_norm needs running_mean and running_var unless use_input_stats=True")
        return _by_running_statistics(input, running_mean, running_var, weight, bias, eps, per_channel)
    spatial = tuple(input.shape[2:])
    count = prod(spatial)
    if count == 1:
        raise ValueError(
            f"instance_norm needs more than one value per channel and sample, not shape {tuple(input.shape)}"
        )
    if (running_mean is None and running_var is None) or not prod(input.shape):
        normal = normalize_trailing(input, ndim=len(spatial), eps=eps)
    else:
        normal, average, variance, _ = standardize(input, tuple(range(2, len(input.shape))), eps)
        _update(running_mean, mean(average, axis=0), momentum)
        _update(running_var, mean(variance, axis=0) * (count / max(count - 1, 1)), momentum)
    return affine(normal, weight, bias, per_channel)
