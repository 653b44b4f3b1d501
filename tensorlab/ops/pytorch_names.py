"""Functions under the names that users of PyTorch know: short compositions of other ops, and plain synonyms.

An argument that PyTorch calls ``dim`` is called ``axis``. A name that PyTorch and NumPy use for different things has
one meaning here; README.md ("Coming from PyTorch") lists these.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Literal

from ..backend import dtypes
from ..docstrings import documented_like
from ..errors import ShapeError
from ..options import ArrayOrScalar, Count, Scalar, Size
from ..tensor import ArrayT, Tensor
from . import (
    arithmetic,
    comparison,
    creation,
    cumulative,
    indexing,
    joining,
    reduction,
    rounding,
    shapes,
    trigonometric,
)
from .arithmetic import divide, maximum, minimum
from .comparison import where
from .contraction import matmul
from .creation import numbers_like
from .declare import composite, require
from .indexing import (
    getitem,
    leading_part,
    places_along,
    plain_index,
    replace_index,
    slice_along,
    take,
    take_add,
    take_along_axis,
)
from .shapes import Axis, broadcast_arrays, expand_dims, normalized_axis, permute_dims, reshape, swapaxes

# -- synonyms ----------------------------------------------------------------------------------------------------------

absolute = arithmetic.abs
amax, amin = reduction.max, reduction.min
arccos, arcsin, arctan, arctan2 = trigonometric.acos, trigonometric.asin, trigonometric.atan, trigonometric.atan2
arccosh, arcsinh, arctanh = trigonometric.acosh, trigonometric.asinh, trigonometric.atanh
as_tensor = creation.asarray
bitwise_not = comparison.bitwise_invert
cat = concatenate = joining.concat
clamp = arithmetic.clip
cumprod, cumsum = cumulative.cumulative_prod, cumulative.cumulative_sum
div = true_divide = arithmetic.divide
eq, ne = comparison.equal, comparison.not_equal
ge, gt, le, lt = comparison.greater_equal, comparison.greater, comparison.less_equal, comparison.less
fix = rounding.trunc
movedim, swapdims = shapes.moveaxis, shapes.swapaxes
mul, sub, neg, power = arithmetic.multiply, arithmetic.subtract, arithmetic.negative, arithmetic.pow
ravel = shapes.flatten
row_stack = joining.vstack
take_along_dim = indexing.take_along_axis
tensor_split = joining.array_split
unbind = joining.unstack
unsqueeze = shapes.expand_dims


# -- products ----------------------------------------------------------------------------------------------------------


def _product(function: str, x1: ArrayT, x2: ArrayT, ndim1: int, ndim2: int) -> ArrayT:
    """Return the matrix product of operands that must have these numbers of axes."""
    require(function, "numeric", x1=x1, x2=x2)
    for name, x, ndim in (("x1", x1, ndim1), ("x2", x2, ndim2)):
        if len(x.shape) != ndim:
            axes = "1 axis" if ndim == 1 else f"{ndim} axes"
            raise ShapeError(f"{function}: {name} must have {axes}, not shape {tuple(x.shape)}; see matmul")
    return matmul(x1, x2)


@composite(x1="numeric", x2="numeric")
def mm(x1: ArrayT, x2: ArrayT, /) -> ArrayT:
    """Product of two matrices: `matmul` without broadcasting.

    Parameters
    ----------
    x1, x2 : tensor or array
        Shapes ``(n, m)`` and ``(m, p)``; numeric.

    Examples
    --------
    >>> tl.mm(tl.ones(2, 3), tl.ones(3, 1))
    tensor([[3.],
            [3.]])
    """
    return _product("mm", x1, x2, 2, 2)


@composite(x1="numeric", x2="numeric")
def bmm(x1: ArrayT, x2: ArrayT, /) -> ArrayT:
    """Products of two batches of matrices.

    Parameters
    ----------
    x1, x2 : tensor or array
        Shapes ``(b, n, m)`` and ``(b, m, p)``; numeric.

    Examples
    --------
    >>> tl.bmm(tl.ones(5, 2, 3), tl.ones(5, 3, 4)).shape
    (5, 2, 4)
    """
    if len(x1.shape) == len(x2.shape) == 3 and x1.shape[0] != x2.shape[0]:
        raise ShapeError(f"bmm: x1 has {x1.shape[0]} matrices, x2 has {x2.shape[0]}")
    return _product("bmm", x1, x2, 3, 3)


@composite(x1="numeric", x2="numeric")
def mv(x1: ArrayT, x2: ArrayT, /) -> ArrayT:
    """Product of a matrix and a vector.

    Parameters
    ----------
    x1, x2 : tensor or array
        Shapes ``(n, m)`` and ``(m,)``; numeric.

    Examples
    --------
    >>> tl.mv(tl.ones(2, 3), tl.ones(3))
    tensor([3., 3.])
    """
    return _product("mv", x1, x2, 2, 1)


@composite(x1="numeric", x2="numeric")
def dot(x1: ArrayT, x2: ArrayT, /) -> ArrayT:
    """Sum of the products of two vectors, without conjugation. For other shapes, NumPy's ``dot`` is `matmul`.

    Parameters
    ----------
    x1, x2 : tensor or array
        Shape ``(n,)``; numeric.

    Examples
    --------
    >>> tl.dot(tl.tensor([1.0, 2.0]), tl.tensor([3.0, 4.0]))
    tensor(11.)
    """
    return _product("dot", x1, x2, 1, 1)


def _added(x: Any, y: Any, beta: complex, alpha: complex) -> Any:
    """Return ``beta * x + alpha * y``; a `beta` of zero ignores `x`, whatever its elements are."""
    y = y if alpha == 1 else alpha * y
    return y if beta == 0 else (x if beta == 1 else beta * x) + y


@composite(x="numeric", x1="numeric", x2="numeric")
def addmm(x: ArrayT, x1: ArrayT, x2: ArrayT, /, *, beta: Scalar = 1, alpha: Scalar = 1) -> ArrayT:
    """``beta * x + alpha * mm(x1, x2)``.

    Parameters
    ----------
    x : tensor or array
        A shape that broadcasts to that of the product; numeric.
    x1, x2 : tensor or array
        The factors.
    beta, alpha : number
        The weights; with a `beta` of 0, NaN and infinity in `x` do not count.

    Examples
    --------
    >>> tl.addmm(tl.ones(1), tl.ones(2, 3), tl.ones(3, 1), alpha=2)
    tensor([[7.],
            [7.]])
    """
    return _added(x, mm(x1, x2), beta, alpha)


@composite(x="numeric", x1="numeric", x2="numeric")
@documented_like(addmm)
def addmv(x: ArrayT, x1: ArrayT, x2: ArrayT, /, *, beta: Scalar = 1, alpha: Scalar = 1) -> ArrayT:
    """``beta * x + alpha * mv(x1, x2)``; see `addmm`.

    Examples
    --------
    >>> tl.addmv(tl.ones(2), tl.ones(2, 3), tl.ones(3))
    tensor([4., 4.])
    """
    return _added(x, mv(x1, x2), beta, alpha)


@composite(x="numeric", x1="numeric", x2="numeric")
@documented_like(addmm)
def baddbmm(x: ArrayT, x1: ArrayT, x2: ArrayT, /, *, beta: Scalar = 1, alpha: Scalar = 1) -> ArrayT:
    """``beta * x + alpha * bmm(x1, x2)``; see `addmm`.

    Examples
    --------
    >>> tl.baddbmm(tl.ones(1), tl.ones(1, 2, 3), tl.ones(1, 3, 1), beta=0.5)
    tensor([[[3.5],
             [3.5]]])
    """
    return _added(x, bmm(x1, x2), beta, alpha)


@composite(x="numeric", x1="numeric", x2="numeric")
def addcmul(x: ArrayT, x1: ArrayT, x2: ArrayT, /, *, value: Scalar = 1) -> ArrayT:
    """``x + value * x1 * x2``, elementwise.

    Parameters
    ----------
    x, x1, x2 : tensor or array
        Shapes that broadcast to one another; numeric.
    value : number
        The weight of the product.

    Examples
    --------
    >>> tl.addcmul(tl.ones(2), tl.tensor([1.0, 2.0]), tl.tensor([3.0, 4.0]), value=10)
    tensor([31., 81.])
    """
    return _added(x, x1 * x2, 1, value)


@composite(x="numeric", x1="numeric", x2="numeric")
@documented_like(addcmul)
def addcdiv(x: ArrayT, x1: ArrayT, x2: ArrayT, /, *, value: Scalar = 1) -> ArrayT:
    """``x + value * x1 / x2``, elementwise.

    Examples
    --------
    >>> tl.addcdiv(tl.ones(2), tl.tensor([1.0, 2.0]), tl.tensor([2.0, 4.0]), value=10)
    tensor([6., 6.])
    """
    return _added(x, divide(x1, x2), 1, value)


# -- norms and distances -----------------------------------------------------------------------------------------------


@composite(x="floating")
def norm(x: ArrayT, /, p: float | Literal["fro", "nuc"] = "fro", axis: Axis = None, keepdims: bool = False) -> ArrayT:
    """Norm of a vector, a matrix, or all elements.

    Parameters
    ----------
    p : float, "fro" or "nuc"
        The order, as in `linalg.vector_norm`. ``"fro"`` is 2, and ``"nuc"`` the sum of the singular values of a
        matrix (`axis` must then be None).

    Examples
    --------
    >>> tl.norm(tl.tensor([3.0, 4.0])), tl.norm(tl.tensor([3.0, -4.0]), 1)
    (tensor(5.), tensor(7.))
    """
    norms = _norms()
    if p == "nuc":
        if axis is not None:
            raise ValueError("norm: the nuclear norm takes no axis; see linalg.matrix_norm")
        return norms.matrix_norm(x, ord="nuc", keepdims=keepdims)
    return norms.vector_norm(x, axis=axis, keepdims=keepdims, ord=2 if p == "fro" else p)


@composite(x1="floating", x2="floating")
def cdist(x1: ArrayT, x2: ArrayT, /, p: float = 2.0) -> ArrayT:
    """Distances between all pairs of rows.

    Parameters
    ----------
    x1, x2 : tensor or array
        Shapes ``(..., n, d)`` and ``(..., m, d)``; floating-point. All differences are held in memory.
    p : float
        The order of the norm, as in `linalg.vector_norm`.

    Returns
    -------
    Tensor
        Shape ``(..., n, m)``. The gradient of a distance of zero is zero.

    Examples
    --------
    >>> tl.cdist(tl.tensor([[0.0, 0.0]]), tl.tensor([[3.0, 4.0], [0.0, 1.0]]))
    tensor([[5., 1.]])
    """
    return _norms().vector_norm(expand_dims(x1, -2) - expand_dims(x2, -3), axis=-1, ord=p)


def _norms() -> Any:
    """Return the module of norms, which is imported at first use, as most programs need no linear algebra."""
    from .linalg import norms

    return norms


@composite(x="real")
def clamp_min(x: ArrayT, min: ArrayT | complex, /) -> ArrayT:
    """The elements of `x`, and `min` where they are less; see `clip`.

    Examples
    --------
    >>> tl.clamp_min(tl.tensor([-1.0, 2.0]), 0.0)
    tensor([0., 2.])
    """
    return maximum(x, min)


@composite(x="real")
def clamp_max(x: ArrayT, max: ArrayT | complex, /) -> ArrayT:
    """The elements of `x`, and `max` where they are greater; see `clip`.

    Examples
    --------
    >>> tl.clamp_max(tl.tensor([-1.0, 2.0]), 0.0)
    tensor([-1.,  0.])
    """
    return minimum(x, max)


# -- axes --------------------------------------------------------------------------------------------------------------


@composite(x="any")
def transpose(x: ArrayT, axis0: int | Sequence[int] | None = None, axis1: int | None = None, /) -> ArrayT:
    """Swap two axes, as in PyTorch. NumPy's ``transpose``, of all axes, is `permute_dims`.

    Parameters
    ----------
    x : tensor or array
        Any shape.
    axis0, axis1 : int
        The two axes.

    Raises
    ------
    TypeError
        If two axes are not given.

    Examples
    --------
    >>> tl.transpose(tl.zeros((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    if not isinstance(axis0, int) or axis1 is None:
        raise TypeError(
            "transpose: takes the two axes to swap, as in PyTorch; all axes are permuted by permute_dims(x, axes), "
            "and x.mT transposes matrices"
        )
    return swapaxes(x, axis0, axis1)


@composite(x="any")
def t(x: ArrayT, /) -> ArrayT:
    """Transpose a matrix; a tensor of fewer axes is returned unchanged.

    Examples
    --------
    >>> tl.t(tl.zeros((2, 3))).shape
    (3, 2)
    """
    require("t", x=x)
    if len(x.shape) > 2:
        raise ShapeError(f"t: x must have at most 2 axes, not shape {tuple(x.shape)}; see matrix_transpose")
    return swapaxes(x, 0, 1) if len(x.shape) == 2 else x


@composite(x="any")
def permute(x: ArrayT, axes: Sequence[int], /) -> ArrayT:
    """The axes in another order; see `permute_dims`.

    Examples
    --------
    >>> tl.permute(tl.zeros((2, 3, 4)), (2, 0, 1)).shape
    (4, 2, 3)
    """
    return permute_dims(x, tuple(axes))


@composite(x="any")
def unflatten(x: ArrayT, axis: int, sizes: Sequence[int], /) -> ArrayT:
    """Divide an axis into several, the inverse of `flatten`.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis.
    axis : int
        The axis to divide.
    sizes : sequence of int
        The lengths of the new axes; one of them may be -1.

    Examples
    --------
    >>> tl.unflatten(tl.zeros((2, 12)), 1, (3, -1)).shape
    (2, 3, 4)
    """
    place = normalized_axis(axis, len(x.shape))
    new = tuple(sizes)
    if -1 in new:
        known = prod(n for n in new if n != -1)
        new = tuple(x.shape[place] // known if n == -1 and known else n for n in new)
    if prod(new) != x.shape[place]:
        raise ShapeError(f"unflatten: axis {axis} of shape {tuple(x.shape)} does not divide into sizes {tuple(sizes)}")
    return reshape(x, (*x.shape[:place], *new, *x.shape[place + 1 :]))


# -- parts -------------------------------------------------------------------------------------------------------------


@composite(x="any")
def chunk(x: ArrayT, chunks: Size, /, axis: int = 0) -> tuple[ArrayT, ...]:
    """Split into at most `chunks` pieces of equal length, except that the last may be shorter.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis.
    chunks : int
        The number of pieces; `array_split` gives exactly that many.

    Examples
    --------
    >>> tl.chunk(tl.arange(5), 3)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    length = x.shape[normalized_axis(axis, len(x.shape))]
    return split_with_sizes(x, max(1, -(-length // chunks)), axis)


@composite(x="any")
def split_with_sizes(x: ArrayT, sizes: int | Sequence[int], /, axis: int = 0) -> tuple[ArrayT, ...]:
    """Split into pieces of given lengths: PyTorch's ``split``, where `split` is NumPy's.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis.
    sizes : int or sequence of int
        The length of all pieces, of which the last may be shorter, or the length of each.

    Raises
    ------
    ShapeError
        If the lengths do not sum to that of the axis.
    ValueError
        If a length is negative, or the one of all pieces is not positive.

    Examples
    --------
    >>> tl.split_with_sizes(tl.arange(5), 2), tl.split_with_sizes(tl.arange(5), (4, 1))
    ((tensor([0, 1]), tensor([2, 3]), tensor([4])), (tensor([0, 1, 2, 3]), tensor([4])))
    """
    place = normalized_axis(axis, len(x.shape))
    length = x.shape[place]
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError(f"split_with_sizes: the length of the pieces must be positive, not {sizes}")
        starts = range(0, max(length, 1), sizes)
        return tuple(slice_along(x, place, start, start + sizes) for start in starts)
    if min(sizes, default=0) < 0:
        raise ValueError(f"split_with_sizes: lengths must not be negative, as in {tuple(sizes)}")
    if sum(sizes) != length:
        raise ShapeError(f"split_with_sizes: lengths {tuple(sizes)} do not sum to {length}, that of axis {axis}")
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    return tuple(slice_along(x, place, end - size, end) for size, end in zip(sizes, ends, strict=True))


@composite(x="any")
def narrow(x: ArrayT, axis: int, start: int, length: Count, /) -> ArrayT:
    """The `length` slices of an axis from `start` on.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis.
    axis : int
        The axis.
    start : int
        Index of the first slice; negative from the end.
    length : int
        Number of slices.

    Raises
    ------
    ShapeError
        If the slices do not exist.

    Examples
    --------
    >>> tl.narrow(tl.arange(5), 0, 1, 3)
    tensor([1, 2, 3])
    """
    place = normalized_axis(axis, len(x.shape))
    first = start + x.shape[place] if start < 0 else start
    if first < 0 or first + length > x.shape[place]:
        raise ShapeError(f"narrow: axis {axis} of shape {tuple(x.shape)} has no {length} slices from {start} on")
    return slice_along(x, place, first, first + length)


@composite(x="any")
def select(x: ArrayT, axis: int, index: int, /) -> ArrayT:
    """The slice of an axis at an index, without that axis.

    Examples
    --------
    >>> tl.select(tl.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, 0)
    tensor([1., 3.])
    """
    return getitem(x, _at(x, axis, index))


def _at(x: Any, axis: int, index: Any) -> tuple[Any, ...]:
    """Return the index of slices along an axis."""
    if not hasattr(index, "shape") and not isinstance(index, int):
        raise TypeError(f"indices must be a tensor or an array of integers, not {index!r}")
    return (*(slice(None),) * normalized_axis(axis, len(x.shape)), plain_index(index))


@composite(x="any", indices="integral")
def index_select(x: ArrayT, axis: int, indices: ArrayT, /) -> ArrayT:
    """The slices of an axis at indices; see `take`.

    Examples
    --------
    >>> tl.index_select(tl.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, tl.tensor([1, 1]))
    tensor([[2., 2.],
            [4., 4.]])
    """
    return take(x, indices, axis=axis)


@composite(x="any", mask="bool")
def masked_select(x: ArrayT, mask: ArrayT, /) -> ArrayT:
    """The elements where a mask is true, as a vector.

    Parameters
    ----------
    x, mask : tensor or array
        Shapes that broadcast to one another; `mask` is bool.

    Examples
    --------
    >>> tl.masked_select(tl.tensor([1.0, 2.0, 3.0]), tl.tensor([True, False, True]))
    tensor([1., 3.])
    """
    require("masked_select", "bool", mask=mask)
    x, mask = broadcast_arrays(x, mask)
    return getitem(x, plain_index(mask))


@composite(x="any", mask="bool")
def masked_fill(x: ArrayT, mask: ArrayT, value: ArrayOrScalar, /) -> ArrayT:
    """`x` with a number where a mask is true.

    Parameters
    ----------
    x, mask : tensor or array
        Shapes that broadcast to one another; `mask` is bool.
    value : number or 0-d tensor
        The number; it has a gradient if it is a tensor.

    Examples
    --------
    >>> tl.masked_fill(tl.tensor([1.0, 2.0]), tl.tensor([True, False]), -1.0)
    tensor([-1.,  2.])
    """
    require("masked_fill", "bool", mask=mask)
    if getattr(value, "shape", ()):
        raise ShapeError(f"masked_fill: value must be one number, not of shape {tuple(value.shape)}; see where")
    return where(mask, value, x)


@composite(x="any", indices="integral")
def index_fill(x: ArrayT, axis: int, indices: ArrayT, value: ArrayOrScalar, /) -> ArrayT:
    """`x` with a number in the slices of an axis at indices.

    Examples
    --------
    >>> tl.index_fill(tl.zeros(3), 0, tl.tensor([0, 2]), 5.0)
    tensor([5., 0., 5.])
    """
    return replace_index(x, _as_elements(x, value), _at(x, axis, indices))


@composite(x="any", indices="integral", source="any")
def index_copy(x: ArrayT, axis: int, indices: ArrayT, source: ArrayT, /) -> ArrayT:
    """`x` with the slices of `source` in the slices of an axis at indices; the last of equal indices counts.

    Examples
    --------
    >>> tl.index_copy(tl.zeros(3), 0, tl.tensor([2, 0]), tl.tensor([5.0, 6.0]))
    tensor([6., 0., 5.])
    """
    return replace_index(x, _as_elements(x, source), _at(x, axis, indices))


@composite(x="any", indices="integral", source="any")
def index_add(x: ArrayT, axis: int, indices: ArrayT, source: ArrayT, /, *, alpha: Scalar = 1) -> ArrayT:
    """`x` with the slices of ``alpha * source`` added to the slices of an axis at indices.

    Examples
    --------
    >>> tl.index_add(tl.zeros(3), 0, tl.tensor([2, 2]), tl.tensor([5.0, 6.0]))
    tensor([ 0.,  0., 11.])
    """
    place = normalized_axis(axis, len(x.shape))
    if source.shape[place : place + 1] != indices.shape:
        raise ShapeError(
            f"index_add: source must have one slice for each of the indices, which have shape {tuple(indices.shape)}, "
            f"not shape {tuple(source.shape)}"
        )
    return _added(x, take_add(source, indices, place, x.shape[place]), 1, alpha)


@composite(x="any", indices="integral")
def gather(x: ArrayT, axis: int, indices: ArrayT, /) -> ArrayT:
    """Elements by their index along an axis; see `take_along_axis`, which has another order of arguments.

    Parameters
    ----------
    x : tensor or array
        Any shape.
    axis : int
        The axis to index.
    indices : tensor or array of integers
        As many axes as `x`, and along the others no more elements; the first ones are taken.

    Returns
    -------
    Tensor
        The shape of `indices`.

    Examples
    --------
    >>> tl.gather(tl.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, tl.tensor([[1, 0]]))
    tensor([[2., 1.]])
    """
    return take_along_axis(leading_part("gather", x, indices.shape, axis), indices, axis)


@composite(x="any", indices="integral")
def scatter(x: ArrayT, axis: int, indices: ArrayT, source: ArrayOrScalar, /) -> ArrayT:
    """`x` with elements of `source` written along an axis, at indices: the reverse of `gather`.

    Parameters
    ----------
    x : tensor or array
        Any shape.
    axis : int
        The axis to index.
    indices : tensor or array of integers
        As many axes as `x`, and along the others no more elements. The last of equal indices counts.
    source : tensor, array or number
        At least the shape of `indices`.

    Examples
    --------
    >>> tl.scatter(tl.zeros(2, 3), 1, tl.tensor([[2], [0]]), 1.0)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    source = _as_elements(x, source)
    if source.shape:
        source = leading_part("scatter", source, indices.shape)
    leading_part("scatter", x, indices.shape, axis)
    return replace_index(x, source, places_along(indices, normalized_axis(axis, len(x.shape))))


def _as_elements(x: Any, value: Any) -> Any:
    """Return a number or array in the type of `x`."""
    if hasattr(value, "dtype"):
        return shapes.astype(value, x.dtype, copy=False)
    if not isinstance(value, int | float | complex):
        raise TypeError(f"a number, a tensor or an array must be given, not {value!r}")
    return numbers_like(x, value, dtypes.named(x.dtype))


@composite(x="any")
def repeat_interleave(x: ArrayT, repeats: int | ArrayT, /, axis: int | None = None) -> ArrayT:
    """Repeat each slice along an axis; see `repeat`.

    Examples
    --------
    >>> tl.repeat_interleave(tl.tensor([1.0, 2.0]), 2)
    tensor([1., 1., 2., 2.])
    """
    return joining.repeat(x, repeats, axis=axis)


# -- facts -------------------------------------------------------------------------------------------------------------


@composite()
def numel(x: ArrayT, /) -> int:
    """The number of elements.

    Examples
    --------
    >>> tl.numel(tl.zeros(2, 3))
    6
    """
    require("numel", x=x)
    return prod(x.shape)


def is_tensor(x: object, /) -> bool:
    """Whether an object is a tensor.

    Examples
    --------
    >>> tl.is_tensor(tl.zeros(2)), tl.is_tensor([0.0, 0.0])
    (True, False)
    """
    return isinstance(x, Tensor)


@composite()
def is_floating_point(x: ArrayT, /) -> bool:
    """Whether the elements are real floating-point numbers.

    Examples
    --------
    >>> tl.is_floating_point(tl.zeros(2)), tl.is_floating_point(tl.arange(2))
    (True, False)
    """
    require("is_floating_point", x=x)
    return dtypes.named(x.dtype).kind == "real floating"


@composite()
def is_complex(x: ArrayT, /) -> bool:
    """Whether the elements are complex numbers.

    Examples
    --------
    >>> tl.is_complex(tl.zeros(2)), tl.is_complex(tl.tensor(1j))
    (False, True)
    """
    require("is_complex", x=x)
    return dtypes.named(x.dtype).is_complex
