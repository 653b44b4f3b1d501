"""Activation layers that relate the elements of an axis to one another: softmax and its kin, gates, maxima."""

from __future__ import annotations

from typing import Any

from ...errors import ShapeError
from ...ops import contraction
from ...ops.creation import empty
from ...ops.reduction import max
from ...ops.shapes import reshape
from .. import functional as F
from .. import init
from ..module.module import Module
from ..module.parameter import Parameter


class _AlongAxis(Module):
    """What normalises along an axis: the last one unless another is given."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def extra_repr(self) -> str:
        return f"axis={self.axis}"


class Softmax(_AlongAxis):
    """``exp(x)`` scaled to sum to one along an axis.

    Parameters
    ----------
    axis : int
        Along which axis; the last by default.

    Examples
    --------
    >>> tl.nn.Softmax(axis=1)(tl.zeros(1, 2))
    tensor([[0.5, 0.5]])
    """

    def forward(self, x: Any) -> Any:
        return F.softmax(x, self.axis)


class LogSoftmax(_AlongAxis):
    """The logarithm of `Softmax`, exact also where that underflows.

    Parameters
    ----------
    axis : int
        Along which axis; the last by default.

    Examples
    --------
    >>> tl.nn.LogSoftmax(axis=1)(tl.zeros(1, 1))
    tensor([[0.]])
    """

    def forward(self, x: Any) -> Any:
        return F.log_softmax(x, self.axis)


class Softmin(_AlongAxis):
    """The softmax of ``-x``: the smallest element gets most.

    Parameters
    ----------
    axis : int
        Along which axis; the last by default.

    Examples
    --------
    >>> tl.nn.Softmin(axis=1)(tl.tensor([[0.0, 1000.0]]))
    tensor([[1., 0.]])
    """

    def forward(self, x: Any) -> Any:
        return F.softmin(x, self.axis)


class Softmax2d(Module):
    """The softmax over the channels of images, ``(batch, channels, height, width)`` or without the batch axis.

    Raises
    ------
    ShapeError
        If the input has other axes.

    Examples
    --------
    >>> tl.nn.Softmax2d()(tl.zeros(2, 1, 1)).tolist()
    [[[0.5]], [[0.5]]]
    """

    def forward(self, x: Any) -> Any:
        if len(x.shape) not in (3, 4):
            raise ShapeError(
                f"Softmax2d: expects 4 axes, (batch, channels, height, width), or 3 without the batch, not an input of "
                f"shape {tuple(x.shape)}; Softmax takes any"
            )
        return F.softmax(x, -3)


class GLU(_AlongAxis):
    """The first half along an axis, times the sigmoid of the second (Dauphin et al., 2016).

    Parameters
    ----------
    axis : int
        Along which axis; the last by default.

    Examples
    --------
    >>> tl.nn.GLU()(tl.tensor([3.0, 0.0]))
    tensor([1.5])
    """

    def forward(self, x: Any) -> Any:
        return F.glu(x, self.axis)


class Maxout(Module):
    """The greatest of several linear maps, for each output feature (Goodfellow et al., 2013).

    Parameters
    ----------
    in_features, out_features : int
        Length of the last axis before and after.
    pieces : int
        How many linear maps there are for each output feature.
    bias : bool
        Whether there is one.
    device : Device or str, optional
        Where the parameters are.
    dtype : dtype, optional
        Their type; float32 by default.

    Attributes
    ----------
    weight : Parameter, shape (out_features * pieces, in_features)
        Drawn evenly within ``1 / sqrt(in_features)``; the pieces of one output feature are neighbours.
    bias : Parameter, shape (out_features * pieces,), or None
        Drawn likewise.

    Raises
    ------
    ValueError
        If `pieces` is not positive.

    Notes
    -----
    Where several pieces are the greatest they share the gradient evenly, as those of `max` do.

    Examples
    --------
    >>> tl.nn.Maxout(20, 30, pieces=4)(tl.ones(128, 20)).shape
    (128, 30)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        pieces: int = 2,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if pieces < 1:
            raise ValueError(f"Maxout: pieces must be positive, not {pieces}")
        self.in_features, self.out_features, self.pieces = in_features, out_features, pieces
        self.weight = Parameter(empty(out_features * pieces, in_features, device=device, dtype=dtype))
        self.bias = Parameter(empty(out_features * pieces, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        init.by_fan_in_(self.weight, self.bias)

    def forward(self, x: Any) -> Any:
        maps = contraction.linear(x, self.weight, self.bias)
        return max(reshape(maps, (*maps.shape[:-1], self.out_features, self.pieces)), axis=-1)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, pieces={self.pieces}, "
            f"bias={self.bias is not None}"
        )
