"""Metrics of how well scores order samples: the area under the ROC curve, and the average precision.

Both are exact. They keep all scores, and compare those of positive samples with those of all others by sorting.
"""

from __future__ import annotations

from dataclasses import KW_ONLY
from math import nan
from typing import Any, Literal

from ..backend.dtypes import float64, int64
from ..ops.arithmetic import negative
from ..ops.comparison import isnan, where
from ..ops.creation import arange, ones_like
from ..ops.cumulative import cumulative_sum
from ..ops.indexing import take
from ..ops.joining import concat, stack
from ..ops.reduction import any as any_of
from ..ops.sorting import argsort, searchsorted
from ..options import declared
from ..tensor import Tensor
from .inputs import ScoreMetric
from .metric import Statistics
from .ratio import average_of, ratio

Average = Literal["macro", "weighted", "micro"]


@declared
class _Ranking(ScoreMetric):
    """The base class of metrics that keep all scores.

    Parameters
    ----------
    average : {"macro", "weighted", "micro"}, optional
        How the values of the classes, each against all others, or of the labels are averaged; for the task "binary" the
        value is that of the label 1. "macro" is the mean, "weighted" the mean weighted by how often each occurs in the
        targets, "micro" takes each score as one of a single binary problem, and None gives the value of each.
    """

    names = ("scores", "target", "weight", "outside")

    _: KW_ONLY
    average: Average | None = "macro"

    def statistics(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Statistics:
        found = self._scores(preds, target, sample_weight, to_probabilities=self.task == "multiclass")
        return {
            "scores": [found.preds], "target": [found.target], "weight": [found.weights], "outside": found.outside,
        }  # fmt: skip

    def value(self, statistics: Statistics) -> Any:
        scores, target, weight = (concat(statistics[name], axis=0) for name in self.names[:3])
        weight = weight.astype(float64)
        if self.task == "multiclass":
            target = (target[:, None] == arange(scores.shape[1], device=scores.device)[None, :]).astype(int64)
            weight = weight[:, None] * ones_like(target)
        positive, others = weight * target, weight * (1 - target)
        return self._of_labels(scores, positive, others)

    def _of_labels(self, scores: Tensor, positive: Tensor, others: Tensor) -> Tensor:
        """Return the value, given the scores of labels, and the weights of samples that have each label or not."""
        if self.task == "binary" or self.average == "micro":
            return self._of_one(*(x.reshape(-1) for x in (scores, positive, others)))
        columns = [self._of_one(scores[:, k], positive[:, k], others[:, k]) for k in range(scores.shape[1])]
        values = stack(columns)
        if self.average is None:
            return values
        total = positive.sum(axis=0)
        return average_of(values, total if self.average == "weighted" else ones_like(values))

    def _of_one(self, scores: Tensor, positive: Tensor, others: Tensor) -> Tensor:
        """Return the value of one label, given the weights of the samples that have it or not."""
        raise NotImplementedError


@declared
class AUROC(_Ranking):
    """The area under the ROC curve: how often a sample with a label has a higher score for it than one without.

    Equal scores count half. Equal to `sklearn.metrics.roc_auc_score`. A class without samples, or without others, has
    no such area: its value is NaN, and it is left out of averages. Only the order of the scores counts, but scores for
    "multiclass" are compared between samples, so that logits need `from_logits`.

    Parameters
    ----------
    multi_class : {"ovr", "ovo"}
        Whether each class is compared with all others together, or with each other class. The latter is not sensitive
        to how frequent the classes are; its averages are "macro" and "weighted", over pairs of classes.

    References
    ----------
    J. A. Hanley and B. J. McNeil (1982), The meaning and use of the area under a ROC curve. D. J. Hand and R. J. Till
    (2001), A simple generalisation of the area under the ROC curve for multiple class classification problems.

    Examples
    --------
    >>> auroc = tl.metrics.AUROC("binary")
    >>> auroc.update(tl.tensor([0.1, 0.4, 0.35, 0.8]), tl.tensor([0, 0, 1, 1]))
    >>> auroc.compute()
    tensor(0.75, dtype=float64)
    """

    _: KW_ONLY
    multi_class: Literal["ovr", "ovo"] = "ovr"

    def __post_init__(self) -> None:
        if self.multi_class == "ovo" and (self.task != "multiclass" or self.average not in ("macro", "weighted")):
            raise ValueError(
                "AUROC: multi_class='ovo' is for the task 'multiclass', and average 'macro' or 'weighted', not "
                f"{self.task!r} and {self.average!r}"
            )

    def _of_labels(self, scores: Tensor, positive: Tensor, others: Tensor) -> Tensor:
        if self.multi_class == "ovr":
            return super()._of_labels(scores, positive, others)
        classes = range(scores.shape[1])
        pairs = stack([_area(scores[:, k], positive[:, k], positive) for k in classes])  # class k before each class
        total = positive.sum(axis=0)
        weights = total[:, None] + total[None, :] if self.average == "weighted" else ones_like(pairs)
        own = arange(len(classes), device=scores.device)
        different = own[:, None] != own[None, :]
        return average_of(where(different, pairs, nan), where(different, weights, 0.0))

    def _of_one(self, scores: Tensor, positive: Tensor, others: Tensor) -> Tensor:
        return _area(scores, positive, others[:, None])[0]


@declared
class AveragePrecision(_Ranking):
    """The mean of the precisions at all thresholds, weighted by the increase of the recall: ``Σ (Rₙ - Rₙ₋₁) Pₙ``.

    Equal to `sklearn.metrics.average_precision_score`. The value of a class without samples is 0. Only the order of the
    scores counts, but scores for "multiclass" are compared between samples, so that logits need `from_logits`.

    Examples
    --------
    >>> precision = tl.metrics.AveragePrecision("binary")
    >>> precision.update(tl.tensor([0.1, 0.4, 0.35, 0.8]), tl.tensor([0, 0, 1, 1]))
    >>> precision.compute()
    tensor(0.83333333, dtype=float64)
    """

    def _of_one(self, scores: Tensor, positive: Tensor, others: Tensor) -> Tensor:
        keys, order = _sorted(negative(scores))
        own = take(positive, order)
        tied = searchsorted(keys, keys, side="right") - 1
        right = take(cumulative_sum(own), tied)
        predicted = take(cumulative_sum(own + take(others, order)), tied)
        precision = ratio(right, predicted, 0.0)
        found = ratio((own * precision).sum(), own.sum(), 0.0)
        return where(any_of(isnan(scores)), nan, found)


def _sorted(keys: Tensor) -> tuple[Tensor, Tensor]:
    """Return keys in ascending order, and their positions."""
    order = argsort(keys)
    return take(keys, order), order


def _area(scores: Tensor, positive: Tensor, others: Tensor) -> Tensor:
    """Return the part of the pairs in which a positive sample has a higher score than another one.

    Parameters
    ----------
    scores : Tensor, shape (M,)
        The scores.
    positive : Tensor, shape (M,)
        The weights of the samples as positive ones.
    others : Tensor, shape (M, K)
        Their weights as others, for each of K comparisons.

    Returns
    -------
    Tensor, shape (K,)
        NaN where there are no pairs, or a score is NaN.
    """
    keys, order = _sorted(scores)
    below = cumulative_sum(take(others, order, axis=0), axis=0, include_initial=True)
    lower, upper = (take(below, searchsorted(keys, keys, side=side), axis=0) for side in ("left", "right"))
    won = (take(positive, order)[:, None] * (lower + upper)).sum(axis=0) / 2
    area = ratio(won, positive.sum() * others.sum(axis=0))
    return where(any_of(isnan(scores)), nan, area)
