"""Hinge losses: of scores with labels -1 and 1, of distances, and of class scores."""

from __future__ import annotations

from typing import Any, Literal

from ....docstrings import documented_like
from ....errors import ShapeError
from ....ops.arithmetic import clip, zeros_like
from ....ops.comparison import not_equal, where
from ....ops.cumulative import cumulative_sum
from ....ops.declare import composite
from ....ops.indexing import getitem, take, take_along_axis
from ....ops.reduction import max, sum
from ....ops.shapes import astype, expand_dims, reshape
from ....tensor import ArrayT
from .common import (
    Reduction,
    check_class_weight,
    check_classes,
    check_same_shape,
    reduced,
    shape_of,
)
from .regression import mse_loss

# -- a score and a sign ------------------------------------------------------------------------------------------------


@documented_like(mse_loss)
@composite(input="real floating", target="real")
def hinge_loss(input: ArrayT, target: ArrayT, margin: float = 1.0, *, reduction: Reduction = "mean") -> ArrayT:
    """Hinge loss ``max(0, margin - target * input)`` of support vector machines (Cortes and Vapnik 1995).

    At the kink the gradient is that of the slope.

    Parameters
    ----------
    input : Tensor
        Scores; any shape.
    target : Tensor
        -1 or 1; the same shape.
    margin : float
        Scores beyond the margin on the correct side have no loss.

    Examples
    --------
    >>> tl.nn.functional.hinge_loss(tl.tensor([0.5, 2.0]), tl.tensor([1.0, 1.0]), reduction="none")
    tensor([0.5, 0. ])
    """
    return reduced(_short_of("hinge_loss", input, target, margin), reduction)


@documented_like(hinge_loss)
@composite(input="real floating", target="real")
def squared_hinge_loss(input: ArrayT, target: ArrayT, margin: float = 1.0, *, reduction: Reduction = "mean") -> ArrayT:
    """Squared hinge loss ``max(0, margin - target * input)**2``, which is differentiable everywhere.

    Examples
    --------
    >>> tl.nn.functional.squared_hinge_loss(tl.tensor([0.5, 2.0]), tl.tensor([1.0, 1.0]), reduction="none")
    tensor([0.25, 0.  ])
    """
    short = _short_of("squared_hinge_loss", input, target, margin)
    return reduced(short * short, reduction)


@documented_like(hinge_loss)
@composite(input="real floating", target="real")
def perceptron_loss(input: ArrayT, target: ArrayT, *, reduction: Reduction = "mean") -> ArrayT:
    """Perceptron loss ``max(0, -target * input)``; a gradient step is the perceptron's update (Rosenblatt 1958).

    Scores of zero are wrong: their gradient is that of the slope.

    Examples
    --------
    >>> tl.nn.functional.perceptron_loss(tl.tensor([0.5, -2.0]), tl.tensor([1.0, 1.0]), reduction="none")
    tensor([0., 2.])
    """
    return reduced(_short_of("perceptron_loss", input, target, 0.0), reduction)


def _short_of(name: str, input: Any, target: Any, margin: float) -> Any:
    check_same_shape(name, input, target)
    return clip(margin - input * target, 0.0)


@documented_like(mse_loss)
@composite(input="real floating", target="real")
def hinge_embedding_loss(
    input: ArrayT, target: ArrayT, margin: float = 1.0, *, reduction: Reduction = "mean"
) -> ArrayT:
    """Distance of similar pairs, and the margin minus the distance of dissimilar ones.

    ``input`` where `target` is 1, ``max(0, margin - input)`` where it is -1.

    Parameters
    ----------
    input : Tensor
        Distances; any shape.
    target : Tensor
        1 for similar pairs, -1 for dissimilar ones; the same shape, or one that broadcasts. The loss of any other
        number is the sum of both terms, as in PyTorch.
    margin : float
        Dissimilar pairs farther apart than the margin have no loss.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> distances = tl.tensor([0.5, 0.75])
    >>> tl.nn.functional.hinge_embedding_loss(distances, tl.tensor([1.0, -1.0]), reduction="none")
    tensor([0.5 , 0.25])
    """
    unlike = where(not_equal(target, 1), clip(margin - input, 0.0), 0.0)
    return reduced(unlike + where(not_equal(target, -1), input, 0.0), reduction)


@documented_like(mse_loss)
@composite(input1="real floating", input2="real floating", target="real")
def margin_ranking_loss(
    input1: ArrayT, input2: ArrayT, target: ArrayT, margin: float = 0.0, *, reduction: Reduction = "mean"
) -> ArrayT:
    """Ranking loss of two scores, ``max(0, margin - target * (input1 - input2))``.

    Parameters
    ----------
    input1, input2 : Tensor
        Scores; shapes that broadcast, with the same number of axes.
    target : Tensor
        1 where the first score should be greater, -1 where the second should; the same number of axes.
    margin : float
        Difference that the scores should have at least.

    Examples
    --------
    >>> first, second = tl.tensor([1.0, 1.0]), tl.tensor([3.0, 0.0])
    >>> tl.nn.functional.margin_ranking_loss(first, second, tl.tensor([1.0, 1.0]), reduction="none")
    tensor([2., 0.])
    """
    shapes = [shape_of(x) for x in (input1, input2, target)]
    if len({len(shape) for shape in shapes}) > 1:
        raise ShapeError(
            f"margin_ranking_loss: input1, input2 and target must have the same number of axes, not shapes "
            f"{shapes[0]}, {shapes[1]} and {shapes[2]}"
        )
    return reduced(clip(margin - target * (input1 - input2), 0.0), reduction)


# -- scores of classes -------------------------------------------------------------------------------------------------


@documented_like(mse_loss)
@composite(input="real floating", target="integral", weight="real")
def multi_margin_loss(
    input: ArrayT,
    target: ArrayT,
    p: Literal[1, 2] = 1,
    margin: float = 1.0,
    weight: ArrayT | None = None,
    *,
    reduction: Reduction = "mean",
) -> ArrayT:
    """Multi-class hinge loss between the score of the target class and those of the others (Weston and Watkins 1999).

    The sum of ``max(0, margin - input[target] + input[i])**p`` over the other classes, divided by the number of
    classes. At the kink of a term its gradient is zero.

    Parameters
    ----------
    input : Tensor, shape (batch, classes) or (classes,)
        Scores.
    target : Tensor of integers, shape (batch,) or ()
        Class indices.
    p : {1, 2}
        Power of the terms.
    margin : float
        Classes whose scores are lower than the target's by the margin have no loss.
    weight : Tensor, shape (classes,), optional
        Weight of each target class; the mean divides by the number of samples.

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
    >>> tl.nn.functional.multi_margin_loss(tl.tensor([[0.5, 0.0]]), tl.tensor([0]))
    tensor(0.25)
    """
    shape, given = shape_of(input), shape_of(target)
    if len(shape) not in (1, 2) or given not in ((shape[:-1], (1,)) if len(shape) == 1 else (shape[:-1],)):
        raise ShapeError(
            f"multi_margin_loss: input has shape (batch, classes) or (classes,) and target one class for each sample, "
            f"not {shape} and {given}"
        )
    classes = shape[-1]
    check_class_weight("multi_margin_loss", weight, classes)
    check_classes("multi_margin_loss", target, classes)
    scores, labels = reshape(input, (-1, classes)) if len(shape) == 1 else input, reshape(target, (-1, 1))
    short = margin - take_along_axis(scores, labels, 1) + scores
    # The target class does not compete with itself, not even at the kink.
    rival = (_positions(scores, labels) != labels) & (short > 0)
    short = where(rival, short, 0.0)
    each = short if p == 1 else short * short
    if weight is not None:
        each = each * take(weight, labels, axis=0)
    return reduced(reshape(sum(each, axis=1) / classes, given), reduction)


@documented_like(mse_loss)
@composite(input="real floating", target="integral")
def multilabel_margin_loss(input: ArrayT, target: ArrayT, *, reduction: Reduction = "mean") -> ArrayT:
    """Multi-label hinge loss between the scores of the target classes and those of the others.

    The sum of ``max(0, 1 - input[j] + input[i])`` over the target classes `j` and all others `i`, divided by the number
    of classes. At the kink of a term its gradient is zero.

    Parameters
    ----------
    input : Tensor, shape (batch, classes) or (classes,)
        Scores.
    target : Tensor of integers
        The same shape: the class indices of each sample, ended by -1; later entries are ignored.

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
    >>> scores = tl.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> tl.nn.functional.multilabel_margin_loss(scores, tl.tensor([[3, 0, -1, 1]]))
    tensor(0.85)
    """
    shape = shape_of(input)
    check_same_shape("multilabel_margin_loss", input, target)
    if len(shape) not in (1, 2):
        raise ShapeError(f"multilabel_margin_loss: input has shape (batch, classes) or (classes,), not {shape}")
    classes = shape[-1]
    scores, labels = (reshape(x, (-1, classes)) if len(shape) == 1 else x for x in (input, target))
    valid = cumulative_sum(astype(labels < 0, labels.dtype), axis=1) == 0
    labels = where(valid, labels, 0)
    check_classes("multilabel_margin_loss", labels, classes)
    most = int(max(sum(astype(valid, "int64"), axis=1))) if classes and labels.shape[0] else 0
    labels, valid = (getitem(x, (slice(None), slice(0, most))) for x in (labels, valid))
    right = expand_dims(take_along_axis(scores, labels, 1), axis=2)
    short = 1 - right + expand_dims(scores, axis=1)
    hits = (_positions(scores, labels)[None, ...] == expand_dims(labels, axis=2)) & expand_dims(valid, axis=2)
    wrong = sum(astype(hits, "int64"), axis=1, keepdims=True) == 0
    counts = wrong & expand_dims(valid, axis=2) & (short > 0)
    losses = sum(where(counts, short, 0.0), axis=(1, 2)) / classes
    return reduced(reshape(losses, shape[:-1]), reduction)


def _positions(scores: Any, labels: Any) -> Any:
    """Return the numbers of the classes, of shape (1, classes)."""
    ones = astype(zeros_like(getitem(scores, (slice(0, 1), slice(None)))), labels.dtype) + 1
    return cumulative_sum(ones, axis=1) - 1
