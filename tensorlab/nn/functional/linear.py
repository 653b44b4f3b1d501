"""Linear and bilinear maps."""

from __future__ import annotations

from typing import Any

from ...errors import ShapeError
from ...ops import contraction
from ...ops.arithmetic import add, multiply
from ...ops.declare import composite
from ...ops.reduction import sum
from ...ops.shapes import expand_dims, reshape
from ...tensor import ArrayT


@composite(input="numeric", weight="numeric", bias="numeric")
def linear(input: ArrayT, weight: ArrayT, bias: ArrayT | None = None) -> ArrayT:
    """Map the last axis, ``input @ weight.T + bias``.

    Parameters
    ----------
    input : Tensor, shape (..., in_features)
        Any number of axes before the last.
    weight : Tensor, shape (out_features, in_features)
        One row per output feature.
    bias : Tensor, shape (out_features,), optional
        Added to each feature.

    Returns
    -------
    Tensor
        Shape ``(..., out_features)``.

    Raises
    ------
    ShapeError
        If the shapes do not fit.

    Examples
    --------
    >>> tl.nn.functional.linear(tl.tensor([1.0, 2.0]), tl.tensor([[3.0, 4.0]]), bias=tl.tensor([0.5]))
    tensor([11.5])
    """
    return contraction.linear(input, weight, bias)


@composite(input1="numeric", input2="numeric", weight="numeric", bias="numeric")
def bilinear(input1: ArrayT, input2: ArrayT, weight: ArrayT, bias: ArrayT | None = None) -> ArrayT:
    """Map two inputs, ``input1 @ weight[k] @ input2 + bias[k]`` for each output feature k.

    Parameters
    ----------
    input1 : Tensor, shape (..., in1_features)
        The left operand.
    input2 : Tensor, shape (..., in2_features)
        The right operand; its other axes are those of `input1`.
    weight : Tensor, shape (out_features, in1_features, in2_features)
        One matrix per output feature.
    bias : Tensor, shape (out_features,), optional
        Added to each feature.

    Returns
    -------
    Tensor
        Shape ``(..., out_features)``.

    Raises
    ------
    ShapeError
        If the shapes do not fit.

    Examples
    --------
    >>> tl.nn.functional.bilinear(tl.tensor([1.0, 2.0]), tl.tensor([3.0]), tl.tensor([[[4.0], [5.0]]]))
    tensor([42.])
    """
    x1: Any = input1
    x2: Any = input2
    matrices: Any = weight
    shape1: tuple[int, ...] = tuple(x1.shape)
    shape2: tuple[int, ...] = tuple(x2.shape)
    shape: tuple[int, ...] = tuple(matrices.shape)
    if len(shape) != 3 or not shape1 or not shape2 or shape1[:-1] != shape2[:-1]:
        raise ShapeError(
            "bilinear: expects inputs of shapes (..., in1) and (..., in2), equal but for the last axis, and a weight "
            f"of shape (out, in1, in2), not {shape1}, {shape2} and {shape}"
        )
    out, in1, in2 = shape
    if (shape1[-1], shape2[-1]) != (in1, in2):
        raise ShapeError(
            f"bilinear: the weight of shape {shape} is for {in1} and {in2} features, but input1 has {shape1[-1]} and "
            f"input2 {shape2[-1]} on the last axis"
        )
    # One product of input1 with the matrices of all features; then a sum along the last axis.
    halfway = contraction.linear(x1, reshape(matrices.mT, (out * in2, in1)))
    halfway = reshape(halfway, (*shape1[:-1], out, in2))
    result: Any = sum(multiply(halfway, expand_dims(x2, axis=-2)), axis=-1)
    return result if bias is None else add(result, bias)
