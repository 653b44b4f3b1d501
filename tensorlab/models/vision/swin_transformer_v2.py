"""Swin Transformer v2 (Liu et al., "Swin Transformer V2: Scaling up capacity and resolution", 2022)."""

from __future__ import annotations

import math
from typing import Any

from ...nn.functional.activation import sigmoid
from ...nn.functional.linear import linear
from ...nn.functional.normalization import normalize
from ...nn.layers.activation import ReLU
from ...nn.layers.linear import Linear
from ...nn.layers.normalization import LayerNorm
from ...nn.module.containers import Sequential
from ...nn.module.parameter import Parameter
from ...ops.arithmetic import minimum, sign
from ...ops.creation import arange, full, meshgrid, zeros_like
from ...ops.exponential import exp, log2
from ...ops.joining import concat, stack
from ...options import Size
from ...tensor import Tensor
from ..registry import register_model
from .swin_transformer import PatchMerging, SwinBlock, SwinTransformer, WindowAttention, four_stages

LARGEST_SCALE = math.log(100)
"""The largest logarithm of the factor of cosines."""


class WindowAttentionV2(WindowAttention):
    """Attention whose scores are cosines, times a factor of each head, and whose bias is a function of the distance.

    A small network computes the bias from the logarithm of the distance, so that it applies to windows of other sizes.
    """

    relative_coords_table: Tensor

    def __init__(self, features: int, heads: int, *options: Any) -> None:
        super().__init__(features, heads, *options)
        self.logit_scale = Parameter(full((heads, 1, 1), math.log(10)))
        self.cpb_mlp = Sequential(Linear(2, 512), ReLU(), Linear(512, heads, bias=False))

    def _make_bias(self) -> None:
        rows, columns = (8 * arange(1 - length, length, dtype="float32") / max(1, length - 1) for length in self.window)
        distance = stack(meshgrid(rows, columns, indexing="ij"), axis=-1)[None]
        self.register_buffer("relative_coords_table", sign(distance) * log2(abs(distance) + 1) / 3)

    def _table(self) -> Tensor:
        return 16 * sigmoid(self.cpb_mlp(self.relative_coords_table).reshape(-1, self.heads))

    def _projected(self, windows: Tensor) -> Tensor:
        """Return queries, keys and values; keys have no bias."""
        bias: Any = self.qkv.bias
        size = bias.shape[0] // 3
        bias = concat([bias[:size], zeros_like(bias[:size]), bias[2 * size :]])
        return linear(windows, self.qkv.weight, bias)

    def _scores(self, query: Tensor, key: Tensor) -> Tensor:
        cosines = normalize(query, axis=-1) @ normalize(key, axis=-1).swapaxes(-2, -1)
        return cosines * exp(minimum(self.logit_scale, LARGEST_SCALE))


class SwinBlockV2(SwinBlock):
    """Attention within windows and a perceptron, each before normalisation and beside a shortcut."""

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape, (batch, height, width, features)."""
        maps = maps + self.stochastic_depth(self.norm1(self.attn(maps)))
        return maps + self.stochastic_depth(self.norm2(self.mlp(maps)))


class PatchMergingV2(PatchMerging):
    """Halves the resolution as in the first version, but normalises what it returns."""

    def __init__(self, features: int) -> None:
        super().__init__(features)
        self.norm = LayerNorm(2 * features)

    def _merged(self, pixels: Tensor) -> Tensor:
        return self.norm(self.reduction(pixels))


class SwinTransformerV2(SwinTransformer):
    """The second version of `SwinTransformer`, with the same arguments: what is added to the shortcuts is normalised.

    So the maps of deep networks stay small. Attention compares directions, and its bias depends on distances by a
    network rather than a table.

    Examples
    --------
    >>> model = tl.models.SwinTransformerV2((4, 4), 8, (2, 2), (2, 4), (4, 4), num_classes=10)
    >>> model(tl.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    _attention = WindowAttentionV2
    _block = SwinBlockV2
    _merging = PatchMergingV2


@register_model
def swin_v2_t(num_classes: Size = 1000, **options: Any) -> SwinTransformerV2:
    """Swin Transformer v2, tiny: 28,351,570 parameters."""
    return four_stages(SwinTransformerV2, 8, 96, 6, (3, 6, 12, 24), 0.2, num_classes, options)


@register_model
def swin_v2_s(num_classes: Size = 1000, **options: Any) -> SwinTransformerV2:
    """Swin Transformer v2, small: 49,737,442 parameters."""
    return four_stages(SwinTransformerV2, 8, 96, 18, (3, 6, 12, 24), 0.3, num_classes, options)


@register_model
def swin_v2_b(num_classes: Size = 1000, **options: Any) -> SwinTransformerV2:
    """Swin Transformer v2, base: 87,930,848 parameters."""
    return four_stages(SwinTransformerV2, 8, 128, 18, (4, 8, 16, 32), 0.5, num_classes, options)
