"""Losses of scores that are to keep a distance from one another."""

from __future__ import annotations

from typing import Any

from ....errors import ShapeError
from ....ops.arithmetic import clip, zeros_like
from ....ops.comparison import where
from ....ops.cumulative import cumulative_sum
from ....ops.declare import composite
from ....ops.indexing import getitem, take, take_along_axis
from ....ops.reduction import max, sum
from ....ops.shapes import astype, expand_dims, reshape
from ....tensor import Tensor
from .common import (
    check_class_weight,
    check_classes,
    check_reduction,
    check_same_shape,
    reduced,
    shape_of,
)

# -- a score and a sign ------------------------------------------------------------------------------------------------


@composite(input="real floating", target="real")
def hinge_loss(input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean") -> Tensor:
    """``max(0, margin - target * input)``, the loss of support vector machines (Cortes and Vapnik 1995).

    Where it just becomes zero, the gradient is that of the slope.

    Parameters
    ----------
    input : Tensor
        Scores; any shape.
    target : Tensor
        -1 or 1; the same shape.
    margin : float
        How far on the right side a score costs nothing.
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
    >>> tl.nn.functional.hinge_loss(tl.tensor([0.5, 2.0]), tl.tensor([1.0, 1.0]), reduction="none")
    tensor([0.5, 0. ])
    """
    return reduced(_short_of("hinge_loss", input, target, margin, reduction), reduction)


@composite(input="real floating", target="real")
def squared_hinge_loss(input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean") -> Tensor:
    """``max(0, margin - target * input)**2``, which has a gradient everywhere; see `hinge_loss`.

    Examples
    --------
    >>> tl.nn.functional.squared_hinge_loss(tl.tensor([0.5, 2.0]), tl.tensor([1.0, 1.0]), reduction="none")
    tensor([0.25, 0.  ])
    """
    short = _short_of("squared_hinge_loss", input, target, margin, reduction)
    return reduced(short * short, reduction)


@composite(input="real floating", target="real")
def perceptron_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """``max(0, -target * input)``: a step against its gradient is the perceptron's rule (Rosenblatt 1958).

    Scores of zero count as wrong: their gradient is that of the slope. See `hinge_loss`.

    Examples
    --------
    >>> tl.nn.functional.perceptron_loss(tl.tensor([0.5, -2.0]), tl.tensor([1.0, 1.0]), reduction="none")
    tensor([0., 2.])
    """
    return reduced(_short_of("perceptron_loss", input, target, 0.0, reduction), reduction)


def _short_of(name: str, input: Any, target: Any, margin: float, reduction: str) -> Any:
    check_reduction(name, reduction)
    check_same_shape(name, input, target)
    return clip(margin - input * target, 0.0)


@composite(input="real floating", target="real")
def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean") -> Tensor:
    """A distance where two things are alike, else what it lacks of a margin.

    ``input`` where `target` is 1, ``max(0, margin - input)`` where it is -1.

    Parameters
    ----------
    input : Tensor
        Distances; any shape.
    target : Tensor
        1 or -1; the same shape, or one that broadcasts. Any other number costs the sum of both, as in PyTorch.
    margin : float
        How far apart what is not alike costs nothing.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> distances = tl.tensor([0.5, 0.75])
    >>> tl.nn.functional.hinge_embedding_loss(distances, tl.tensor([1.0, -1.0]), reduction="none")
    tensor([0.5 , 0.25])
    """
    check_reduction("hinge_embedding_loss", reduction)
    unlike = where(target != 1, clip(margin - input, 0.0), 0.0)
    return reduced(unlike + where(target != -1, input, 0.0), reduction)


@composite(input1="real floating", input2="real floating", target="real")
def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """``max(0, margin - target * (input1 - input2))``: which of two scores is to be greater.

    Parameters
    ----------
    input1, input2 : Tensor
        Scores; shapes that broadcast, with equally many axes.
    target : Tensor
        1 where the first is to be greater, -1 where the second is; as many axes.
    margin : float
        By how much.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> first, second = tl.tensor([1.0, 1.0]), tl.tensor([3.0, 0.0])
    >>> tl.nn.functional.margin_ranking_loss(first, second, tl.tensor([1.0, 1.0]), reduction="none")
    tensor([2., 0.])
    """
    check_reduction("margin_ranking_loss", reduction)
    shapes = [shape_of(x) for x in (input1, input2, target)]
    if len({len(shape) for shape in shapes}) > 1:
        raise ShapeError(
            f"margin_ranking_loss: input1, input2 and target need equally many axes, not shapes {shapes[0]}, "
            f"{shapes[1]} and {shapes[2]}"
        )
    return reduced(clip(margin - target * (input1 - input2), 0.0), reduction)


# -- scores of classes -------------------------------------------------------------------------------------------------


@composite(input="real floating", target="integral", weight="real")
def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    *,
    reduction: str = "mean",
) -> Tensor:
    """By how much the other classes' scores come closer to the right one's than a margin (Weston and Watkins 1999).

    The sum of ``max(0, margin - input[target] + input[i])**p`` over the other classes, divided by the number of
    classes. Where a term just becomes zero, its gradient is zero.

    Parameters
    ----------
    input : Tensor, shape (batch, classes) or (classes,)
        Scores.
    target : Tensor of integers, shape (batch,) or ()
        The right classes.
    p : {1, 2}
        The power.
    margin : float
        How far apart costs nothing.
    weight : Tensor, shape (classes,), optional
        How much each right class counts; the mean is over the samples.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    IndexError
        If (on hosts) a target is no class.
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.functional.multi_margin_loss(tl.tensor([[0.5, 0.0]]), tl.tensor([0]))
    tensor(0.25)
    """
    check_reduction("multi_margin_loss", reduction)
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss: p must be 1 or 2, not {p}")
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
    # The right class is no rival of its own; it takes no part, at the edge neither.
    rival = (_positions(scores, labels) != labels) & (short > 0)
    short = where(rival, short, 0.0)
    each = short if p == 1 else short * short
    if weight is not None:
        each = each * take(weight, labels, axis=0)
    return reduced(reshape(sum(each, axis=1) / classes, given), reduction)


@composite(input="real floating", target="integral")
def multilabel_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """By how much the scores of wrong classes come closer than 1 to those of the right ones, however many.

    The sum of ``max(0, 1 - input[j] + input[i])`` over the right classes `j` and all others `i`, divided by the number
    of classes. Where a term just becomes zero, its gradient is zero.

    Parameters
    ----------
    input : Tensor, shape (batch, classes) or (classes,)
        Scores.
    target : Tensor of integers
        The same shape: the right classes of each sample, then -1; what comes after that does not count.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ShapeError
        If the shapes do not fit.
    IndexError
        If (on hosts) a target is no class.
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> scores = tl.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> tl.nn.functional.multilabel_margin_loss(scores, tl.tensor([[3, 0, -1, 1]]))
    tensor(0.85)
    """
    check_reduction("multilabel_margin_loss", reduction)
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
