"""Hinge losses as layers: of scores with labels -1 and 1, and of distances."""

from __future__ import annotations

from ....options import declared
from ... import functional as F
from .base import Loss, PairLoss


@declared
class HingeLoss(Loss, function=F.hinge_loss):
    """Hinge loss of support vector machines, for labels -1 and 1 (Cortes and Vapnik 1995).

    Examples
    --------
    >>> tl.nn.HingeLoss()(tl.tensor([0.5]), tl.tensor([1.0]))
    tensor(0.5)
    """

    margin: float = 1.0


@declared
class SquaredHingeLoss(Loss, function=F.squared_hinge_loss):
    """Squared hinge loss, for labels -1 and 1.

    Examples
    --------
    >>> tl.nn.SquaredHingeLoss()(tl.tensor([0.5]), tl.tensor([1.0]))
    tensor(0.25)
    """

    margin: float = 1.0


class PerceptronLoss(Loss, function=F.perceptron_loss):
    """Loss of the perceptron, for labels -1 and 1 (Rosenblatt 1958).

    Examples
    --------
    >>> tl.nn.PerceptronLoss()(tl.tensor([-2.0]), tl.tensor([1.0]))
    tensor(2.)
    """


@declared
class HingeEmbeddingLoss(Loss, function=F.hinge_embedding_loss):
    """Distance of similar pairs, and the margin minus the distance of dissimilar ones.

    Examples
    --------
    >>> tl.nn.HingeEmbeddingLoss()(tl.tensor([0.75]), tl.tensor([-1.0]))
    tensor(0.25)
    """

    margin: float = 1.0


@declared
class MarginRankingLoss(PairLoss, function=F.margin_ranking_loss):
    """Ranking loss of two scores.

    Examples
    --------
    >>> tl.nn.MarginRankingLoss()(tl.tensor([1.0]), tl.tensor([3.0]), tl.tensor([1.0]))
    tensor(2.)
    """

    margin: float = 0.0
