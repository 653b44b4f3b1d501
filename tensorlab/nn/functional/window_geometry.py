"""The geometry of sliding windows: PyTorch's arguments converted to the params of the ops."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import index
from typing import Any

from ...backend.kernels.window_geometry import output_size
from ...ops.shapes import expand_dims, squeeze

Sizes = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
IntOrInts = int | Sequence[int]


def hashable(value: Any) -> Any:
    """Return a list as a tuple and other values unchanged, so that caches can look them up."""
    return tuple(value) if isinstance(value, list) else value


def per_axis(value: Any, ndim: int, name: str) -> Sizes:
    """Return one integer per spatial axis, given these or one for all.

    Raises
    ------
    ValueError
        If there are neither 1 nor `ndim`.
    TypeError
        If one is not an integer.
    """
    try:
        values = tuple(map(index, value)) if isinstance(value, list | tuple) else (index(value),) * ndim
    except TypeError:
        raise TypeError(f"{name} must be an integer or one integer per spatial axis, not {value!r}") from None
    if len(values) == 1:
        values *= ndim
    if len(values) != ndim:
        raise ValueError(f"{name} must have 1 or {ndim} entries, one per spatial axis, not {len(values)}: {value!r}")
    return values


def positive_per_axis(value: Any, ndim: int, name: str) -> Sizes:
    """Return one positive integer per spatial axis; see `per_axis`."""
    values = per_axis(value, ndim, name)
    if min(values) < 1:
        raise ValueError(f"{name} must be positive, not {value!r}")
    return values


@lru_cache(maxsize=1024)
def convolution_geometry(kernel: Sizes, stride: Any, padding: Any, dilation: Any, groups: int) -> dict[str, Any]:
    """Return the params of the op `convolution` for PyTorch's arguments.

    Raises
    ------
    ValueError
        If padding is an unknown string, or ``"same"`` is combined with a stride other than 1.
    """
    ndim = len(kernel)
    stride = positive_per_axis(stride, ndim, "stride")
    dilation = positive_per_axis(dilation, ndim, "dilation")
    pairs = padding_pairs(kernel, stride, padding, dilation)
    return {"stride": stride, "padding": pairs, "dilation": dilation, "groups": groups}


def padding_pairs(kernel: Sizes, stride: Sizes, padding: Any, dilation: Sizes) -> Pairs:
    """Return (before, after) for each spatial axis; ``"same"`` puts the odd element after, as in PyTorch."""
    if not isinstance(padding, str):
        sizes = per_axis(padding, len(kernel), "padding")
        if min(sizes) < 0:
            raise ValueError(f"padding must not be negative: {padding!r}")
        return tuple((p, p) for p in sizes)
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding != "same":
        raise ValueError(f"padding must be numbers, 'same' or 'valid', not {padding!r}")
    if set(stride) != {1}:
        raise ValueError(f"padding='same' keeps the size, which a stride of {stride} does not; give numbers instead")
    totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return tuple((total // 2, total - total // 2) for total in totals)


@lru_cache(maxsize=1024)
def pooling_geometry(
    ndim: int, size: Sizes, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> dict[str, Any]:
    """Return the params of the pooling ops for PyTorch's arguments and images of a spatial size.

    With `ceil_mode` a last window that begins inside the image, or in the padding before it, may extend past its end;
    it is given the padding that it needs there.

    Raises
    ------
    ValueError
        If the padding is more than half a window.
    """
    kernel = positive_per_axis(kernel, ndim, "kernel_size")
    stride = kernel if stride is None or stride == () else positive_per_axis(stride, ndim, "stride")
    dilation = positive_per_axis(dilation, ndim, "dilation")
    pads = per_axis(padding, ndim, "padding")
    for p, k in zip(pads, kernel, strict=True):
        if not 0 <= 2 * p <= k:
            raise ValueError(f"padding must be at most half the window: {pads} for kernel_size {kernel}")
    pairs = tuple((p, p) for p in pads)
    if ceil_mode:
        pairs = _overhanging(size, kernel, stride, pairs, dilation)
    return {"kernel_size": kernel, "stride": stride, "padding": pairs, "dilation": dilation}


def _overhanging(size: Sizes, kernel: Sizes, stride: Sizes, pairs: Pairs, dilation: Sizes) -> Pairs:
    floor = output_size(size, kernel, stride, pairs, dilation)
    result = []
    for axis, (before, after) in enumerate(pairs):
        next_start = floor[axis] * stride[axis]
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        covered = next_start - stride[axis] + reach == size[axis] + before + after
        if not covered and next_start < size[axis] + before:
            after = next_start + reach - size[axis] - before
        result.append((before, after))
    return tuple(result)


def with_batch_axis(x: Any, ndim: int) -> tuple[Any, bool]:
    """Return images with a batch axis, and whether it had to be added."""
    return (expand_dims(x, axis=0), True) if len(x.shape) == ndim + 1 else (x, False)


def without_batch_axis(x: Any, added: bool) -> Any:
    """Return images without a batch axis that was added."""
    return squeeze(x, axis=0) if added else x
