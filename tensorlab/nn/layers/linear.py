"""Linear and bilinear maps of features, and layers that change axes or nothing."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

from ...errors import ShapeError
from ...ops import contraction
from ...ops.creation import DeviceLike
from ...ops.shapes import flatten, normalized_axis, reshape
from ...options import Count, Size, checked, declared
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..module.module import Module
from ..module.parameter import Parameter
from .base import Layer
from .learned import FloatingDType, LearnedLayer, new_parameter


class Identity(Module):
    """Returns its input; the arguments of the constructor are ignored.

    Examples
    --------
    >>> tl.nn.Identity(54)(tl.ones(1))
    tensor([1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def forward(self, input: Tensor) -> Tensor:
        return input


class Linear(LearnedLayer, function=F.linear):
    """Affine map of the last axis, ``x @ weight.T + bias``.

    Parameters
    ----------
    in_features, out_features : int
        Lengths of the last axis of input and output.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in_features)
        Drawn uniformly within ``1 / sqrt(in_features)``.
    bias : Parameter, shape (out_features,), or None
        Drawn likewise.

    Examples
    --------
    >>> tl.nn.Linear(20, 30)(tl.ones(128, 20)).shape
    (128, 30)
    """

    weight: Parameter
    bias: Parameter | None

    @checked
    def __init__(
        self,
        in_features: Count,
        out_features: Count,
        bias: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        self.in_features, self.out_features = in_features, out_features
        self.weight = new_parameter(out_features, in_features, device=device, dtype=dtype)
        self.bias = new_parameter(out_features, device=device, dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Redraw weight and bias."""
        init.by_fan_in_(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return contraction.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


@declared
class Flatten(Layer):
    """Merges several neighbouring axes into one: by default all but the batch's.

    Parameters
    ----------
    start_axis, end_axis : int
        The first and the last axis to merge.

    Examples
    --------
    >>> tl.nn.Flatten()(tl.zeros(32, 3, 5, 5)).shape
    (32, 75)
    """

    start_axis: int = 1
    end_axis: int = -1

    def forward(self, input: Tensor) -> Tensor:
        return flatten(input, self.start_axis, self.end_axis)


@declared
class Unflatten(Layer):
    """Splits an axis into several: the inverse of `Flatten`.

    Parameters
    ----------
    axis : int
        The axis to split.
    unflattened_size : tuple of int
        Lengths of the new axes; one may be -1 and is computed from the others.

    Raises
    ------
    TypeError
        If a length is not an integer.

    Examples
    --------
    >>> tl.nn.Unflatten(1, (3, -1))(tl.zeros(32, 75)).shape
    (32, 3, 25)
    """

    axis: int
    unflattened_size: tuple[int, ...]

    def forward(self, input: Tensor) -> Tensor:
        shape = tuple(input.shape)
        place, sizes = normalized_axis(self.axis, len(shape)), self.unflattened_size
        known = -prod(sizes) if -1 in sizes else prod(sizes)
        fits = shape[place] % known == 0 if -1 in sizes and known > 0 else known == shape[place]
        if min(sizes, default=0) < -1 or sizes.count(-1) > 1 or not fits:
            raise ShapeError(
                f"Unflatten: axis {self.axis} of shape {shape} has length {shape[place]}, which does not make {sizes}"
            )
        sizes = tuple(shape[place] // known if size == -1 else size for size in sizes)
        return reshape(input, (*shape[:place], *sizes, *shape[place + 1 :]))


class Bilinear(LearnedLayer, function=F.bilinear):
    """Bilinear map of two inputs, ``x1 @ weight[k] @ x2 + bias[k]`` for each output feature k.

    Parameters
    ----------
    in1_features, in2_features, out_features : int
        Lengths of the last axis of the two inputs and of the output; `in1_features` is positive.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in1_features, in2_features)
        Drawn uniformly within ``1 / sqrt(in1_features)``.
    bias : Parameter, shape (out_features,), or None
        Drawn likewise.

    Examples
    --------
    >>> tl.nn.Bilinear(20, 30, 40)(tl.ones(128, 20), tl.ones(128, 30)).shape
    (128, 40)
    """

    weight: Parameter
    bias: Parameter | None

    @checked
    def __init__(
        self,
        in1_features: Size,
        in2_features: Count,
        out_features: Count,
        bias: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        self.weight = new_parameter(out_features, in1_features, in2_features, device=device, dtype=dtype)
        self.bias = new_parameter(out_features, device=device, dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Redraw weight and bias."""
        bound = 1 / sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )
