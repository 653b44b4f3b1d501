"""Base classes of the loss layers."""

from __future__ import annotations

from dataclasses import KW_ONLY

from ....ops.loss import NOT_IGNORED
from ....options import declared
from ....tensor import Tensor
from ...functional.loss.common import Reduction
from ..base import Buffer, Layer


class LossLayer(Layer):
    """A loss; `repr` shows no options, as in PyTorch."""

    _shown = ()


@declared
class Reduced(LossLayer):
    """A loss that is reduced to its mean or sum, or returned per element.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        Reduction applied to the losses.
    """

    _: KW_ONLY
    reduction: Reduction = "mean"


class Loss(Reduced):
    """A loss of an input and a target."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        raise NotImplementedError


@declared
class WeightedLoss(Loss):
    """A loss with weights, which are a buffer."""

    weight: Buffer = None


@declared
class ClassLoss(WeightedLoss):
    """A loss of class indices, one of which can be ignored."""

    _: KW_ONLY
    ignore_index: int = NOT_IGNORED


class PairLoss(Reduced):
    """A loss of two inputs and a target."""

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        raise NotImplementedError


class TripletLoss(Reduced):
    """A loss of an anchor, a positive and a negative."""

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        raise NotImplementedError
