"""Loss layers."""

from __future__ import annotations

from typing import Any

from ..ops.loss import NOT_IGNORED
from ..tensor import Tensor
from . import functional as F
from .module import Module


class _Loss(Module):
    """A loss that is reduced to its mean or sum, or not."""

    def __init__(self, *, reduction: str = "mean") -> None:
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
        self.reduction = reduction


class _ClassLoss(_Loss):
    """A loss that may weigh the classes; their weights are a buffer."""

    weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, *, ignore_index: int = NOT_IGNORED, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index


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
            raise ValueError(f"label_smoothing must be in [0, 1], not {label_smoothing}")
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


class MSELoss(_Loss):
    """Squared difference; see `functional.mse_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What is returned.

    Examples
    --------
    >>> tl.nn.MSELoss()(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 4.0]))
    tensor(2.)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """Absolute difference; see `functional.l1_loss`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What is returned.

    Examples
    --------
    >>> tl.nn.L1Loss()(tl.tensor([1.0, 2.0]), tl.tensor([1.0, 4.0]))
    tensor(1.)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.l1_loss(input, target, reduction=self.reduction)
