"""Swin Transformer (Liu et al., "Swin Transformer: Hierarchical vision Transformer using shifted windows", 2021)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, TypeVar

from ...backend.memory import require_memory
from ...nn.functional.dropout import dropout
from ...nn.functional.padding import pad
from ...nn.functional.softmax import softmax
from ...nn.init.filling import trunc_normal_, zeros_
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout, StochasticDepth
from ...nn.layers.linear import Flatten, Linear
from ...nn.layers.normalization import LayerNorm
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...nn.module.parameter import Parameter
from ...ops.creation import arange, zeros
from ...ops.joining import concat, roll, unstack
from ...options import Fraction, Positive, Size, checked
from ...options.kinds import Many, Whole
from ...tensor import Tensor
from ..registry import register_model
from .convnext import Permute
from .vision_transformer import Perceptron

Pair = tuple[int, int]

FORBIDDEN = -100.0
"""What is added to the scores of positions that are neighbours only because the maps were rolled."""


class WindowAttention(Module):
    """Self-attention within windows; with a shift, the maps are rolled before and rolled back after.

    A learned bias of each head depends on the relative position. Maps are padded to whole windows.
    """

    relative_position_index: Tensor

    def __init__(
        self, features: int, heads: int, window: Pair, shift: Pair, drop: float, attention_dropout: float
    ) -> None:
        super().__init__()
        self.window, self.shift, self.heads, self.attention_dropout = window, shift, heads, attention_dropout
        height, width = window
        self.qkv = Linear(features, 3 * features)
        self.proj = Linear(features, features)
        self.dropout = Dropout(drop)
        self._make_bias()
        position = arange(height * width)
        row, column = position // width, position % width
        rows, columns = (axis[:, None] - axis[None, :] for axis in (row, column))
        index = (rows + height - 1) * (2 * width - 1) + columns + width - 1
        self.register_buffer("relative_position_index", index.reshape(-1))

    def _make_bias(self) -> None:
        """Make what `_table` needs."""
        height, width = self.window
        self.relative_position_bias_table = Parameter(zeros((2 * height - 1) * (2 * width - 1), self.heads))
        trunc_normal_(self.relative_position_bias_table, std=0.02)

    def _table(self) -> Tensor:
        """Return the bias of each relative position, a row, and head, a column."""
        return self.relative_position_bias_table

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape, (batch, height, width, features)."""
        batch, height, width, features = maps.shape
        padded = pad(maps, (0, 0, 0, -width % self.window[1], 0, -height % self.window[0]))
        size = padded.shape[1:3]
        shift = tuple(s if length > w else 0 for s, length, w in zip(self.shift, size, self.window, strict=True))
        windows = self._windows(roll(padded, (-shift[0], -shift[1]), axis=(1, 2)))
        bias = self._bias() + self._mask(maps, size, shift) if any(shift) else self._bias()
        attended = self._whole(self._attend(windows, bias), (batch, *size, features))
        return roll(attended, shift, axis=(1, 2))[:, :height, :width]

    def _windows(self, maps: Tensor) -> Tensor:
        """Divide maps into windows, (batch, windows, positions, features)."""
        batch, height, width, features = maps.shape
        high, wide = self.window
        parts = maps.reshape(batch, height // high, high, width // wide, wide, features)
        number = (height // high) * (width // wide)
        return parts.permute(0, 1, 3, 2, 4, 5).reshape(batch, number, high * wide, features)

    def _whole(self, windows: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Put windows together to maps."""
        batch, height, width, features = shape
        high, wide = self.window
        parts = windows.reshape(batch, height // high, width // wide, high, wide, features)
        return parts.permute(0, 1, 3, 2, 4, 5).reshape(*shape)

    def _bias(self) -> Tensor:
        """Return the bias of each head and pair of positions."""
        positions = math.prod(self.window)
        bias = self._table()[self.relative_position_index]
        return bias.reshape(positions, positions, self.heads).permute(2, 0, 1)

    def _mask(self, maps: Tensor, size: tuple[int, ...], shift: tuple[int, ...]) -> Tensor:
        """Return what keeps apart the positions of a window that come from opposite sides of the maps."""
        sides = []
        for length, window, moved in zip(size, self.window, shift, strict=True):
            position = arange(length, device=maps.device)
            sides.append((position >= length - window).astype("int64") + (position >= length - moved).astype("int64"))
        region = self._windows((3 * sides[0][:, None] + sides[1][None, :])[None, :, :, None])[0, :, :, 0]
        apart = region[:, None, :] != region[:, :, None]
        return FORBIDDEN * apart.astype(maps.dtype)[:, None]

    def _attend(self, windows: Tensor, bias: Tensor) -> Tensor:
        """Return the results of attention in each window."""
        batch, number, positions, features = windows.shape
        parts = self._projected(windows).reshape(batch, number, positions, 3, self.heads, features // self.heads)
        query, key, value = unstack(parts.permute(3, 0, 1, 4, 2, 5))
        scores = self._scores(query, key)
        weights = dropout(softmax(scores + bias, -1), self.attention_dropout, self.training)
        return self.dropout(self.proj((weights @ value).swapaxes(2, 3).reshape(batch, number, positions, features)))

    def _projected(self, windows: Tensor) -> Tensor:
        """Return queries, keys and values."""
        return self.qkv(windows)

    def _scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Return how well queries match keys."""
        return query @ key.swapaxes(-2, -1) / math.sqrt(query.shape[-1])


class PatchMerging(Module):
    """Halves the resolution: the features of four pixels become those of one, twice as many as before."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.reduction = Linear(4 * features, 2 * features, bias=False)
        self.norm = LayerNorm(4 * features)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps, (batch, height / 2, width / 2, 2 features), of maps padded to even sizes."""
        maps = pad(maps, (0, 0, 0, maps.shape[2] % 2, 0, maps.shape[1] % 2))
        return self._merged(concat([maps[:, row::2, column::2] for column in (0, 1) for row in (0, 1)], axis=3))

    def _merged(self, pixels: Tensor) -> Tensor:
        return self.reduction(self.norm(pixels))


class SwinBlock(Module):
    """Attention within windows and a perceptron, each after normalisation and beside a shortcut."""

    def __init__(self, attention: WindowAttention, features: int, hidden: int, drop: float, depth: float) -> None:
        super().__init__()
        self.norm1 = LayerNorm(features)
        self.attn = attention
        self.stochastic_depth = StochasticDepth(depth, "row")
        self.norm2 = LayerNorm(features)
        self.mlp = Perceptron(features, hidden, drop)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape, (batch, height, width, features)."""
        maps = maps + self.stochastic_depth(self.attn(self.norm1(maps)))
        return maps + self.stochastic_depth(self.mlp(self.norm2(maps)))


class SwinTransformer(Module):
    """Stages of blocks whose windows are shifted in every second block; each stage but the first halves the resolution.

    Parameters
    ----------
    patch_size : (int, int)
        Height and width of the patches that are the tokens of the first stage.
    embed_dim : int
        Features of the first stage; each other stage has twice as many as the one before.
    depths, num_heads : sequence of int
        The number of blocks of each stage, and the number of heads of their attention.
    window_size : (int, int)
        Height and width of the windows.
    mlp_ratio : float
        Features inside the perceptrons, as a multiple of those outside.
    dropout, attention_dropout : float
        Probabilities with which outputs of layers and weights of attention are left out.
    stochastic_depth_prob : float
        Probability with which the last block is left out in training; it grows from zero at the first.
    num_classes : int
        Number of outputs.

    Raises
    ------
    ValueError
        If there are not as many `num_heads` as `depths`, or a stage's features do not divide into its heads.

    Examples
    --------
    >>> model = tl.models.SwinTransformer((4, 4), 8, (2, 2), (2, 4), (4, 4), num_classes=10)
    >>> model(tl.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    _attention: ClassVar[type[WindowAttention]] = WindowAttention
    _block: ClassVar[type[SwinBlock]] = SwinBlock
    _merging: ClassVar[type[PatchMerging]] = PatchMerging

    @checked
    def __init__(
        self,
        patch_size: tuple[Size, Size],
        embed_dim: Size,
        depths: Annotated[Sequence[int], Many(Whole(1))],
        num_heads: Annotated[Sequence[int], Many(Whole(1))],
        window_size: tuple[Size, Size],
        mlp_ratio: Positive = 4.0,
        dropout: Fraction = 0.0,
        attention_dropout: Fraction = 0.0,
        stochastic_depth_prob: Fraction = 0.1,
        num_classes: Size = 1000,
    ) -> None:
        super().__init__()
        if not depths or len(depths) != len(num_heads):
            raise ValueError(
                f"{type(self).__name__}: depths and num_heads must have an entry for each stage, "
                f"not {depths} and {num_heads}"
            )
        if any(embed_dim * 2**stage % heads for stage, heads in enumerate(num_heads)):
            raise ValueError(
                f"{type(self).__name__}: embed_dim {embed_dim} and its doubles do not divide into num_heads {num_heads}"
            )
        require_memory(type(self).__name__, f"depths={depths} blocks", sum(depths))
        features, before = embed_dim, 0
        patches = Conv2d(3, features, patch_size, stride=patch_size)
        layers: list[Module] = [Sequential(patches, Permute(0, 2, 3, 1), LayerNorm(features))]
        depth = stochastic_depth_prob / max(1, sum(depths) - 1)
        shifts = ((0, 0), (window_size[0] // 2, window_size[1] // 2))
        for blocks, heads in zip(depths, num_heads, strict=True):
            if before:
                layers.append(self._merging(features))
                features *= 2
            stage = Sequential()
            for block in range(blocks):
                shift = shifts[block % 2]
                attention = self._attention(features, heads, window_size, shift, dropout, attention_dropout)
                hidden = int(features * mlp_ratio)
                stage.append(self._block(attention, features, hidden, dropout, depth * (before + block)))
            layers.append(stage)
            before += blocks
        self.features = Sequential(*layers)
        self.norm = LayerNorm(features)
        self.permute = Permute(0, 3, 1, 2)
        self.avgpool = AdaptiveAvgPool2d(1)
        self.flatten = Flatten(1)
        self.head = Linear(features, num_classes)
        self.apply(_initialize)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), from one patch."""
        return self.head(self.flatten(self.avgpool(self.permute(self.norm(self.features(images))))))


def _initialize(module: Module) -> None:
    if isinstance(module, Linear):
        trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            zeros_(module.bias)


M = TypeVar("M", bound=SwinTransformer)


def four_stages(
    kind: type[M],
    window: int,
    features: int,
    blocks: int,
    heads: tuple[int, ...],
    depth: float,
    num_classes: int,
    options: dict[str, Any],
) -> M:
    """Return a network of four stages, of which the third has most blocks."""
    settings = {"stochastic_depth_prob": depth, **options}
    sizes = features, (2, 2, blocks, 2), heads, (window, window)
    return kind((4, 4), *sizes, **settings, num_classes=num_classes)


@register_model
def swin_t(num_classes: Size = 1000, **options: Any) -> SwinTransformer:
    """Swin Transformer, tiny: 28,288,354 parameters."""
    return four_stages(SwinTransformer, 7, 96, 6, (3, 6, 12, 24), 0.2, num_classes, options)


@register_model
def swin_s(num_classes: Size = 1000, **options: Any) -> SwinTransformer:
    """Swin Transformer, small: 49,606,258 parameters."""
    return four_stages(SwinTransformer, 7, 96, 18, (3, 6, 12, 24), 0.3, num_classes, options)


@register_model
def swin_b(num_classes: Size = 1000, **options: Any) -> SwinTransformer:
    """Swin Transformer, base: 87,768,224 parameters."""
    return four_stages(SwinTransformer, 7, 128, 18, (4, 8, 16, 32), 0.5, num_classes, options)
