"""Predictions and targets in the forms that metrics take, read into vectors of labels, scores and weights."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from functools import partial
from typing import Any, Literal

from ..backend.dtypes import float64, int64
from ..errors import ShapeError
from ..nn.functional.operands import on_host
from ..ops.comparison import where
from ..ops.creation import ones_like
from ..ops.datatypes import isdtype
from ..ops.declare import require
from ..ops.exponential import sigmoid
from ..ops.shapes import broadcast_to, moveaxis
from ..ops.softmax import softmax
from ..options import Fraction, Size, declared
from ..tensor import Tensor
from .metric import PredictionMetric

Task = Literal["binary", "multiclass", "multilabel"]


@dataclass(frozen=True)
class Samples:
    """Samples without further axes.

    For the task "multiclass" there are M samples with one label each; otherwise M samples with L labels that are each
    0 or 1, of which there is one for the task "binary".
    """

    preds: Tensor
    """Labels, int64, of the shape of `target`; or scores, shape (M, C) or (M, L)."""
    target: Tensor
    """int64, shape (M,) or (M, L); 0 where the target is to be ignored."""
    weight: Tensor | None
    """The shape of `target`; int64 if only some are ignored, otherwise float64; None if all weights are 1."""
    classes: int | None
    """C or L; None if predictions are labels and the metric was not told."""
    outside: Any
    """How many targets or predictions are no labels: a tensor, or 0 where this raises at once."""

    @property
    def weights(self) -> Tensor:
        """The weights, also where all are 1."""
        return ones_like(self.target) if self.weight is None else self.weight

    def total(self, x: Tensor, axis: int | None = None) -> Tensor:
        """Return the weighted sum of what has the shape of `target`."""
        return (x if self.weight is None else x * self.weight).sum(axis=axis)


@declared
class ClassificationMetric(PredictionMetric):
    """A metric of predicted classes.

    Parameters
    ----------
    task : {"multiclass", "binary", "multilabel"}
        Whether each sample has one of several labels, the label 0 or 1, or several labels that are each 0 or 1.
    ignore_index : int, optional
        Targets with this value do not count.

    Raises
    ------
    ValueError, TypeError
        If an option is not one of those listed, or does not apply to the task.
    """

    task: Task = "multiclass"
    _: KW_ONLY
    ignore_index: int | None = None

    def _samples(
        self, preds: Tensor, target: Tensor, sample_weight: Tensor | None, classes: int | None = None
    ) -> Samples:
        """Return the samples as vectors; predictions stay labels or scores."""
        name, several = type(self).__name__, self.task == "multiclass"
        require(name, "real or bool", preds=preds)
        require(name, "integral or bool" if several else "real or bool", target=target)
        scores = isdtype(preds.dtype, "real floating")
        _check_shapes(name, self.task, tuple(preds.shape), tuple(target.shape), scores)
        weight = weights_of(name, tuple(target.shape), sample_weight)
        if self.task == "binary":
            classes = 1
        elif scores or not several:
            classes = _number_of_classes(name, preds.shape[1], classes)
        labels = () if several else (classes,)
        preds = _rows(preds, (classes,) if scores and several else labels, self.task)
        target = _rows(target, labels, self.task)
        weight = None if weight is None else _rows(weight, labels, self.task)
        if self.ignore_index is not None:
            counted = target != self.ignore_index
            target = where(counted, target, 0)
            weight = counted.astype(int64) if weight is None else where(counted, weight, 0.0)
        bound = classes if several else 2
        target, outside = inside(name, "target", target, bound)
        if not scores:
            preds, wrong = inside(name, "preds", preds, bound)
            outside = outside + wrong
        return Samples(preds, target, weight, classes, outside)


@declared
class LabelMetric(ClassificationMetric):
    """A metric that compares predicted labels with the true ones.

    Parameters
    ----------
    num_classes : int, optional
        The number of classes, needed where predictions are labels rather than scores.
    threshold : float
        Above which probability a label is predicted, for the tasks "binary" and "multilabel".
    from_logits : bool
        Whether scores are logits, of which the sigmoid is taken before they are compared with the threshold.

    Notes
    -----
    Predictions are labels or scores:

    ============ ====================== ======================== ============================================
    task         preds, labels          preds, scores            target
    ============ ====================== ======================== ============================================
    "multiclass" integers, (N, ...)     floating, (N, C, ...)    integers, (N, ...)
    "binary"     0 or 1, any shape      floating, any shape      0 or 1 of any type, the shape of preds
    "multilabel" 0 or 1, (N, L, ...)    floating, (N, L, ...)    0 or 1 of any type, the shape of preds
    ============ ====================== ======================== ============================================

    Of several classes the one with the largest score is predicted, so that probabilities and logits serve alike.
    Otherwise a label is predicted where the score is above the threshold.
    """

    _: KW_ONLY
    num_classes: Size | None = None
    threshold: Fraction = 0.5
    from_logits: bool = False

    def _labels(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None) -> Samples:
        """Return the samples with predicted labels."""
        samples = self._samples(preds, target, sample_weight, self.num_classes)
        if not isdtype(samples.preds.dtype, "real floating"):
            return samples
        if self.task == "multiclass":
            labels = samples.preds.argmax(axis=-1)
        else:
            scores, outside = _probabilities(type(self).__name__, samples.preds, self.from_logits, sigmoid)
            labels = (scores > self.threshold).astype(int64)
            samples = replace(samples, outside=samples.outside + outside)
        return replace(samples, preds=labels)

    def _require_classes(self, classes: int | None) -> int:
        """Return the number of classes, which predictions that are labels do not tell."""
        if classes is None:
            raise ValueError(f"{type(self).__name__}: num_classes must be given where preds are labels, not scores")
        return classes


@declared
class ScoreMetric(ClassificationMetric):
    """A metric of predicted probabilities.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits, of which the softmax over the classes or the sigmoid is taken.

    Notes
    -----
    Predictions are floating-point: (N, C, ...) for "multiclass", with integer targets of shape (N, ...); otherwise
    of the shape of the targets, which are 0 or 1 of any type: any shape for "binary", (N, L, ...) for "multilabel".
    """

    _: KW_ONLY
    from_logits: bool = False

    def _scores(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None, to_probabilities: bool) -> Samples:
        """Return the samples with float64 scores: probabilities, or what was given."""
        require(type(self).__name__, "real floating", preds=preds)
        samples = self._samples(preds, target, sample_weight)
        scores, outside = samples.preds.astype(float64), 0
        if to_probabilities:
            function = partial(softmax, axis=-1) if self.task == "multiclass" else sigmoid
            scores, outside = _probabilities(type(self).__name__, scores, self.from_logits, function)
        return replace(samples, preds=scores, outside=samples.outside + outside)


def weights_of(name: str, shape: tuple[int, ...], sample_weight: Tensor | None) -> Tensor | None:
    """Return weights for each element of a target of a shape, float64; None if there are none."""
    if sample_weight is None:
        return None
    require(name, "real or bool", sample_weight=sample_weight)
    given = tuple(sample_weight.shape)
    if given != shape and given != shape[:1]:
        raise ShapeError(
            f"{name}: sample_weight must have the shape {tuple(shape[:1])} or {tuple(shape)} for a target of shape "
            f"{tuple(shape)}, not {given}"
        )
    weight = sample_weight.astype(float64)
    if given != shape:
        weight = broadcast_to(weight.reshape(*given, *(1,) * (len(shape) - 1)), shape)
    return weight


def _check_shapes(name: str, task: Task, preds: tuple[int, ...], target: tuple[int, ...], scores: bool) -> None:
    """Refuse shapes of predictions and targets that do not fit."""
    if task == "multiclass" and scores:
        if len(preds) < 2 or (preds[0], *preds[2:]) != target:
            raise ShapeError(
                f"{name}: scores in preds have the shape (N, C, ...) and target the shape (N, ...), not {preds} and "
                f"{target}"
            )
    elif preds != target:
        raise ShapeError(
            f"{name}: {'labels in ' * (task == 'multiclass')}preds and target must have the same shape for the task "
            f"{task!r}, not {preds} and {target}"
        )
    elif task == "multilabel" and len(preds) < 2:
        raise ShapeError(f"{name}: preds and target of the task 'multilabel' have the shape (N, L, ...), not {preds}")


def _rows(x: Tensor, columns: tuple[Any, ...], task: Task) -> Tensor:
    """Return a tensor with the second axis last, if it is that of classes, and the others joined."""
    if task != "binary" and columns and len(x.shape) > 2:
        x = moveaxis(x, 1, -1)
    return x.reshape(-1, *columns)


def _number_of_classes(name: str, found: int, expected: int | None) -> int:
    if expected not in (None, found):
        raise ShapeError(f"{name}: preds have {found} classes, but num_classes is {expected}")
    if found == 0:
        raise ShapeError(f"{name}: preds have no classes")
    return found


def _probabilities(name: str, scores: Tensor, from_logits: bool, function: Any) -> tuple[Tensor, Any]:
    """Return probabilities, and how many are outside [0, 1]; where these can be read at once they raise."""
    if from_logits:
        return function(scores), 0
    outside = (scores < -ROUNDING) | (scores > 1 + ROUNDING)
    if not on_host(scores):
        return scores, outside.astype(int64).sum()
    if bool(outside.any()):
        raise ValueError(
            f"{name}: preds must be probabilities from 0 to 1, not {scores[outside][0].item():.4g}; from_logits=True "
            "takes logits"
        )
    return scores, 0


ROUNDING = 1e-5
"""How far probabilities may be outside [0, 1]."""


def inside(name: str, argument: str, labels: Tensor, classes: int | None) -> tuple[Tensor, Any]:
    """Return labels as int64, and how many are outside the classes and were replaced by 0.

    Where elements can be read without waiting for a device, those outside raise a `ValueError` here.
    """
    if isdtype(labels.dtype, "bool"):
        return labels.astype(int64), 0
    valid = labels >= 0
    if classes is not None:
        valid = (labels == 0) | (labels == 1) if classes == 2 else valid & (labels < classes)
    if not on_host(labels):
        return where(valid, labels, 0).astype(int64), (~valid).astype(int64).sum()
    if not bool(valid.all()):
        first = labels[~valid][0].item()
        raise ValueError(
            f"{name}: {argument} must be {'labels from 0' if classes is None else f'a label from 0 to {classes - 1}'}"
            f", not {first}"
        )
    return labels.astype(int64), 0
