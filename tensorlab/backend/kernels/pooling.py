"""Maximum and average pooling and their gradients."""

from __future__ import annotations

from math import prod
from typing import Any

from .window_geometry import Pairs, Sizes, inner_slices, kernel_offsets, output_size, pad_spatial, padded_size


class PoolingKernels:
    """Pooling and its transposes. The position of a maximum is its index inside the window."""

    xp: Any

    def max_pool(
        self, x: Any, *, kernel_size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes
    ) -> tuple[Any, Any]:
        """Return the maximum of each window and its position (C order; the first one of equal elements)."""
        xp = self.xp
        floating = xp.isdtype(x.dtype, "real floating")
        lowest = -float("inf") if floating else xp.iinfo(x.dtype).min
        # Padding must be less than every element, so -inf inside the image is raised to the least finite number.
        score = xp.maximum(x, xp.asarray(xp.finfo(x.dtype).min, dtype=x.dtype)) if floating else x
        out = output_size(x.shape[2:], kernel_size, stride, padding, dilation)
        score = pad_spatial(xp, score, padding, lowest)
        offsets = kernel_offsets(kernel_size, stride, dilation, out)
        index = xp.argmax(xp.stack([score[(..., *window)] for window in offsets]), axis=0)
        # The maximum of a window of nothing but padding is the lowest number, as in PyTorch.
        padded = pad_spatial(xp, x, padding, lowest)
        return self._elements_at(padded, index, kernel_size, stride, dilation), index

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
        """Return the element at position `index` of each window."""
        return self._elements_at(pad_spatial(self.xp, x, padding, 0), index, kernel_size, stride, dilation)

    def _elements_at(self, padded: Any, index: Any, kernel_size: Sizes, stride: Sizes, dilation: Sizes) -> Any:
        y = self.xp.zeros(index.shape, dtype=padded.dtype, device=padded.device)
        for i, window in enumerate(kernel_offsets(kernel_size, stride, dilation, index.shape[2:])):
            y = self.xp.where(index == i, padded[(..., *window)], y)
        return y

    def avg_pool(self, x: Any, *, kernel_size: Sizes, stride: Sizes, padding: Pairs) -> Any:
        """Return the mean of each window, including zeros for the padding."""
        ones = (1,) * len(kernel_size)
        out = output_size(x.shape[2:], kernel_size, stride, padding, ones)
        padded = pad_spatial(self.xp, x, padding, 0)
        y = self.xp.zeros((*x.shape[:2], *out), dtype=x.dtype, device=x.device)
        for window in kernel_offsets(kernel_size, stride, ones, out):
            y += padded[(..., *window)]
        return y / prod(kernel_size)

    def avg_unpool(self, g: Any, *, input_size: Sizes, kernel_size: Sizes, stride: Sizes, padding: Pairs) -> Any:
        """Distribute each value evenly over its window in an image of zeros: the transpose of `avg_pool`."""
        ones = (1,) * len(kernel_size)
        share = g / prod(kernel_size)
        size = padded_size(input_size, padding)
        gx = self.xp.zeros((*g.shape[:2], *size), dtype=g.dtype, device=g.device)
        for window in kernel_offsets(kernel_size, stride, ones, g.shape[2:]):
            gx[(..., *window)] += share
        return gx[(..., *inner_slices(input_size, padding))]
