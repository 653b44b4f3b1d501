"""Products that sum over axes: matmul and related functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend, dtypes
from ..errors import ShapeError
from ..tensor import ArrayT
from .arithmetic import conj, multiply
from .declare import broadcast_shape, composite, require
from .indexing import getitem
from .reduction import sum
from .shapes import (
    Shape,
    matrix_transpose,
    normalized_axes,
    permute_dims,
    reshape,
    sum_to_shape,
)


def matmul_shape(x1: Shape, x2: Shape, **_: Any) -> Shape:
    """Return the shape of a matrix product.

    Raises
    ------
    ShapeError
        If the inner lengths or the batch axes do not match.
    """
    if not x1 or not x2:
        raise ShapeError(f"matmul takes arrays of at least 1 axis, not shapes {x1} and {x2}; multiply scalars with *")
    rows, inner1 = (x1[-2:-1], x1[-1])
    inner2, columns = (x2[0], ()) if len(x2) == 1 else (x2[-2], x2[-1:])
    if inner1 != inner2:
        axis = 0 if len(x2) == 1 else -2
        raise ShapeError(
            f"matmul of shapes {x1} and {x2}: axis -1 of the first has length {inner1}, "
            f"axis {axis} of the second {inner2}; they must be equal"
        )
    return (*broadcast_shape(x1[:-2], x2[:-2]), *rows, *columns)


def count_matmul(shapes: Sequence[Shape], out: Shape, params: Mapping[str, Any]) -> int:
    """Count a multiplication and an addition per term."""
    return 2 * prod(out) * shapes[0][-1]


def _pull_first(g: Any, x2: Any, x1_shape: Shape) -> Any:
    if x2.ndim == 1:
        return sum_to_shape(reshape(g, (*g.shape, 1)) * x2, x1_shape)
    if len(x1_shape) == 1:
        return sum_to_shape(getitem(matmul(x2, reshape(g, (*g.shape, 1))), (Ellipsis, 0)), x1_shape)
    pulled = matmul(g, matrix_transpose(x2))
    return pulled if pulled.shape == x1_shape else sum_to_shape(pulled, x1_shape)


def _pull_second(g: Any, x1: Any, x2_shape: Shape) -> Any:
    if x1.ndim == 1:
        if len(x2_shape) == 1:
            return g * x1
        return sum_to_shape(reshape(x1, (-1, 1)) * reshape(g, (*g.shape[:-1], 1, g.shape[-1])), x2_shape)
    if len(x2_shape) == 1:
        return sum_to_shape(getitem(matmul(matrix_transpose(x1), reshape(g, (*g.shape, 1))), (Ellipsis, 0)), x2_shape)
    pulled = matmul(matrix_transpose(x1), g)
    return pulled if pulled.shape == x2_shape else sum_to_shape(pulled, x2_shape)


@op(
    vjp={"x1": _pull_first, "x2": _pull_second},
    kind="linear",
    shape=matmul_shape,
    dtype="promote",
    flops=count_matmul,
    samples=[
        sample((2, 3), (3, 4)),
        sample((3,), (3,)),
        sample((3,), (3, 2)),
        sample((2, 3), (3,)),
        sample((5, 2, 3), (3, 4)),
        sample((3,), (2, 3, 4)),
        sample((2, 3, 4), (4,)),
        sample((2, 1, 2, 3), (4, 3, 2)),
        sample((0, 3), (3, 2)),
    ],
    tolerance={"float32": 2e-6},
)
def matmul(backend: Backend, x1: ArrayT, x2: ArrayT, /) -> ArrayT:
    """Matrix product over the last axis of `x1` and the last but one of `x2`.

    Parameters
    ----------
    x1 : tensor or array, shape (..., m, k) or (k,)
        The axes before the last two broadcast.
    x2 : tensor or array, shape (..., k, n) or (k,)
        Types are promoted.

    Returns
    -------
    Tensor
        Shape ``(..., m, n)``; without the axis of a one-dimensional operand.

    Raises
    ------
    ShapeError
        If the lengths ``k`` or the leading axes do not match.

    Examples
    --------
    >>> tl.matmul(tl.tensor([[1.0, 2.0], [3.0, 4.0]]), tl.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    return backend.xp.matmul(x1, x2)


def linear_shape(x: Shape, weight: Shape, bias: Shape | None = None, **_: Any) -> Shape:
    """Return the shape of a linear layer's result; see `linear`."""
    if not weight:
        raise ShapeError("linear: weight must have axes, out and in, not shape ()")
    if len(weight) != 2 or not x or x[-1] != weight[1]:
        raise ShapeError(
            f"linear expects inputs with {weight[-1]} features on the last axis (weight has shape {weight}: "
            f"out, in), not shape {x}"
        )
    if bias is not None and tuple(bias) != weight[:1]:
        raise ShapeError(f"linear: bias of shape {bias} does not match weight {weight}: it must be {weight[:1]}")
    return (*x[:-1], weight[0])


def _rows(x: Any) -> Any:
    """Return `x` with all axes but the last flattened into one."""
    return x if len(x.shape) == 2 else reshape(x, (prod(x.shape[:-1]), x.shape[-1]))


@op(
    vjp={
        "x": lambda g, weight: matmul(g, weight),
        "weight": lambda g, x: matmul(matrix_transpose(_rows(g)), _rows(x)),
        "bias": lambda g: sum(_rows(g), axis=0),
    },
    jvp={
        "x": lambda t, weight: linear(t, weight, None),
        "weight": lambda t, x: linear(x, t, None),
        "bias": lambda t: t,
    },
    shape=linear_shape,
    flops=lambda shapes, out, params: 2 * prod(out) * shapes[0][-1] + prod(out) * (len(shapes) == 3),
    samples=[sample((4, 3), (2, 3), (2,)), sample((3,), (2, 3), (2,)), sample((2, 4, 3), (2, 3), None)],
)
def linear(backend: Backend, x: ArrayT, weight: ArrayT, bias: ArrayT | None = None, /) -> ArrayT:
    """``x @ weight.T + bias``, PyTorch's ``nn.functional.linear``.

    Parameters
    ----------
    x : tensor or array, shape (..., in)
        The input.
    weight : tensor or array, shape (out, in)
        One row per output feature.
    bias : tensor or array, shape (out,), optional
        Added to the products.

    Returns
    -------
    Tensor
        Shape ``(..., out)``.

    Raises
    ------
    ShapeError
        If the numbers of features do not match.

    Examples
    --------
    >>> tl.linear(tl.tensor([1.0, 2.0]), tl.tensor([[1.0, 1.0]]), tl.tensor([10.0]))
    tensor([13.])
    """
    y = backend.xp.matmul(x, weight.T)
    return y if bias is None else y + bias


@composite()
def vecdot(x1: ArrayT, x2: ArrayT, /, *, axis: int = -1) -> ArrayT:
    """Inner products along an axis, the first operand conjugated.

    Parameters
    ----------
    x1, x2 : tensors or arrays
        Equal lengths along `axis`; the other axes broadcast. Numeric; types are promoted.
    axis : int
        The axis of both; counted from the end if they differ in the number of axes.

    Returns
    -------
    Tensor
        The broadcast shape without `axis`, of the promoted type.

    Raises
    ------
    ShapeError
        If the axis does not exist, the lengths differ, or the other axes do not broadcast.

    Examples
    --------
    >>> tl.vecdot(tl.tensor([1.0, 2.0]), tl.tensor([3.0, 4.0]))
    tensor(11.)
    """
    require("vecdot", "numeric", x1=x1, x2=x2)
    shape1, shape2 = tuple(x1.shape), tuple(x2.shape)
    check_common_axis("vecdot", axis, shape1, shape2)
    if shape1[axis] != shape2[axis]:
        raise ShapeError(f"vecdot: axis {axis} of shapes {shape1} and {shape2} differs in length")
    products = multiply(conj(x1), x2)
    # Small integers would be summed in 64 bits, but an inner product has its operands' type.
    return sum(products, axis=axis, dtype=None if dtypes.named(products.dtype).is_floating else products.dtype)


def check_common_axis(function: str, axis: int, x1: Shape, x2: Shape) -> None:
    """Check that `axis` is the same axis of two shapes that broadcast.

    Raises
    ------
    ShapeError
        The message names the function and the axis.
    """
    same_ndim = len(x1) == len(x2)
    if not -min(len(x1), len(x2)) <= axis < (len(x1) if same_ndim else 0):
        counted = "" if same_ndim else ", counted from the end, as they differ in the number of axes"
        raise ShapeError(f"{function}: axis {axis} must be an axis of both shapes {x1} and {x2}{counted}")


@composite()
def outer(x1: ArrayT, x2: ArrayT, /) -> ArrayT:
    """All products of two vectors' elements.

    Parameters
    ----------
    x1, x2 : tensors or arrays, shapes (m,) and (n,)
        Numeric; types are promoted. Neither is conjugated.

    Returns
    -------
    Tensor
        Shape ``(m, n)``.

    Raises
    ------
    ShapeError
        If an operand is not a vector.

    Examples
    --------
    >>> tl.outer(tl.tensor([1.0, 2.0]), tl.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    require("outer", "numeric", x1=x1, x2=x2)
    if len(x1.shape) != 1 or len(x2.shape) != 1:
        raise ShapeError(f"outer takes vectors of one axis, not shapes {tuple(x1.shape)} and {tuple(x2.shape)}")
    return multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1)))


@composite(x1="numeric", x2="numeric")
def tensordot(x1: ArrayT, x2: ArrayT, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2) -> ArrayT:
    """Sum of products over several axes of both operands.

    Parameters
    ----------
    x1, x2 : tensors or arrays
        Any shapes; numeric; types are promoted. Neither is conjugated.
    axes : int or pair of sequences of int
        The number of last axes of `x1` to contract with the first axes of `x2`, or the axes of both.

    Returns
    -------
    Tensor
        The other axes of `x1`, then the other axes of `x2`.

    Raises
    ------
    ShapeError
        If contracted axes differ in length.

    Examples
    --------
    >>> tl.tensordot(tl.ones((2, 3, 4)), tl.ones((4, 3)), axes=((1, 2), (1, 0)))
    tensor([12., 12.])
    """
    require("tensordot", "numeric", x1=x1, x2=x2)
    n1, n2 = len(x1.shape), len(x2.shape)
    if isinstance(axes, int):
        if not 0 <= axes <= min(n1, n2):
            shapes = f"shapes {tuple(x1.shape)} and {tuple(x2.shape)}"
            raise ShapeError(f"tensordot: axes={axes} must be a number of axes that both have ({shapes})")
        axes = (range(n1 - axes, n1), range(axes))
    if len(axes) != 2:
        raise ShapeError(f"tensordot: axes must be a number or two sequences of axes, not {axes!r}")
    first, second = normalized_axes(tuple(axes[0]), n1), normalized_axes(tuple(axes[1]), n2)
    lengths = [x1.shape[a] for a in first]
    if lengths != [x2.shape[a] for a in second]:
        raise ShapeError(
            f"tensordot: axes {first} of shape {tuple(x1.shape)} and {second} of {tuple(x2.shape)} differ in length"
        )
    free1 = [a for a in range(n1) if a not in first]
    free2 = [a for a in range(n2) if a not in second]
    left = reshape(permute_dims(x1, (*free1, *first)), (prod(x1.shape[a] for a in free1), prod(lengths)))
    right = reshape(permute_dims(x2, (*second, *free2)), (prod(lengths), prod(x2.shape[a] for a in free2)))
    return reshape(matmul(left, right), (*(x1.shape[a] for a in free1), *(x2.shape[a] for a in free2)))
