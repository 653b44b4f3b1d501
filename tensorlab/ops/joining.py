"""Joining, splitting and repeating arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod
from operator import index as as_index
from typing import Any, overload

from ..autodiff.op import op
from ..autodiff.record import count_nothing, sample
from ..backend import Backend, backend_of, dtypes
from ..backend.memory import require_memory
from ..docstrings import documented_like
from ..errors import ShapeError
from ..options import ShapeLike
from ..options.kinds import Either, Many, Whole, read
from ..tensor import ArrayT, array_of
from .declare import broadcast_shape, composite
from .indexing import getitem, slice_along, take
from .shapes import (
    Axis,
    Shape,
    as_shape,
    broadcast_to,
    expand_dims,
    flatten,
    matrix_transpose,
    normalized_axes,
    normalized_axis,
    reshape,
    swapaxes,
)


def _concatenated(*shapes: Shape, axis: int | None = 0, **_: Any) -> Shape:
    if axis is None:
        return (sum(map(prod, shapes)),)
    first = shapes[0]
    place = normalized_axis(axis, len(first))
    for i, shape in enumerate(shapes[1:], 1):
        differing = [a for a in range(len(first)) if a != place and (len(shape) != len(first) or shape[a] != first[a])]
        if len(shape) != len(first) or differing:
            where_ = f"axis {differing[0]}" if len(shape) == len(first) else "the number of axes"
            raise ShapeError(
                f"concat along axis {axis}: array 0 has shape {first}, array {i} has {shape}; they differ in {where_}"
            )
    return (*first[:place], sum(shape[place] for shape in shapes), *first[place + 1 :])


def _split_back(g: Any, arrays_shape: Sequence[Shape], axis: int | None) -> list[Any]:
    parts, start = [], 0
    for shape in arrays_shape:
        length = prod(shape) if axis is None else shape[axis]
        place = 0 if axis is None else axis % len(shape)
        part = slice_along(g, place, start, start + length)
        parts.append(reshape(part, shape) if axis is None else part)
        start += length
    return parts


@op(
    vjp={"arrays": _split_back},
    kind="linear",
    shape=_concatenated,
    dtype="promote",
    flops=count_nothing,
    samples=[
        sample((2, 3), (1, 3), axis=0),
        sample((2, 1), (2, 2), (2, 0), axis=-1),
        sample((2,), (3, 1), axis=None),
    ],
)
def concat_arrays(backend: Backend, /, *arrays: ArrayT, axis: int | None = 0) -> ArrayT:
    """Join arrays, given one by one, along an existing axis; see `concat`.

    Examples
    --------
    >>> from tensorlab.ops.joining import concat_arrays
    >>> concat_arrays(tl.ones(1), tl.zeros(2), axis=0)
    tensor([1., 0., 0.])
    """
    return backend.xp.concat(arrays, axis=axis)


@composite()
def concat(arrays: Sequence[ArrayT], /, axis: int | None = 0) -> ArrayT:
    """Join arrays along an existing axis.

    Parameters
    ----------
    arrays : sequence of tensors or arrays
        Equal shapes except along `axis`; types are promoted.
    axis : int or None
        The axis along which to join; None joins the flattened arrays.

    Returns
    -------
    Tensor
        The concatenated arrays.

    Raises
    ------
    ShapeError
        If their shapes differ in another axis.

    Examples
    --------
    >>> tl.concat([tl.ones(2), tl.zeros(1)])
    tensor([1., 1., 0.])
    """
    return concat_arrays(*arrays, axis=axis)


@composite(arrays="any")
def stack(arrays: Sequence[ArrayT], /, axis: int = 0) -> ArrayT:
    """Join arrays along a new axis.

    Parameters
    ----------
    arrays : sequence of tensors or arrays
        Equal shapes; types are promoted.
    axis : int
        Position of the new axis in the result.

    Raises
    ------
    ShapeError
        If the shapes differ.

    Examples
    --------
    >>> tl.stack([tl.ones(2), tl.zeros(2)], axis=1)
    tensor([[1., 0.],
            [1., 0.]])
    """
    shapes = [tuple(x.shape) for x in arrays]
    if differing := next((i for i, shape in enumerate(shapes) if shape != shapes[0]), None):
        raise ShapeError(
            f"stack: array 0 has shape {shapes[0]}, array {differing} has {shapes[differing]}; they must be equal"
        )
    return concat([expand_dims(x, axis=axis) for x in arrays], axis=axis)


@op(
    vjp={"x": lambda g, axis: flip(g, axis=axis)},
    kind="linear",
    shape=lambda x_shape, axis=None: (normalized_axes(axis, len(x_shape)), x_shape)[1],
    flops=count_nothing,
    samples=[sample((2, 3), axis=1), sample((2, 3), axis=None), sample((2, 3), axis=(0, -1))],
    view=True,
)
def flip(backend: Backend, x: ArrayT, /, axis: Axis = None) -> ArrayT:
    """Reverse the order of elements along axes.

    Examples
    --------
    >>> tl.flip(tl.tensor([1.0, 2.0, 3.0]))
    tensor([3., 2., 1.])
    """
    return backend.xp.flip(x, axis=axis)


@composite(x="any")
def roll(x: ArrayT, /, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> ArrayT:
    """Shift elements along axes; those shifted beyond one end reappear at the other.

    Parameters
    ----------
    x : tensor or array
        Any shape.
    shift : int or tuple of int
        Number of places to shift by.
    axis : int, tuple of int or None
        The axes along which to shift; None shifts the flattened array.

    Raises
    ------
    ShapeError
        If an axis does not exist, or the numbers of shifts and axes differ.

    Examples
    --------
    >>> tl.roll(tl.tensor([1.0, 2.0, 3.0]), 1)
    tensor([3., 1., 2.])
    """
    if axis is None:
        return reshape(roll(flatten(x), shift, axis=0), tuple(x.shape))
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    shifts = shift if isinstance(shift, tuple | list) else (shift,) * len(axes)
    if len(shifts) != len(axes):
        raise ShapeError(f"roll: {len(shifts)} shifts {tuple(shifts)} do not match the axes {tuple(axes)}")
    for by, a in zip(shifts, axes, strict=True):
        place = normalized_axis(a, len(x.shape))
        length = x.shape[place]
        if length and by % length:
            cut = length - by % length
            x = concat([slice_along(x, place, cut, None), slice_along(x, place, None, cut)], axis=place)
    return x


@composite(x="any")
def tile(x: ArrayT, repetitions: int | Sequence[int], /) -> ArrayT:
    """Repeat the whole array along each axis.

    Parameters
    ----------
    x : tensor or array
        Any shape.
    repetitions : tuple of int or int
        Number of repetitions along each of the last axes; new axes are prepended.

    Examples
    --------
    >>> tl.tile(tl.tensor([1.0, 2.0]), (2, 2))
    tensor([[1., 2., 1., 2.],
            [1., 2., 1., 2.]])
    """
    repetitions = as_shape(repetitions)
    if any(n < 0 for n in repetitions):
        raise ValueError(f"tile: repetitions must not be negative, but are {repetitions}")
    repetitions = (1,) * (len(x.shape) - len(repetitions)) + repetitions
    shape = (1,) * (len(repetitions) - len(x.shape)) + tuple(x.shape)
    spread = reshape(x, tuple(n for length in shape for n in (1, length)))
    spread = broadcast_to(spread, tuple(n for r, length in zip(repetitions, shape, strict=True) for n in (r, length)))
    return reshape(spread, tuple(r * length for r, length in zip(repetitions, shape, strict=True)))


@composite(x="any")
def repeat(x: ArrayT, repeats: int | Sequence[int] | ArrayT, /, *more: int, axis: int | None = None) -> ArrayT:
    """Repeat each slice along an axis: NumPy's ``repeat``. PyTorch's, of the whole tensor, is `tile`.

    Parameters
    ----------
    x : tensor or array
        Any shape.
    repeats : int, or sequence, tensor or array of int
        Number of repetitions: one for all slices, or one for each.
    axis : int, optional
        The axis along which to repeat; None repeats the elements of the flattened array.

    Raises
    ------
    ShapeError
        If the numbers of repetitions and slices differ.
    ValueError
        If a number of repetitions is negative.
    MemoryError
        If the result is larger than the memory of the machine.

    Examples
    --------
    >>> tl.repeat(tl.tensor([1.0, 2.0]), 2)
    tensor([1., 1., 2., 2.])
    """
    if more:
        raise TypeError(
            "repeat: repeats must be an integer, or a tensor of one integer for each slice, and no more; to repeat the "
            f"whole tensor, as PyTorch's x.repeat does, write tile(x, {(repeats, *more)})"
        )
    if axis is None:
        x, axis = flatten(x), 0
    place = normalized_axis(axis, len(x.shape))
    before, length, after = tuple(x.shape[:place]), x.shape[place], tuple(x.shape[place + 1 :])
    given: Any = repeats
    given = given.tolist() if hasattr(given, "tolist") else given
    counts = list(map(as_index, given if isinstance(given, list | tuple) else [given]))
    if min(counts, default=0) < 0:
        raise ValueError(f"repeat: repeats must not be negative, but {min(counts)} is")
    if len(counts) == 1:
        spread = broadcast_to(expand_dims(x, axis=place + 1), (*before, length, *counts, *after))
        return reshape(spread, (*before, length * counts[0], *after))
    if len(counts) != length:
        raise ShapeError(f"repeat: {len(counts)} numbers of repeats for an axis of length {length}")
    backend = backend_of(array_of(x))
    backend.require_room("repeat", (*before, sum(counts), *after), dtypes.named(x.dtype))
    places = [place for place, count in enumerate(counts) for _ in range(count)]
    return take(x, backend.asarray(places, dtype=backend.native("int64")), axis=axis)


@composite(x="any")
def unstack(x: ArrayT, /, axis: int = 0) -> tuple[ArrayT, ...]:
    """The slices along an axis, without that axis.

    Examples
    --------
    >>> tl.unstack(tl.tensor([[1.0, 2.0], [3.0, 4.0]]))
    (tensor([1., 2.]), tensor([3., 4.]))
    """
    before = (slice(None),) * normalized_axis(axis, len(x.shape))
    return tuple(getitem(x, (*before, i)) for i in range(x.shape[axis]))


@composite(x="any")
def split(x: ArrayT, sections: int | Sequence[int], /, *, axis: int = 0) -> tuple[ArrayT, ...]:
    """Split an array into pieces, as ``numpy.split`` does.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis.
    sections : int or sequence of int
        Number of equal pieces, or the indices at which to split.

    Raises
    ------
    ShapeError
        If the length of the axis is not a multiple of the number of pieces.
    ValueError
        If the number of pieces is not positive.

    Examples
    --------
    >>> tl.split(tl.arange(4), 2)
    (tensor([0, 1]), tensor([2, 3]))
    """
    place = normalized_axis(axis, len(x.shape))
    length = x.shape[place]
    if isinstance(sections, int):
        if sections < 1:
            raise ValueError(f"split: the number of pieces must be positive, not {sections}")
        if length % sections:
            raise ShapeError(f"split: an axis of length {length} does not divide into {sections} equal pieces")
        cuts: Sequence[int] = [i * (length // sections) for i in range(1, sections)]
    else:
        cuts = sections
    edges = [0, *cuts, length]
    return tuple(slice_along(x, place, a, b) for a, b in pairwise(edges))


@composite(x="any")
@documented_like(split)
def array_split(x: ArrayT, sections: int | Sequence[int], /, axis: int = 0) -> tuple[ArrayT, ...]:
    """Split an array into pieces that may differ in length; see `split`.

    Parameters
    ----------
    sections : int or sequence of int
        Number of pieces, or the indices at which to split. Of n elements in k pieces, the first n mod k have one more.

    Raises
    ------
    ValueError
        If the number of pieces is not positive.

    Examples
    --------
    >>> tl.array_split(tl.arange(5), 2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """
    if isinstance(sections, int):
        if sections < 1:
            raise ValueError(f"array_split: the number of pieces must be positive, not {sections}")
        require_memory("array_split", f"sections={sections} pieces", sections)
        each, longer = divmod(x.shape[normalized_axis(axis, len(x.shape))], sections)
        sections = [i * each + min(i, longer) for i in range(1, sections)]
    return split(x, sections, axis=axis)


# -- numbers of axes ---------------------------------------------------------------------------------------------------


SHAPES = Many(Either((Whole(0), Many(Whole(0)))))
"""Read in full, as no op inside would refuse an entry that is no length."""


@composite()
def broadcast_shapes(*shapes: ShapeLike) -> Shape:
    """The shape that arrays of these shapes broadcast to.

    Parameters
    ----------
    *shapes : tuple of int
        An int stands for the shape of a vector.

    Raises
    ------
    ShapeError
        If they do not broadcast.

    Examples
    --------
    >>> tl.broadcast_shapes((3, 1), (4,))
    (3, 4)
    """
    shapes = read("broadcast_shapes", "shapes", SHAPES, shapes)
    return broadcast_shape(*map(as_shape, shapes))


def _each(function: Callable[[Any], Any], arrays: Sequence[Any]) -> Any:
    return function(arrays[0]) if len(arrays) == 1 else tuple(map(function, arrays))


@overload
def atleast_1d(array: ArrayT, /) -> ArrayT: ...
@overload
def atleast_1d(*arrays: ArrayT) -> tuple[ArrayT, ...]: ...
@composite(arrays="any")
def atleast_1d(*arrays: Any) -> Any:
    """Arrays with at least one axis: a number becomes a vector of one element.

    Parameters
    ----------
    *arrays : tensors or arrays
        Any shapes.

    Returns
    -------
    Tensor or tuple of Tensor
        One for one array, a tuple for several.

    Examples
    --------
    >>> tl.atleast_1d(tl.tensor(2.0))
    tensor([2.])
    """
    return _each(lambda x: x if x.shape else reshape(x, (1,)), arrays)


@overload
def atleast_2d(array: ArrayT, /) -> ArrayT: ...
@overload
def atleast_2d(*arrays: ArrayT) -> tuple[ArrayT, ...]: ...
@composite(arrays="any")
def atleast_2d(*arrays: Any) -> Any:
    """Arrays with at least two axes: a vector becomes a row; see `atleast_1d`.

    Examples
    --------
    >>> tl.atleast_2d(tl.tensor([1.0, 2.0]))
    tensor([[1., 2.]])
    """
    return _each(lambda x: x if len(x.shape) > 1 else reshape(x, (1, -1)), arrays)


@overload
def atleast_3d(array: ArrayT, /) -> ArrayT: ...
@overload
def atleast_3d(*arrays: ArrayT) -> tuple[ArrayT, ...]: ...
@composite(arrays="any")
def atleast_3d(*arrays: Any) -> Any:
    """Arrays with at least three axes: shape ``(m, n)`` becomes ``(m, n, 1)``, ``(n,)`` ``(1, n, 1)``.

    Examples
    --------
    >>> tl.atleast_3d(tl.zeros(3)).shape, tl.atleast_3d(tl.zeros((2, 3))).shape
    ((1, 3, 1), (2, 3, 1))
    """
    return _each(lambda x: x if len(x.shape) > 2 else expand_dims(atleast_2d(x), axis=-1), arrays)


@composite(arrays="any")
def hstack(arrays: Sequence[ArrayT], /) -> ArrayT:
    """Join arrays horizontally: along the second axis, vectors along their only axis.

    Examples
    --------
    >>> tl.hstack([tl.ones((2, 1)), tl.zeros((2, 2))])
    tensor([[1., 0., 0.],
            [1., 0., 0.]])
    """
    arrays = [atleast_1d(x) for x in arrays]
    return concat(arrays, axis=0 if arrays and len(arrays[0].shape) == 1 else 1)


@composite(arrays="any")
def vstack(arrays: Sequence[ArrayT], /) -> ArrayT:
    """Join arrays vertically: along the first axis, vectors as rows.

    Examples
    --------
    >>> tl.vstack([tl.ones(2), tl.zeros(2)])
    tensor([[1., 1.],
            [0., 0.]])
    """
    return concat([atleast_2d(x) for x in arrays], axis=0)


@composite(arrays="any")
def dstack(arrays: Sequence[ArrayT], /) -> ArrayT:
    """Join arrays along the third axis, after `atleast_3d`.

    Examples
    --------
    >>> tl.dstack([tl.tensor([1.0, 2.0]), tl.tensor([3.0, 4.0])])
    tensor([[[1., 3.],
             [2., 4.]]])
    """
    return concat([atleast_3d(x) for x in arrays], axis=2)


@composite(arrays="any")
def column_stack(arrays: Sequence[ArrayT], /) -> ArrayT:
    """Join arrays horizontally, vectors as columns.

    Examples
    --------
    >>> tl.column_stack([tl.tensor([1.0, 2.0]), tl.tensor([3.0, 4.0])])
    tensor([[1., 3.],
            [2., 4.]])
    """
    return concat([x if len(x.shape) > 1 else matrix_transpose(atleast_2d(x)) for x in arrays], axis=1)


# -- rotation ----------------------------------------------------------------------------------------------------------


@composite(x="any")
def flipud(x: ArrayT, /) -> ArrayT:
    """Reverse the order of elements along the first axis.

    Examples
    --------
    >>> tl.flipud(tl.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[3., 4.],
            [1., 2.]])
    """
    return flip(x, axis=0)


@composite(x="any")
def fliplr(x: ArrayT, /) -> ArrayT:
    """Reverse the order of elements along the second axis.

    Examples
    --------
    >>> tl.fliplr(tl.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[2., 1.],
            [4., 3.]])
    """
    return flip(x, axis=1)


@composite(x="any")
def rot90(x: ArrayT, /, k: int = 1, axes: tuple[int, int] = (0, 1)) -> ArrayT:
    """Rotate an array by 90 degrees in the plane of two axes.

    Parameters
    ----------
    x : tensor or array
        At least two axes.
    k : int
        Number of rotations, from the first axis towards the second; negative for the opposite direction.
    axes : pair of int
        The plane.

    Returns
    -------
    Tensor
        Shares memory with `x` where it can.

    Raises
    ------
    ShapeError
        If an axis does not exist, or both are the same.

    Examples
    --------
    >>> tl.rot90(tl.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[2., 4.],
            [1., 3.]])
    """
    first, second = normalized_axes(tuple(axes), len(x.shape))
    if k % 2 == 0:
        return flip(x, axis=(first, second)) if k % 4 else x
    return flip(swapaxes(x, first, second), axis=first if k % 4 == 1 else second)
