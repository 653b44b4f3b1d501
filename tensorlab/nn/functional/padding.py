"""Padding, with PyTorch's arguments."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from ...errors import ShapeError
from ...ops.declare import composite
from ...ops.indexing import getitem
from ...ops.padding import pad_constant, pad_continued
from ...tensor import Tensor

MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""PyTorch's words for ways to continue an array, and NumPy's."""

Pairs = tuple[tuple[int, int], ...]


@composite(input="any")
def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Make an array longer at the ends of its last axes; `tensorlab.pad` takes NumPy's arguments.

    Parameters
    ----------
    input : Tensor
        Any shape.
    pad : sequence of int
        How much before and after the last axis, before and after the last but one, and so on. Of a negative number,
        so many elements are cut off; what is added in mode "circular" at one end then comes from where the other end
        is now, and what is reflected can still come from behind the cut.
    mode : {"constant", "reflect", "replicate", "circular"}
        What is added: `value`; what lies on the other side of the end, the end itself not repeated; the end
        itself; or what lies at the other end.
    value : float, optional
        For mode "constant"; zero where none is given.

    Returns
    -------
    Tensor
        Each of those axes longer by its two numbers.

    Raises
    ------
    ValueError
        If the mode is unknown or takes no `value`, or the count of numbers is odd.
    ShapeError
        If there are fewer axes, or an axis is too short to be reflected, continued or cut that far.

    Examples
    --------
    >>> tl.nn.functional.pad(tl.tensor([1.0, 2.0, 3.0]), (2, 1), mode="reflect")
    tensor([3., 2., 1., 2., 3., 2.])
    >>> tl.nn.functional.pad(tl.tensor([1.0, 2.0, 3.0]), (-1, 1), value=5.0)
    tensor([2., 3., 5.])
    """
    shape, pairs = tuple(input.shape), _pairs(tuple(input.shape), tuple(pad))
    if mode != "constant":
        if mode not in MODES:
            raise ValueError(f"mode must be 'constant', {', '.join(map(repr, MODES))}, not {mode!r}")
        if value:
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
        raise ValueError(f"give two numbers per axis, integers, last axis first, not {amounts}")
    if len(amounts) > 2 * len(shape):
        raise ShapeError(f"{len(amounts) // 2} axes are to be padded, but shape {shape} has fewer")
    rest = ((0, 0),) * (len(shape) - len(amounts) // 2)
    return (*rest, *reversed(list(zip(amounts[::2], amounts[1::2], strict=True))))


def _check(axis: int, length: int, ends: tuple[int, int], mode: str) -> None:
    """Refuse what would be cut off beyond the other end, or continued further than the mode goes."""
    left = length + sum(min(n, 0) for n in ends)
    stays = left if mode in ("constant", "circular") else length + sum(ends)
    furthest = {"reflect": length - 1, "circular": left, "constant": max(ends)}.get(mode, max(ends) if length else 0)
    if stays < 0 or max(ends) > max(furthest, 0):
        raise ShapeError(f"axis {axis} of length {length} cannot be padded by {ends} in mode {mode}")


def _without(x: Any, cut: Pairs) -> Any:
    """Return an array without so many elements at the ends of its axes."""
    if not any(map(any, cut)):
        return x
    return getitem(x, tuple(slice(before, n - after) for n, (before, after) in zip(x.shape, cut, strict=True)))
