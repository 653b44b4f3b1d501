"""Padding: extending arrays at the ends of their axes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from numbers import Integral, Number
from typing import Any, Literal

from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend
from ..errors import ShapeError
from ..tensor import ArrayT
from .declare import composite, require
from .indexing import getitem
from .shapes import Shape, normalized_axis

Pairs = tuple[tuple[int, int], ...]

CASTS: dict[str, Callable[[Any], Any]] = {"bool": bool, "signed integer": int, "unsigned integer": int}
"""Casts of numbers to the type of an array; floating-point arrays take all numbers."""

PadMode = Literal["constant", "edge", "reflect", "symmetric", "wrap"]
"""The modes that pad with the array's own elements."""


def padded_shape(x_shape: Shape, pad_width: Pairs, **_: Any) -> Shape:
    """Return the shape with each axis longer by its pair of numbers."""
    return tuple(before + n + after for n, (before, after) in zip(x_shape, pad_width, strict=True))


def _original_slices(x_shape: Shape, pad_width: Pairs) -> tuple[slice, ...]:
    """Return the slices of the padded array that hold the array itself."""
    return tuple(slice(before, before + n) for n, (before, _) in zip(x_shape, pad_width, strict=True))


@op(
    vjp={"x": lambda g, x_shape, pad_width: getitem(g, _original_slices(x_shape, pad_width))},
    jvp={"x": lambda t, pad_width: pad_constant(t, pad_width)},
    shape=padded_shape,
    samples=[
        sample((2, 3), pad_width=((1, 2), (0, 1)), constant_values=0),
        sample((2, 3), pad_width=((1, 2), (0, 1)), constant_values=((1.0, 2.0), (3.0, 4.0))),
        sample((0,), pad_width=((2, 1),), constant_values=-1.5),
        sample((), pad_width=(), constant_values=0),
    ],
)
def pad_constant(backend: Backend, x: ArrayT, /, pad_width: Pairs, constant_values: Any = 0) -> ArrayT:
    """Pad an array with constants, one for all ends or a pair for each axis; see `pad`.

    Examples
    --------
    >>> tl.ops.padding.pad_constant(tl.tensor([1.0, 2.0]), ((1, 0),), 5.0)
    tensor([5., 1., 2.])
    """
    shape, inside = padded_shape(x.shape, pad_width), _original_slices(x.shape, pad_width)
    cast = CASTS.get(backend.dtype_of(x).kind, lambda number: number)
    is_one = not isinstance(constant_values, tuple)
    if is_one and x.ndim and any(pad_width[-1]):  # narrow strips take longer than a fill, which writes places twice
        out = backend.xp.full(shape, cast(constant_values), dtype=x.dtype, device=x.device)
        out[(*inside, ...)] = x
        return out
    out = backend.xp.empty(shape, dtype=x.dtype, device=x.device)
    values = ((constant_values, constant_values),) * x.ndim if is_one else constant_values
    # Each place is written once. Corners belong to the later axis, as in NumPy.
    for axis, ((before, after), (first, last)) in enumerate(zip(pad_width, values, strict=True)):
        front, behind = (slice(None),) * axis, inside[axis + 1 :]
        if before:
            out[(*front, slice(0, before), *behind)] = cast(first)
        if after:
            out[(*front, slice(shape[axis] - after, shape[axis]), *behind)] = cast(last)
    out[(*inside, ...)] = x
    return out


# -- continuing an array beyond its ends -------------------------------------------------------------------------------


def _copied_parts(length: int, before: int, after: int, mode: str) -> Iterator[tuple[slice, slice]]:
    """Yield each part of an axis's padding and the part that it copies, both as slices of the padded axis.

    The second lies inside the array. It may run backwards, or be a single place that is repeated.
    """
    if mode == "edge" or length == 1:
        if before:
            yield slice(0, before), slice(before, before + 1)
        if after:
            yield slice(before + length, before + length + after), slice(before + length - 1, before + length)
        return
    # The continued array consists of blocks, all equal or every second one mirrored; places count from its start.
    block_length = length - 1 if mode == "reflect" else length
    for place, end in ((-before, 0), (length, length + after)):
        while place < end:
            block, offset = divmod(place, block_length)
            count = min(end - place, block_length - offset)
            if mode == "wrap" or block % 2 == 0:
                source = slice(before + offset, before + offset + count)
            else:
                first = before + length - 1 - offset
                source = slice(first, first - count if first >= count else None, -1)
            yield slice(before + place, before + place + count), source
            place += count


def _continued(x_shape: Shape, pad_width: Pairs, continuation: str) -> Shape:
    for axis, (length, ends) in enumerate(zip(x_shape, pad_width, strict=True)):
        if not length and any(ends):
            raise ShapeError(f"pad: axis {axis} of shape {x_shape} is empty: mode {continuation!r} has nothing to add")
    return padded_shape(x_shape, pad_width)


@op(
    vjp={"x": lambda g, pad_width, continuation: fold_padding(g, pad_width, continuation)},
    kind="linear",
    shape=_continued,
    samples=[
        sample((3, 4), pad_width=((1, 2), (3, 0)), continuation="edge"),
        sample((3, 4), pad_width=((1, 2), (3, 0)), continuation="reflect"),
        sample((3, 2), pad_width=((5, 7), (0, 4)), continuation="reflect"),
        sample((3, 4), pad_width=((5, 2), (4, 9)), continuation="symmetric"),
        sample((3, 4), pad_width=((7, 2), (0, 5)), continuation="wrap"),
        sample((1, 2), pad_width=((2, 1), (0, 0)), continuation="reflect"),
    ],
    checks_first=True,
)
def pad_continued(backend: Backend, x: ArrayT, /, pad_width: Pairs, continuation: str) -> ArrayT:
    """Pad an array with its own elements; see `pad`.

    Examples
    --------
    >>> tl.ops.padding.pad_continued(tl.tensor([1.0, 2.0]), ((1, 2),), "edge")
    tensor([1., 1., 2., 2., 2.])
    """
    inside = _original_slices(x.shape, pad_width)
    out = backend.xp.empty(padded_shape(x.shape, pad_width), dtype=x.dtype, device=x.device)
    out[(*inside, ...)] = x
    for axis, (before, after) in enumerate(pad_width):
        front, behind = (slice(None),) * axis, inside[axis + 1 :]
        for target, source in _copied_parts(x.shape[axis], before, after, continuation):
            out[(*front, target, *behind)] = out[(*front, source, *behind)]
    return out


def _unpadded_shape(g_shape: Shape, pad_width: Pairs, continuation: str) -> Shape:
    return tuple(n - before - after for n, (before, after) in zip(g_shape, pad_width, strict=True))


@op(
    vjp={"g": lambda g, pad_width, continuation: pad_continued(g, pad_width, continuation)},
    kind="linear",
    shape=_unpadded_shape,
    samples=[
        sample((6, 7), pad_width=((1, 2), (3, 0)), continuation="edge"),
        sample((6, 7), pad_width=((1, 2), (3, 0)), continuation="reflect"),
        sample((10, 11), pad_width=((5, 2), (4, 3)), continuation="symmetric"),
        sample((12, 9), pad_width=((7, 2), (0, 5)), continuation="wrap"),
    ],
)
def fold_padding(backend: Backend, g: ArrayT, /, pad_width: Pairs, continuation: str) -> ArrayT:
    """Remove padding and add it to the elements that `pad_continued` copied: its transpose.

    Examples
    --------
    >>> tl.ops.padding.fold_padding(tl.ones(5), ((1, 2),), "edge")
    tensor([2., 3.])
    """
    xp = backend.xp
    inside = _original_slices(_unpadded_shape(g.shape, pad_width, continuation), pad_width)
    out: Any = g
    for axis in reversed(range(g.ndim)):
        (before, after), front = pad_width[axis], (slice(None),) * axis
        if not before and not after:
            continue
        padded, middle = out, inside[axis]
        out = xp.asarray(padded[(*front, middle, ...)], copy=True)
        for target, source in _copied_parts(middle.stop - before, before, after, continuation):
            added = padded[(*front, target, ...)]
            if source.step is None and source.stop - source.start == 1:
                added = xp.sum(added, axis=axis, dtype=g.dtype, keepdims=True)
            out[(*front, _in_original_axis(source, before), ...)] += added
    return xp.asarray(g, copy=True) if out is g else out


def _in_original_axis(places: slice, by: int) -> slice:
    """Return a slice of the padded axis as a slice of the axis itself."""
    stop = None if places.stop is None or places.stop < by else places.stop - by
    return slice(places.start - by, stop, places.step)


# -- the public function -----------------------------------------------------------------------------------------------


def _as_pairs(name: str, given: Any, ndim: int, of_others: Any = None) -> tuple[tuple[Any, Any], ...]:
    """Return one pair for each axis, from any form that NumPy accepts."""
    if isinstance(given, Mapping):
        pairs = [(of_others, of_others)] * ndim
        for axis, ends in given.items():
            (pairs[normalized_axis(axis, ndim)],) = _as_pairs(name, ends, 1)
        return tuple(pairs)
    if isinstance(given, str | bytes) or not (isinstance(given, Number | Sequence) or hasattr(given, "tolist")):
        raise TypeError(f"pad: {name} must be a number, a pair, or a pair for each of {ndim} axes, not {given!r}")
    entries = [given] if isinstance(given, Number) else list(given)
    if len(entries) == 2 and all(isinstance(entry, Number) for entry in entries):
        entries = [entries]
    rows = [(entry,) if isinstance(entry, Number) else tuple(entry) for entry in entries]
    if len(rows) == 1:
        rows = rows * ndim
    if len(rows) != ndim or any(len(row) not in (1, 2) for row in rows):
        raise ShapeError(f"pad: {name} must be a number, a pair, or a pair for each of {ndim} axes, not {given!r}")
    return tuple((row[0], row[-1]) for row in rows)


@composite()
def pad(x: ArrayT, /, pad_width: Any, mode: PadMode = "constant", *, constant_values: Any = 0) -> ArrayT:
    """Pad an array, as ``numpy.pad`` does.

    Parameters
    ----------
    x : tensor or array
        Any shape and type.
    pad_width : int, pair of int, sequence of pairs, or mapping from axis to int or pair
        Number of elements to add before and after each axis: one number for all, one pair for all axes, a pair for each
        axis, or a mapping for some axes.
    mode : {"constant", "edge", "reflect", "symmetric", "wrap"}
        What to pad with: `constant_values`; the edge element; the elements mirrored at the edge, without
        (``"reflect"``) or with the edge itself (``"symmetric"``); or the elements at the opposite edge. Padding longer
        than the array continues the pattern. An axis of length 1 is reflected as ``"edge"``.
    constant_values : number, pair of numbers, or sequence of pairs
        For mode "constant", as `pad_width`; corners belong to the later axis.

    Returns
    -------
    Tensor
        The type of `x`, with each axis extended by its two numbers. An element's gradient is the sum over its copies.

    Raises
    ------
    ValueError
        If the mode is unknown, or a number is negative.
    ShapeError
        If the numbers of pairs and axes differ, or an empty axis is to be padded with its own elements.

    Examples
    --------
    >>> tl.pad(tl.tensor([1, 2, 3]), (2, 1), mode="reflect")
    tensor([3, 2, 1, 2, 3, 2])
    >>> tl.pad(tl.ones((1, 2)), 1)
    tensor([[0., 0., 0., 0.],
            [0., 1., 1., 0.],
            [0., 0., 0., 0.]])
    """
    require("pad", x=x)
    ndim = len(x.shape)
    pairs = _as_pairs("pad_width", pad_width, ndim, of_others=0)
    if not all(isinstance(n, Integral) and int(n) >= 0 for pair in pairs for n in pair):
        raise ValueError(f"pad: pad_width must have integers >= 0, not {pad_width!r}")
    values = _as_pairs("constant_values", constant_values, ndim)
    if not all(isinstance(value, Number) for pair in values for value in pair):
        raise TypeError(f"pad: constant_values must be numbers, not {constant_values!r}")
    if mode != "constant":
        return pad_continued(x, pairs, mode)
    return pad_constant(x, pairs, constant_values if isinstance(constant_values, Number) else values)
