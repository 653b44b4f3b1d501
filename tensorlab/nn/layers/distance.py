"""Distances and similarities of vectors as layers."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from ..module.module import Module


class CosineSimilarity(Module):
    """Cosine of the angle between vectors; see `functional.cosine_similarity`.

    Parameters
    ----------
    axis : int
        Which axis the vectors lie along.
    eps : float
        The least length that counts.

    Examples
    --------
    >>> tl.nn.CosineSimilarity()(tl.tensor([[1.0, 0.0]]), tl.tensor([[0.0, 2.0]]))
    tensor([0.])
    """

    def __init__(self, axis: int = 1, eps: float = 1e-8) -> None:
        self.axis, self.eps = axis, eps

    def forward(self, x1: Any, x2: Any) -> Any:
        return F.cosine_similarity(x1, x2, self.axis, self.eps)


class PairwiseDistance(Module):
    """The p-norm of differences along the last axis; see `functional.pairwise_distance`.

    Parameters
    ----------
    p : float
        The order of the norm.
    eps : float
        Added to the differences.
    keepdims : bool
        Whether the last axis stays, with length 1.

    Examples
    --------
    >>> tl.nn.PairwiseDistance(eps=0.0)(tl.tensor([[0.0, 0.0]]), tl.tensor([[3.0, 4.0]]))
    tensor([5.])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdims: bool = False) -> None:
        self.norm, self.eps, self.keepdims = p, eps, keepdims

    def forward(self, x1: Any, x2: Any) -> Any:
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdims)
