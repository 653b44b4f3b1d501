"""Layers that act on each sample's features: linear and bilinear maps, and what reshapes them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt
from typing import Any

from ...errors import ShapeError
from ...ops import contraction
from ...ops.creation import empty
from ...ops.shapes import flatten, normalized_axis, reshape
from .. import functional as F
from .. import init
from ..module.module import Module
from ..module.parameter import Parameter
from .checks import check_sizes


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
        check_sizes(type(self).__name__, in_features=in_features, out_features=out_features)
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


class Unflatten(Module):
    """Makes several axes of one: the opposite of `Flatten`.

    Parameters
    ----------
    axis : int
        Which one.
    unflattened_size : tuple of int
        The new axes' lengths; one may be -1 and is worked out from the others.

    Raises
    ------
    TypeError
        If the lengths are no integers.

    Examples
    --------
    >>> tl.nn.Unflatten(1, (3, -1))(tl.zeros(32, 75)).shape
    (32, 3, 25)
    """

    def __init__(self, axis: int, unflattened_size: Sequence[int]) -> None:
        if isinstance(unflattened_size, int) or not all(isinstance(size, int) for size in unflattened_size):
            raise TypeError(f"Unflatten: unflattened_size must be a tuple of integers, not {unflattened_size!r}")
        self.axis, self.unflattened_size = axis, tuple(unflattened_size)

    def forward(self, x: Any) -> Any:
        shape = tuple(x.shape)
        place, sizes = normalized_axis(self.axis, len(shape)), self.unflattened_size
        known = -prod(sizes) if -1 in sizes else prod(sizes)
        fits = shape[place] % known == 0 if -1 in sizes and known > 0 else known == shape[place]
        if min(sizes, default=0) < -1 or sizes.count(-1) > 1 or not fits:
            raise ShapeError(
                f"Unflatten: axis {self.axis} of shape {shape} has length {shape[place]}, which does not make {sizes}"
            )
        sizes = tuple(shape[place] // known if size == -1 else size for size in sizes)
        return reshape(x, (*shape[:place], *sizes, *shape[place + 1 :]))

    def extra_repr(self) -> str:
        return f"axis={self.axis}, unflattened_size={self.unflattened_size}"


class Bilinear(Module):
    """``x1 @ weight[k] @ x2 + bias[k]`` for each output feature k.

    Parameters
    ----------
    in1_features, in2_features, out_features : int
        Length of the last axis of the two inputs and of the output.
    bias : bool
        Whether there is one.
    device : Device or str, optional
        Where the parameters are.
    dtype : dtype, optional
        Their type; float32 by default.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in1_features, in2_features)
        Drawn evenly within ``1 / sqrt(in1_features)``.
    bias : Parameter, shape (out_features,), or None
        Drawn likewise.

    Raises
    ------
    ValueError
        If `in1_features` is not positive.

    Examples
    --------
    >>> tl.nn.Bilinear(20, 30, 40)(tl.ones(128, 20), tl.ones(128, 30)).shape
    (128, 40)
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_sizes("Bilinear", in2_features=in2_features, out_features=out_features)
        check_sizes("Bilinear", least=1, in1_features=in1_features)
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        self.weight = Parameter(empty(out_features, in1_features, in2_features, device=device, dtype=dtype))
        self.bias = Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        bound = 1 / sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, x1: Any, x2: Any) -> Any:
        return F.bilinear(x1, x2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )
