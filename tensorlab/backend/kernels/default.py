"""The kernels that deep learning lives on, each with a default written in the Array API standard alone.

A backend overrides, one at a time, what its library does faster; the defaults are the reference that every override
is tested against. Kernels take and return the backend's own arrays and never write into their operands, except for
the optimizer updates, whose purpose it is. Complex arrays are never conjugated.

Spatial arguments are tuples with one entry per spatial axis; `padding` has (before, after) pairs. Images are
``(batch, channel, *spatial)``, filters ``(out_channel, in_channel / groups, *kernel)``.
"""

from __future__ import annotations

from math import prod
from typing import Any

from .activation import ActivationKernels
from .indexing_rules import Index, flat_positions, is_basic, standard_index
from .linalg import LinearAlgebraKernels
from .special import SpecialKernels
from .updates import UpdateKernels
from .window_geometry import Pairs, inner_slices, kernel_offsets, output_size, padded_size

Sizes = tuple[int, ...]

PHILOX_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
PHILOX_KEY_STEPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
PHILOX_ROUNDS = 10
WORD = (1 << 64) - 1


class ConvolutionKernels:
    """Convolution and its two transposes, by gathering the windows and one matrix product per group."""

    xp: Any

    def convolution(
        self, x: Any, w: Any, b: Any = None, *, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
    ) -> Any:
        """Cross-correlate images `x` with filters `w` and add `b`; returns ``(batch, out_channel, *out)``."""
        kernel = w.shape[2:]
        out = output_size(x.shape[2:], kernel, stride, padding, dilation)
        columns = self._columns(x, kernel, out, stride, padding, dilation, groups)
        y = self.xp.matmul(self._grouped_filters(w, groups), columns)
        y = self.xp.reshape(y, (w.shape[0], x.shape[0], *out))
        if b is not None:
            y += self.xp.reshape(b, (-1,) + (1,) * (y.ndim - 1))
        return self.xp.permute_dims(y, (1, 0, *range(2, y.ndim)))

    def convolution_input_grad(
        self, g: Any, w: Any, *, input_size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
    ) -> Any:
        """Transpose of `convolution` in its images: from ``(batch, out_channel, *out)`` to the images' shape."""
        xp, batch, kernel, out = self.xp, g.shape[0], w.shape[2:], g.shape[2:]
        filters = xp.matrix_transpose(self._grouped_filters(w, groups))
        columns = xp.matmul(filters, self._grouped_outputs(g, groups))
        channels = w.shape[1] * groups
        columns = xp.reshape(columns, (channels, prod(kernel), batch, *out))
        gx = xp.zeros((channels, batch, *padded_size(input_size, padding)), dtype=g.dtype, device=g.device)
        for i, window in enumerate(kernel_offsets(kernel, stride, dilation, out)):
            gx[(slice(None), slice(None), *window)] += columns[:, i, ...]
        gx = gx[(slice(None), slice(None), *inner_slices(input_size, padding))]
        return xp.permute_dims(gx, (1, 0, *range(2, gx.ndim)))

    def convolution_weight_grad(
        self, x: Any, g: Any, *, kernel_size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
    ) -> Any:
        """Transpose of `convolution` in its filters: from images and ``(batch, out_channel, *out)`` to filters."""
        columns = self._columns(x, kernel_size, g.shape[2:], stride, padding, dilation, groups)
        gw = self.xp.matmul(self._grouped_outputs(g, groups), self.xp.matrix_transpose(columns))
        return self.xp.reshape(gw, (g.shape[1], x.shape[1] // groups, *kernel_size))

    def _columns(
        self, x: Any, kernel: Sizes, out: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
    ) -> Any:
        """Gather the windows: ``(groups, in_channel / groups * kernel, batch * out)``."""
        xp, (batch, channels) = self.xp, x.shape[:2]
        offsets = kernel_offsets(kernel, stride, dilation, out)
        padded = pad_spatial(xp, x, padding, 0)
        windows = xp.stack([padded[(slice(None), slice(None), *window)] for window in offsets])
        windows = xp.permute_dims(windows, (2, 0, 1, *range(3, windows.ndim)))
        return xp.reshape(windows, (groups, channels // groups * prod(kernel), batch * prod(out)))

    def _grouped_filters(self, w: Any, groups: int) -> Any:
        return self.xp.reshape(w, (groups, w.shape[0] // groups, prod(w.shape[1:])))

    def _grouped_outputs(self, g: Any, groups: int) -> Any:
        g = self.xp.permute_dims(g, (1, 0, *range(2, g.ndim)))
        return self.xp.reshape(g, (groups, g.shape[0] // groups, prod(g.shape[1:])))


class PoolingKernels:
    """Pooling and its transposes; a maximum is remembered as its position inside the window."""

    xp: Any

    def max_pool(
        self, x: Any, *, kernel_size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes
    ) -> tuple[Any, Any]:
        """Return the maximum of each window and its position in it (C order; the first one where several tie)."""
        xp = self.xp
        floating = xp.isdtype(x.dtype, "real floating")
        lowest = -float("inf") if floating else xp.iinfo(x.dtype).min
        # Padding must lose against every element, so that -inf inside the image is lifted to the least number.
        score = xp.maximum(x, xp.asarray(xp.finfo(x.dtype).min, dtype=x.dtype)) if floating else x
        out = output_size(x.shape[2:], kernel_size, stride, padding, dilation)
        score = pad_spatial(xp, score, padding, lowest)
        offsets = kernel_offsets(kernel_size, stride, dilation, out)
        index = xp.argmax(xp.stack([score[(..., *window)] for window in offsets]), axis=0)
        # A window on padding alone has the lowest number, as in PyTorch, so values are picked with that around them.
        padded = pad_spatial(xp, x, padding, lowest)
        return self._picked(padded, index, kernel_size, stride, dilation), index

    def max_unpool(
        self,
        g: Any,
        index: Any,
        *,
        input_size: Sizes,
        kernel_size: Sizes,
        stride: Sizes,
        padding: Pairs,
        dilation: Sizes,
    ) -> Any:
        """Add each window's value to the position `index` in an image of zeros: the transpose of `pool_gather`."""
        xp = self.xp
        zero = xp.zeros((), dtype=g.dtype, device=g.device)
        size = padded_size(input_size, padding)
        gx = xp.zeros((*g.shape[:2], *size), dtype=g.dtype, device=g.device)
        for i, window in enumerate(kernel_offsets(kernel_size, stride, dilation, g.shape[2:])):
            gx[(..., *window)] += xp.where(index == i, g, zero)
        return gx[(..., *inner_slices(input_size, padding))]

    def pool_gather(
        self, x: Any, index: Any, *, kernel_size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes
    ) -> Any:
        """Pick from each window the element at position `index`."""
        return self._picked(pad_spatial(self.xp, x, padding, 0), index, kernel_size, stride, dilation)

    def _picked(self, padded: Any, index: Any, kernel_size: Sizes, stride: Sizes, dilation: Sizes) -> Any:
        y = self.xp.zeros(index.shape, dtype=padded.dtype, device=padded.device)
        for i, window in enumerate(kernel_offsets(kernel_size, stride, dilation, index.shape[2:])):
            y = self.xp.where(index == i, padded[(..., *window)], y)
        return y

    def avg_pool(self, x: Any, *, kernel_size: Sizes, stride: Sizes, padding: Pairs) -> Any:
        """Return the mean of each window, padding counted as zeros."""
        ones = (1,) * len(kernel_size)
        out = output_size(x.shape[2:], kernel_size, stride, padding, ones)
        padded = pad_spatial(self.xp, x, padding, 0)
        y = self.xp.zeros((*x.shape[:2], *out), dtype=x.dtype, device=x.device)
        for window in kernel_offsets(kernel_size, stride, ones, out):
            y += padded[(..., *window)]
        return y / prod(kernel_size)

    def avg_unpool(self, g: Any, *, input_size: Sizes, kernel_size: Sizes, stride: Sizes, padding: Pairs) -> Any:
        """Spread each value evenly over its window in an image of zeros: the transpose of `avg_pool`."""
        ones = (1,) * len(kernel_size)
        share = g / prod(kernel_size)
        size = padded_size(input_size, padding)
        gx = self.xp.zeros((*g.shape[:2], *size), dtype=g.dtype, device=g.device)
        for window in kernel_offsets(kernel_size, stride, ones, g.shape[2:]):
            gx[(..., *window)] += share
        return gx[(..., *inner_slices(input_size, padding))]


class IndexingKernels:
    """Reading, writing and accumulating at given positions; accumulation in order, so the same bits each time."""

    xp: Any

    def getitem(self, x: Any, index: Index) -> Any:
        """Return ``x[index]`` by NumPy's rules."""
        xp = self.xp
        if is_basic(index):
            return x[standard_index(index, x.shape)]
        positions = flat_positions(xp, x.shape, index)
        return xp.reshape(xp.take(xp.reshape(x, (-1,)), xp.reshape(positions, (-1,)), axis=0), positions.shape)

    def index_put(self, x: Any, index: Index, values: Any) -> None:
        """Do ``x[index] = values``, in place, by NumPy's rules."""
        xp = self.xp
        values = xp.asarray(values, dtype=x.dtype)
        if is_basic(index):
            index = standard_index(index, x.shape)
            target = tuple(part for part in index if part is not None)
            # Where one writes, the standard has no None; broadcast first, as the new axes may be those of `values`.
            x[target] = xp.reshape(xp.broadcast_to(values, x[index].shape), x[target].shape)
            return
        positions = flat_positions(xp, x.shape, index)
        values = xp.reshape(xp.broadcast_to(values, positions.shape), (-1,))
        positions = xp.reshape(positions, (-1,))
        flat = xp.reshape(x, (-1,), copy=True)
        for i in range(positions.shape[0]):
            flat[int(positions[i])] = values[i]
        x[...] = xp.reshape(flat, x.shape)

    def take_add(self, g: Any, indices: Any, *, axis: int, size: int) -> Any:
        """Add slices of `g` along `axis` at `indices` (1-d) in zeros with `size` slices: transpose of ``take``."""
        xp = self.xp
        shape = (*g.shape[:axis], size, *g.shape[axis + 1 :])
        out = xp.zeros(shape, dtype=g.dtype, device=g.device)
        before = (slice(None),) * axis
        for i in range(indices.shape[0]):
            out[(*before, int(indices[i]), ...)] += g[(*before, i, ...)]
        return out

    def index_add(self, x: Any, index: Index, values: Any) -> Any:
        """Add `values` into `x`, in place, at an index with integer arrays; return `x`."""
        xp = self.xp
        positions = flat_positions(xp, x.shape, index)
        flat = self.take_add(xp.reshape(values, (-1,)), xp.reshape(positions, (-1,)), axis=0, size=prod(x.shape))
        x += xp.reshape(flat, x.shape)
        return x


class RandomKernels:
    """Random bits that depend on nothing but key and position: the same on every backend."""

    xp: Any

    def random_bits(self, key: tuple[int, int], block: int, count: int) -> Any:
        """Return `count` random 64-bit words (uint64) of the stream `key`, from its 4-word block number `block` on.

        The generator is Philox4x64-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
        SC 2011), counted as ``numpy.random.Philox(key=...)`` does.
        """
        xp = self.xp
        blocks = -(-count // 4)
        counter = xp.arange(blocks, dtype=xp.uint64) + self._word(block + 1)
        zeros = xp.zeros_like(counter)
        state, round_key = (counter, zeros, zeros, zeros), key
        for _ in range(PHILOX_ROUNDS):
            high0, low0 = self._multiply_wide(state[0], PHILOX_MULTIPLIERS[0])
            high1, low1 = self._multiply_wide(state[2], PHILOX_MULTIPLIERS[1])
            state = (
                high1 ^ state[1] ^ self._word(round_key[0]),
                low1,
                high0 ^ state[3] ^ self._word(round_key[1]),
                low0,
            )
            round_key = (round_key[0] + PHILOX_KEY_STEPS[0], round_key[1] + PHILOX_KEY_STEPS[1])
        return xp.reshape(xp.stack(state, axis=1), (-1,))[:count]

    def _word(self, value: int) -> Any:
        return self.xp.asarray(value & WORD, dtype=self.xp.uint64)

    def _multiply_wide(self, words: Any, factor: int) -> tuple[Any, Any]:
        """Return the high and the low word of a 64 x 64 bit product, from four products of half words."""
        half, mask = self._word(32), self._word(0xFFFFFFFF)
        a_low, a_high = words & mask, words >> half
        b_low, b_high = self._word(factor & 0xFFFFFFFF), self._word(factor >> 32)
        low = a_low * b_low
        middle1 = a_high * b_low + (low >> half)
        middle2 = a_low * b_high + (middle1 & mask)
        high = a_high * b_high + (middle1 >> half) + (middle2 >> half)
        return high, (middle2 << half) | (low & mask)


class DefaultKernels(
    ConvolutionKernels,
    PoolingKernels,
    IndexingKernels,
    RandomKernels,
    ActivationKernels,
    SpecialKernels,
    LinearAlgebraKernels,
    UpdateKernels,
):
    """All kernels with their defaults."""


def pad_spatial(xp: Any, x: Any, padding: Pairs, value: float) -> Any:
    """Return images with `value` around their spatial axes; the images themselves where there is no padding."""
    if not any(before or after for before, after in padding):
        return x
    size = x.shape[2:]
    padded = xp.full((*x.shape[:2], *padded_size(size, padding)), value, dtype=x.dtype, device=x.device)
    padded[(..., *inner_slices(size, padding))] = x
    return padded
