"""NumPy's indexing rules in terms of the Array API standard, which leaves out most uses of arrays in an index."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from types import EllipsisType
from typing import Any

Index = Any


def as_parts(index: Index) -> tuple[Any, ...]:
    """Return an index as a tuple."""
    return index if isinstance(index, tuple) else (index,)


def is_basic(index: Index) -> bool:
    """Whether an index consists of integers, slices, None and ... alone: it selects every element at most once."""
    return all(part is None or isinstance(part, int | slice | EllipsisType) for part in as_parts(index))


def standard_index(index: Index, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Return a basic index as the standard wants it: each axis named, and slices that end where the axis does.

    Examples
    --------
    >>> standard_index((None, slice(1, 9)), (3, 4))
    (None, slice(1, 3, 1), Ellipsis)
    """
    parts = _with_ellipsis(as_parts(index))
    at = next(place for place, part in enumerate(parts) if part is Ellipsis)
    lengths = iter(shape)
    before = [_bounded(part, lengths) for part in parts[:at]]
    behind = parts[at + 1 :]
    lengths = iter(shape[len(shape) - sum(map(axes_taken, behind)) :])
    return (*before, Ellipsis, *(_bounded(part, lengths) for part in behind))


def _with_ellipsis(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    return parts if any(part is Ellipsis for part in parts) else (*parts, Ellipsis)


def _bounded(part: Any, lengths: Iterator[int]) -> Any:
    """Return one part of an index, a slice cut to the length of its axis."""
    if part is None:
        return None
    length = next(lengths)
    if not isinstance(part, slice):
        return part
    taken = range(length)[part]
    if not taken:
        return slice(0, 0)
    return slice(taken.start, taken.stop if taken.stop >= 0 else None, taken.step)


def axes_taken(part: Any) -> int:
    """Return how many axes of the array one part of an index stands for."""
    if part is None or part is Ellipsis:
        return 0
    return len(part.shape) if _is_boolean(part) else 1


def _is_boolean(part: Any) -> bool:
    return "bool" in str(getattr(part, "dtype", ""))


def flat_positions(xp: Any, shape: tuple[int, ...], index: Index) -> Any:
    """Return where the elements that ``x[index]`` selects stand in the flattened `x`, in the result's shape.

    Parameters
    ----------
    xp : namespace
        The array namespace of the arrays in the index.
    shape : tuple of int
        The shape of `x`.
    index : index
        Integers, slices, None, ..., and integer or boolean arrays, in any mixture.
    """
    parts = as_parts(index)
    if len(parts) == 1 and _is_boolean(parts[0]) and not parts[0].shape:
        # A single truth value makes a new axis of length 1, and chooses it or not.
        parts, shape = (xp.reshape(parts[0], (1,)),), (1, *shape)
    parts = tuple(_expanded(xp, parts, len(shape)))
    arrays = [place for place, part in enumerate(parts) if isinstance(part, int) or hasattr(part, "shape")]
    together = arrays == list(range(arrays[0], arrays[-1] + 1))
    # The axes of arrays (and of integers among them) become one group, which stands first unless they are neighbours.
    group = xp.broadcast_arrays(*(xp.asarray(parts[place]) for place in arrays))
    before = arrays[0] if together else 0
    plain = [part for place, part in enumerate(parts) if place not in arrays]
    rank = len(plain) + group[0].ndim
    positions = xp.zeros((1,) * rank, dtype=xp.int64)
    members, seen, axis = iter(group), 0, 0
    for place, part in enumerate(parts):
        stride = prod(shape[axis + 1 :])
        if place in arrays:
            chosen = xp.astype(next(members), xp.int64)
            chosen = xp.where(chosen < 0, chosen + shape[axis], chosen)
            spread = (1,) * before + tuple(chosen.shape) + (1,) * (len(plain) - before)
        else:
            taken = range(1) if part is None else range(shape[axis])[part]
            chosen = xp.arange(taken.start, taken.stop, taken.step, dtype=xp.int64)
            at = seen if seen < before else seen + group[0].ndim
            spread = tuple(len(taken) if i == at else 1 for i in range(rank))
            seen += 1
        positions = positions + xp.reshape(chosen, spread) * (0 if part is None else stride)
        axis += part is not None
    return positions


def _expanded(xp: Any, parts: tuple[Any, ...], ndim: int) -> list[Any]:
    """Return an index with ... written out as slices, and boolean arrays as the integer arrays that they stand for."""
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
