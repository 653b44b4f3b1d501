"""Padding, with PyTorch's arguments."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, Literal

from ...errors import ShapeError
from ...ops.declare import composite
from ...ops.indexing import getitem
from ...ops.padding import pad_constant, pad_continued
from ...tensor import ArrayT

MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""PyTorch's names of the modes, and NumPy's."""

PadMode = Literal["constant", "reflect", "replicate", "circular"]
Pairs = tuple[tuple[int, int], ...]


@composite(input="any")
def pad(input: ArrayT, pad: Sequence[int], mode: PadMode = "constant", value: complex | None = None) -> ArrayT:
    """Pad the ends of the last axes; `tensorlab.pad` takes NumPy's arguments.

    Parameters
    ----------
    input : Tensor
        Any shape.
    pad : sequence of int
        Number of elements added before and after the last axis, before and after the second to last, and so on. A
        negative number cuts elements off: mode "circular" then continues from the new opposite end, and mode "reflect"
        may still reflect what was cut off.
    mode : {"constant", "reflect", "replicate", "circular"}
        What is added: `value`; the mirror image without the end itself; copies of the end; or the elements of the
        opposite end.
    value : float, optional
        For mode "constant"; 0 by default.

    Returns
    -------
    Tensor
        Each of those axes is longer by its two numbers.

    Raises
    ------
    ValueError
        If `mode` is not one of these or takes no `value`, or the number of entries of `pad` is odd.
    ShapeError
        If there are fewer axes, or an axis is too short.

    Examples
    --------
    >>> tl.nn.functional.pad(tl.tensor([1.0, 2.0, 3.0]), (2, 1), mode="reflect")
    tensor([3., 2., 1., 2., 3., 2.])
    >>> tl.nn.functional.pad(tl.tensor([1.0, 2.0, 3.0]), (-1, 1), value=5.0)
    tensor([2., 3., 5.])
    """
    shape, pairs = tuple(input.shape), _pairs(tuple(input.shape), tuple(pad))
    if mode != "constant" and value:
        raise ValueError(f"mode {mode!r} takes no value; {value} was given")
    for axis, (length, ends) in enumerate(zip(shape, pairs, strict=True)):
        _check(axis, length, ends, mode)
    longer = tuple((max(before, 0), max(after, 0)) for before, after in pairs)
    cut = tuple((max(-before, 0), max(-after, 0)) for before, after in pairs)
    if mode == "constant":
        return pad_constant(_without(input, cut), longer, 0.0 if value is None else value)
    if mode == "circular":
        return pad_continued(_without(input, cut), longer, MODES[mode])
    return _without(pad_continued(input, longer, MODES[mode]), cut)


def _pairs(shape: tuple[int, ...], amounts: tuple[int, ...]) -> Pairs:
    """Return the ends of each axis, given those of the last axes in PyTorch's order."""
    if len(amounts) % 2 or not all(isinstance(n, Integral) for n in amounts):
        raise ValueError(f"give two integers in pad for each axis, last axis first, not {amounts}")
    if len(amounts) > 2 * len(shape):
        raise ShapeError(f"{len(amounts) // 2} axes are to be padded, but shape {shape} has fewer")
    rest = ((0, 0),) * (len(shape) - len(amounts) // 2)
    return (*rest, *reversed(list(zip(amounts[::2], amounts[1::2], strict=True))))


def _check(axis: int, length: int, ends: tuple[int, int], mode: str) -> None:
    """Raise `ShapeError` for an axis that is too short to be cut or continued this far."""
    left = length + sum(min(n, 0) for n in ends)
    stays = left if mode in ("constant", "circular") else length + sum(ends)
    furthest = {"reflect": length - 1, "circular": left, "constant": max(ends)}.get(mode, max(ends) if length else 0)
    if stays < 0 or max(ends) > max(furthest, 0):
        raise ShapeError(f"axis {axis} of length {length} cannot be padded by {ends} in mode {mode}")


def _without(x: Any, cut: Pairs) -> Any:
    """Return an array with elements cut off at the ends of its axes."""
    if not any(map(any, cut)):
        return x
    return getitem(x, tuple(slice(before, n - after) for n, (before, after) in zip(x.shape, cut, strict=True)))
