"""Reading and writing parts of arrays, gathering and scattering."""

from __future__ import annotations

from math import prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import Draw, count_nothing, count_operand, sample
from ..backend import Backend, backend_of
from ..backend.kernels.indexing import Index, as_parts, axes_taken, is_basic
from ..errors import OutOfRange, ShapeError
from ..tensor import ArrayT, Tensor, array_of
from .comparison import where
from .declare import composite
from .shapes import Shape, flatten, normalized_axis, permute_dims, reshape, sum_to_shape


def _with_length(shape: Shape, axis: int, length: int) -> Shape:
    return (*shape[:axis], length, *shape[axis + 1 :])


def plain_index(index: Index) -> Index:
    """Return an index with its tensors replaced by their arrays."""
    if isinstance(index, tuple):
        return tuple(i._array if isinstance(i, Tensor) else i for i in index)
    return index._array if isinstance(index, Tensor) else index


def _indexed(x_shape: Shape, index: Index, **_: Any) -> Shape | None:
    """Return the shape of ``x[index]``; None where arrays in the index decide it."""
    parts = as_parts(index)
    taken = sum(map(axes_taken, parts))
    if taken > len(x_shape):
        raise OutOfRange(f"an index for {taken} axes is too long for shape {x_shape}")
    if not is_basic(index):
        return None
    rest = [slice(None)] * (len(x_shape) - taken)
    at = next((n for n, i in enumerate(parts) if i is Ellipsis), len(parts))
    result, axis = [], 0
    for part in (*parts[:at], *rest, *parts[at + 1 :]):
        if part is None:
            result.append(1)
            continue
        if isinstance(part, slice):
            result.append(len(range(x_shape[axis])[part]))
        elif not -x_shape[axis] <= part < x_shape[axis]:
            raise OutOfRange(f"index {part} is out of range for axis {axis} of shape {x_shape}")
        axis += 1
    return tuple(result)


@op(
    vjp={"x": lambda g, x_shape, index: scatter_index(g, x_shape, index)},
    kind="linear",
    shape=_indexed,
    flops=count_nothing,
    samples=[
        sample((3, 4), index=(slice(None, None, 2), 1)),
        sample((3,), index=(None, Ellipsis)),
        sample((2, 3), index=1),
    ],
    view=True,
)
def getitem(backend: Backend, x: ArrayT, /, index: Index) -> ArrayT:
    """``x[index]``: integers, slices, None, ..., integer and boolean arrays.

    Parameters
    ----------
    x : tensor or array
        Any shape.
    index : int, slice, None, ..., array, or tuple of them
        As in NumPy.

    Returns
    -------
    Tensor
        Shares memory with `x` where the index is of integers and slices.

    Raises
    ------
    ShapeError
        If the index has too many axes, or an integer is out of range.

    Examples
    --------
    >>> tl.getitem(tl.tensor([[1.0, 2.0], [3.0, 4.0]]), (slice(None), 0))
    tensor([1., 3.])
    """
    return backend.getitem(x, index)


def slice_along(x: Any, axis: int, start: int | None, stop: int | None) -> Any:
    """Return ``x[start:stop]`` along a non-negative axis."""
    return getitem(x, (*(slice(None),) * axis, slice(start, stop)))


@op(
    vjp={"g": lambda g, index: getitem(g, index)},
    jvp={"g": lambda t, shape, index: scatter_index(t, shape, index)},
    kind="linear",
    shape=lambda g_shape, shape, index: tuple(shape),
    flops=lambda shapes, out, params: 0 if is_basic(params["index"]) else prod(shapes[0]),
    samples=[
        sample((2,), shape=(3, 4), index=(slice(None, None, 2), 1)),
        sample((1, 3), shape=(3,), index=(None, Ellipsis)),
    ],
)
def scatter_index(backend: Backend, g: ArrayT, /, shape: Shape, index: Index) -> ArrayT:
    """Zeros of `shape` with `g` added at `index`: the transpose of `getitem`.

    Parameters
    ----------
    g : tensor or array
        Of the shape that ``x[index]`` has for an `x` of `shape`.
    shape : tuple of int
        The result's shape.
    index : index
        Where to add; an element selected several times receives the sum.

    Examples
    --------
    >>> tl.ops.indexing.scatter_index(tl.tensor([5.0]), (3,), (slice(1, 2),))
    tensor([0., 5., 0.])
    """
    out = backend.xp.zeros(tuple(shape), dtype=g.dtype, device=g.device)
    if is_basic(index):
        backend.index_put(out, index, g)
        return out
    return backend.index_add(out, index, g)


@op(
    vjp={
        "x": lambda g, index, value_shape: _with_zeros(g, index, value_shape),
        "value": lambda g, index, value_shape: sum_to_shape(_surviving(getitem(g, index), g, index), value_shape),
    },
    kind="linear",
    jvp={
        "x": lambda t, index, value_shape: _with_zeros(t, index, value_shape),
        "value": lambda t, x_shape, index: replace_index(_zeros_like_shape(t, x_shape), t, index),
    },
    shape=lambda x_shape, value_shape, index: x_shape,
    flops=count_nothing,
    samples=[
        sample((3, 4), (2,), index=(slice(None, None, 2), 1)),
        sample((3, 4), (), index=(slice(None), 1)),
        sample((3, 2), (2,), index=(Ellipsis,)),
    ],
)
def replace_index(backend: Backend, x: ArrayT, value: ArrayT, /, index: Index) -> ArrayT:
    """A copy of `x` with ``x[index] = value``.

    Parameters
    ----------
    x : tensor or array
        Any shape.
    value : tensor or array
        A shape that broadcasts to that of ``x[index]``.
    index : index
        As in `getitem`.

    Examples
    --------
    >>> tl.ops.indexing.replace_index(tl.zeros(3), tl.tensor(1.0), 1)
    tensor([0., 1., 0.])
    """
    out = backend.xp.asarray(x, copy=True)
    backend.index_put(out, index, value)
    return out


def _with_zeros(g: Any, index: Index, value_shape: Shape) -> Any:
    return replace_index(g, _zeros_like_shape(g, value_shape), index)


def _surviving(taken: Any, g: Any, index: Index) -> Any:
    """Return ``g[index]`` with zeros where a later write to the same place replaced the value."""
    if is_basic(index):
        return taken
    array = g._array if isinstance(g, Tensor) else g
    backend = backend_of(array)
    xp, shape = backend.xp, tuple(taken.shape)
    order = xp.reshape(xp.arange(prod(shape), device=array.device), shape)
    last = xp.zeros(array.shape, dtype=order.dtype, device=array.device)
    backend.index_put(last, index, order)
    return where(backend.getitem(last, index) == order, taken, 0.0)


def _zeros_like_shape(like: Any, shape: Shape) -> Any:
    """Return zeros of a shape, of the type and device of `like`; an array for an array."""
    array = like._array if isinstance(like, Tensor) else like
    zeros = backend_of(array).xp.zeros(tuple(shape), dtype=array.dtype, device=array.device)
    return Tensor(zeros) if isinstance(like, Tensor) else zeros


# -- gathering along an axis -----------------------------------------------------------------------------------------


def _taken(x_shape: Shape, indices_shape: Shape, axis: int) -> Shape:
    place = normalized_axis(axis, len(x_shape))
    if len(indices_shape) != 1:
        raise ShapeError(f"take: indices must have 1 axis, not shape {indices_shape}")
    return (*x_shape[:place], *indices_shape, *x_shape[place + 1 :])


@op(
    vjp={"x": lambda g, x_shape, indices, axis: take_add(g, indices, axis % len(x_shape), x_shape[axis])},
    jvp={"x": lambda t, indices, axis: take_along(t, indices, axis)},
    kind="linear",
    shape=_taken,
    flops=count_nothing,
    samples=[sample((3, 4), Draw((5,), 0, 3, "integer"), axis=0), sample((2, 3), Draw((2,), 0, 3, "integer"), axis=-1)],
)
def take_along(backend: Backend, x: ArrayT, indices: ArrayT, /, axis: int) -> ArrayT:
    """Slices of `x` along `axis` at one-dimensional `indices`; see `take`.

    Examples
    --------
    >>> tl.ops.indexing.take_along(tl.tensor([1.0, 2.0, 3.0]), tl.tensor([2, 0]), 0)
    tensor([3., 1.])
    """
    return backend.xp.take(x, indices, axis=axis)


@op(
    vjp={"g": lambda g, indices, axis: take_along(g, indices, axis)},
    jvp={"g": lambda t, indices, axis, size: take_add(t, indices, axis, size)},
    kind="linear",
    shape=lambda g_shape, indices_shape, axis, size: (*g_shape[:axis], size, *g_shape[axis + 1 :]),
    flops=count_operand,
    samples=[
        sample((5, 4), Draw((5,), 0, 3, "integer"), axis=0, size=3),
        sample((2, 4), Draw((4,), 0, 3, "integer"), axis=1, size=3),
    ],
)
def take_add(backend: Backend, g: ArrayT, indices: ArrayT, /, axis: int, size: int) -> ArrayT:
    """Add slices of `g` at `indices` of an axis of `size` zeros: the transpose of `take`.

    Examples
    --------
    >>> tl.ops.indexing.take_add(tl.ones(3), tl.tensor([0, 2, 2]), 0, 4)
    tensor([1., 0., 2., 0.])
    """
    return backend.take_add(g, indices, axis=axis, size=size)


@composite(x="any", indices="integral")
def take(x: ArrayT, indices: ArrayT, /, *, axis: int | None = None) -> ArrayT:
    """Slices of an array along an axis; differentiable in the array.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis.
    indices : tensor or array of integers
        Indices of the slices; any shape.
    axis : int, optional
        The axis along which to operate; may be omitted if there is only one.

    Returns
    -------
    Tensor
        The shape of `x` with `axis` replaced by the shape of `indices`.

    Raises
    ------
    ShapeError
        If the axis does not exist, or is omitted although there is not exactly one.
    IndexError
        If an index is out of range (on a GPU it wraps instead).

    Examples
    --------
    >>> tl.take(tl.tensor([1.0, 2.0, 3.0]), tl.tensor([2, 0]))
    tensor([3., 1.])
    """
    if axis is None and len(x.shape) != 1:
        raise ShapeError(f"take: shape {tuple(x.shape)} does not have exactly one axis; name one with axis=...")
    place = normalized_axis(axis or 0, len(x.shape))
    shape = tuple(indices.shape)
    taken = take_along(x, indices if len(shape) == 1 else flatten(indices), place)
    if len(shape) == 1:
        return taken
    return reshape(taken, (*x.shape[:place], *shape, *x.shape[place + 1 :]))


@composite(indices="integral", weight="any")
def embedding(indices: ArrayT, weight: ArrayT, /) -> ArrayT:
    """Rows of an embedding table.

    Parameters
    ----------
    indices : tensor or array of integers
        Any shape; each in ``[0, len(weight))``.
    weight : tensor or array, shape (rows, features)
        The table.

    Returns
    -------
    Tensor
        Shape ``(*indices.shape, features)``.

    Examples
    --------
    >>> tl.embedding(tl.tensor([1, 1]), tl.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[3., 4.],
            [3., 4.]])
    """
    return take(weight, indices, axis=0)


def _gathered(x_shape: Shape, indices_shape: Shape, axis: int = -1) -> Shape:
    place = normalized_axis(axis, len(x_shape))
    if len(x_shape) != len(indices_shape) or any(
        n != m for i, (n, m) in enumerate(zip(x_shape, indices_shape, strict=True)) if i != place
    ):
        raise ShapeError(
            f"take_along_axis: indices of shape {indices_shape} must match shape {x_shape} in all axes but {place}"
        )
    return indices_shape


@op(
    vjp={"x": lambda g, x_shape, indices, axis: put_along_axis_add(g, indices, axis, x_shape[axis])},
    jvp={"x": lambda t, indices, axis: take_along_axis(t, indices, axis)},
    kind="linear",
    shape=_gathered,
    flops=count_nothing,
    samples=[
        sample((3, 4), Draw((2, 4), 0, 3, "integer"), axis=0),
        sample((2, 3), Draw((2, 5), 0, 3, "integer"), axis=-1),
    ],
    checks_first=True,
)
def take_along_axis(backend: Backend, x: ArrayT, indices: ArrayT, /, axis: int = -1) -> ArrayT:
    """Elements of each one-dimensional slice along an axis, by index (PyTorch's ``gather``).

    Parameters
    ----------
    x : tensor or array
        Any shape.
    indices : tensor or array of integers
        The shape of `x`, with any length along `axis`.

    Returns
    -------
    Tensor
        The shape of `indices`.

    Raises
    ------
    ShapeError
        If the shapes do not match.

    Examples
    --------
    >>> tl.take_along_axis(tl.tensor([[1.0, 2.0], [3.0, 4.0]]), tl.tensor([[1], [0]]))
    tensor([[2.],
            [3.]])
    """
    return backend.xp.take_along_axis(x, indices, axis=axis)


@op(
    vjp={"g": lambda g, indices, axis: take_along_axis(g, indices, axis)},
    jvp={"g": lambda t, indices, axis, size: put_along_axis_add(t, indices, axis, size)},
    kind="linear",
    shape=lambda g_shape, indices_shape, axis, size: _with_length(g_shape, normalized_axis(axis, len(g_shape)), size),
    flops=count_operand,
    samples=[
        sample((2, 4), Draw((2, 4), 0, 3, "integer"), axis=0, size=3),
        sample((2, 5), Draw((2, 5), 0, 3, "integer"), axis=-1, size=3),
    ],
)
def put_along_axis_add(backend: Backend, g: ArrayT, indices: ArrayT, /, axis: int, size: int) -> ArrayT:
    """Add elements at `indices` of each slice of `size` zeros along an axis: the transpose of `take_along_axis`.

    Examples
    --------
    >>> tl.ops.indexing.put_along_axis_add(tl.ones((1, 3)), tl.tensor([[0, 2, 2]]), -1, 4)
    tensor([[1., 0., 2., 0.]])
    """
    # Flat positions in the result, so that backends need to accumulate along one axis only.
    xp, ndim = backend.xp, g.ndim
    axis = axis % ndim
    shape = tuple(size if i == axis else n for i, n in enumerate(g.shape))
    positions = xp.astype(indices, xp.int64)
    stride = 1
    flat = xp.zeros(g.shape, dtype=xp.int64)
    for i in reversed(range(ndim)):
        along = (
            positions
            if i == axis
            else xp.reshape(
                xp.arange(g.shape[i], dtype=xp.int64), tuple(g.shape[i] if j == i else 1 for j in range(ndim))
            )
        )
        flat = flat + along * stride
        stride *= shape[i]
    added = backend.take_add(xp.reshape(g, (-1,)), xp.reshape(flat, (-1,)), axis=0, size=stride)
    return xp.reshape(added, shape)


@composite(x="any", indices="integral", source="any")
def scatter_add(x: ArrayT, axis: int, indices: ArrayT, source: ArrayT, /) -> ArrayT:
    """A copy of `x` with `source` added along an axis at `indices`, as PyTorch's ``scatter_add``.

    Parameters
    ----------
    x : tensor or array
        Any shape.
    indices : tensor or array of integers
        As many axes as `x`, and along the others than `axis` no more elements.
    source : tensor or array
        At least the shape of `indices`.

    Examples
    --------
    >>> tl.scatter_add(tl.zeros(3), 0, tl.tensor([0, 0]), tl.tensor([1.0, 2.0]))
    tensor([3., 0., 0.])
    """
    place = normalized_axis(axis, len(x.shape))
    leading_part("scatter_add", x, indices.shape, place)
    source = leading_part("scatter_add", source, indices.shape)
    added = put_along_axis_add(source, indices, place, x.shape[place])
    if tuple(added.shape) != tuple(x.shape):
        added = scatter_index(added, x.shape, tuple(slice(n) for n in added.shape))
    return x + added


def leading_part(function: str, x: Any, shape: Shape, axis: int | None = None) -> Any:
    """Return the first elements of `x` along all axes but one, as many as indices of a shape have.

    Raises
    ------
    ShapeError
        If `x` has fewer, or another number of axes.
    """
    place = None if axis is None else normalized_axis(axis, len(x.shape))
    lengths = list(enumerate(zip(shape, x.shape, strict=False)))
    if len(shape) != len(x.shape) or any(n > m and i != place for i, (n, m) in lengths):
        kept = "" if place is None else f" in the axes but {place}"
        raise ShapeError(f"{function}: indices of shape {tuple(shape)} do not fit into shape {tuple(x.shape)}{kept}")
    if all(n == m or i == place for i, (n, m) in lengths):
        return x
    return getitem(x, tuple(slice(None) if i == place else slice(n) for i, n in enumerate(shape)))


def places_along(indices: Any, axis: int) -> tuple[Any, ...]:
    """Return the index of elements given by their positions along an axis, for each position along the others."""
    array = array_of(indices)
    xp, ndim = backend_of(array).xp, len(array.shape)
    return tuple(
        array
        if i == axis
        else xp.reshape(xp.arange(n, device=array.device), tuple(-1 if j == i else 1 for j in range(ndim)))
        for i, n in enumerate(array.shape)
    )


def diagonal_pair(x: ArrayT, first: int, second: int) -> ArrayT:
    """The elements where two axes of equal length have equal indices; the two become the last axis.

    Examples
    --------
    >>> tl.ops.indexing.diagonal_pair(tl.tensor([[1.0, 2.0], [3.0, 4.0]]), 0, 1)
    tensor([1., 4.])
    """
    rest = [a for a in range(len(x.shape)) if a not in (first, second)]
    moved = permute_dims(x, (*rest, first, second))
    length = moved.shape[-1]
    flat = reshape(moved, (*moved.shape[:-2], length * length))
    return getitem(flat, (Ellipsis, slice(None, None, length + 1)))
