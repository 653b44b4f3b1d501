"""MobileNet v3 (Howard et al., "Searching for MobileNetV3", 2019)."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from ...nn.layers.activation import Hardsigmoid, Hardswish, ReLU
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.batchnorm import BatchNorm2d
from ...nn.layers.dropout import Dropout
from ...nn.layers.linear import Linear
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...options import Fraction, Positive, Size, checked
from ...tensor import Tensor
from ..registry import register_model
from .blocks import ConvNorm, Layer, SqueezeExcitation, divisible, initialize

Block = tuple[int, int, int, int, bool, Layer]
"""Window, width inside, output channels, stride, whether there is squeeze and excitation, and the activation."""

BLOCKS: dict[str, tuple[Block, ...]] = {
    "large": (
        (3, 16, 16, 1, False, ReLU),
        (3, 64, 24, 2, False, ReLU),
        (3, 72, 24, 1, False, ReLU),
        (5, 72, 40, 2, True, ReLU),
        (5, 120, 40, 1, True, ReLU),
        (5, 120, 40, 1, True, ReLU),
        (3, 240, 80, 2, False, Hardswish),
        (3, 200, 80, 1, False, Hardswish),
        (3, 184, 80, 1, False, Hardswish),
        (3, 184, 80, 1, False, Hardswish),
        (3, 480, 112, 1, True, Hardswish),
        (3, 672, 112, 1, True, Hardswish),
        (5, 672, 160, 2, True, Hardswish),
        (5, 960, 160, 1, True, Hardswish),
        (5, 960, 160, 1, True, Hardswish),
    ),
    "small": (
        (3, 16, 16, 2, True, ReLU),
        (3, 72, 24, 2, False, ReLU),
        (3, 88, 24, 1, False, ReLU),
        (5, 96, 40, 2, True, Hardswish),
        (5, 240, 40, 1, True, Hardswish),
        (5, 240, 40, 1, True, Hardswish),
        (5, 120, 48, 1, True, Hardswish),
        (5, 144, 48, 1, True, Hardswish),
        (5, 288, 96, 2, True, Hardswish),
        (5, 576, 96, 1, True, Hardswish),
        (5, 576, 96, 1, True, Hardswish),
    ),
}
"""The paper's tables 1 and 2. The last three blocks are the tail, which can be narrowed and dilated."""

FEATURES = {"large": 1280, "small": 1024}
"""Width of the layer before the classes."""


class InvertedResidual(Module):
    """The block of MobileNet v2, with an activation of its own and, if need be, squeeze and excitation."""

    def __init__(
        self,
        inputs: int,
        window: int,
        width: int,
        outputs: int,
        stride: int,
        squeeze: bool,
        activation: Layer,
        dilation: int,
        norm: Layer,
    ) -> None:
        super().__init__()
        conv = partial(ConvNorm, norm=norm, activation=activation)
        layers: list[Module] = [] if width == inputs else [conv(inputs, width, 1)]
        step = stride if dilation == 1 else 1
        layers.append(conv(width, width, window, stride=step, dilation=dilation, groups=width))
        if squeeze:
            layers.append(SqueezeExcitation(width, divisible(width // 4), gate=Hardsigmoid))
        self.block = Sequential(*layers, ConvNorm(width, outputs, 1, norm=norm, activation=None))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of `outputs` channels."""
        return maps + self.block(maps) if self.residual else self.block(maps)


class MobileNetV3(Module):
    """Inverted residual blocks, found by a search, with squeeze and excitation and the activation hard swish.

    Parameters
    ----------
    size : {"large", "small"}
        One of the two published networks.
    num_classes : int
        Number of outputs.
    width_mult : float
        Factor of all numbers of channels.
    reduced_tail : bool
        Whether the last blocks have half of the channels.
    dilated : bool
        Whether the last blocks keep the resolution and dilate their convolutions instead, for segmentation.
    norm_layer : callable, optional
        Makes a normalisation of so many channels; by default `BatchNorm2d` with ``eps=0.001, momentum=0.01``.
    dropout : float
        Probability with which inputs of the last linear layer are left out.

    Examples
    --------
    >>> model = tl.models.MobileNetV3("small", num_classes=10, width_mult=0.25)
    >>> model(tl.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    @checked
    def __init__(
        self,
        size: Literal["large", "small"] = "large",
        num_classes: Size = 1000,
        width_mult: Positive = 1.0,
        reduced_tail: bool = False,
        dilated: bool = False,
        norm_layer: Layer | None = None,
        dropout: Fraction = 0.2,
    ) -> None:
        super().__init__()
        norm = norm_layer or partial(BatchNorm2d, eps=0.001, momentum=0.01)
        conv = partial(ConvNorm, norm=norm, activation=Hardswish)
        blocks, part = BLOCKS[size], 2 if reduced_tail else 1
        channels = divisible(16 * width_mult)
        layers: list[Module] = [conv(3, channels, stride=2)]
        for number, (window, width, outputs, stride, squeeze, activation) in enumerate(blocks, 1):
            in_tail = number > len(blocks) - 3
            inside = divisible(width // (part if number > len(blocks) - 2 else 1) * width_mult)
            outside = divisible(outputs // (part if in_tail else 1) * width_mult)
            dilation = 2 if dilated and in_tail else 1
            layers.append(
                InvertedResidual(channels, window, inside, outside, stride, squeeze, activation, dilation, norm)
            )
            channels = outside
        features = divisible(FEATURES[size] // part * width_mult)
        self.features = Sequential(*layers, conv(channels, 6 * channels, 1))
        self.avgpool = AdaptiveAvgPool2d(1)
        self.classifier = Sequential(
            Linear(6 * channels, features), Hardswish(), Dropout(dropout), Linear(features, num_classes)
        )
        self.apply(initialize)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), of any size."""
        return self.classifier(self.avgpool(self.features(images)).flatten(1))


@register_model
def mobilenet_v3_large(num_classes: Size = 1000, **options: Any) -> MobileNetV3:
    """The larger MobileNet v3: 5,483,032 parameters."""
    return MobileNetV3("large", num_classes, **options)


@register_model
def mobilenet_v3_small(num_classes: Size = 1000, **options: Any) -> MobileNetV3:
    """The smaller MobileNet v3: 2,542,856 parameters."""
    return MobileNetV3("small", num_classes, **options)
