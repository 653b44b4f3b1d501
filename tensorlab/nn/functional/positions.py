"""Positions in a sequence: angles, and the rotation of features by them."""

from __future__ import annotations

from math import log
from typing import Any

from ...backend import DTypeLike
from ...backend.dtypes import float32, float64
from ...errors import ShapeError
from ...ops.creation import DeviceLike, arange
from ...ops.declare import composite
from ...ops.exponential import exp
from ...ops.indexing import getitem
from ...ops.joining import concat, stack
from ...ops.shapes import astype, reshape
from ...options import Count, Positive
from ...tensor import ArrayT, Tensor


@composite()
def position_angles(
    length: Count,
    features: Count,
    base: Positive = 10000.0,
    offset: int = 0,
    device: DeviceLike = None,
    dtype: DTypeLike = None,
) -> Tensor:
    """Return ``position * base ** (-2 i / features)`` for each position and each pair i of features.

    Sinusoidal encodings (Vaswani et al., 2017, section 3.5) are the sine and the cosine of these angles, rotary
    embeddings (Su et al., 2021, equation 15) rotate by them.

    Parameters
    ----------
    length : int
        Number of positions.
    features : int
        Number of features; even.
    base : float
        Base of the geometric progression of wavelengths.
    offset : int
        The first position.
    device : Device or str, optional
        Its device.
    dtype : dtype, optional
        Its data type; float32 by default.

    Returns
    -------
    Tensor
        Shape ``(length, features / 2)``.

    Raises
    ------
    ValueError
        If the number of features is odd.

    Examples
    --------
    >>> tl.nn.functional.position_angles(3, 4)
    tensor([[0.  , 0.  ],
            [1.  , 0.01],
            [2.  , 0.02]])
    """
    if features % 2:
        raise ValueError(f"position_angles: features are taken in pairs, so their number must be even, not {features}")
    # In double precision: angles of thousands, rounded to single, would be wrong in the third decimal place.
    positions = arange(offset, offset + length, device=device, dtype=float64)
    steps = arange(0, features, 2, device=device, dtype=float64)
    angles = reshape(positions, (length, 1)) * exp(steps * (-log(base) / max(features, 1)))
    return astype(angles, dtype or float32)


@composite(input="real floating", cosines="real floating", sines="real floating")
def rotary_embedding(input: ArrayT, cosines: ArrayT, sines: ArrayT, interleaved: bool = True) -> ArrayT:
    """Rotate pairs of features by angles (RoPE: Su et al., 2021, equation 34).

    Queries and keys rotated by the angles of their positions have inner products that depend only on their distance.

    Parameters
    ----------
    input : Tensor, shape (..., length, features)
        Queries or keys; the number of features is even.
    cosines, sines : Tensor, broadcasting to shape (..., length, features / 2)
        Cosines and sines of the angles, for example of `position_angles`.
    interleaved : bool
        Whether features 2 i and 2 i + 1 are a pair, as in the paper, or features i and ``i + features / 2``, as in
        GPT-NeoX and LLaMA.

    Returns
    -------
    Tensor
        The shape of `input`.

    Raises
    ------
    ShapeError
        If the number of features is odd, or cosines or sines do not fit.

    Examples
    --------
    >>> tl.nn.functional.rotary_embedding(tl.tensor([[1.0, 2.0]]), tl.tensor([[0.0]]), tl.tensor([[1.0]]))
    tensor([[-2.,  1.]])
    """
    features = input.shape[-1] if input.shape else 0
    expected = (*input.shape[:-1], features // 2)
    if features % 2 or not all(_broadcasts(tuple(x.shape), expected) for x in (cosines, sines)):
        raise ShapeError(
            f"rotary_embedding: input of shape {tuple(input.shape)}, cosines {tuple(cosines.shape)} and sines "
            f"{tuple(sines.shape)}: axis -1 of the input must be even, and the others must broadcast to {expected}"
        )
    first, second = _pairs(input, interleaved)
    rotated = first * cosines - second * sines, first * sines + second * cosines
    result: Any = concat(rotated, axis=-1) if not interleaved else reshape(stack(rotated, axis=-1), tuple(input.shape))
    return result


def _broadcasts(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether arrays of a shape broadcast to another."""
    return len(shape) <= len(target) and all(n in (1, m) for n, m in zip(reversed(shape), reversed(target)))


def _pairs(x: Any, interleaved: bool) -> tuple[Any, Any]:
    """Return the first and the second feature of each pair."""
    if interleaved:
        return getitem(x, (Ellipsis, slice(0, None, 2))), getitem(x, (Ellipsis, slice(1, None, 2)))
    half = x.shape[-1] // 2
    return getitem(x, (Ellipsis, slice(0, half))), getitem(x, (Ellipsis, slice(half, None)))
