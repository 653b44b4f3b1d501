"""Metrics of predicted probabilities: log loss and calibration."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any, Literal

from ..backend.dtypes import float64
from ..ops.arithmetic import clip
from ..ops.comparison import where
from ..ops.creation import linspace
from ..ops.datatypes import finfo
from ..ops.exponential import log, logaddexp
from ..ops.indexing import take_along_axis
from ..ops.softmax import log_softmax
from ..ops.sorting import searchsorted
from ..options import Size, declared
from ..tensor import Tensor
from .inputs import ScoreMetric
from .metric import Statistics
from .ratio import ratio
from .sums import sums_of_labels


@declared
class LogLoss(ScoreMetric):
    """The mean negative log-probability of the true labels, in nats.

    Probabilities are clipped to [ε, 1 - ε], where ε is the precision of their data type. Equal to
    `sklearn.metrics.log_loss`, and for logits to the cross entropy. For "multilabel" it is the mean over all labels.

    Examples
    --------
    >>> loss = tl.metrics.LogLoss()
    >>> loss.update(tl.tensor([[0.5, 0.5], [0.25, 0.75]]), tl.tensor([0, 1]))
    >>> loss.compute()
    tensor(0.49041463, dtype=float64)
    """

    names = ("loss", "weight", "outside")

    def statistics(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Statistics:
        found = self._scores(preds, target, sample_weight, to_probabilities=not self.from_logits)
        scores, true = found.preds, found.target
        if not self.from_logits:
            eps = float(finfo(preds.dtype).eps)
            scores = clip(scores, eps, 1 - eps)
        if self.task == "multiclass":
            logs = log_softmax(scores, axis=-1) if self.from_logits else log(scores)
            losses = -take_along_axis(logs, true[:, None], axis=-1)[:, 0]
        elif self.from_logits:
            losses = logaddexp(scores * 0.0, where(true == 1, -scores, scores))
        else:
            losses = -log(where(true == 1, scores, 1 - scores))
        if found.weight is not None:
            losses = where(found.weight == 0, 0.0, losses)  # that of an ignored target may be infinite
        return {"loss": found.total(losses), "weight": found.weights.sum(), "outside": found.outside}

    def value(self, statistics: Statistics) -> Any:
        return ratio(statistics["loss"], statistics["weight"])


@declared
class CalibrationError(ScoreMetric):
    """How far confidences are from the accuracy among predictions of that confidence: the ECE, for one.

    Predictions are put into bins ``(k / n, (k + 1) / n]`` by their confidence: the probability of the label 1 for
    "binary", compared with how often it is the true one; the largest probability for "multiclass", compared with how
    often that class is the true one.

    Parameters
    ----------
    n_bins : int
        The number of bins.
    norm : {"l1", "l2", "max"}
        The mean over the predictions of the difference in their bin (the expected calibration error), the root of the
        mean of its square, or the largest difference of any bin.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger (2017), On calibration of modern neural networks, equations 3 and 5.

    Examples
    --------
    >>> error = tl.metrics.CalibrationError("binary", n_bins=2)
    >>> error.update(tl.tensor([0.25, 0.25, 0.75, 1.0]), tl.tensor([0, 1, 1, 1]))
    >>> error.compute()
    tensor(0.1875, dtype=float64)
    """

    names = ("weight", "confidence", "right", "outside")

    _: KW_ONLY
    n_bins: Size = 15
    norm: Literal["l1", "l2", "max"] = "l1"

    def __post_init__(self) -> None:
        if self.task == "multilabel":
            raise ValueError("CalibrationError: task must be 'multiclass' or 'binary', not 'multilabel'")

    def statistics(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Statistics:
        found = self._scores(preds, target, sample_weight, to_probabilities=True)
        if self.task == "multiclass":
            confidence, right = found.preds.max(axis=-1), found.preds.argmax(axis=-1) == found.target
            weight = found.weights
        else:
            confidence, right, weight = found.preds[:, 0], found.target[:, 0], found.weights[:, 0]
        weight = weight.astype(float64)
        edges = linspace(0.0, 1.0, self.n_bins + 1, dtype=float64, device=confidence.device)[1:-1]
        bins = searchsorted(edges, confidence)
        parts = (weight, weight * confidence, weight * right.astype(float64))
        sums = [sums_of_labels(part, bins, self.n_bins) for part in parts]
        return dict(zip(self.names, (*sums, found.outside), strict=True))

    def value(self, statistics: Statistics) -> Any:
        weight = statistics["weight"]
        gap = ratio(abs(statistics["right"] - statistics["confidence"]), weight, 0.0)
        part = ratio(weight, weight.sum())
        if self.norm == "max":
            return gap.max()
        return (part * gap).sum() if self.norm == "l1" else (part * gap**2).sum().sqrt()
