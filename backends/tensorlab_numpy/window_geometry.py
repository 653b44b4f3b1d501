"""The geometry of a window that slides over n axes of an array, for convolution and pooling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, product
from math import prod
from types import EllipsisType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from tensorlab.backend.kernels.window_geometry import output_size

Array: TypeAlias = np.ndarray[Any, Any]
Shape: TypeAlias = tuple[int, ...]
Slices: TypeAlias = tuple[slice, ...]
Index: TypeAlias = tuple[EllipsisType | slice, ...]


class Tap(NamedTuple):
    """One element of the window, and the input elements that it reads as the window slides.

    `position` counts the elements of the window in C order.
    `outputs` and `inputs` index the last axes of arrays: the positions of the window at which the tap is on the
    input rather than on the padding, and the elements that it reads there, in the same order.
    """

    position: int
    offset: Shape
    outputs: Index
    inputs: Index


@dataclass(frozen=True, slots=True)
class Window:
    """A window over n axes; each field has one entry per axis, that of `padding` is a pair (before, after)."""

    kernel_size: Shape
    stride: Shape
    padding: tuple[tuple[int, int], ...]
    dilation: Shape

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the number of positions of the window along each axis."""
        sizes = output_size(input_shape, self.kernel_size, self.stride, self.padding, self.dilation)
        return tuple(max(0, size) for size in sizes)

    @property
    def is_point(self) -> bool:
        """Whether there is one position for each input element, which reads only that element."""
        return set(self.kernel_size) | set(self.stride) <= {1} and not any(map(any, self.padding))

    def covers(self, input_shape: Shape) -> bool:
        """Whether the window has one position, at which it reads each input element once, in order."""
        return (
            self.kernel_size == input_shape
            and not any(map(any, self.padding))
            and all(k == 1 or d == 1 for k, d in zip(self.kernel_size, self.dilation))
        )

    def overlaps_itself(self) -> bool:
        """Whether two positions of the window may read the same input element."""
        return any(
            stride < (kernel - 1) * dilation + 1
            for kernel, stride, dilation in zip(self.kernel_size, self.stride, self.dilation)
        )

    def tiles(self, input_shape: Shape) -> bool:
        """Whether each input element is read at one position of the window."""
        return (
            self.kernel_size == self.stride
            and set(self.dilation) <= {1}
            and not any(map(any, self.padding))
            and all(size % step == 0 for size, step in zip(input_shape, self.stride))
        )

    def with_unit_axes(self, before: int, after: int) -> Window:
        """Return the window with additional axes, along which it has length 1 and stride 1."""
        ones_before, ones_after = (1,) * before, (1,) * after
        return Window(
            ones_before + self.kernel_size + ones_after,
            ones_before + self.stride + ones_after,
            ((0, 0),) * before + self.padding + ((0, 0),) * after,
            ones_before + self.dilation + ones_after,
        )

    def flipped(self) -> Window:
        """Return the window over the outputs that reads all outputs of one input element, the last tap first.

        Only for stride 1.
        """
        padding = tuple(
            ((kernel - 1) * dilation - before, (kernel - 1) * dilation - after)
            for kernel, (before, after), dilation in zip(self.kernel_size, self.padding, self.dilation)
        )
        return replace(self, padding=padding)

    def restricted_to(self, outputs: Slices, input_shape: Shape) -> tuple[Slices, Window]:
        """Return the part of the input that `outputs` read, and the window over this part."""
        inputs, padding = [], []
        for out, size, kernel, stride, (before, _), dilation in zip(
            outputs, input_shape, self.kernel_size, self.stride, self.padding, self.dilation
        ):
            first = out.start * stride - before
            end = (out.stop - 1) * stride - before + (kernel - 1) * dilation + 1
            start = min(max(first, 0), size)
            stop = min(max(end, start), size)
            inputs.append(slice(start, stop))
            padding.append((start - first, end - stop))
        return tuple(inputs), replace(self, padding=tuple(padding))


@lru_cache(maxsize=1024)  # 25 taps take 60 us to compute, and a network has few shapes
def taps(window: Window, input_shape: Shape, output_shape: Shape, on_padding: bool = False) -> tuple[Tap, ...]:
    """Return the elements of `window` in C order; those that are never on the input only if `on_padding` is set."""
    axes = [
        [
            (k, *_overlap(k * dilation - before, stride, size, count))
            for k in (range(kernel) if on_padding else _reading(kernel, before, dilation, (count - 1) * stride, size))
        ]
        for size, count, kernel, stride, (before, _), dilation in zip(
            input_shape,
            output_shape,
            window.kernel_size,
            window.stride,
            window.padding,
            window.dilation,
        )
    ]
    lengths = window.kernel_size
    places = [prod(lengths[axis + 1 :]) for axis in range(len(lengths))]
    elements = (tuple(zip(*element)) for element in product(*axes))
    return tuple(
        Tap(sum(k * place for k, place in zip(offset, places)), offset, (..., *outputs), (..., *inputs))
        for offset, outputs, inputs in elements
    )


def _reading(kernel: int, before: int, dilation: int, last: int, size: int) -> range:
    """Return the elements along an axis of a window that are on the input at its first position, its last or between.

    The window begins `before` elements before the input, and its last position is `last` elements further.
    """
    return range(max(0, -((last - before) // dilation)), min(kernel, (size - 1 + before) // dilation + 1))


def _overlap(shift: int, stride: int, size: int, count: int) -> tuple[slice, slice]:
    """Return the slices of outputs o < count and inputs i < size with i = o * stride + shift."""
    first = max(0, -(shift // stride))
    stop = min(count, (size - 1 - shift) // stride + 1)
    if first >= stop:
        return slice(0, 0), slice(0, 0)
    start = first * stride + shift
    return slice(first, stop), slice(start, start + (stop - first - 1) * stride + 1, stride)


def block_fitting(shape: Shape, limit: int) -> Shape:
    """Return `shape` with its axes shortened, beginning with the first, to at most `limit` elements."""
    block = list(shape)
    for axis, size in enumerate(shape):
        block[axis] = min(size, max(1, limit // prod(shape[axis + 1 :])))
    return tuple(block)


def blocks(shape: Shape, block_shape: Shape) -> Iterator[Slices]:
    """Divide `shape` into blocks of at most `block_shape`, of nearly equal lengths along each axis."""
    axes = []
    for size, block in zip(shape, block_shape):
        pieces = -(-size // block)
        edges = (size * piece // pieces for piece in range(pieces + 1))
        axes.append([slice(start, stop) for start, stop in pairwise(edges)])
    return product(*axes)


def sum_dtype(x: Array) -> np.dtype[Any]:
    """Return the data type in which elements of `x` are summed: single precision for half precision."""
    return np.dtype(np.float32) if x.dtype.itemsize == 2 else x.dtype
