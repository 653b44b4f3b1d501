"""Padding, with PyTorch's arguments."""

from __future__ import annotations

from collections.abc import Sequence

from ...autodiff import ShapeError
from ...ops.padding import pad_constant, pad_continued
from ...tensor import Tensor

MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""PyTorch's words for ways to continue an array, and NumPy's."""


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float = 0.0) -> Tensor:
    """Make an array longer at the ends of its last axes; `tensorlab.pad` takes NumPy's arguments.

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
    rest = [(0, 0)] * (len(input.shape) - len(amounts) // 2)
    pairs = (*rest, *reversed(list(zip(amounts[::2], amounts[1::2], strict=True))))
    if mode == "constant":
        return pad_constant(input, pairs, value)
    if mode not in MODES:
        raise ValueError(f"pad: mode must be 'constant', {', '.join(map(repr, MODES))}, not {mode!r}")
    for axis, (length, ends) in enumerate(zip(input.shape, pairs, strict=True)):
        furthest = {"reflect": length - 1, "circular": length}.get(mode, max(ends) if length else 0)
        if max(ends) > max(furthest, 0):
            raise ShapeError(f"pad: axis {axis} of length {length} cannot be padded by {ends} in mode {mode}")
    return pad_continued(input, pairs, MODES[mode])
