"""Losses."""

from __future__ import annotations

import warnings
from typing import Any

from ...autodiff import ShapeError
from ...backend import backend_of
from ...ops.activation import log_softmax
from ...ops.arithmetic import abs, square
from ...ops.comparison import where
from ...ops.indexing import take, take_along_axis
from ...ops.loss import NOT_IGNORED, softmax_cross_entropy
from ...ops.reduction import mean, sum
from ...ops.shapes import astype, expand_dims, reshape, squeeze
from ...tensor import Tensor


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = NOT_IGNORED,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross entropy between the softmax of logits and the right classes.

    Parameters
    ----------
    input : Tensor, shape (batch, classes, *more) or (classes,)
        Logits: unnormalised log-probabilities.
    target : Tensor, shape (batch, *more) or (), or that of `input`
        Class indices (integers), or the probability of each class (floating-point).
    weight : Tensor, shape (classes,), optional
        How much each class counts.
    ignore_index : int
        Class index that does not count.
    reduction : {"mean", "sum", "none"}
        What is returned; the mean is weighted, and over what counts. With probabilities it is over the batch.
    label_smoothing : float
        In [0, 1]; the part of the target that is spread evenly over the classes.

    Returns
    -------
    Tensor
        0-d, or with reduction "none" of shape ``(batch, *more)``.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    IndexError
        If a target is no class.
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.functional.cross_entropy(tl.tensor([[0.0, 0.0]]), tl.tensor([1]))
    tensor(0.6931472)
    """
    if weight is None and not label_smoothing and len(input.shape) == 2 and len(target.shape) == 1:
        losses = softmax_cross_entropy(input, target, ignore_index)
        return _reduced(losses, reduction, _count(target, ignore_index) if reduction == "mean" else 0)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing must be in [0, 1], not {label_smoothing}")
    logits = log_softmax(input, min(1, len(input.shape) - 1))
    if target.dtype.is_floating:
        return _against_probabilities(logits, target, weight, reduction, label_smoothing)
    return _against_classes(logits, target, weight, ignore_index, reduction, label_smoothing)


def nll_loss(
    input: Any, target: Any, weight: Any = None, *, ignore_index: int = NOT_IGNORED, reduction: str = "mean"
) -> Tensor:
    """Negative log-likelihood of class indices.

    Parameters
    ----------
    input : Tensor, shape (batch, classes, *more) or (classes,)
        Log-probabilities, such as `log_softmax` gives.
    target : Tensor of integers, shape (batch, *more) or ()
        The right classes.
    weight, ignore_index, reduction
        As for `cross_entropy`.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    IndexError
        If a target is no class.

    Examples
    --------
    >>> tl.nn.functional.nll_loss(tl.tensor([[-1.0, -2.0]]), tl.tensor([1]))
    tensor(2.)
    """
    return _against_classes(input, target, weight, ignore_index, reduction, 0.0)


def mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """Squared difference.

    Parameters
    ----------
    input : Tensor
        Any shape.
    target : Tensor
        The same shape; others broadcast, with a warning.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Examples
    --------
    >>> tl.nn.functional.mse_loss(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 4.0]))
    tensor(2.)
    """
    _warn_of_broadcasting("mse_loss", input, target)
    return _reduced(square(input - target), reduction)


def l1_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """Absolute difference; see `mse_loss`.

    Examples
    --------
    >>> tl.nn.functional.l1_loss(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 4.0]))
    tensor(1.)
    """
    _warn_of_broadcasting("l1_loss", input, target)
    return _reduced(abs(input - target), reduction)


def _warn_of_broadcasting(name: str, input: Any, target: Any) -> None:
    if input.shape != target.shape:
        warnings.warn(
            f"{name}: input of shape {input.shape} and target of shape {target.shape} are broadcast against each "
            "other, which is seldom what is meant",
            stacklevel=3,
        )


def _reduced(losses: Any, reduction: str, count: Any = None) -> Tensor:
    """Reduce losses; the mean divides by `count` where it is not the number of losses."""
    if reduction == "mean":
        if count is None:
            return mean(losses)
        return sum(losses) / count
    if reduction == "sum":
        return sum(losses)
    if reduction == "none":
        return losses
    raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")


def _count(target: Any, ignore_index: int) -> Any:
    """Return how many targets count; None where all do."""
    array = target.array if isinstance(target, Tensor) else target
    counted = int(backend_of(array).xp.count_nonzero(array != ignore_index))
    return None if counted == array.shape[0] else float(counted) or float("nan")


def _against_classes(
    log_probabilities: Any, target: Any, weight: Any, ignore_index: int, reduction: str, smoothing: float
) -> Tensor:
    axis = min(1, len(log_probabilities.shape) - 1)
    _check_class_shapes(log_probabilities.shape, target.shape, axis)
    counted = target != ignore_index
    safe = where(counted, target, 0)
    _check_classes(safe, log_probabilities.shape[axis])
    chosen = squeeze(take_along_axis(log_probabilities, expand_dims(safe, axis=axis), axis), axis)
    each = astype(counted, chosen.dtype) if weight is None else where(counted, take(weight, safe, axis=0), 0.0)
    losses = where(counted, -chosen * each, 0.0)
    if smoothing:
        weighted = log_probabilities if weight is None else log_probabilities * _along(weight, log_probabilities, axis)
        spread = where(counted, -sum(weighted, axis=axis), 0.0)
        losses = (1 - smoothing) * losses + (smoothing / log_probabilities.shape[axis]) * spread
    return _reduced(losses, reduction, sum(each))


def _against_probabilities(
    log_probabilities: Any, target: Any, weight: Any, reduction: str, smoothing: float
) -> Tensor:
    axis = min(1, len(log_probabilities.shape) - 1)
    if target.shape != log_probabilities.shape:
        raise ShapeError(
            f"cross entropy with probabilities needs a target of the logits' shape {log_probabilities.shape}, "
            f"not {target.shape}"
        )
    if smoothing:
        target = (1 - smoothing) * target + smoothing / target.shape[axis]
    if weight is not None:
        target = target * _along(weight, target, axis)
    losses = -sum(target * log_probabilities, axis=axis)
    return _reduced(losses, reduction)


def _along(weight: Any, like: Any, axis: int) -> Any:
    """Return weights of the classes in a shape that broadcasts along the classes' axis."""
    return reshape(weight, (-1,) + (1,) * (len(like.shape) - 1 - axis))


def _check_class_shapes(input: Any, target: Any, axis: int) -> None:
    if tuple(target) != (*input[:axis], *input[axis + 1 :]) or not input:
        raise ShapeError(
            f"class indices for an input of shape {tuple(input)} (classes on axis {axis}) have shape "
            f"{(*input[:axis], *input[axis + 1 :])}, not {tuple(target)}"
        )


def _check_classes(target: Any, classes: int) -> None:
    if not bool(((target >= 0) & (target < classes)).all()):
        raise IndexError(f"a target is outside the {classes} classes 0 to {classes - 1}")
