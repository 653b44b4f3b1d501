"""RegNet (Radosavovic et al., "Designing network design spaces", 2020): networks X, and Y with squeeze and excitation.

The widths of the blocks grow linearly and are then rounded, to a few powers first and to multiples of 8 then; blocks of
the same width are a stage.
"""

from __future__ import annotations

import math
from itertools import groupby
from typing import Annotated, Any

from ...backend.memory import require_memory
from ...nn.layers.activation import ReLU
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.batchnorm import BatchNorm2d
from ...nn.layers.linear import Linear
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...options import NonNegative, Size, checked
from ...options.kinds import Real
from ...tensor import Tensor
from ..registry import register_model
from .blocks import ConvNorm, Layer, SqueezeExcitation, divisible, initialize


class Residual(Sequential):
    """Convolutions of windows 1, 3 (in groups) and 1; before the last, if need be, squeeze and excitation."""

    def __init__(self, inputs: int, outputs: int, stride: int, group: int, squeezed: int, norm: Layer) -> None:
        super().__init__()
        self.a = ConvNorm(inputs, outputs, 1, norm=norm)
        self.b = ConvNorm(outputs, outputs, stride=stride, groups=outputs // group, norm=norm)
        if squeezed:
            self.se = SqueezeExcitation(outputs, squeezed)
        self.c = ConvNorm(outputs, outputs, 1, norm=norm, activation=None)


class RegNetBlock(Module):
    """A residual block, whose shortcut is a 1×1 convolution where the shape changes."""

    def __init__(self, inputs: int, outputs: int, stride: int, group: int, squeezed: int, norm: Layer) -> None:
        super().__init__()
        changes = inputs != outputs or stride != 1
        self.proj = ConvNorm(inputs, outputs, 1, stride=stride, norm=norm, activation=None) if changes else None
        self.f = Residual(inputs, outputs, stride, group, squeezed, norm)
        self.activation = ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of `outputs` channels."""
        return self.activation((maps if self.proj is None else self.proj(maps)) + self.f(maps))


def stages_of(depth: int, w_0: int, w_a: float, w_m: float) -> list[tuple[int, int]]:
    """Return the width and the number of blocks of each stage (equations 2 to 4)."""
    powers = (round(math.log((w_0 + w_a * block) / w_0) / math.log(w_m)) for block in range(depth))
    widths = (round(w_0 * w_m**power / 8) * 8 for power in powers)
    return [(width, len(list(blocks))) for width, blocks in groupby(widths)]


class RegNet(Module):
    """Stages of residual blocks, of which each halves the resolution.

    Parameters
    ----------
    depth : int
        Number of blocks.
    w_0 : int
        Width of the first block, a multiple of 8.
    w_a : float
        Slope of the widths.
    w_m : float
        Ratio of the widths of stages, above 1.
    group_width : int
        Channels of each group of the 3×3 convolutions. Widths of stages are rounded to multiples of it.
    se_ratio : float
        Channels between squeeze and excitation, as a fraction of the block's input; 0 for networks without.
    num_classes : int
        Number of outputs.
    stem_width : int
        Channels of the first convolution.
    norm_layer : callable, optional
        Makes a normalisation of so many channels; `BatchNorm2d` by default.

    Raises
    ------
    ValueError
        If `w_0` is no multiple of 8.

    Examples
    --------
    >>> model = tl.models.RegNet(depth=4, w_0=8, w_a=8.0, w_m=2.0, group_width=8, num_classes=10)
    >>> model(tl.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    @checked
    def __init__(
        self,
        depth: Size,
        w_0: Size,
        w_a: NonNegative,
        w_m: Annotated[float, Real(1, math.inf, "()")],
        group_width: Size,
        se_ratio: NonNegative = 0.0,
        num_classes: Size = 1000,
        stem_width: Size = 32,
        norm_layer: Layer | None = None,
    ) -> None:
        super().__init__()
        if w_0 % 8:
            raise ValueError(f"RegNet: w_0 must be a multiple of 8, not {w_0}")
        require_memory("RegNet", f"depth={depth} blocks", depth)
        norm = norm_layer or BatchNorm2d
        self.stem = ConvNorm(3, stem_width, stride=2, norm=norm)
        self.trunk_output = Sequential()
        inputs = stem_width
        for number, (width, blocks) in enumerate(stages_of(depth, w_0, w_a, w_m), 1):
            group = min(group_width, width)
            outputs, stage = divisible(width, group), Sequential()
            for block in range(blocks):
                stride = 2 if block == 0 else 1
                made = RegNetBlock(inputs, outputs, stride, group, round(se_ratio * inputs), norm)
                stage.add_module(f"block{number}-{block}", made)
                inputs = outputs
            self.trunk_output.add_module(f"block{number}", stage)
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.fc = Linear(inputs, num_classes)
        self.apply(initialize)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), of any size."""
        return self.fc(self.avgpool(self.trunk_output(self.stem(images))).flatten(1))


@register_model
def regnet_y_400mf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet Y of 0.4 billion multiplications: 4,344,144 parameters."""
    return RegNet(16, 48, 27.89, 2.09, 8, se_ratio=0.25, num_classes=num_classes, **options)


@register_model
def regnet_y_800mf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet Y of 0.8 billion multiplications: 6,432,512 parameters."""
    return RegNet(14, 56, 38.84, 2.4, 16, se_ratio=0.25, num_classes=num_classes, **options)


@register_model
def regnet_y_1_6gf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet Y of 1.6 billion multiplications: 11,202,430 parameters."""
    return RegNet(27, 48, 20.71, 2.65, 24, se_ratio=0.25, num_classes=num_classes, **options)


@register_model
def regnet_y_3_2gf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet Y of 3.2 billion multiplications: 19,436,338 parameters."""
    return RegNet(21, 80, 42.63, 2.66, 24, se_ratio=0.25, num_classes=num_classes, **options)


@register_model
def regnet_y_8gf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet Y of 8 billion multiplications: 39,381,472 parameters."""
    return RegNet(17, 192, 76.82, 2.19, 56, se_ratio=0.25, num_classes=num_classes, **options)


@register_model
def regnet_y_16gf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet Y of 16 billion multiplications: 83,590,140 parameters."""
    return RegNet(18, 200, 106.23, 2.48, 112, se_ratio=0.25, num_classes=num_classes, **options)


@register_model
def regnet_y_32gf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet Y of 32 billion multiplications: 145,046,770 parameters."""
    return RegNet(20, 232, 115.89, 2.53, 232, se_ratio=0.25, num_classes=num_classes, **options)


@register_model
def regnet_y_128gf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet Y of 128 billion multiplications: 644,812,894 parameters."""
    return RegNet(27, 456, 160.83, 2.52, 264, se_ratio=0.25, num_classes=num_classes, **options)


@register_model
def regnet_x_400mf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet X of 0.4 billion multiplications: 5,495,976 parameters."""
    return RegNet(22, 24, 24.48, 2.54, 16, num_classes=num_classes, **options)


@register_model
def regnet_x_800mf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet X of 0.8 billion multiplications: 7,259,656 parameters."""
    return RegNet(16, 56, 35.73, 2.28, 16, num_classes=num_classes, **options)


@register_model
def regnet_x_1_6gf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet X of 1.6 billion multiplications: 9,190,136 parameters."""
    return RegNet(18, 80, 34.01, 2.25, 24, num_classes=num_classes, **options)


@register_model
def regnet_x_3_2gf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet X of 3.2 billion multiplications: 15,296,552 parameters."""
    return RegNet(25, 88, 26.31, 2.25, 48, num_classes=num_classes, **options)


@register_model
def regnet_x_8gf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet X of 8 billion multiplications: 39,572,648 parameters."""
    return RegNet(23, 80, 49.56, 2.88, 120, num_classes=num_classes, **options)


@register_model
def regnet_x_16gf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet X of 16 billion multiplications: 54,278,536 parameters."""
    return RegNet(22, 216, 55.59, 2.1, 128, num_classes=num_classes, **options)


@register_model
def regnet_x_32gf(num_classes: Size = 1000, **options: Any) -> RegNet:
    """RegNet X of 32 billion multiplications: 107,811,560 parameters."""
    return RegNet(23, 320, 69.86, 2.0, 168, num_classes=num_classes, **options)
