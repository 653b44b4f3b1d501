"""Losses of class scores as layers."""

from __future__ import annotations

from typing import Any

from ....errors import ShapeError
from ....ops.loss import NOT_IGNORED
from ....tensor import Tensor
from ... import functional as F
from .base import _ClassLoss, _Loss, _WeightedLoss


class CrossEntropyLoss(_ClassLoss):
    """Cross entropy between the softmax of logits and class indices or probabilities; see `functional.cross_entropy`.

    Parameters
    ----------
    weight : Tensor, shape (classes,), optional
        How much each class counts.
    ignore_index : int
        Class index that does not count.
    reduction : {"mean", "sum", "none"}
        What is returned.
    label_smoothing : float
        In [0, 1]; the part of the target that is spread evenly over the classes.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.CrossEntropyLoss()(tl.tensor([[0.0, 0.0]]), tl.tensor([1]))
    tensor(0.6931472)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = NOT_IGNORED,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, ignore_index=ignore_index, reduction=reduction)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"CrossEntropyLoss: label_smoothing must be in [0, 1], not {label_smoothing}")
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        return F.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(_ClassLoss):
    """Negative log-likelihood of class indices; see `functional.nll_loss`.

    Parameters
    ----------
    weight, ignore_index, reduction
        As for `CrossEntropyLoss`.

    Examples
    --------
    >>> tl.nn.NLLLoss()(tl.tensor([[-1.0, -2.0]]), tl.tensor([1]))
    tensor(2.)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class FocalLoss(_ClassLoss):
    """Cross entropy that counts samples the less, the better they are classified; see `functional.focal_loss`.

    Parameters
    ----------
    weight : Tensor, shape (classes,), optional
        How much each class counts.
    gamma : float
        Not negative; 0 is `CrossEntropyLoss`.
    ignore_index : int
        Class index that does not count.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.FocalLoss()(tl.tensor([[0.0, 0.0]]), tl.tensor([1]))
    tensor(0.1732868)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        gamma: float = 2.0,
        *,
        ignore_index: int = NOT_IGNORED,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, ignore_index=ignore_index, reduction=reduction)
        if gamma < 0:
            raise ValueError(f"FocalLoss: gamma must not be negative, not {gamma}")
        self.gamma = gamma

    def forward(self, input: Any, target: Any) -> Any:
        return F.focal_loss(
            input, target, self.weight, self.gamma, ignore_index=self.ignore_index, reduction=self.reduction
        )


class MultiMarginLoss(_WeightedLoss):
    """By how much other classes come closer to the right one than a margin; see `functional.multi_margin_loss`.

    Parameters
    ----------
    p : {1, 2}
        The power.
    margin : float
        How far apart costs nothing.
    weight : Tensor, shape (classes,), optional
        How much each right class counts.
    reduction : {"mean", "sum", "none"}
        What is returned.

    Raises
    ------
    ShapeError
        If the weight has not one axis.
    ValueError
        If a setting is out of range.

    Examples
    --------
    >>> tl.nn.MultiMarginLoss()(tl.tensor([[0.5, 0.0]]), tl.tensor([0]))
    tensor(0.25)
    """

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None, *, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction=reduction)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss: p must be 1 or 2, not {p}")
        if weight is not None and len(weight.shape) != 1:
            raise ShapeError(f"MultiMarginLoss: weight has one axis, that of the classes, not shape {weight.shape}")
        self.p, self.margin = p, margin

    def forward(self, input: Any, target: Any) -> Any:
        return F.multi_margin_loss(input, target, self.p, self.margin, self.weight, reduction=self.reduction)


class MultiLabelMarginLoss(_Loss):
    """`MultiMarginLoss` for several right classes; see `functional.multilabel_margin_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What is returned.

    Examples
    --------
    >>> tl.nn.MultiLabelMarginLoss()(tl.tensor([[0.5, 0.0]]), tl.tensor([[0, -1]]))
    tensor(0.25)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)
