"""Reading, writing and accumulating at an index, by NumPy's indexing rules.

The Array API standard leaves out most uses of arrays in an index. Here they become ``take`` at positions in the
flattened array.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from types import EllipsisType
from typing import Annotated, Any, ClassVar

from ...options.kinds import Kind


class IndexKind(Kind):
    """What NumPy takes as an index."""

    text: ClassVar[str] = "integers, slices, None, ..., integer or bool arrays, or a tuple of these"

    def read(self, value: Any) -> Any:
        """Return the value."""
        if not all(map(_is_index, value if isinstance(value, tuple) else (value,))):
            raise TypeError
        return value

    def quick_test(self, name: str) -> str:
        """Leave the test to the kernel, but for tensors: NumPy takes an empty one of floats for a list."""
        return f"not hasattr({name}, '_array')"


def _is_index(part: Any) -> bool:
    """Return whether a value can be an index of an array, or part of one."""
    if part is None or part is Ellipsis or isinstance(part, slice):
        return True
    if hasattr(part, "dtype"):
        return str(part.dtype).rpartition(".")[2].startswith(("int", "uint", "bool"))
    if isinstance(part, list):
        return all(isinstance(entry, int | list) or _is_index(entry) for entry in part)
    return hasattr(part, "__index__")


Index = Annotated[Any, IndexKind()]


class IndexingKernels:
    """Reading, writing and accumulating at an index. Accumulation is in order, hence deterministic."""

    xp: Any

    def getitem(self, x: Any, index: Index) -> Any:
        """Return ``x[index]`` by NumPy's rules."""
        xp = self.xp
        if is_basic(index):
            return x[standard_index(index, x.shape)]
        positions = flat_positions(xp, x.shape, index)
        return xp.reshape(xp.take(xp.reshape(x, (-1,)), xp.reshape(positions, (-1,)), axis=0), positions.shape)

    def index_put(self, x: Any, index: Index, values: Any) -> None:
        """Do ``x[index] = values``, in place, by NumPy's rules."""
        xp = self.xp
        values = xp.asarray(values, dtype=x.dtype)
        if is_basic(index):
            index = standard_index(index, x.shape)
            target = tuple(part for part in index if part is not None)
            # The standard allows no None when writing. Broadcast first: the new axes may be those of `values`.
            x[target] = xp.reshape(xp.broadcast_to(values, x[index].shape), x[target].shape)
            return
        positions = flat_positions(xp, x.shape, index)
        values = xp.reshape(xp.broadcast_to(values, positions.shape), (-1,))
        positions = xp.reshape(positions, (-1,))
        flat = xp.reshape(x, (-1,), copy=True)
        for i in range(positions.shape[0]):
            flat[int(positions[i])] = values[i]
        x[...] = xp.reshape(flat, x.shape)

    def take_add(self, g: Any, indices: Any, *, axis: int, size: int) -> Any:
        """Add slices of `g` at `indices` (1-d) of an axis of zeros of length `size`: the transpose of ``take``."""
        xp = self.xp
        shape = (*g.shape[:axis], size, *g.shape[axis + 1 :])
        out = xp.zeros(shape, dtype=g.dtype, device=g.device)
        before = (slice(None),) * axis
        for i in range(indices.shape[0]):
            out[(*before, int(indices[i]), ...)] += g[(*before, i, ...)]
        return out

    def index_add(self, x: Any, index: Index, values: Any) -> Any:
        """Add `values` into `x`, in place, at an index with integer arrays; return `x`."""
        xp = self.xp
        positions = flat_positions(xp, x.shape, index)
        flat = self.take_add(xp.reshape(values, (-1,)), xp.reshape(positions, (-1,)), axis=0, size=prod(x.shape))
        x += xp.reshape(flat, x.shape)
        return x


def as_parts(index: Index) -> tuple[Any, ...]:
    """Return an index as a tuple."""
    return index if isinstance(index, tuple) else (index,)


def is_basic(index: Index) -> bool:
    """Whether an index has only integers, slices, None and ...: it selects every element at most once."""
    return all(part is None or isinstance(part, int | slice | EllipsisType) for part in as_parts(index))


def standard_index(index: Index, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Return a basic index in the standard's form: with an ellipsis, and slices that end within the axis.

    Examples
    --------
    >>> standard_index((None, slice(1, 9)), (3, 4))
    (None, slice(1, 3, 1), Ellipsis)
    """
    parts = _with_ellipsis(as_parts(index))
    ellipsis = parts.index(Ellipsis)
    lengths = iter(shape)
    before = [_bounded(part, lengths) for part in parts[:ellipsis]]
    after = parts[ellipsis + 1 :]
    lengths = iter(shape[len(shape) - sum(map(axes_taken, after)) :])
    return (*before, Ellipsis, *(_bounded(part, lengths) for part in after))


def _with_ellipsis(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    return parts if any(part is Ellipsis for part in parts) else (*parts, Ellipsis)


def _bounded(part: Any, lengths: Iterator[int]) -> Any:
    """Return one part of an index; a slice is cut to the length of its axis."""
    if part is None:
        return None
    length = next(lengths)
    if not isinstance(part, slice):
        return part
    selected = range(length)[part]
    if not selected:
        return slice(0, 0)
    return slice(selected.start, selected.stop if selected.stop >= 0 else None, selected.step)


def axes_taken(part: Any) -> int:
    """Return the number of axes of the array that one part of an index selects from."""
    if part is None or part is Ellipsis:
        return 0
    return len(part.shape) if _is_boolean(part) else 1


def _is_boolean(part: Any) -> bool:
    return "bool" in str(getattr(part, "dtype", ""))


def flat_positions(xp: Any, shape: tuple[int, ...], index: Index) -> Any:
    """Return the positions in the flattened `x` of the elements of ``x[index]``, in its shape.

    Parameters
    ----------
    xp : namespace
        The array namespace of the arrays in the index.
    shape : tuple of int
        The shape of `x`.
    index : index
        Any mixture of integers, slices, None, ..., and integer or boolean arrays.
    """
    parts = as_parts(index)
    if len(parts) == 1 and _is_boolean(parts[0]) and not parts[0].shape:
        # A single boolean makes a new axis of length 1, and selects it or not.
        parts, shape = (xp.reshape(parts[0], (1,)),), (1, *shape)
    parts = tuple(_expanded(xp, parts, len(shape)))
    arrays = [number for number, part in enumerate(parts) if isinstance(part, int) or hasattr(part, "shape")]
    adjacent = arrays == list(range(arrays[0], arrays[-1] + 1))
    # The arrays (and integers among them) are broadcast; their axes come first unless the arrays are adjacent.
    group = xp.broadcast_arrays(*(xp.asarray(parts[number]) for number in arrays))
    before = arrays[0] if adjacent else 0
    slices = len(parts) - len(arrays)  # or None
    rank = slices + group[0].ndim
    positions = xp.zeros((1,) * rank, dtype=xp.int64)
    remaining, slices_seen, axis = iter(group), 0, 0
    for number, part in enumerate(parts):
        stride = prod(shape[axis + 1 :])
        if number in arrays:
            indices = xp.astype(next(remaining), xp.int64)
            indices = xp.where(indices < 0, indices + shape[axis], indices)
            broadcast_shape = (1,) * before + tuple(indices.shape) + (1,) * (slices - before)
        else:
            selected = range(1) if part is None else range(shape[axis])[part]
            indices = xp.arange(selected.start, selected.stop, selected.step, dtype=xp.int64)
            result_axis = slices_seen if slices_seen < before else slices_seen + group[0].ndim
            broadcast_shape = tuple(len(selected) if i == result_axis else 1 for i in range(rank))
            slices_seen += 1
        positions = positions + xp.reshape(indices, broadcast_shape) * (0 if part is None else stride)
        axis += part is not None
    return positions


def _expanded(xp: Any, parts: tuple[Any, ...], ndim: int) -> list[Any]:
    """Return an index with ... replaced by slices, and boolean arrays by the equivalent integer arrays."""
    missing = [slice(None)] * (ndim - sum(map(axes_taken, parts)))
    expanded: list[Any] = []
    for part in _with_ellipsis(parts):
        if part is Ellipsis:
            expanded += missing
        elif _is_boolean(part):
            expanded += xp.nonzero(part)
        else:
            expanded.append(part)
    return expanded
