"""Losses of two classes, element by element: of probabilities, and of scores."""

from __future__ import annotations

from math import prod
from typing import Any

from ....errors import ShapeError
from ....ops import loss as ops
from ....ops.declare import broadcast_shape, composite
from ....ops.exponential import exp, sigmoid
from ....ops.reduction import any, mean, sum
from ....ops.shapes import reshape
from ....tensor import Tensor
from ..operands import on_host
from .common import check_reduction, check_same_shape, power, reduced, shape_of


@composite(input="real floating", target="real", weight="real")
def binary_cross_entropy(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Tensor:
    """Cross entropy of probabilities with labels; `binary_cross_entropy_with_logits` is more exact.

    ``-target * log(input) - (1 - target) * log(1 - input)``, where logarithms count as -100 at least, as in PyTorch.

    Parameters
    ----------
    input : Tensor
        Probabilities; any shape.
    target : Tensor
        Labels in [0, 1]; the same shape.
    weight : Tensor, optional
        How much each element counts; a shape that broadcasts to that of `input`. The mean is over the elements.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    ValueError
        If there is no such reduction, or (on hosts) an element of `input` is no probability.

    Examples
    --------
    >>> tl.nn.functional.binary_cross_entropy(tl.tensor([0.5, 1.0]), tl.tensor([1.0, 1.0]), reduction="none")
    tensor([0.6931472, 0.       ])
    """
    check_reduction("binary_cross_entropy", reduction)
    check_same_shape("binary_cross_entropy", input, target)
    if on_host(input) and bool(any((input < 0) | (input > 1))):
        raise ValueError(
            "binary_cross_entropy: an element of input is outside [0, 1], no probability; for scores there is "
            "binary_cross_entropy_with_logits"
        )
    losses = ops.binary_cross_entropy(input, target)
    if weight is not None:
        _check_weight("binary_cross_entropy", "weight", weight, input)
        losses = losses * weight
    return reduced(losses, reduction)


@composite(input="real floating", target="real", weight="real", pos_weight="real")
def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Tensor:
    """Cross entropy of ``sigmoid(input)`` with labels, without overflow and without loss of digits.

    Parameters
    ----------
    input : Tensor
        Logits; any shape.
    target : Tensor
        Labels in [0, 1]; the same shape.
    weight : Tensor, optional
        How much each element counts; a shape that broadcasts to that of `input`. The mean is over the elements.
    reduction : {"mean", "sum", "none"}
        What is returned.
    pos_weight : Tensor, optional
        What the part of the loss that `target` says is multiplied with, as for classes that are rare; a shape that
        broadcasts to that of `input`.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.functional.binary_cross_entropy_with_logits(tl.tensor([-1000.0]), tl.tensor([1.0]))
    tensor(1000.)
    """
    name = "binary_cross_entropy_with_logits"
    check_reduction(name, reduction)
    check_same_shape(name, input, target)
    if pos_weight is None:
        losses = ops.sigmoid_cross_entropy(input, target)
    else:
        _check_weight(name, "pos_weight", pos_weight, input)
        losses = (1 - target) * input + (1 + (pos_weight - 1) * target) * ops.sigmoid_cross_entropy(input, 1.0)
    if weight is not None:
        _check_weight(name, "weight", weight, input)
        losses = losses * weight
    return reduced(losses, reduction)


@composite(input="real floating", target="real", weight="real")
def multilabel_soft_margin_loss(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Tensor:
    """Binary cross entropy of logits, its mean over the classes on the last axis.

    Parameters
    ----------
    input : Tensor, shape (..., classes)
        Logits.
    target : Tensor
        Labels in [0, 1]; the same shape.
    weight : Tensor, optional
        How much each class counts; a shape that broadcasts to that of `input`.
    reduction : {"mean", "sum", "none"}
        What is returned; "none" has the shape without the last axis.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.functional.multilabel_soft_margin_loss(tl.tensor([[0.0, 0.0]]), tl.tensor([[1.0, 0.0]]))
    tensor(0.6931472)
    """
    name = "multilabel_soft_margin_loss"
    check_reduction(name, reduction)
    check_same_shape(name, input, target)
    if not shape_of(input):
        raise ShapeError(f"{name}: input has shape (), but needs an axis of classes")
    losses = ops.sigmoid_cross_entropy(input, target)
    if weight is not None:
        _check_weight(name, "weight", weight, input)
        losses = losses * weight
    return reduced(mean(losses, axis=-1), reduction)


@composite(input="real floating", target="real")
def soft_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """``log(1 + exp(-target * input))``, the logistic loss; it does not overflow, as PyTorch's does.

    Parameters
    ----------
    input : Tensor
        Scores; any shape.
    target : Tensor
        -1 or 1; the same shape, or one that broadcasts.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.functional.soft_margin_loss(tl.tensor([0.0, -1000.0]), tl.tensor([1.0, 1.0]), reduction="none")
    tensor([6.931472e-01, 1.000000e+03])
    """
    check_reduction("soft_margin_loss", reduction)
    return reduced(ops.sigmoid_cross_entropy(input * target, 1.0), reduction)


@composite(input="real floating", target="real")
def sigmoid_focal_loss(
    input: Any, target: Any, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> Tensor:
    """Binary cross entropy that counts elements the less, the better they are classified (Lin et al. 2017).

    With the probability `p` of what the label says, ``-(1 - p)**gamma * log(p)``, times `alpha` for labels of 1 and
    ``1 - alpha`` for labels of 0. Names and defaults are torchvision's.

    Parameters
    ----------
    input : Tensor
        Logits; any shape.
    target : Tensor
        Labels in [0, 1]; the same shape.
    alpha : float
        In [0, 1]; a negative one leaves the labels unweighted.
    gamma : float
        Not negative.
    reduction : {"none", "mean", "sum"}
        What is returned.

    Raises
    ------
    ShapeError
        If the shapes differ.
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.functional.sigmoid_focal_loss(tl.tensor([0.0]), tl.tensor([1.0]))
    tensor([0.0433217])
    """
    check_reduction("sigmoid_focal_loss", reduction)
    check_focal("sigmoid_focal_loss", alpha, gamma)
    check_same_shape("sigmoid_focal_loss", input, target)
    losses = ops.sigmoid_cross_entropy(input, target)
    if gamma:
        # The probability of what the label does not say, from the smaller exponential: exact where it is tiny.
        wrong = sigmoid(input) * (1 - target) + sigmoid(-input) * target
        losses = losses * power(wrong, gamma)
    if alpha >= 0:
        losses = losses * (alpha * target + (1 - alpha) * (1 - target))
    return reduced(losses, reduction)


def check_focal(name: str, alpha: float, gamma: float) -> None:
    """Raise `ValueError` for settings of the binary focal loss that are out of range."""
    if alpha > 1 or gamma < 0:
        raise ValueError(f"{name}: alpha is at most 1 and gamma not negative, not {alpha} and {gamma}")


@composite(input="real floating", target="real")
def dice_loss(input: Any, target: Any, *, eps: float = 1e-6, reduction: str = "mean") -> Tensor:
    """One less the Dice coefficient of each sample, which compares segmentations (Milletari et al. 2016).

    ``1 - (2 * sum(input * target) + eps) / (sum(input**2) + sum(target**2) + eps)``, the sums over all axes but the
    first.

    Parameters
    ----------
    input : Tensor, shape (batch, ...)
        Probabilities.
    target : Tensor
        Labels in [0, 1]; the same shape.
    eps : float
        Not negative; makes two empty segmentations equal.
    reduction : {"mean", "sum", "none"}
        What is returned; "none" has shape ``(batch,)``.

    Raises
    ------
    ShapeError
        If the shapes differ.
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.functional.dice_loss(tl.tensor([[1.0, 1.0, 0.0]]), tl.tensor([[1.0, 0.0, 0.0]]), eps=0.0)
    tensor(0.3333333)
    """
    check_reduction("dice_loss", reduction)
    if eps < 0:
        raise ValueError(f"dice_loss: eps must not be negative, not {eps}")
    check_same_shape("dice_loss", input, target)
    if not shape_of(input):
        raise ShapeError("dice_loss: input has shape (), but needs an axis of samples")
    x, y = (reshape(part, (input.shape[0], prod(input.shape[1:]))) for part in (input, target))
    overlap, size = sum(x * y, axis=1), sum(x * x + y * y, axis=1)
    return reduced(1 - (2 * overlap + eps) / (size + eps), reduction)


@composite(input="real floating", target="real")
def exponential_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """``exp(-target * input)``, which AdaBoost reduces step by step (Friedman, Hastie and Tibshirani 2000).

    Parameters
    ----------
    input : Tensor
        Scores; any shape. The loss overflows where one is wrong by more than 88 (709 in double precision).
    target : Tensor
        -1 or 1; the same shape.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ShapeError
        If the shapes differ.
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.functional.exponential_loss(tl.tensor([0.0]), tl.tensor([1.0]))
    tensor(1.)
    """
    check_reduction("exponential_loss", reduction)
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
