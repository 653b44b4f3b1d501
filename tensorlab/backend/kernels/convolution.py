"""Convolution and its gradients, by matrix products of gathered windows."""

from __future__ import annotations

from math import prod
from typing import Any

from .window_geometry import Pairs, Sizes, inner_slices, kernel_offsets, output_size, pad_spatial, padded_size


class ConvolutionKernels:
    """Convolution and its two transposes, by one product per group with the matrix of gathered windows."""

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
