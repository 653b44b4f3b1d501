"""Metrics that accumulate over batches: ``update``, ``compute``, ``reset``, ``merge``.

A metric keeps sufficient statistics as tensors on the device of the data. They are float64 and int64, so that batches
combine in any order to the value of one pass, and nothing is moved to the host before a value is asked for. Calling a
metric adds a batch as `update` does, and returns the value of that batch alone.

Names follow torchmetrics, and values scikit-learn.
"""

from .accuracy import Accuracy
from .aggregation import ExponentialMean, MeanMetric, RunningMean
from .collection import MetricCollection
from .confusion import CohenKappa, ConfusionMatrix, MatthewsCorrCoef
from .image import PeakSignalNoiseRatio, StructuralSimilarityIndexMeasure
from .label_counts import DiceScore, F1Score, FBetaScore, JaccardIndex, Precision, Recall
from .metric import Metric
from .probabilities import CalibrationError, LogLoss
from .ranking import AUROC, AveragePrecision
from .regression import MeanAbsoluteError, MeanSquaredError, R2Score
from .text import BLEUScore, Perplexity

__all__ = [
    "AUROC", "Accuracy", "AveragePrecision", "BLEUScore", "CalibrationError", "CohenKappa", "ConfusionMatrix",
    "DiceScore", "ExponentialMean", "F1Score", "FBetaScore", "JaccardIndex", "LogLoss", "MatthewsCorrCoef",
    "MeanAbsoluteError", "MeanMetric", "MeanSquaredError", "Metric", "MetricCollection", "PeakSignalNoiseRatio",
    "Perplexity", "Precision", "R2Score", "Recall", "RunningMean", "StructuralSimilarityIndexMeasure",
]  # fmt: skip
