"""Distances and similarities of vectors as layers."""

from __future__ import annotations

from dataclasses import InitVar

from ...options import NonNegative, declared
from ...tensor import Tensor
from .. import functional as F
from .base import Layer


@declared
class CosineSimilarity(Layer, function=F.cosine_similarity):
    """Cosine of the angle between vectors.

    Examples
    --------
    >>> tl.nn.CosineSimilarity()(tl.tensor([[1.0, 0.0]]), tl.tensor([[0.0, 2.0]]))
    tensor([0.])
    """

    axis: int = 1
    eps: NonNegative = 1e-8
    _shown = ()

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.cosine_similarity(x1, x2, self.axis, self.eps)


@declared
class PairwiseDistance(Layer, function=F.pairwise_distance):
    """The p-norm of the differences of vectors along the last axis.

    Examples
    --------
    >>> tl.nn.PairwiseDistance(eps=0.0)(tl.tensor([[0.0, 0.0]]), tl.tensor([[3.0, 4.0]]))
    tensor([5.])
    """

    p: InitVar[float] = 2.0
    eps: float = 1e-6
    keepdims: bool = False
    _shown = ()

    def __post_init__(self, p: float) -> None:
        self.norm = p

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdims)
