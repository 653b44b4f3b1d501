"""The geometry of sliding windows, shared by convolution and pooling on every backend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

Sizes = tuple[int, ...]
Pairs = Sequence[tuple[int, int]]


def output_size(
    size: Sequence[int], kernel: Sequence[int], stride: Sequence[int], padding: Pairs, dilation: Sequence[int]
) -> tuple[int, ...]:
    """Return the number of windows along each spatial axis; zero or less if none fits.

    Examples
    --------
    >>> output_size((32, 32), (5, 5), (1, 1), ((0, 0), (2, 2)), (1, 1))
    (28, 32)
    """
    return tuple(
        (s + before + after - d * (k - 1) - 1) // step + 1
        for s, k, step, (before, after), d in zip(size, kernel, stride, padding, dilation, strict=True)
    )


def kernel_offsets(
    kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], out: Sequence[int]
) -> Iterator[tuple[slice, ...]]:
    """Yield for each kernel position, in C order, the slices of the padded input that it reads in all windows."""
    for position in product(*map(range, kernel)):
        yield tuple(
            slice(p * d, p * d + (n - 1) * step + 1, step)
            for p, d, n, step in zip(position, dilation, out, stride, strict=True)
        )


def inner_slices(size: Sequence[int], padding: Pairs) -> tuple[slice, ...]:
    """Return the slices of a padded array without the padding."""
    return tuple(slice(before, before + s) for s, (before, _) in zip(size, padding, strict=True))


def padded_size(size: Sequence[int], padding: Pairs) -> tuple[int, ...]:
    """Return the spatial size including the padding."""
    return tuple(s + before + after for s, (before, after) in zip(size, padding, strict=True))


def pad_spatial(xp: Any, x: Any, padding: Pairs, value: float) -> Any:
    """Pad the spatial axes of images with `value`; return the images themselves if there is no padding."""
    if not any(before or after for before, after in padding):
        return x
    size = x.shape[2:]
    padded = xp.full((*x.shape[:2], *padded_size(size, padding)), value, dtype=x.dtype, device=x.device)
    padded[(..., *inner_slices(size, padding))] = x
    return padded
