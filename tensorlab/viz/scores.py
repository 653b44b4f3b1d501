"""Scores of classifiers: logits or probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..ops.exponential import sigmoid
from ..ops.softmax import softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray


def probabilities(scores: NDArray[Any]) -> NDArray[Any]:
    """Return scores of shape ``(N,)``, of the positive class, or ``(N, C)`` as probabilities.

    As in torchmetrics, scores outside the interval from 0 to 1 are logits, to which sigmoid or softmax is applied.
    """
    scores = scores.astype("float64")
    if ((scores >= 0) & (scores <= 1)).all():
        return scores
    return sigmoid(scores) if scores.ndim == 1 else softmax(scores, axis=-1)
