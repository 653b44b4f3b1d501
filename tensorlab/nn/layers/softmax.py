"""Softmax and its variants as layers."""

from __future__ import annotations

from ...errors import ShapeError
from ...ops.shapes import Axis
from ...options import declared
from ...tensor import Tensor
from .. import functional as F
from .base import UnaryLayer


@declared
class AlongAxis(UnaryLayer):
    """A layer that normalizes along an axis, or over several."""

    axis: Axis = -1


class Softmax(AlongAxis, function=F.softmax):
    """``exp(x)`` scaled to sum to one along an axis, or over several.

    Examples
    --------
    >>> tl.nn.Softmax(axis=1)(tl.zeros(1, 2))
    tensor([[0.5, 0.5]])
    """


class LogSoftmax(AlongAxis, function=F.log_softmax):
    """The logarithm of `Softmax`, accurate also where that underflows.

    Examples
    --------
    >>> tl.nn.LogSoftmax(axis=1)(tl.zeros(1, 1))
    tensor([[0.]])
    """


class Softmin(AlongAxis, function=F.softmin):
    """The softmax of ``-x``: the smallest element gets the greatest weight.

    Examples
    --------
    >>> tl.nn.Softmin(axis=1)(tl.tensor([[0.0, 1000.0]]))
    tensor([[1., 0.]])
    """


class Softmax2d(UnaryLayer):
    """The softmax over the channels of images, ``(batch, channels, height, width)`` or without the batch axis.

    Raises
    ------
    ShapeError
        If the input has another number of axes.

    Examples
    --------
    >>> tl.nn.Softmax2d()(tl.zeros(2, 1, 1)).tolist()
    [[[0.5]], [[0.5]]]
    """

    def forward(self, input: Tensor) -> Tensor:
        if len(input.shape) not in (3, 4):
            raise ShapeError(
                f"Softmax2d: expects 4 axes, (batch, channels, height, width), or 3 without the batch, not an input of "
                f"shape {tuple(input.shape)}; Softmax takes any"
            )
        return F.softmax(input, -3)
