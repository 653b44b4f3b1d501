"""ConvNeXt (Liu et al., "A ConvNet for the 2020s", 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

from ...backend.memory import require_memory
from ...nn.init.filling import trunc_normal_, zeros_
from ...nn.layers.activation import GELU
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import StochasticDepth
from ...nn.layers.linear import Flatten, Linear
from ...nn.layers.normalization import LayerNorm
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...nn.module.parameter import Parameter
from ...ops.creation import full
from ...options import Finite, Fraction, Size, checked
from ...options.kinds import Many, Several, Whole
from ...tensor import Tensor
from ..registry import register_model

layer_norm = partial(LayerNorm, eps=1e-6)


class Permute(Module):
    """Reorders the axes."""

    def __init__(self, *axes: int) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with its axes in the new order."""
        return input.permute(*self.axes)


class LayerNorm2d(LayerNorm):
    """Layer normalisation of each pixel's channels."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised maps."""
        return super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNeXtBlock(Module):
    """A 7×7 convolution of each channel and a perceptron of each pixel, scaled, beside a shortcut."""

    def __init__(self, channels: int, layer_scale: float, drop: float) -> None:
        super().__init__()
        self.layer_scale = Parameter(full((channels, 1, 1), float(layer_scale)))
        self.block = Sequential(
            Conv2d(channels, channels, 7, padding=3, groups=channels),
            Permute(0, 2, 3, 1),
            layer_norm(channels),
            Linear(channels, 4 * channels),
            GELU(),
            Linear(4 * channels, channels),
            Permute(0, 3, 1, 2),
        )
        self.stochastic_depth = StochasticDepth(drop, "row")

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape."""
        return maps + self.stochastic_depth(self.layer_scale * self.block(maps))


class ConvNeXt(Module):
    """Patches of 4×4 pixels, and stages of blocks, of which each but the first halves the resolution.

    Parameters
    ----------
    stages : sequence of (channels, blocks)
        The channels and the number of blocks of each stage.
    stochastic_depth_prob : float
        Probability with which the last block is left out in training; it grows from zero at the first.
    layer_scale : float
        The factor by which each channel of a block begins.
    num_classes : int
        Number of outputs.

    Raises
    ------
    ValueError
        If there is no stage.

    Examples
    --------
    >>> model = tl.models.ConvNeXt([(8, 1), (16, 2)], num_classes=10)
    >>> model(tl.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    @checked
    def __init__(
        self,
        stages: Annotated[Sequence[tuple[int, int]], Many(Several((Whole(1), Whole(1))))],
        stochastic_depth_prob: Fraction = 0.0,
        layer_scale: Finite = 1e-6,
        num_classes: Size = 1000,
    ) -> None:
        super().__init__()
        if not stages:
            raise ValueError("ConvNeXt: stages must be at least one pair of channels and blocks, not ()")
        require_memory("ConvNeXt", f"stages={stages} blocks", sum(blocks for _, blocks in stages))
        inputs = stages[0][0]
        layers: list[Module] = [Sequential(Conv2d(3, inputs, 4, stride=4), LayerNorm2d(inputs, eps=1e-6))]
        drop = stochastic_depth_prob / max(1, sum(blocks for _, blocks in stages) - 1)
        before = 0
        for channels, blocks in stages:
            if before:
                layers.append(Sequential(LayerNorm2d(inputs, eps=1e-6), Conv2d(inputs, channels, 2, stride=2)))
            numbers = range(before, before + blocks)
            layers.append(Sequential(*(ConvNeXtBlock(channels, layer_scale, drop * number) for number in numbers)))
            inputs, before = channels, before + blocks
        self.features = Sequential(*layers)
        self.avgpool = AdaptiveAvgPool2d(1)
        self.classifier = Sequential(LayerNorm2d(inputs, eps=1e-6), Flatten(1), Linear(inputs, num_classes))
        self.apply(_initialize)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width).

        The published networks need images of 32×32 pixels or more.
        """
        return self.classifier(self.avgpool(self.features(images)))


def _initialize(module: Module) -> None:
    if isinstance(module, Conv2d | Linear):
        trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            zeros_(module.bias)


@register_model
def convnext_tiny(num_classes: Size = 1000, **options: Any) -> ConvNeXt:
    """ConvNeXt, tiny: 28,589,128 parameters."""
    return _convnext(96, 9, 0.1, num_classes, options)


@register_model
def convnext_small(num_classes: Size = 1000, **options: Any) -> ConvNeXt:
    """ConvNeXt, small: 50,223,688 parameters."""
    return _convnext(96, 27, 0.4, num_classes, options)


@register_model
def convnext_base(num_classes: Size = 1000, **options: Any) -> ConvNeXt:
    """ConvNeXt, base: 88,591,464 parameters."""
    return _convnext(128, 27, 0.5, num_classes, options)


@register_model
def convnext_large(num_classes: Size = 1000, **options: Any) -> ConvNeXt:
    """ConvNeXt, large: 197,767,336 parameters."""
    return _convnext(192, 27, 0.5, num_classes, options)


def _convnext(channels: int, blocks: int, drop: float, num_classes: int, options: dict[str, Any]) -> ConvNeXt:
    """Return a network of four stages, of which the third has most blocks."""
    stages = tuple((channels * 2**number, depth) for number, depth in enumerate((3, 3, blocks, 3)))
    return ConvNeXt(stages, **{"stochastic_depth_prob": drop, **options}, num_classes=num_classes)
