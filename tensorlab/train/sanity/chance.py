"""The loss that chance gives: that of predictions which do not look at the inputs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import log
from typing import Any, NamedTuple

from ...nn import functional as F
from ...nn.layers.loss.binary import BCELoss, BCEWithLogitsLoss
from ...nn.layers.loss.classification import CrossEntropyLoss, FocalLoss, NLLLoss
from ...nn.layers.loss.regression import HuberLoss, L1Loss, MSELoss, SmoothL1Loss
from ...ops.creation import arange, full_like
from ...tensor import Tensor
from ..checks import LossFunction

RAREST = 1e-6
"""The least frequency of a class: one that is absent from a batch has a finite loss."""


class Chance(NamedTuple):
    """Losses of constant predictions.

    Attributes
    ----------
    uninformed : float
        That of equal probabilities; of the mean, if numbers are predicted.
    informed : float
        That of the best constant prediction, such as the frequencies of the classes.
    """

    uninformed: float
    informed: float


def chance(loss: LossFunction | None, outputs: Tensor, targets: Tensor) -> Chance | None:
    """Return the losses of constant predictions, computed by the loss itself; None if it is not a known one.

    Weights, label smoothing, ignored classes and reductions thus count as they do in training.
    """
    constants = _constants_of(loss)
    if constants is None or loss is None:
        return None
    values = [float(loss(constant, targets)) for constant in constants(outputs.detach(), targets)]
    return Chance(values[0], min(values))


Constants = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def _constants_of(loss: Any) -> Constants | None:
    while isinstance(loss, partial):
        loss = loss.func
    return next((constants for known, constants in KNOWN.items() if known is loss or known is type(loss)), None)


def classes_of(loss: LossFunction | None, outputs: Tensor, targets: Tensor) -> Tensor | None:
    """Return the predicted classes, if the targets are numbers of classes and the loss is known to compare them."""
    if _constants_of(loss) is not _log_probabilities or targets.dtype.is_floating:
        return None
    return outputs.argmax(axis=min(1, outputs.ndim - 1))


def _log_probabilities(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return equal probabilities of all classes, and their frequencies, as logarithms."""
    axis = min(1, outputs.ndim - 1)
    classes = outputs.shape[axis]
    if targets.dtype.is_floating:
        frequencies = targets.mean(axis=tuple(number for number in range(targets.ndim) if number != axis))
    else:
        labels = arange(classes, dtype=targets.dtype, device=targets.device)
        frequencies = (targets.reshape(-1, 1) == labels).astype(outputs.dtype).mean(axis=0)
    shape = [classes if number == axis else 1 for number in range(outputs.ndim)]
    informed = frequencies.clip(RAREST, 1.0).log().astype(outputs.dtype).reshape(shape).expand(outputs.shape)
    return full_like(outputs, -log(classes)), informed


def _probabilities(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return one half, and the frequency with which each output should be 1."""
    frequencies = _of_each_output(Tensor.mean, outputs, targets).clip(RAREST, 1 - RAREST)
    return full_like(frequencies, 0.5), frequencies


def _logits(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    even, frequencies = _probabilities(outputs, targets)
    return even.logit(), frequencies.logit()


def _numbers(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and the median of the targets."""
    return _of_each_output(Tensor.mean, outputs, targets), _of_each_output(Tensor.median, outputs, targets)


def _of_each_output(statistic: Callable[..., Tensor], outputs: Tensor, targets: Tensor) -> Tensor:
    """Return a statistic of the targets of each output, for every sample."""
    numbers = targets.astype(outputs.dtype)
    return statistic(numbers, axis=0, keepdims=True).expand(numbers.shape)


KNOWN: dict[Any, Constants] = {
    **dict.fromkeys((F.cross_entropy, CrossEntropyLoss, F.nll_loss, NLLLoss), _log_probabilities),
    **dict.fromkeys((F.focal_loss, FocalLoss), _log_probabilities),
    **dict.fromkeys((F.binary_cross_entropy_with_logits, BCEWithLogitsLoss), _logits),
    **dict.fromkeys((F.binary_cross_entropy, BCELoss), _probabilities),
    **dict.fromkeys((F.mse_loss, MSELoss, F.l1_loss, L1Loss), _numbers),
    **dict.fromkeys((F.smooth_l1_loss, SmoothL1Loss, F.huber_loss, HuberLoss), _numbers),
}
"""What constant predictions are, by loss function or class."""
