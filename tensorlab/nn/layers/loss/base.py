"""What the loss layers share."""

from __future__ import annotations

from ....ops.loss import NOT_IGNORED
from ....tensor import Tensor
from ...functional.loss.common import check_reduction
from ...module.module import Module


class _Loss(Module):
    """A loss that is reduced to its mean or sum, or not."""

    reductions: tuple[str, ...] = ("mean", "sum", "none")

    def __init__(self, *, reduction: str = "mean") -> None:
        check_reduction(type(self).__name__, reduction, self.reductions)
        self.reduction = reduction


class _WeightedLoss(_Loss):
    """A loss that may be weighted; the weight is a buffer."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)


class _ClassLoss(_WeightedLoss):
    """A loss of class indices, of which one may not count."""

    def __init__(
        self, weight: Tensor | None = None, *, ignore_index: int = NOT_IGNORED, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index = ignore_index
