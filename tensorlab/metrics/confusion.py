"""The confusion matrix, and the agreement of predictions and targets that it shows."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any, Literal

from ..backend.dtypes import float64
from ..ops.creation import arange
from ..ops.joining import stack
from ..options import declared
from ..tensor import Tensor
from .inputs import LabelMetric
from .metric import Statistics
from .ratio import ratio
from .sums import sums_of_labels


class _Confusion(LabelMetric):
    """The base class of metrics of the confusion matrix."""

    names = ("matrix", "outside")

    def statistics(self, preds: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Statistics:
        found = self._labels(preds, target, sample_weight)
        p, t = found.preds, found.target
        if self.task == "multilabel":
            cells = [[found.total(a * b, axis=0) for b in (1 - p, p)] for a in (1 - t, t)]
            matrix = stack([stack(row, axis=-1) for row in cells], axis=-2)
        else:
            size = 2 if self.task == "binary" else self._require_classes(found.classes)
            matrix = sums_of_labels(found.weights.reshape(-1), (t * size + p).reshape(-1), size * size)
            matrix = matrix.reshape(size, size)
        return {"matrix": matrix, "outside": found.outside}


@declared
class ConfusionMatrix(_Confusion):
    """How often each label was predicted where each was true: the rows are the true labels.

    Equal to `sklearn.metrics.confusion_matrix`, and for the task "multilabel" to `multilabel_confusion_matrix`. The
    value has the shape (C, C), (2, 2) for "binary" and (L, 2, 2) for "multilabel"; int64 unless there are weights or it
    is normalized.

    Parameters
    ----------
    normalize : {"true", "pred", "all"}, optional
        Whether the counts are divided by those of the true labels, of the predicted labels, or of all samples. A row or
        column without counts stays zero.

    Examples
    --------
    >>> matrix = tl.metrics.ConfusionMatrix(num_classes=2)
    >>> matrix.update(tl.tensor([0, 1, 1, 1]), tl.tensor([0, 0, 1, 1]))
    >>> matrix.compute()
    tensor([[1, 1],
            [0, 2]])
    """

    _: KW_ONLY
    normalize: Literal["true", "pred", "all"] | None = None

    def value(self, statistics: Statistics) -> Any:
        matrix = statistics["matrix"]
        if self.normalize is None:
            return matrix
        axes = {"true": -1, "pred": -2, "all": (-2, -1)}[self.normalize]
        return ratio(matrix, matrix.sum(axis=axes, keepdims=True), 0.0)


def _check_one_matrix(metric: LabelMetric) -> None:
    if metric.task == "multilabel":
        raise ValueError(f"{type(metric).__name__}: task must be 'multiclass' or 'binary', not 'multilabel'")


@declared
class CohenKappa(_Confusion):
    """The agreement of predictions and targets beyond what chance gives, for "multiclass" and "binary".

    It is 1 for perfect agreement, 0 for that of independent labels, and NaN where all labels are one. Equal to
    `sklearn.metrics.cohen_kappa_score`.

    Parameters
    ----------
    weights : {"linear", "quadratic"}, optional
        Whether disagreement grows with the distance of the labels, or with its square.

    References
    ----------
    J. Cohen (1960), A coefficient of agreement for nominal scales.

    Examples
    --------
    >>> kappa = tl.metrics.CohenKappa(num_classes=3)
    >>> kappa.update(tl.tensor([0, 1, 2, 2]), tl.tensor([0, 1, 1, 2]))
    >>> kappa.compute()
    tensor(0.63636364, dtype=float64)
    """

    _: KW_ONLY
    weights: Literal["linear", "quadratic"] | None = None

    def __post_init__(self) -> None:
        _check_one_matrix(self)

    def value(self, statistics: Statistics) -> Any:
        matrix = statistics["matrix"].astype(float64)
        labels = arange(matrix.shape[0], dtype=float64, device=matrix.device)
        distance = abs(labels[:, None] - labels[None, :])
        if self.weights is None:
            distance = (distance > 0).astype(float64)
        elif self.weights == "quadratic":
            distance = distance**2
        chance = matrix.sum(axis=1)[:, None] * matrix.sum(axis=0)[None, :]
        return 1 - ratio((distance * matrix).sum() * matrix.sum(), (distance * chance).sum())


@declared
class MatthewsCorrCoef(_Confusion):
    """The correlation of predictions and targets, from -1 to 1, for "multiclass" and "binary".

    It is 0 where all predictions, or all targets, are one label. Equal to `sklearn.metrics.matthews_corrcoef`.

    References
    ----------
    J. Gorodkin (2004), Comparing two K-category assignments by a K-category correlation coefficient.

    Examples
    --------
    >>> correlation = tl.metrics.MatthewsCorrCoef("binary")
    >>> correlation.update(tl.tensor([1, 1, 0, 1]), tl.tensor([1, 0, 0, 1]))
    >>> correlation.compute()
    tensor(0.57735027, dtype=float64)
    """

    def __post_init__(self) -> None:
        _check_one_matrix(self)

    def value(self, statistics: Statistics) -> Any:
        matrix = statistics["matrix"].astype(float64)
        predicted, actual, total = matrix.sum(axis=0), matrix.sum(axis=1), matrix.sum()
        both = matrix.trace() * total - (predicted * actual).sum()
        variances = (total**2 - (predicted**2).sum()) * (total**2 - (actual**2).sum())
        return ratio(both, variances.sqrt(), 0.0)
