"""ShuffleNet v2 (Ma et al., "ShuffleNet V2: Practical guidelines for efficient CNN architecture design", 2018)."""

from __future__ import annotations

from typing import Any

from ...backend.memory import require_memory
from ...nn.functional.folding import channel_shuffle
from ...nn.layers.batchnorm import BatchNorm2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.linear import Linear
from ...nn.layers.pooling import MaxPool2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...ops.joining import concat
from ...options import Size, checked
from ...tensor import Tensor
from ..registry import register_model
from .blocks import ConvNorm


class ShuffleUnit(Module):
    """Two branches whose channels are interleaved.

    With a stride of 1, the first branch passes on one half of the channels as they are. With a stride of 2, both
    branches get all channels, and halve the resolution.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        width, self.stride = outputs // 2, stride
        first = [] if stride == 1 else [*_depthwise(inputs, stride), *ConvNorm(inputs, width, 1)]
        self.branch1 = Sequential(*first)
        pointwise = ConvNorm(width if stride == 1 else inputs, width, 1)
        self.branch2 = Sequential(*pointwise, *_depthwise(width, stride), *ConvNorm(width, width, 1))

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of `outputs` channels."""
        first, second = maps.chunk(2, axis=1) if self.stride == 1 else (maps, maps)
        return channel_shuffle(concat([self.branch1(first), self.branch2(second)], axis=1), 2)


def _depthwise(channels: int, stride: int) -> list[Module]:
    """Return a 3×3 convolution of each channel, and its normalisation."""
    conv = Conv2d(channels, channels, 3, stride=stride, padding=1, groups=channels, bias=False)
    return [conv, BatchNorm2d(channels)]


class ShuffleNetV2(Module):
    """Three stages of units, of which the first of each halves the resolution.

    Parameters
    ----------
    stages_repeats : sequence of 3 ints
        The number of units of each stage.
    stages_out_channels : sequence of 5 ints
        Channels of the first convolution, of each stage, and of the last convolution.
    num_classes : int
        Number of outputs.

    Raises
    ------
    ValueError
        If a stage has an odd number of channels.

    Examples
    --------
    >>> model = tl.models.ShuffleNetV2((1, 2, 1), (8, 16, 32, 64, 128), num_classes=10)
    >>> model(tl.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    @checked
    def __init__(
        self,
        stages_repeats: tuple[Size, Size, Size],
        stages_out_channels: tuple[Size, Size, Size, Size, Size],
        num_classes: Size = 1000,
    ) -> None:
        super().__init__()
        channels, *widths, last = stages_out_channels
        if any(width % 2 for width in widths):
            raise ValueError(
                f"ShuffleNetV2: stages_out_channels must be even for the three stages, not {stages_out_channels}"
            )
        require_memory("ShuffleNetV2", f"stages_repeats={stages_repeats} units", sum(stages_repeats))
        self.conv1 = ConvNorm(3, channels, stride=2)
        self.maxpool = MaxPool2d(3, stride=2, padding=1)
        stages = []
        for units, width in zip(stages_repeats, widths, strict=True):
            stages.append(
                Sequential(ShuffleUnit(channels, width, 2), *(ShuffleUnit(width, width, 1) for _ in range(units - 1)))
            )
            channels = width
        self.stage2, self.stage3, self.stage4 = stages
        self.conv5 = ConvNorm(channels, last, 1)
        self.fc = Linear(last, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), of any size."""
        maps = self.stage4(self.stage3(self.stage2(self.maxpool(self.conv1(images)))))
        return self.fc(self.conv5(maps).mean((2, 3)))


@register_model
def shufflenet_v2_x0_5(num_classes: Size = 1000, **options: Any) -> ShuffleNetV2:
    """ShuffleNet v2 with half of the channels: 1,366,792 parameters."""
    return ShuffleNetV2((4, 8, 4), (24, 48, 96, 192, 1024), num_classes, **options)


@register_model
def shufflenet_v2_x1_0(num_classes: Size = 1000, **options: Any) -> ShuffleNetV2:
    """ShuffleNet v2: 2,278,604 parameters."""
    return ShuffleNetV2((4, 8, 4), (24, 116, 232, 464, 1024), num_classes, **options)


@register_model
def shufflenet_v2_x1_5(num_classes: Size = 1000, **options: Any) -> ShuffleNetV2:
    """ShuffleNet v2 with 1.5 times the channels: 3,503,624 parameters."""
    return ShuffleNetV2((4, 8, 4), (24, 176, 352, 704, 1024), num_classes, **options)


@register_model
def shufflenet_v2_x2_0(num_classes: Size = 1000, **options: Any) -> ShuffleNetV2:
    """ShuffleNet v2 with about twice the channels: 7,393,996 parameters."""
    return ShuffleNetV2((4, 8, 4), (24, 244, 488, 976, 2048), num_classes, **options)
