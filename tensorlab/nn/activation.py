"""Activation layers."""

from __future__ import annotations

from typing import Any

from ..ops import activation, trigonometric
from .module import Module


class ReLU(Module):
    """The positive part, elementwise.

    Parameters
    ----------
    inplace : bool
        Taken for PyTorch's sake; the input is never changed.

    Examples
    --------
    >>> tl.nn.ReLU()(tl.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def forward(self, x: Any) -> Any:
        return activation.relu(x)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Tanh(Module):
    """The hyperbolic tangent, elementwise.

    Examples
    --------
    >>> tl.nn.Tanh()(tl.zeros(1))
    tensor([0.])
    """

    def forward(self, x: Any) -> Any:
        return trigonometric.tanh(x)


class Sigmoid(Module):
    """``1 / (1 + exp(-x))``, elementwise.

    Examples
    --------
    >>> tl.nn.Sigmoid()(tl.zeros(1))
    tensor([0.5])
    """

    def forward(self, x: Any) -> Any:
        return activation.sigmoid(x)


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
        return activation.softmax(x, self.axis)


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
        return activation.log_softmax(x, self.axis)
