"""Losses that teach distances, as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import functional as F
from ...functional.loss.metric import check_margin
from ..distance import PairwiseDistance
from .base import _Loss


class CosineEmbeddingLoss(_Loss):
    """Cosines near 1 of pairs that are alike, below a margin of the others; see `functional.cosine_embedding_loss`.

    Parameters
    ----------
    margin : float
        In [-1, 1].
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> first, second = tl.tensor([[1.0, 0.0]]), tl.tensor([[0.0, 1.0]])
    >>> tl.nn.CosineEmbeddingLoss()(first, second, tl.tensor([1.0]))
    tensor(1.)
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return F.cosine_embedding_loss(input1, input2, target, self.margin, reduction=self.reduction)


class TripletMarginLoss(_Loss):
    """By how much what is alike is not closer, by a margin, than what is not; see `functional.triplet_margin_loss`.

    Parameters
    ----------
    margin : float
        Positive.
    p : float
        The order of the norm.
    eps : float
        Added to differences.
    swap : bool
        Whether the distance from positive to negative counts where it is smaller.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> near, far = tl.tensor([[1.0, 0.0]]), tl.tensor([[1.5, 0.0]])
    >>> tl.nn.TripletMarginLoss()(tl.zeros(1, 2), near, far)
    tensor(0.5)
    """

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, *, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        check_margin("TripletMarginLoss", margin)
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return F.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, reduction=self.reduction
        )


class TripletMarginWithDistanceLoss(_Loss):
    """`TripletMarginLoss` with a distance of one's own; see `functional.triplet_margin_with_distance_loss`.

    Parameters
    ----------
    distance_function : callable, optional
        Of two tensors; `PairwiseDistance` by default.
    margin : float
        Positive.
    swap : bool
        Whether the distance from positive to negative counts where it is smaller.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> near, far = tl.tensor([[1.0, 0.0]]), tl.tensor([[1.5, 0.0]])
    >>> tl.nn.TripletMarginWithDistanceLoss()(tl.zeros(1, 2), near, far)
    tensor(0.5)
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        check_margin("TripletMarginWithDistanceLoss", margin)
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin, self.swap = margin, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


class ContrastiveLoss(_Loss):
    """Squared distance of pairs that are alike, or what it lacks of a margin; see `functional.contrastive_loss`.

    Parameters
    ----------
    margin : float
        Positive: how far apart what is not alike costs nothing.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> first, second = tl.tensor([[0.0, 0.0]]), tl.tensor([[0.5, 0.0]])
    >>> tl.nn.ContrastiveLoss()(first, second, tl.tensor([1.0]))
    tensor(0.125)
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        check_margin("ContrastiveLoss", margin)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return F.contrastive_loss(input1, input2, target, self.margin, reduction=self.reduction)
