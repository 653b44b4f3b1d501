"""A linear layer and the cross entropy of its logits as one layer."""

from __future__ import annotations

from math import prod

from ....errors import ShapeError
from ....ops.creation import DeviceLike
from ....ops.shapes import reshape
from ....options import Count, Fraction, Size, checked
from ....tensor import Tensor
from ... import functional as F
from ...functional.loss.common import Reduction, shape_of
from ...functional.loss.linear_cross_entropy import LinearCrossEntropyOptions
from ..base import Buffer
from ..learned import FloatingDType, LearnedLayer
from ..linear import Linear


class LinearCrossEntropyLoss(LearnedLayer, function=F.linear_cross_entropy):
    """Cross entropy of a learned linear map's logits, which never take memory all at once (Wijmans et al. 2024).

    It computes ``CrossEntropyLoss()(linear(input), target)``.

    Parameters
    ----------
    in_features : int
        Length of the input's last axis.
    num_classes : int
        Number of classes.
    out_features : tuple of int
        Each sample has losses of this shape, each with a linear map of its own.
    bias : bool
        Whether the linear map has a bias.

    Attributes
    ----------
    linear : Linear
        The map to ``num_classes * prod(out_features)`` logits.

    Examples
    --------
    >>> head = tl.nn.LinearCrossEntropyLoss(16, 1000)
    >>> loss = head(tl.randn(32, 16), tl.randint(0, 1000, (32,)))
    >>> loss.backward()
    >>> head.linear.weight.grad.shape
    (1000, 16)
    """

    weight: Tensor | None
    reduction: Reduction
    _learned = ("linear_weight", "linear_bias")

    @checked
    def __init__(
        self,
        in_features: Count,
        num_classes: Size,
        *,
        out_features: tuple[Size, ...] = (),
        bias: bool = False,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
        reduction: Reduction = "mean",
        weight: Buffer = None,
        ignore_index: int | None = None,
        label_smoothing: Fraction = 0.0,
        options: LinearCrossEntropyOptions | None = None,
    ) -> None:
        if weight is not None and shape_of(weight) != (num_classes,):
            raise ShapeError(
                f"LinearCrossEntropyLoss: weight must have one entry for each of {num_classes} classes, not shape "
                f"{shape_of(weight)}"
            )
        self.register_buffer("weight", weight)
        self.num_classes, self.out_features, self.reduction = num_classes, out_features, reduction
        self.ignore_index, self.label_smoothing, self.options = ignore_index, label_smoothing, options
        self.linear = Linear(in_features, num_classes * prod(out_features), bias=bias, device=device, dtype=dtype)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        shape = (self.num_classes, *self.out_features)
        bias = self.linear.bias
        return F.linear_cross_entropy(
            input,
            reshape(self.linear.weight, (*shape, self.linear.in_features)) if self.out_features else self.linear.weight,
            target,
            linear_bias=reshape(bias, shape) if bias is not None and self.out_features else bias,
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, out_features={self.out_features}, "
            f"bias={self.linear.bias is not None}, reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options={self.options}"
        )
