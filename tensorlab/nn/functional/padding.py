"""Padding: an array made longer at the ends of its axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...autodiff import ShapeError
from ...ops.creation import full
from ...ops.indexing import getitem, replace_index
from ...ops.joining import concat_arrays, flip
from ...ops.shapes import broadcast_to
from ...tensor import Tensor


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float = 0.0) -> Tensor:
    """Make an array longer at the ends of its last axes.

    Parameters
    ----------
    input : Tensor
        Any shape.
    pad : sequence of int
        How much before and after the last axis, before and after the last but one, and so on.
    mode : {"constant", "reflect", "replicate", "circular"}
        What is added: `value`; what lies on the other side of the end, the end itself not repeated; the end
        itself; or what lies at the other end.
    value : float
        For mode "constant".

    Returns
    -------
    Tensor
        Each of those axes longer by its two numbers.

    Raises
    ------
    ValueError
        If the mode is unknown or a number negative, or their count is odd.
    ShapeError
        If there are fewer axes, or an axis is too short to be reflected or continued that far.

    Examples
    --------
    >>> tl.nn.functional.pad(tl.tensor([1.0, 2.0, 3.0]), (2, 1), mode="reflect")
    tensor([3., 2., 1., 2., 3., 2.])
    """
    amounts = tuple(pad)
    if len(amounts) % 2 or any(n < 0 for n in amounts):
        raise ValueError(f"pad: give two numbers >= 0 per axis, last axis first, not {amounts}")
    if len(amounts) > 2 * len(input.shape):
        raise ShapeError(f"pad: {len(amounts) // 2} axes are to be padded, but shape {tuple(input.shape)} has fewer")
    pairs = [(0, 0)] * (len(input.shape) - len(amounts) // 2)
    pairs += reversed(list(zip(amounts[::2], amounts[1::2], strict=True)))
    if mode == "constant":
        return _filled_up(input, pairs, value)
    if mode not in CONTINUATIONS:
        raise ValueError(f"pad: mode must be 'constant', {', '.join(map(repr, CONTINUATIONS))}, not {mode!r}")
    for axis, (before, after) in enumerate(pairs):
        if before or after:
            input = _continued(input, axis, before, after, mode)
    return input


def _filled_up(x: Any, pairs: list[tuple[int, int]], value: float) -> Tensor:
    shape = tuple(before + length + after for length, (before, after) in zip(x.shape, pairs, strict=True))
    inside = tuple(slice(before, before + length) for length, (before, _) in zip(x.shape, pairs, strict=True))
    frame = full(shape, value, dtype=x.dtype, device=x.device)
    return replace_index(frame, x, inside)


def _continued(x: Any, axis: int, before: int, after: int, mode: str) -> Any:
    length = x.shape[axis]
    furthest = {"reflect": length - 1, "circular": length}.get(mode, max(before, after) if length else 0)
    if max(before, after) > furthest:
        raise ShapeError(f"pad: axis {axis} of length {length} cannot be padded by ({before}, {after}) in mode {mode}")
    head, tail = CONTINUATIONS[mode](x, axis, before, after)
    return concat_arrays(head, x, tail, axis=axis)


def _part(x: Any, axis: int, start: int, stop: int) -> Any:
    return getitem(x, (*(slice(None),) * axis, slice(start, stop)))


def _reflected(x: Any, axis: int, before: int, after: int) -> tuple[Any, Any]:
    length = x.shape[axis]
    head, tail = _part(x, axis, 1, 1 + before), _part(x, axis, length - 1 - after, length - 1)
    return flip(head, axis=axis), flip(tail, axis=axis)


def _replicated(x: Any, axis: int, before: int, after: int) -> tuple[Any, Any]:
    length = x.shape[axis]

    def repeated(end: Any, times: int) -> Any:
        return broadcast_to(end, (*x.shape[:axis], times, *x.shape[axis + 1 :]))

    return repeated(_part(x, axis, 0, 1), before), repeated(_part(x, axis, length - 1, length), after)


def _wrapped(x: Any, axis: int, before: int, after: int) -> tuple[Any, Any]:
    length = x.shape[axis]
    return _part(x, axis, length - before, length), _part(x, axis, 0, after)


CONTINUATIONS: dict[str, Callable[[Any, int, int, int], tuple[Any, Any]]] = {
    "reflect": _reflected,
    "replicate": _replicated,
    "circular": _wrapped,
}
"""For each mode, the function that returns what comes before and after an axis."""
