"""Metric learning as layers: losses of the distances between embeddings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY

from ....options import NonNegative, Positive, declared
from ....tensor import Tensor
from ... import functional as F
from ..distance import PairwiseDistance
from .base import PairLoss, TripletLoss


@declared
class CosineEmbeddingLoss(PairLoss, function=F.cosine_embedding_loss):
    """Cosine embedding loss of similar and dissimilar pairs.

    Examples
    --------
    >>> first, second = tl.tensor([[1.0, 0.0]]), tl.tensor([[0.0, 1.0]])
    >>> tl.nn.CosineEmbeddingLoss()(first, second, tl.tensor([1.0]))
    tensor(1.)
    """

    margin: float = 0.0


@declared
class TripletMarginLoss(TripletLoss, function=F.triplet_margin_loss):
    """Triplet loss, which keeps the anchor closer to the positive than to the negative (Balntas et al. 2016).

    Examples
    --------
    >>> near, far = tl.tensor([[1.0, 0.0]]), tl.tensor([[1.5, 0.0]])
    >>> tl.nn.TripletMarginLoss()(tl.zeros(1, 2), near, far)
    tensor(0.5)
    """

    margin: Positive = 1.0
    p: float = 2.0
    eps: NonNegative = 1e-6
    swap: bool = False


@declared
class TripletMarginWithDistanceLoss(TripletLoss, function=F.triplet_margin_with_distance_loss):
    """Triplet loss with a user-defined distance, `PairwiseDistance` by default.

    Examples
    --------
    >>> near, far = tl.tensor([[1.0, 0.0]]), tl.tensor([[1.5, 0.0]])
    >>> tl.nn.TripletMarginWithDistanceLoss()(tl.zeros(1, 2), near, far)
    tensor(0.5)
    """

    _: KW_ONLY
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None
    margin: Positive = 1.0
    swap: bool = False

    def __post_init__(self) -> None:
        if self.distance_function is None:
            self.distance_function = PairwiseDistance()


@declared
class ContrastiveLoss(PairLoss, function=F.contrastive_loss):
    """Contrastive loss, which pulls similar pairs together and pushes dissimilar ones apart (Hadsell et al. 2006).

    Examples
    --------
    The same pair at a distance of 0.75, once similar (target 0) and once dissimilar (target 1):

    >>> first, second = tl.zeros(2, 1), tl.tensor([[0.75], [0.75]])
    >>> tl.nn.ContrastiveLoss(reduction="none")(first, second, tl.tensor([0, 1]))
    tensor([0.28125, 0.03125])
    """

    margin: Positive = 1.0
