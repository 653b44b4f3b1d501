"""Losses of two classes, element by element, as layers."""

from __future__ import annotations

from typing import Any

from ....tensor import Tensor
from ... import functional as F
from ...functional.loss.binary import check_focal
from .base import _Loss, _WeightedLoss


class BCELoss(_WeightedLoss):
    """Cross entropy of probabilities with labels; see `functional.binary_cross_entropy`.

    Parameters
    ----------
    weight : Tensor, optional
        How much each element counts; a shape that broadcasts to the input's.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.BCELoss()(tl.tensor([0.5]), tl.tensor([1.0]))
    tensor(0.6931472)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """Cross entropy of logits with labels; see `functional.binary_cross_entropy_with_logits`.

    Parameters
    ----------
    weight : Tensor, optional
        How much each element counts; a shape that broadcasts to the input's.
    reduction : {"mean", "sum", "none"}
        What is returned.
    pos_weight : Tensor, optional
        What the part of the loss that the label says is multiplied with.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.BCEWithLogitsLoss()(tl.tensor([-1000.0]), tl.tensor([1.0]))
    tensor(1000.)
    """

    pos_weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, *, reduction: str = "mean", pos_weight: Tensor | None = None
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """Binary cross entropy of logits, its mean over the classes; see `functional.multilabel_soft_margin_loss`.

    Parameters
    ----------
    weight : Tensor, shape (classes,), optional
        How much each class counts.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If there is no such reduction.

    Examples
    --------
    >>> tl.nn.MultiLabelSoftMarginLoss()(tl.tensor([[0.0, 0.0]]), tl.tensor([[1.0, 0.0]]))
    tensor(0.6931472)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)


class SoftMarginLoss(_Loss):
    """The logistic loss of scores with labels -1 and 1; see `functional.soft_margin_loss`.

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
    >>> tl.nn.SoftMarginLoss()(tl.tensor([0.0]), tl.tensor([1.0]))
    tensor(0.6931472)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class SigmoidFocalLoss(_Loss):
    """Binary cross entropy with less weight on what is classified well; see `functional.sigmoid_focal_loss`.

    Parameters
    ----------
    alpha : float
        At most 1: how much labels of 1 count, and the rest is for those of 0; negative for no weights.
    gamma : float
        Not negative.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.SigmoidFocalLoss()(tl.tensor([0.0]), tl.tensor([1.0]))
    tensor(0.0433217)
    """

    def __init__(self, alpha: float = 0.25, gamma: float = 2.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        check_focal("SigmoidFocalLoss", alpha, gamma)
        self.alpha, self.gamma = alpha, gamma

    def forward(self, input: Any, target: Any) -> Any:
        return F.sigmoid_focal_loss(input, target, self.alpha, self.gamma, self.reduction)


class DiceLoss(_Loss):
    """One less the Dice coefficient of each sample; see `functional.dice_loss`.

    Parameters
    ----------
    eps : float
        Not negative; makes two empty segmentations equal.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.DiceLoss()(tl.tensor([[1.0, 0.0]]), tl.tensor([[1.0, 0.0]]))
    tensor(0.)
    """

    def __init__(self, *, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        if eps < 0:
            raise ValueError(f"DiceLoss: eps must not be negative, not {eps}")
        self.eps = eps

    def forward(self, input: Any, target: Any) -> Any:
        return F.dice_loss(input, target, eps=self.eps, reduction=self.reduction)


class ExponentialLoss(_Loss):
    """The loss of AdaBoost, for scores with labels -1 and 1; see `functional.exponential_loss`.

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
    >>> tl.nn.ExponentialLoss()(tl.tensor([0.0]), tl.tensor([1.0]))
    tensor(1.)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.exponential_loss(input, target, reduction=self.reduction)
