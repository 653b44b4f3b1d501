"""Layers that act on each sample's features: linear maps, and what reshapes or thins them."""

from __future__ import annotations

from typing import Any

from ..ops import contraction
from ..ops.creation import empty
from ..ops.shapes import flatten
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter


class Identity(Module):
    """Returns its input; takes and ignores any arguments.

    Examples
    --------
    >>> tl.nn.Identity(54)(tl.ones(1))
    tensor([1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def forward(self, x: Any) -> Any:
        return x


class Linear(Module):
    """``x @ weight.T + bias``.

    Parameters
    ----------
    in_features, out_features : int
        Length of the last axis before and after.
    bias : bool
        Whether there is one.
    device : Device or str, optional
        Where the parameters are.
    dtype : dtype, optional
        Their type; float32 by default.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in_features)
        Drawn evenly within ``1 / sqrt(in_features)``.
    bias : Parameter, shape (out_features,), or None
        Drawn likewise.

    Examples
    --------
    >>> tl.nn.Linear(20, 30)(tl.ones(128, 20)).shape
    (128, 30)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        self.bias = Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        init.by_fan_in_(self.weight, self.bias)

    def forward(self, x: Any) -> Any:
        return contraction.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Flatten(Module):
    """Makes one axis of several neighbouring ones: by default of all but the batch's.

    Parameters
    ----------
    start_axis, end_axis : int
        The first and the last of them.

    Examples
    --------
    >>> tl.nn.Flatten()(tl.zeros(32, 3, 5, 5)).shape
    (32, 75)
    """

    def __init__(self, start_axis: int = 1, end_axis: int = -1) -> None:
        self.start_axis, self.end_axis = start_axis, end_axis

    def forward(self, x: Any) -> Any:
        return flatten(x, self.start_axis, self.end_axis)

    def extra_repr(self) -> str:
        return f"start_axis={self.start_axis}, end_axis={self.end_axis}"


class Dropout(Module):
    """Sets elements to zero with probability `p` in training and scales the others; see `functional.dropout`.

    Parameters
    ----------
    p : float
        In [0, 1].
    inplace : bool
        Taken for PyTorch's sake; the input is never changed.

    Raises
    ------
    ValueError
        If `p` is no probability.

    Examples
    --------
    >>> tl.nn.Dropout(0.5).eval()(tl.ones(3))
    tensor([1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p is a probability in [0, 1], not {p}")
        self.p, self.inplace = p, inplace

    def forward(self, x: Any) -> Any:
        return F.dropout(x, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"
