"""Losses for binary labels as layers: of probabilities, of logits and of scores."""

from __future__ import annotations

from dataclasses import KW_ONLY
from math import inf
from typing import Annotated

from ....options import NonNegative, declared
from ....options.kinds import Real
from ... import functional as F
from ..base import Buffer
from .base import Loss, WeightedLoss


class BCELoss(WeightedLoss, function=F.binary_cross_entropy):
    """Cross entropy between probabilities and labels.

    Examples
    --------
    >>> tl.nn.BCELoss()(tl.tensor([0.5]), tl.tensor([1.0]))
    tensor(0.6931472)
    """


@declared
class BCEWithLogitsLoss(WeightedLoss, function=F.binary_cross_entropy_with_logits):
    """Cross entropy between the sigmoid of logits and labels, computed without overflow or loss of precision.

    Examples
    --------
    >>> tl.nn.BCEWithLogitsLoss()(tl.tensor([-1000.0]), tl.tensor([1.0]))
    tensor(1000.)
    """

    _: KW_ONLY
    pos_weight: Buffer = None


class MultiLabelSoftMarginLoss(WeightedLoss, function=F.multilabel_soft_margin_loss):
    """Binary cross entropy with logits, averaged over the classes.

    Examples
    --------
    >>> tl.nn.MultiLabelSoftMarginLoss()(tl.tensor([[0.0, 0.0]]), tl.tensor([[1.0, 0.0]]))
    tensor(0.6931472)
    """


class SoftMarginLoss(Loss, function=F.soft_margin_loss):
    """Logistic loss of scores with labels -1 and 1.

    Examples
    --------
    >>> tl.nn.SoftMarginLoss()(tl.tensor([0.0]), tl.tensor([1.0]))
    tensor(0.6931472)
    """


@declared
class SigmoidFocalLoss(Loss, function=F.sigmoid_focal_loss):
    """Binary cross entropy that down-weights well-classified elements (Lin et al. 2017).

    Examples
    --------
    >>> tl.nn.SigmoidFocalLoss()(tl.tensor([0.0]), tl.tensor([1.0]))
    tensor(0.0433217)
    """

    alpha: Annotated[float, Real(-inf, 1)] = 0.25
    gamma: NonNegative = 2.0


@declared
class DiceLoss(Loss, function=F.dice_loss):
    """One minus the Dice coefficient of each sample (Milletari et al. 2016).

    Examples
    --------
    >>> tl.nn.DiceLoss()(tl.tensor([[1.0, 0.0]]), tl.tensor([[1.0, 0.0]]))
    tensor(0.)
    """

    _: KW_ONLY
    eps: NonNegative = 1e-6


class ExponentialLoss(Loss, function=F.exponential_loss):
    """Exponential loss of AdaBoost, for scores with labels -1 and 1 (Friedman, Hastie and Tibshirani 2000).

    Examples
    --------
    >>> tl.nn.ExponentialLoss()(tl.tensor([0.0]), tl.tensor([1.0]))
    tensor(1.)
    """
