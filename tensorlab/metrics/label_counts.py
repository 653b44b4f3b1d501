"""Metrics of how often labels were predicted, were true, and both: precision, recall, F-scores, Jaccard and Dice."""

from __future__ import annotations

from dataclasses import KW_ONLY
from math import inf, isnan
from typing import Annotated, Any, Literal

from ..backend.dtypes import float64
from ..ops.creation import ones_like
from ..options import NonNegative, declared
from ..options.kinds import Kind, plain
from ..tensor import Tensor
from .inputs import LabelMetric
from .metric import Statistics
from .ratio import average_of, ratio
from .sums import sums_of_labels

Average = Literal["micro", "macro", "weighted"]


class _ZeroOneOrNaN(Kind):
    """The values of quotients that are 0 / 0."""

    text = "0, 1 or nan"

    def read(self, value: Any) -> float:
        """Return a float."""
        value = plain(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError
        if value not in (0, 1) and not isnan(value):
            raise ValueError
        return float(value)


ZeroDivision = Annotated[Any, _ZeroOneOrNaN()]


class LabelCounts(LabelMetric):
    """The base class of metrics of the counts of each label: as predicted, as true, and as both."""

    names = ("true_positives", "predicted", "actual", "outside")

    def statistics(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Statistics:
        found = self._labels(preds, target, sample_weight)
        p, t = found.preds, found.target
        if self.task == "multiclass":
            size, weights = self._require_classes(found.classes), found.weights
            right = weights * (p == t).astype(weights.dtype)
            counts = [sums_of_labels(w, at, size) for w, at in ((right, t), (weights, p), (weights, t))]
        else:
            counts = [found.total(x, axis=0) for x in (p * t, p, t)]
        return dict(zip(self.names, (*counts, found.outside), strict=True))


@declared
class _Score(LabelCounts):
    """The base class of scores that are a ratio of counts.

    Parameters
    ----------
    average : {"macro", "micro", "weighted"}, optional
        How the scores of the classes or labels are averaged; for the task "binary" the score is that of the label 1.
        "micro" is the score of the counts of all classes together, "macro" the mean over the classes or labels,
        "weighted" their mean weighted by how often each occurs in the targets, and None gives the score of each, shape
        (C,) or (L,). Classes that occur neither among the predictions nor the targets are left out of means, as in
        scikit-learn.
    zero_division : 0, 1 or nan
        The score of a class where it is 0 / 0. NaN is left out of averages.
    """

    _: KW_ONLY
    average: Average | None = "macro"
    zero_division: ZeroDivision = 0.0

    def parts(self, both: Tensor, predicted: Tensor, actual: Tensor) -> tuple[Tensor, Tensor]:
        """Return the numerator and the denominator of the score, given the counts of labels as float64."""
        raise NotImplementedError

    def value(self, statistics: Statistics) -> Any:
        counts = [statistics[name].astype(float64) for name in self.names[:3]]
        if self.task == "binary" or self.average == "micro":
            counts = [count.sum() for count in counts]
        numerator, denominator = self.parts(*counts)
        scores = ratio(numerator, denominator, self.zero_division)
        if self.task == "binary" or self.average in (None, "micro"):
            return scores
        _, predicted, actual = counts
        if self.average == "weighted":
            weights = actual
        elif self.task == "multiclass":
            weights = (predicted + actual > 0).astype(float64)
        else:
            weights = ones_like(actual)
        return average_of(scores, weights)


@declared
class Precision(_Score):
    """The part of the predictions of a label that are right: ``tp / (tp + fp)``.

    Equal to `sklearn.metrics.precision_score`.

    Examples
    --------
    >>> precision = tl.metrics.Precision("binary")
    >>> precision.update(tl.tensor([0.9, 0.8, 0.3]), tl.tensor([1, 0, 1]))
    >>> precision.compute()
    tensor(0.5, dtype=float64)
    """

    def parts(self, both: Tensor, predicted: Tensor, actual: Tensor) -> tuple[Tensor, Tensor]:
        return both, predicted


@declared
class Recall(_Score):
    """The part of the samples with a label for which it is predicted: ``tp / (tp + fn)``.

    Equal to `sklearn.metrics.recall_score`.

    Examples
    --------
    >>> recall = tl.metrics.Recall(average=None, num_classes=3)
    >>> recall.update(tl.tensor([0, 1, 1, 2]), tl.tensor([0, 0, 1, 2]))
    >>> recall.compute()
    tensor([0.5, 1. , 1. ], dtype=float64)
    """

    def parts(self, both: Tensor, predicted: Tensor, actual: Tensor) -> tuple[Tensor, Tensor]:
        return both, actual


@declared
class FBetaScore(_Score):
    """The weighted harmonic mean of precision and recall: ``(1 + β²) tp / ((1 + β²) tp + β² fn + fp)``.

    Equal to `sklearn.metrics.fbeta_score`.

    Parameters
    ----------
    beta : float
        The weight of the recall relative to the precision.

    References
    ----------
    C. J. van Rijsbergen (1979), Information Retrieval, chapter 7.

    Examples
    --------
    >>> score = tl.metrics.FBetaScore("binary", beta=2.0)
    >>> score.update(tl.tensor([1, 1, 0]), tl.tensor([1, 0, 0]))
    >>> score.compute()
    tensor(0.83333333, dtype=float64)
    """

    _: KW_ONLY
    beta: NonNegative = 1.0

    def parts(self, both: Tensor, predicted: Tensor, actual: Tensor) -> tuple[Tensor, Tensor]:
        if self.beta == inf:
            return both, actual
        square = float(self.beta) ** 2
        return (1 + square) * both, square * actual + predicted


@declared
class F1Score(_Score):
    """The harmonic mean of precision and recall: ``2 tp / (2 tp + fn + fp)``.

    Equal to `sklearn.metrics.f1_score`.

    Examples
    --------
    >>> score = tl.metrics.F1Score(average="macro")
    >>> score.update(tl.tensor([[2.0, 1.0], [0.0, 3.0], [1.0, 0.5]]), tl.tensor([0, 1, 1]))
    >>> score.compute()
    tensor(0.66666667, dtype=float64)
    """

    def parts(self, both: Tensor, predicted: Tensor, actual: Tensor) -> tuple[Tensor, Tensor]:
        return 2 * both, predicted + actual


@declared
class DiceScore(F1Score):
    """The overlap of predicted and true regions, ``2 |A ∩ B| / (|A| + |B|)``, over all pixels seen.

    This is `F1Score` of the pixels: shapes (N, C, H, W) and (N, H, W) for "multiclass", (N, H, W) twice for "binary".

    References
    ----------
    L. R. Dice (1945), Measures of the amount of ecologic association between species, Ecology 26.

    Examples
    --------
    >>> dice = tl.metrics.DiceScore("binary")
    >>> dice.update(tl.tensor([[1, 1], [0, 0]]), tl.tensor([[1, 0], [0, 0]]))
    >>> dice.compute()
    tensor(0.66666667, dtype=float64)
    """


@declared
class JaccardIndex(_Score):
    """The intersection over union (IoU) of predicted and true regions, ``|A ∩ B| / |A ∪ B|``, over all samples seen.

    With ``average="macro"`` it is the mean IoU of segmentations. Equal to `sklearn.metrics.jaccard_score`.

    References
    ----------
    P. Jaccard (1912), The distribution of the flora in the alpine zone, New Phytologist 11.

    Examples
    --------
    >>> iou = tl.metrics.JaccardIndex("binary")
    >>> iou.update(tl.tensor([[1, 1], [0, 0]]), tl.tensor([[1, 0], [0, 0]]))
    >>> iou.compute()
    tensor(0.5, dtype=float64)
    """

    def parts(self, both: Tensor, predicted: Tensor, actual: Tensor) -> tuple[Tensor, Tensor]:
        return both, predicted + actual - both
