"""Losses for binary labels, elementwise: of probabilities, of logits and of scores."""

from __future__ import annotations

from math import prod
from typing import Any

from ....docstrings import documented_like
from ....errors import ShapeError
from ....ops import loss as ops
from ....ops.arithmetic import multiply_or_zero
from ....ops.declare import broadcast_shape, composite
from ....ops.exponential import exp, sigmoid
from ....ops.reduction import any, mean, sum
from ....ops.shapes import reshape
from ....tensor import ArrayT
from ..operands import on_host
from .common import Reduction, check_same_shape, labels_of, power, reduced, shape_of
from .regression import mse_loss


@documented_like(mse_loss)
@composite(input="real floating", target="real", weight="real")
def binary_cross_entropy(
    input: ArrayT, target: ArrayT, weight: ArrayT | None = None, *, reduction: Reduction = "mean"
) -> ArrayT:
    """Cross entropy between probabilities and labels; `binary_cross_entropy_with_logits` is more accurate.

    ``-target * log(input) - (1 - target) * log(1 - input)``, with logarithms clamped to at least -100, as in PyTorch.

    Parameters
    ----------
    input : Tensor
        Probabilities; any shape.
    target : Tensor
        Labels in [0, 1]; the same shape.
    weight : Tensor, optional
        Weight of each element; a shape that broadcasts to that of `input`. The mean divides by the number of
        elements.

    Raises
    ------
    ShapeError
        If the shapes do not match.
    ValueError
        If an option is out of range, or an element of `input` in host memory is outside [0, 1].

    Examples
    --------
    >>> tl.nn.functional.binary_cross_entropy(tl.tensor([0.5, 1.0]), tl.tensor([1.0, 1.0]), reduction="none")
    tensor([0.6931472, 0.       ])
    """
    check_same_shape("binary_cross_entropy", input, target)
    if on_host(input) and bool(any((input < 0) | (input > 1))):
        raise ValueError(
            "binary_cross_entropy: an element of input is outside [0, 1] and no probability; for logits use "
            "binary_cross_entropy_with_logits"
        )
    losses = ops.binary_cross_entropy(input, target)
    if weight is not None:
        _check_weight("binary_cross_entropy", "weight", weight, input)
        losses = losses * weight
    return reduced(losses, reduction)


@documented_like(mse_loss)
@composite(input="real floating", target="real", weight="real", pos_weight="real")
def binary_cross_entropy_with_logits(
    input: ArrayT,
    target: ArrayT,
    weight: ArrayT | None = None,
    *,
    reduction: Reduction = "mean",
    pos_weight: ArrayT | None = None,
) -> ArrayT:
    """Cross entropy between ``sigmoid(input)`` and labels, computed without overflow or loss of precision.

    Parameters
    ----------
    input : Tensor
        Logits; any shape.
    target : Tensor
        Labels in [0, 1]; the same shape.
    weight : Tensor, optional
        Weight of each element; a shape that broadcasts to that of `input`. The mean divides by the number of
        elements.
    pos_weight : Tensor, optional
        Factor of the loss of positive labels, for example for rare classes; a shape that broadcasts to that of
        `input`.

    Examples
    --------
    >>> tl.nn.functional.binary_cross_entropy_with_logits(tl.tensor([-1000.0]), tl.tensor([1.0]))
    tensor(1000.)
    """
    name = "binary_cross_entropy_with_logits"
    check_same_shape(name, input, target)
    if pos_weight is None:
        losses = ops.sigmoid_cross_entropy(input, target)
    else:
        _check_weight(name, "pos_weight", pos_weight, input)
        of_zero, of_one = ops.sigmoid_cross_entropy(input, 0.0), ops.sigmoid_cross_entropy(input, 1.0)
        losses = multiply_or_zero(1 - target, of_zero) + multiply_or_zero(pos_weight * target, of_one)
    if weight is not None:
        _check_weight(name, "weight", weight, input)
        losses = losses * weight
    return reduced(losses, reduction)


@documented_like(mse_loss)
@composite(input="real floating", target="real", weight="real")
def multilabel_soft_margin_loss(
    input: ArrayT, target: ArrayT, weight: ArrayT | None = None, *, reduction: Reduction = "mean"
) -> ArrayT:
    """Binary cross entropy with logits, averaged over the classes on the last axis.

    Parameters
    ----------
    input : Tensor, shape (..., classes)
        Logits.
    target : Tensor
        Labels in [0, 1]; the same shape.
    weight : Tensor, optional
        Weight of each class; a shape that broadcasts to that of `input`.
    reduction : {"mean", "sum", "none"}
        Reduction applied to the losses of the samples, which have the shape of `input` without its last axis.

    Examples
    --------
    >>> tl.nn.functional.multilabel_soft_margin_loss(tl.tensor([[0.0, 0.0]]), tl.tensor([[1.0, 0.0]]))
    tensor(0.6931472)
    """
    name = "multilabel_soft_margin_loss"
    check_same_shape(name, input, target)
    if not shape_of(input):
        raise ShapeError(f"{name}: input has shape (), but needs an axis of classes")
    losses = ops.sigmoid_cross_entropy(input, target)
    if weight is not None:
        _check_weight(name, "weight", weight, input)
        losses = losses * weight
    return reduced(mean(losses, axis=-1), reduction)


@documented_like(mse_loss)
@composite(input="real floating", target="real")
def soft_margin_loss(input: ArrayT, target: ArrayT, *, reduction: Reduction = "mean") -> ArrayT:
    """Logistic loss ``log(1 + exp(-target * input))``, computed without overflow.

    Parameters
    ----------
    input : Tensor
        Scores; any shape.
    target : Tensor
        -1 or 1; the same shape, or one that broadcasts.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> tl.nn.functional.soft_margin_loss(tl.tensor([0.0, -1000.0]), tl.tensor([1.0, 1.0]), reduction="none")
    tensor([6.931472e-01, 1.000000e+03])
    """
    return reduced(ops.sigmoid_cross_entropy(input * target, 1.0), reduction)


@documented_like(mse_loss)
@composite(input="real floating", target="any")
def sigmoid_focal_loss(
    input: ArrayT, target: ArrayT, alpha: float = 0.25, gamma: float = 2.0, reduction: Reduction = "none"
) -> ArrayT:
    """Binary cross entropy that down-weights well-classified elements (Lin et al. 2017).

    With `p` the predicted probability of the label, ``-(1 - p)**gamma * log(p)``, times `alpha` for labels of 1 and
    ``1 - alpha`` for labels of 0. Names and defaults are torchvision's.

    Parameters
    ----------
    input : Tensor
        Logits; any shape.
    target : Tensor
        Labels in [0, 1], or bools; the same shape.
    alpha : float
        In [0, 1]: weight of labels of 1; those of 0 have the weight ``1 - alpha``. A negative value disables both.
    gamma : float
        Non-negative: the exponent; 0 gives `binary_cross_entropy_with_logits`.
    reduction : {"none", "mean", "sum"}
        Reduction applied to the per-element losses.

    Examples
    --------
    >>> tl.nn.functional.sigmoid_focal_loss(tl.tensor([0.0]), tl.tensor([1.0]))
    tensor([0.0433217])
    """
    if alpha > 1 or gamma < 0:
        raise ValueError(f"sigmoid_focal_loss: alpha must be at most 1 and gamma non-negative, not {alpha} and {gamma}")
    check_same_shape("sigmoid_focal_loss", input, target)
    target = labels_of("sigmoid_focal_loss", target, input)
    losses = ops.sigmoid_cross_entropy(input, target)
    if gamma:
        # The probability of the other label, from the smaller exponential: accurate where it is tiny.
        wrong = sigmoid(input) * (1 - target) + sigmoid(-input) * target
        losses = losses * power(wrong, gamma)
    if alpha >= 0:
        losses = losses * (alpha * target + (1 - alpha) * (1 - target))
    return reduced(losses, reduction)


@documented_like(mse_loss)
@composite(input="real floating", target="any")
def dice_loss(input: ArrayT, target: ArrayT, *, eps: float = 1e-6, reduction: Reduction = "mean") -> ArrayT:
    """One minus the Dice coefficient of each sample, which compares segmentations (Milletari et al. 2016).

    ``1 - (2 * sum(input * target) + eps) / (sum(input**2) + sum(target**2) + eps)``, the sums over all axes but the
    first.

    Parameters
    ----------
    input : Tensor, shape (batch, ...)
        Probabilities.
    target : Tensor
        Labels in [0, 1], or bools; the same shape.
    eps : float
        Non-negative; it makes the loss of two empty segmentations zero.
    reduction : {"mean", "sum", "none"}
        Reduction applied to the losses of the samples, which have shape ``(batch,)``.

    Examples
    --------
    >>> tl.nn.functional.dice_loss(tl.tensor([[1.0, 1.0, 0.0]]), tl.tensor([[1.0, 0.0, 0.0]]), eps=0.0)
    tensor(0.3333333)
    """
    if eps < 0:
        raise ValueError(f"dice_loss: eps must not be negative, not {eps}")
    check_same_shape("dice_loss", input, target)
    target = labels_of("dice_loss", target, input)
    if not shape_of(input):
        raise ShapeError("dice_loss: input has shape (), but needs an axis of samples")
    x, y = (reshape(part, (input.shape[0], prod(input.shape[1:]))) for part in (input, target))
    overlap, size = sum(x * y, axis=1), sum(x * x + y * y, axis=1)
    return reduced(1 - (2 * overlap + eps) / (size + eps), reduction)


@documented_like(mse_loss)
@composite(input="real floating", target="real")
def exponential_loss(input: ArrayT, target: ArrayT, *, reduction: Reduction = "mean") -> ArrayT:
    """Exponential loss ``exp(-target * input)``, which AdaBoost minimizes (Friedman, Hastie and Tibshirani 2000).

    Parameters
    ----------
    input : Tensor
        Scores; any shape. The loss overflows for wrong scores beyond 88 (709 in double precision).
    target : Tensor
        -1 or 1; the same shape.

    Examples
    --------
    >>> tl.nn.functional.exponential_loss(tl.tensor([0.0]), tl.tensor([1.0]))
    tensor(1.)
    """
    check_same_shape("exponential_loss", input, target)
    return reduced(exp(-(input * target)), reduction)


def _check_weight(name: str, which: str, weight: Any, input: Any) -> None:
    shape = shape_of(input)
    try:
        fits = broadcast_shape(shape_of(weight), shape) == shape
    except ShapeError:
        fits = False
    if not fits:
        raise ShapeError(f"{name}: {which} of shape {shape_of(weight)} does not broadcast to the input's shape {shape}")
