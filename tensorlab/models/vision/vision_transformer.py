"""Vision Transformer.

Dosovitskiy et al., "An image is worth 16x16 words: Transformers for image recognition at scale", 2020.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from ...backend.memory import require_memory
from ...nn.init.filling import normal_, trunc_normal_, zeros_
from ...nn.init.variance import xavier_uniform_
from ...nn.layers.activation import GELU
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout
from ...nn.layers.linear import Linear
from ...nn.layers.multihead_attention import MultiheadAttention
from ...nn.layers.normalization import LayerNorm
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...nn.module.parameter import Parameter
from ...ops.creation import zeros
from ...ops.joining import concat
from ...options import Fraction, Size, checked
from ...tensor import Tensor
from ..registry import register_model

layer_norm = partial(LayerNorm, eps=1e-6)

OLD_KEYS = {"mlp.linear_1.": "mlp.0.", "mlp.linear_2.": "mlp.3."}
"""Parts of the keys of torchvision's files, and what they are called now."""


class Perceptron(Sequential):
    """Two linear layers with GELU between, applied to each position."""

    def __init__(self, features: int, hidden: int, dropout: float) -> None:
        first, second = Linear(features, hidden), Linear(hidden, features)
        super().__init__(first, GELU(), Dropout(dropout), second, Dropout(dropout))
        for layer in (first, second):
            xavier_uniform_(layer.weight)
            if layer.bias is not None:
                normal_(layer.bias, std=1e-6)


class EncoderBlock(Module):
    """Self-attention and a perceptron, each after normalisation and beside a shortcut."""

    def __init__(self, features: int, heads: int, hidden: int, dropout: float, attention_dropout: float) -> None:
        super().__init__()
        self.ln_1 = layer_norm(features)
        self.self_attention = MultiheadAttention(features, heads, dropout=attention_dropout, batch_first=True)
        self.dropout = Dropout(dropout)
        self.ln_2 = layer_norm(features)
        self.mlp = Perceptron(features, hidden, dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens of the same shape, (batch, length, features)."""
        normalized = self.ln_1(tokens)
        attended, _ = self.self_attention(normalized, normalized, normalized, need_weights=False)
        tokens = tokens + self.dropout(attended)
        return tokens + self.mlp(self.ln_2(tokens))


class Encoder(Module):
    """Adds learned positions to tokens, and applies blocks and a normalisation."""

    def __init__(self, length: int, blocks: int, features: int, dropout: float, **options: Any) -> None:
        super().__init__()
        self.pos_embedding = Parameter(zeros(1, length, features))
        normal_(self.pos_embedding, std=0.02)
        self.dropout = Dropout(dropout)
        self.layers = Sequential()
        for number in range(blocks):
            self.layers.add_module(f"encoder_layer_{number}", EncoderBlock(features, dropout=dropout, **options))
        self.ln = layer_norm(features)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens of the same shape, (batch, length, features)."""
        return self.ln(self.layers(self.dropout(tokens + self.pos_embedding)))


class VisionTransformer(Module):
    """A Transformer whose tokens are an image's patches, and one more from which the class is read.

    Parameters
    ----------
    image_size, patch_size : int
        Height and width of the images, and of the patches into which they divide.
    num_layers : int
        Number of blocks.
    num_heads : int
        Number of heads of each attention.
    hidden_dim : int
        Features of tokens, a multiple of `num_heads`.
    mlp_dim : int
        Features inside the perceptrons.
    dropout, attention_dropout : float
        Probabilities with which outputs of layers and weights of attention are left out.
    num_classes : int
        Number of outputs.

    Raises
    ------
    ValueError
        If images do not divide into patches, or features into heads.

    Examples
    --------
    >>> model = tl.models.VisionTransformer(32, 8, 1, num_heads=2, hidden_dim=8, mlp_dim=16, num_classes=10)
    >>> model(tl.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    @checked
    def __init__(
        self,
        image_size: Size,
        patch_size: Size,
        num_layers: Size,
        num_heads: Size,
        hidden_dim: Size,
        mlp_dim: Size,
        dropout: Fraction = 0.0,
        attention_dropout: Fraction = 0.0,
        num_classes: Size = 1000,
    ) -> None:
        super().__init__()
        if image_size % patch_size:
            raise ValueError(
                f"VisionTransformer: image_size must be a multiple of patch_size {patch_size}, not {image_size}"
            )
        if hidden_dim % num_heads:
            raise ValueError(
                f"VisionTransformer: hidden_dim must be a multiple of num_heads {num_heads}, not {hidden_dim}"
            )
        require_memory("VisionTransformer", f"num_layers={num_layers} layers", num_layers)
        self.image_size = image_size
        self.class_token = Parameter(zeros(1, 1, hidden_dim))
        self.conv_proj = Conv2d(3, hidden_dim, patch_size, stride=patch_size)
        self.encoder = Encoder(
            (image_size // patch_size) ** 2 + 1,
            num_layers,
            hidden_dim,
            dropout,
            heads=num_heads,
            hidden=mlp_dim,
            attention_dropout=attention_dropout,
        )
        head = Linear(hidden_dim, num_classes)
        self.heads = Sequential()
        self.heads.add_module("head", head)
        trunc_normal_(self.conv_proj.weight, std=math.sqrt(1 / (3 * patch_size**2)))
        for initially_zero in (self.conv_proj.bias, head.weight, head.bias):
            if initially_zero is not None:
                zeros_(initially_zero)
        self.register_load_state_dict_pre_hook(_rename)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, image_size, image_size).

        Raises
        ------
        ValueError
            If images have another shape.
        """
        if tuple(images.shape[1:]) != (3, self.image_size, self.image_size):
            raise ValueError(
                f"VisionTransformer: images must have shape (batch, 3, {self.image_size}, {self.image_size}), "
                f"not {tuple(images.shape)}"
            )
        patches = self.conv_proj(images).flatten(2).permute(0, 2, 1)
        first = self.class_token.expand(patches.shape[0], -1, -1)
        return self.heads(self.encoder(concat([first, patches], axis=1))[:, 0])


def _rename(module: Module, state: dict[str, Any], *rest: Any) -> None:
    """Rename the old keys of torchvision's files."""
    for key in list(state):
        for old, new in OLD_KEYS.items():
            if old in key:
                state[key.replace(old, new)] = state.pop(key)


@register_model
def vit_b_16(num_classes: Size = 1000, image_size: Size = 224, **options: Any) -> VisionTransformer:
    """Vision Transformer, base, with patches of 16×16 pixels: 86,567,656 parameters."""
    return VisionTransformer(image_size, 16, 12, 12, 768, 3072, num_classes=num_classes, **options)


@register_model
def vit_b_32(num_classes: Size = 1000, image_size: Size = 224, **options: Any) -> VisionTransformer:
    """Vision Transformer, base, with patches of 32×32 pixels: 88,224,232 parameters."""
    return VisionTransformer(image_size, 32, 12, 12, 768, 3072, num_classes=num_classes, **options)


@register_model
def vit_l_16(num_classes: Size = 1000, image_size: Size = 224, **options: Any) -> VisionTransformer:
    """Vision Transformer, large, with patches of 16×16 pixels: 304,326,632 parameters."""
    return VisionTransformer(image_size, 16, 24, 16, 1024, 4096, num_classes=num_classes, **options)


@register_model
def vit_l_32(num_classes: Size = 1000, image_size: Size = 224, **options: Any) -> VisionTransformer:
    """Vision Transformer, large, with patches of 32×32 pixels: 306,535,400 parameters."""
    return VisionTransformer(image_size, 32, 24, 16, 1024, 4096, num_classes=num_classes, **options)


@register_model
def vit_h_14(num_classes: Size = 1000, image_size: Size = 224, **options: Any) -> VisionTransformer:
    """Vision Transformer, huge, with patches of 14×14 pixels: 632,045,800 parameters."""
    return VisionTransformer(image_size, 14, 32, 16, 1280, 5120, num_classes=num_classes, **options)
