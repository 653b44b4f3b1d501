"""Losses of class scores: cross entropy and its variants."""

from __future__ import annotations

from typing import Any

from ....docstrings import documented_like
from ....errors import ShapeError
from ....ops.comparison import where
from ....ops.datatypes import isdtype
from ....ops.declare import composite
from ....ops.exponential import exp
from ....ops.indexing import take, take_along_axis
from ....ops.loss import NOT_IGNORED, softmax_cross_entropy
from ....ops.reduction import count_nonzero, sum
from ....ops.shapes import astype, expand_dims, squeeze
from ....ops.softmax import log_softmax
from ....tensor import ArrayT, array_of
from .common import (
    Reduction,
    along_classes,
    check_class_shapes,
    check_class_weight,
    check_classes,
    class_axis,
    power,
    reduced,
)


@composite(input="real", target="real", weight="real")
def cross_entropy(
    input: ArrayT,
    target: ArrayT,
    weight: ArrayT | None = None,
    *,
    ignore_index: int = NOT_IGNORED,
    reduction: Reduction = "mean",
    label_smoothing: float = 0.0,
) -> ArrayT:
    """Cross entropy between the softmax of logits and class indices or probabilities.

    Parameters
    ----------
    input : Tensor, shape (batch, classes, *more) or (classes,)
        Logits: unnormalised log-probabilities.
    target : Tensor, shape (batch, *more) or (), or that of `input`
        Class indices (integers), or the probability of each class (floating-point).
    weight : Tensor, shape (classes,), optional
        Weight of each class.
    ignore_index : int
        Class index whose samples are ignored; only for class indices.
    reduction : {"mean", "sum", "none"}
        Reduction applied to the per-sample losses. The mean is weighted and excludes ignored samples; with
        probabilities it divides by the number of samples.
    label_smoothing : float
        In [0, 1]: the share of the target distribution that is spread evenly over the classes.

    Returns
    -------
    Tensor
        0-d, or with reduction "none" of shape ``(batch, *more)``.

    Raises
    ------
    ShapeError
        If the shapes do not match.
    IndexError
        If a class index in host memory is out of range.
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> tl.nn.functional.cross_entropy(tl.tensor([[0.0, 0.0]]), tl.tensor([1]))
    tensor(0.6931472)
    """
    probabilities = isdtype(target.dtype, "real floating")
    plain = weight is None and not label_smoothing and not probabilities
    if plain and len(input.shape) == 2 and len(target.shape) == 1:
        losses = softmax_cross_entropy(input, target, ignore_index)
        return reduced(losses, reduction, _count(target, ignore_index) if reduction == "mean" else 0)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing must be in [0, 1], not {label_smoothing}")
    if not input.shape:
        raise ShapeError("cross_entropy: input has shape (), but needs an axis of classes")
    axis = class_axis(input.shape)
    check_class_weight("cross_entropy", weight, input.shape[axis])
    logits = log_softmax(input, axis)
    if probabilities:
        if ignore_index >= 0:
            raise ValueError("cross_entropy: ignore_index is for class indices, but this target holds probabilities")
        return _against_probabilities(logits, target, weight, reduction, label_smoothing)
    return _against_classes("cross_entropy", logits, target, weight, ignore_index, reduction, label_smoothing)


@documented_like(cross_entropy)
@composite(input="real floating", target="integral", weight="real")
def nll_loss(
    input: ArrayT,
    target: ArrayT,
    weight: ArrayT | None = None,
    *,
    ignore_index: int = NOT_IGNORED,
    reduction: Reduction = "mean",
) -> ArrayT:
    """Negative log-likelihood of class indices, given log-probabilities.

    Parameters
    ----------
    input : Tensor, shape (batch, classes, *more) or (classes,)
        Log-probabilities, such as `log_softmax` gives.
    target : Tensor of integers, shape (batch, *more) or ()
        Class indices.

    Examples
    --------
    >>> tl.nn.functional.nll_loss(tl.tensor([[-1.0, -2.0]]), tl.tensor([1]))
    tensor(2.)
    """
    if input.shape:
        check_class_weight("nll_loss", weight, input.shape[class_axis(input.shape)])
    return _against_classes("nll_loss", input, target, weight, ignore_index, reduction, 0.0)


@documented_like(cross_entropy)
@composite(input="real", target="integral", weight="real")
def focal_loss(
    input: ArrayT,
    target: ArrayT,
    weight: ArrayT | None = None,
    gamma: float = 2.0,
    *,
    ignore_index: int = NOT_IGNORED,
    reduction: Reduction = "mean",
) -> ArrayT:
    """Cross entropy that down-weights well-classified samples (Lin et al. 2017).

    With `p` the predicted probability of the target class, ``-weight * (1 - p)**gamma * log(p)``, computed from
    logits. For classes that are not mutually exclusive use `sigmoid_focal_loss`.

    Parameters
    ----------
    target : Tensor of integers, shape (batch, *more) or ()
        Class indices.
    weight : Tensor, shape (classes,), optional
        Weight of each class, the paper's alpha.
    gamma : float
        Non-negative: the exponent; 0 gives `cross_entropy`.

    Examples
    --------
    >>> tl.nn.functional.focal_loss(tl.tensor([[0.0, 0.0]]), tl.tensor([1]))
    tensor(0.1732868)
    """
    if gamma < 0:
        raise ValueError(f"focal_loss: gamma must not be negative, not {gamma}")
    if not input.shape:
        raise ShapeError("focal_loss: input has shape (), but needs an axis of classes")
    check_class_weight("focal_loss", weight, input.shape[class_axis(input.shape)])
    chosen, each, counted = _chosen(
        "focal_loss", log_softmax(input, class_axis(input.shape)), target, weight, ignore_index
    )
    scale = each * power(1 - exp(chosen), gamma) if gamma else each
    losses = where(counted, -chosen * scale, 0.0)
    return reduced(losses, reduction, sum(each))


def _count(target: Any, ignore_index: int) -> Any:
    """Return the number of targets that are not ignored; None if none is ignored."""
    array = array_of(target)
    counted = int(count_nonzero(array != ignore_index))
    return None if counted == array.shape[0] else float(counted) or float("nan")


def _chosen(name: str, log_probabilities: Any, target: Any, weight: Any, ignore_index: int) -> tuple[Any, Any, Any]:
    """Return the log-probabilities of the target classes, the weights of the samples, and which are not ignored."""
    check_class_shapes(name, log_probabilities.shape, target.shape)
    axis = class_axis(log_probabilities.shape)
    counted = target != ignore_index
    safe = where(counted, target, 0)
    check_classes(name, safe, log_probabilities.shape[axis])
    chosen = squeeze(take_along_axis(log_probabilities, expand_dims(safe, axis=axis), axis), axis)
    each = astype(counted, chosen.dtype) if weight is None else where(counted, take(weight, safe, axis=0), 0.0)
    return chosen, each, counted


def _against_classes(
    name: str, log_probabilities: Any, target: Any, weight: Any, ignore_index: int, reduction: str, smoothing: float
) -> Any:
    chosen, each, counted = _chosen(name, log_probabilities, target, weight, ignore_index)
    losses = where(counted, -chosen * each, 0.0)
    if smoothing:
        axis = class_axis(log_probabilities.shape)
        weighted = log_probabilities
        if weight is not None:
            weighted = weighted * along_classes(weight, log_probabilities.shape, axis)
        spread = where(counted, -sum(weighted, axis=axis), 0.0)
        losses = (1 - smoothing) * losses + (smoothing / log_probabilities.shape[axis]) * spread
    return reduced(losses, reduction, sum(each))


def _against_probabilities(log_probabilities: Any, target: Any, weight: Any, reduction: str, smoothing: float) -> Any:
    axis = class_axis(log_probabilities.shape)
    if target.shape != log_probabilities.shape:
        raise ShapeError(
            f"cross_entropy: a target of probabilities must have the logits' shape {tuple(log_probabilities.shape)}, "
            f"not {tuple(target.shape)} (class indices must be integers)"
        )
    if smoothing:
        target = (1 - smoothing) * target + smoothing / target.shape[axis]
    if weight is not None:
        target = target * along_classes(weight, target.shape, axis)
    return reduced(-sum(target * log_probabilities, axis=axis), reduction)
