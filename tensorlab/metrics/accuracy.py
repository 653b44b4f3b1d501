"""Accuracy, also among the most likely classes."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any, Literal

from ..backend.dtypes import int64
from ..errors import ShapeError
from ..ops.creation import arange, ones_like
from ..ops.datatypes import isdtype
from ..ops.indexing import take_along_axis
from ..options import Size, declared
from ..tensor import Tensor
from .inputs import LabelMetric, Samples
from .metric import Statistics
from .ratio import average_of, ratio
from .sums import sums_of_labels


@declared
class Accuracy(LabelMetric):
    """The part of the predictions that are right.

    Equal to `sklearn.metrics.accuracy_score`, with ``average="macro"`` to `balanced_accuracy_score`, and with `top_k`
    to `top_k_accuracy_score`. Without `num_classes` it takes labels as predictions too, unless the accuracy of each
    class is asked for.

    Parameters
    ----------
    average : {"micro", "macro"}, optional
        "micro" counts all predictions, "macro" is the mean of the accuracies of the classes that occur in the targets,
        or of the labels. None gives the accuracy of each class (NaN for one that does not occur) or label.
    top_k : int
        A prediction is right if the true class has one of the `top_k` largest scores; for "multiclass" with scores. Of
        equal scores that of the later class counts as larger, as in scikit-learn.
    subset_accuracy : bool
        Whether a sample of "multilabel" counts as one prediction, which is right if all its labels are. This is what
        scikit-learn's `accuracy_score` computes.

    Examples
    --------
    >>> accuracy = tl.metrics.Accuracy()
    >>> accuracy.update(tl.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 3.0]]), tl.tensor([0, 1]))
    >>> accuracy.compute()
    tensor(0.5, dtype=float64)
    >>> tl.metrics.Accuracy(top_k=2)(tl.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 3.0]]), tl.tensor([0, 1]))
    tensor(1., dtype=float64)
    """

    names = ("right", "total", "outside")

    _: KW_ONLY
    average: Literal["micro", "macro"] | None = "micro"
    top_k: Size = 1
    subset_accuracy: bool = False

    def __post_init__(self) -> None:
        for option, task, given in (
            ("top_k", "multiclass", self.top_k > 1),
            ("subset_accuracy", "multilabel", self.subset_accuracy),
        ):
            if given and self.task != task:
                raise ValueError(f"Accuracy: {option} is only for the task {task!r}, not {self.task!r}")

    def statistics(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Statistics:
        if self.top_k > 1:
            found = self._samples(preds, target, sample_weight, self.num_classes)
            right = self._among_largest(found)
        else:
            found = self._labels(preds, target, sample_weight)
            right = found.preds == found.target
        weights, right = found.weights, right.astype(int64)
        if self.subset_accuracy:
            right, weights = _of_samples(right, weights)
        right = right * weights
        if self.task == "multilabel" and self.average != "micro" and not self.subset_accuracy:
            totals = right.sum(axis=0), weights.sum(axis=0)
        elif self.task == "multiclass" and self.average != "micro":
            classes = self._require_classes(found.classes)
            totals = sums_of_labels(right, found.target, classes), sums_of_labels(weights, found.target, classes)
        else:
            totals = right.sum(), weights.sum()
        return {"right": totals[0], "total": totals[1], "outside": found.outside}

    def _among_largest(self, found: Samples) -> Tensor:
        """Return whether fewer than `top_k` classes have a larger score than the true one."""
        scores = found.preds
        if not isdtype(scores.dtype, "real floating"):
            raise TypeError(f"Accuracy: preds must be scores where top_k is {self.top_k}, not {scores.dtype}")
        if found.classes is not None and self.top_k > found.classes:
            raise ShapeError(f"Accuracy: preds have {found.classes} classes, fewer than top_k={self.top_k}")
        true = take_along_axis(scores, found.target[:, None], axis=-1)
        later = arange(scores.shape[-1], device=scores.device)[None, :] > found.target[:, None]
        larger = ~(scores <= true) | ((scores == true) & later)  # NaN counts as larger, so that it is never right
        return larger.astype(int64).sum(axis=-1) < self.top_k

    def value(self, statistics: Statistics) -> Any:
        scores = ratio(statistics["right"], statistics["total"])
        if self.average == "macro" and len(scores.shape) == 1:
            return average_of(scores, ones_like(scores))
        return scores


def _of_samples(right: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return whether all labels of a sample are right, and the weight of the sample: the largest of its labels."""
    counted = weights > 0
    wrong = (counted & (right == 0)).astype(int64).sum(axis=-1)
    return (wrong == 0).astype(int64), weights.max(axis=-1)
