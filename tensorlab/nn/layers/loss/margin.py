"""Losses of scores that are to keep a margin, as layers."""

from __future__ import annotations

from typing import Any

from ... import functional as F
from .base import _Loss


class HingeLoss(_Loss):
    """The loss of support vector machines, for labels -1 and 1; see `functional.hinge_loss`.

    Parameters
    ----------
    margin : float
        How far on the right side costs nothing.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.HingeLoss()(tl.tensor([0.5]), tl.tensor([1.0]))
    tensor(0.5)
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        return F.hinge_loss(input, target, self.margin, reduction=self.reduction)


class SquaredHingeLoss(_Loss):
    """`HingeLoss` squared; see `functional.squared_hinge_loss`.

    Parameters
    ----------
    margin : float
        How far on the right side costs nothing.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.SquaredHingeLoss()(tl.tensor([0.5]), tl.tensor([1.0]))
    tensor(0.25)
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        return F.squared_hinge_loss(input, target, self.margin, reduction=self.reduction)


class PerceptronLoss(_Loss):
    """The perceptron's loss, for labels -1 and 1; see `functional.perceptron_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.PerceptronLoss()(tl.tensor([-2.0]), tl.tensor([1.0]))
    tensor(2.)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.perceptron_loss(input, target, reduction=self.reduction)


class HingeEmbeddingLoss(_Loss):
    """A distance where two things are alike, else what it lacks of a margin; see `functional.hinge_embedding_loss`.

    Parameters
    ----------
    margin : float
        How far apart what is not alike costs nothing.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.HingeEmbeddingLoss()(tl.tensor([0.75]), tl.tensor([-1.0]))
    tensor(0.25)
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        return F.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class MarginRankingLoss(_Loss):
    """Which of two scores is to be greater; see `functional.margin_ranking_loss`.

    Parameters
    ----------
    margin : float
        By how much.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.MarginRankingLoss()(tl.tensor([1.0]), tl.tensor([3.0]), tl.tensor([1.0]))
    tensor(2.)
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        return F.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)
