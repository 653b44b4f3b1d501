"""Shapes and types: rearranging, broadcasting and casting elements."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import index as as_index
from typing import Any

from ..autodiff.op import op
from ..autodiff.operands import engine_ops
from ..autodiff.record import count_nothing, count_operand, sample
from ..backend import Backend, Device, dtypes
from ..backend.dtypes import RequiredDType
from ..errors import OutOfRange, ShapeError
from ..tensor import ArrayT, Tensor
from .arithmetic import is_complex, real
from .declare import broadcast_shape, composite, require, same_shape

Shape = tuple[int, ...]
Axis = int | tuple[int, ...] | None


def normalized_axis(axis: int, ndim: int, name: str = "axis") -> int:
    """Return a non-negative axis.

    Raises
    ------
    OutOfRange
        If the axis does not exist; it is both a ShapeError and an IndexError.
    """
    axis = as_index(axis)
    if not -ndim <= axis < ndim:
        raise OutOfRange(f"{name} {axis} is out of range for {ndim} axes")
    return axis % ndim


def normalized_axes(axis: int | Sequence[int] | None, ndim: int, name: str = "axis") -> Shape:
    """Return a tuple of distinct non-negative axes; all of them for None.

    Raises
    ------
    ShapeError
        If one does not exist, or is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    axes = tuple(normalized_axis(a, ndim, name) for a in (axis if isinstance(axis, tuple | list) else (axis,)))
    if len(set(axes)) < len(axes):
        raise ShapeError(f"{name} {axis} names an axis twice")
    return axes


def from_arguments(shape: tuple[Any, ...]) -> Any:
    """Return a shape, or axes, given as one tuple or as several numbers."""
    return shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape


# -- types -----------------------------------------------------------------------------------------------------------


def cast_back(g: Any, x_dtype: Any) -> Any:
    """Cast a cotangent to the type of the operand that was cast, taking the real part if that is real."""
    wanted = dtypes.named(x_dtype)
    return cast(g if wanted.is_complex or not is_complex(g) else real(g), wanted)


@op(
    vjp={"x": cast_back},
    jvp={"x": lambda t, dtype: cast(t, dtype)},
    shape=same_shape,
    dtype="param",
    flops=count_nothing,
    samples=[sample((2, 3), dtype="float32"), sample((2,), dtype="float64")],
    tolerance={"float64": 1e-6},
    exact=True,
)
def cast(backend: Backend, x: ArrayT, /, dtype: Any) -> ArrayT:
    """A copy of another data type; see `astype`.

    Examples
    --------
    >>> tl.ops.shapes.cast(tl.tensor([1.7, -1.7]), tl.int64)
    tensor([ 1, -1])
    """
    return backend.xp.astype(x, backend.native(dtype))


engine_ops.cast = cast


@composite()
def astype(x: ArrayT, dtype: RequiredDType, /, *, copy: bool = True, device: Device | str | None = None) -> ArrayT:
    """Cast to another data type; differentiable between floating types.

    Parameters
    ----------
    x : tensor or array
        Any shape and type.
    dtype : dtype
        What to cast to.
    copy : bool
        Whether to copy even if the type is unchanged.
    device : Device or str, optional
        Where to move a tensor.

    Returns
    -------
    Tensor
        The same shape, type `dtype`; `x` itself if the type is unchanged and `copy` is False.

    Raises
    ------
    TypeError
        For casts from complex to real types, which are ambiguous; use `real`, `imag` or `abs`.

    Examples
    --------
    >>> tl.astype(tl.tensor([1.7, -1.7]), tl.int64)
    tensor([ 1, -1])
    """
    require("astype", x=x)
    wanted: dtypes.DType = dtype
    if device is not None:
        if not isinstance(x, Tensor):
            raise TypeError("astype: only tensors move to a device; x is a plain array")
        x = x.to(device=device)
    if not copy and x.dtype == wanted:
        return x
    if is_complex(x) and not wanted.is_complex:
        raise TypeError(f"astype: x is {x.dtype}, which {wanted} cannot hold; take the real, imag or abs of it")
    return cast(x, wanted)


# -- shapes ----------------------------------------------------------------------------------------------------------


def as_shape(shape: int | Sequence[int]) -> Shape:
    """Return a shape as a tuple: one length stands for a shape of one axis."""
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _reshaped(x_shape: Shape, shape: int | Sequence[int], **_: Any) -> Shape:
    shape = as_shape(shape)
    known, total = prod(n for n in shape if n != -1), prod(x_shape)
    unknown = sum(n == -1 for n in shape)
    if unknown > 1 or (unknown and (known == 0 or total % known)) or (not unknown and known != total):
        raise ShapeError(f"reshape: {total} elements of shape {x_shape} do not fill shape {tuple(shape)}")
    return tuple(total // known if n == -1 else n for n in shape)


@op(
    vjp={"x": lambda g, x_shape: reshape(g, x_shape)},
    jvp={"x": lambda t, shape: reshape(t, shape)},
    kind="linear",
    shape=_reshaped,
    flops=count_nothing,
    samples=[
        sample((2, 3), shape=(3, 2)),
        sample((2, 3), shape=(-1,)),
        sample((), shape=(1, 1)),
        sample((0, 2), shape=(2, 0)),
    ],
    view=True,
)
def reshape(backend: Backend, x: ArrayT, /, shape: int | Sequence[int], *, copy: bool | None = None) -> ArrayT:
    """The same elements in another shape, in C order.

    Parameters
    ----------
    x : tensor or array
        Any shape.
    shape : tuple of int or int
        As many elements as `x` has; one length may be -1, and is inferred.
    copy : bool, optional
        True always copies; False raises if a copy is needed; None copies only if needed.

    Returns
    -------
    Tensor
        Shares memory with `x` where it can.

    Raises
    ------
    ShapeError
        If the numbers of elements differ.

    Examples
    --------
    >>> tl.reshape(tl.arange(4), (2, -1))
    tensor([[0, 1],
            [2, 3]])
    """
    return backend.xp.reshape(x, as_shape(shape), copy=copy)


def _permuted(x_shape: Shape, axes: Sequence[int], **_: Any) -> Shape:
    if sorted(normalized_axis(a, len(x_shape)) for a in axes) != list(range(len(x_shape))):
        raise ShapeError(f"permute_dims: axes {tuple(axes)} are not a permutation of the axes of shape {x_shape}")
    return tuple(x_shape[a] for a in axes)


def _unpermute(g: Any, axes: Sequence[int]) -> Any:
    inverse = [0] * len(axes)
    for new, old in enumerate(axes):
        inverse[old] = new
    return permute_dims(g, tuple(inverse))


@op(
    vjp={"x": _unpermute},
    kind="linear",
    shape=_permuted,
    flops=count_nothing,
    samples=[sample((2, 3, 4), axes=(2, 0, 1)), sample((2, 3), axes=(-1, 0)), sample((), axes=())],
    view=True,
)
def permute_dims(backend: Backend, x: ArrayT, /, axes: Sequence[int]) -> ArrayT:
    """Permute the axes.

    Parameters
    ----------
    x : tensor or array
        Any shape.
    axes : tuple of int
        For each axis of the result, the corresponding axis of `x`.

    Returns
    -------
    Tensor
        Shares memory with `x`.

    Raises
    ------
    ShapeError
        If `axes` is not a permutation.

    Examples
    --------
    >>> tl.permute_dims(tl.zeros((2, 3, 4)), (2, 0, 1)).shape
    (4, 2, 3)
    """
    return backend.xp.permute_dims(x, tuple(axes))


def _broadcastable(x_shape: Shape, shape: int | Sequence[int], **_: Any) -> Shape:
    wanted = as_shape(shape)
    if broadcast_shape(x_shape, wanted) != wanted:
        raise ShapeError(f"broadcast_to: shape {x_shape} does not broadcast to {wanted}")
    return wanted


@op(
    vjp={"x": lambda g, x_shape: sum_to_shape(g, x_shape)},
    kind="linear",
    shape=_broadcastable,
    flops=count_nothing,
    samples=[sample((3,), shape=(2, 3)), sample((2, 1), shape=(2, 3)), sample((), shape=(2,))],
    view=True,
)
def broadcast_to(backend: Backend, x: ArrayT, /, shape: int | Sequence[int]) -> ArrayT:
    """Repeat elements along new axes and axes of length 1, without copying them.

    Parameters
    ----------
    x : tensor or array
        Any shape that broadcasts to `shape`.
    shape : tuple of int or int
        The result's shape.

    Returns
    -------
    Tensor
        A read-only view of `x`.

    Raises
    ------
    ShapeError
        If the shape does not broadcast.

    Examples
    --------
    >>> tl.broadcast_to(tl.tensor([1.0, 2.0]), (2, 2))
    tensor([[1., 2.],
            [1., 2.]])
    """
    return backend.xp.broadcast_to(x, as_shape(shape))


def _check_sum_to(x_shape: Shape, shape: Sequence[int], **_: Any) -> Shape:
    _broadcastable(tuple(shape), x_shape)
    return tuple(shape)


@op(
    vjp={"x": lambda g, x_shape: broadcast_to(g, x_shape)},
    kind="linear",
    shape=_check_sum_to,
    flops=count_operand,
    samples=[
        sample((2, 3), shape=(3,)),
        sample((2, 3), shape=(2, 1)),
        sample((2,), shape=()),
        sample((2, 3), shape=(2, 3)),
    ],
)
def sum_to_shape(backend: Backend, x: ArrayT, /, shape: Sequence[int]) -> ArrayT:
    """Sum over the axes along which `shape` would be broadcast: the transpose of `broadcast_to`.

    Parameters
    ----------
    x : tensor or array
        A shape that `shape` broadcasts to.
    shape : tuple of int
        The result's shape.

    Returns
    -------
    Tensor
        Of shape `shape`.

    Raises
    ------
    ShapeError
        If `shape` does not broadcast to that of `x`.

    Examples
    --------
    >>> tl.sum_to_shape(tl.ones((2, 3)), (3,))
    tensor([2., 2., 2.])
    """
    extra = x.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(extra + i for i, n in enumerate(shape) if n == 1 and x.shape[extra + i] != 1)
    summed = backend.xp.sum(x, axis=axes, keepdims=True) if axes else x
    return backend.xp.reshape(summed, tuple(shape))


engine_ops.sum_to_shape = sum_to_shape
engine_ops.broadcast_to = broadcast_to


@composite(x="any")
def expand_dims(x: ArrayT, /, axis: int | Sequence[int]) -> ArrayT:
    """Insert axes of length 1.

    Parameters
    ----------
    x : tensor or array
        Any shape.
    axis : int or tuple of int
        Positions of the new axes in the result.

    Returns
    -------
    Tensor
        Shares memory with `x`.

    Raises
    ------
    ShapeError
        If an axis is out of range.

    Examples
    --------
    >>> tl.expand_dims(tl.zeros(3), axis=0).shape
    (1, 3)
    """
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    ndim = len(x.shape) + len(axes)
    new, old = normalized_axes(tuple(axes), ndim), iter(x.shape)
    return reshape(x, tuple(1 if i in new else next(old) for i in range(ndim)))


@composite(x="any")
def squeeze(x: ArrayT, /, axis: int | Sequence[int] | None = None) -> ArrayT:
    """Remove axes of length 1, by default all of them.

    Raises
    ------
    ShapeError
        If a named axis does not exist or is longer than 1.

    Examples
    --------
    >>> tl.squeeze(tl.zeros((1, 3, 1)), axis=0).shape
    (3, 1)
    """
    shape = x.shape
    if axis is None:
        axes = {i for i, n in enumerate(shape) if n == 1}
    else:
        axes = set(normalized_axes(axis, len(shape)))
    for a in sorted(axes):
        if shape[a] != 1:
            raise ShapeError(f"squeeze: axis {a} of shape {tuple(shape)} has length {shape[a]}, not 1")
    return reshape(x, tuple(n for i, n in enumerate(shape) if i not in axes))


@composite(x="any")
def matrix_transpose(x: ArrayT, /) -> ArrayT:
    """Swap the last two axes.

    Raises
    ------
    ShapeError
        If there are fewer than two.

    Examples
    --------
    >>> tl.matrix_transpose(tl.zeros((5, 2, 3))).shape
    (5, 3, 2)
    """
    ndim = len(x.shape)
    if ndim < 2:
        raise ShapeError(f"matrix_transpose needs at least 2 axes, not shape {tuple(x.shape)}")
    return permute_dims(x, (*range(ndim - 2), ndim - 1, ndim - 2))


@composite(x="any")
def moveaxis(x: ArrayT, source: int | Sequence[int], destination: int | Sequence[int], /) -> ArrayT:
    """Move axes to other positions; the others keep their order.

    Raises
    ------
    ShapeError
        If an axis does not exist or is named twice.

    Examples
    --------
    >>> tl.moveaxis(tl.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    ndim = len(x.shape)
    sources = normalized_axes(source, ndim, "source")
    destinations = normalized_axes(destination, ndim, "destination")
    if len(sources) != len(destinations):
        raise ShapeError(f"moveaxis: source has {len(sources)} axes and destination {len(destinations)}")
    order = [a for a in range(ndim) if a not in sources]
    for place, a in sorted(zip(destinations, sources, strict=True)):
        order.insert(place, a)
    return permute_dims(x, tuple(order))


@composite(x="any")
def swapaxes(x: ArrayT, axis1: int, axis2: int, /) -> ArrayT:
    """Swap two axes.

    Examples
    --------
    >>> tl.swapaxes(tl.zeros((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    order = list(range(len(x.shape)))
    first, second = (normalized_axis(axis, len(order)) for axis in (axis1, axis2))
    order[first], order[second] = second, first
    return permute_dims(x, tuple(order))


@composite(x="any")
def flatten(x: ArrayT, /, start_axis: int = 0, end_axis: int = -1) -> ArrayT:
    """Flatten consecutive axes into one.

    Examples
    --------
    >>> tl.flatten(tl.zeros((2, 3, 4)), 1).shape
    (2, 12)
    """
    shape = tuple(x.shape) or (1,)
    start = normalized_axis(start_axis, len(shape), "start_axis")
    end = normalized_axis(end_axis, len(shape), "end_axis")
    if start > end:
        raise ShapeError(f"flatten: start_axis {start_axis} comes after end_axis {end_axis}")
    return reshape(x, (*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :]))


@composite(arrays="any")
def broadcast_arrays(*arrays: ArrayT) -> list[ArrayT]:
    """Broadcast arrays against one another.

    Raises
    ------
    ShapeError
        If they do not broadcast.

    Examples
    --------
    >>> [x.shape for x in tl.broadcast_arrays(tl.zeros(3), tl.zeros((2, 1)))]
    [(2, 3), (2, 3)]
    """
    shape = broadcast_shape(*(tuple(x.shape) for x in arrays))
    return [broadcast_to(x, shape) for x in arrays]
