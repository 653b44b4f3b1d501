"""Losses of class scores as layers."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Literal

from ....errors import ShapeError
from ....options import Fraction, NonNegative, declared
from ... import functional as F
from ..base import Buffer
from .base import ClassLoss, Loss


@declared
class CrossEntropyLoss(ClassLoss, function=F.cross_entropy):
    """Cross entropy between the softmax of logits and class indices or probabilities.

    Examples
    --------
    >>> tl.nn.CrossEntropyLoss()(tl.tensor([[0.0, 0.0]]), tl.tensor([1]))
    tensor(0.6931472)
    """

    _: KW_ONLY
    label_smoothing: Fraction = 0.0


class NLLLoss(ClassLoss, function=F.nll_loss):
    """Negative log-likelihood of class indices, given log-probabilities.

    Examples
    --------
    >>> tl.nn.NLLLoss()(tl.tensor([[-1.0, -2.0]]), tl.tensor([1]))
    tensor(2.)
    """


@declared
class FocalLoss(ClassLoss, function=F.focal_loss):
    """Cross entropy that down-weights well-classified samples (Lin et al. 2017).

    Examples
    --------
    >>> tl.nn.FocalLoss()(tl.tensor([[0.0, 0.0]]), tl.tensor([1]))
    tensor(0.1732868)
    """

    gamma: NonNegative = 2.0


@declared
class MultiMarginLoss(Loss, function=F.multi_margin_loss):
    """Multi-class hinge loss between the score of the target class and the others (Weston and Watkins 1999).

    Examples
    --------
    >>> tl.nn.MultiMarginLoss()(tl.tensor([[0.5, 0.0]]), tl.tensor([0]))
    tensor(0.25)
    """

    p: Literal[1, 2] = 1
    margin: float = 1.0
    weight: Buffer = None

    def __post_init__(self) -> None:
        if self.weight is not None and len(self.weight.shape) != 1:
            raise ShapeError(f"MultiMarginLoss: weight must have one axis, the classes, not shape {self.weight.shape}")


class MultiLabelMarginLoss(Loss, function=F.multilabel_margin_loss):
    """Multi-label hinge loss between the scores of the target classes and the others.

    Examples
    --------
    >>> tl.nn.MultiLabelMarginLoss()(tl.tensor([[0.5, 0.0]]), tl.tensor([[0, -1]]))
    tensor(0.25)
    """
