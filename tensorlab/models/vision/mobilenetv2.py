"""MobileNet v2 (Sandler et al., "MobileNetV2: Inverted residuals and linear bottlenecks", 2018)."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...nn.layers.activation import ReLU6
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.batchnorm import BatchNorm2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout
from ...nn.layers.linear import Linear
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...options import Fraction, Positive, Size, checked
from ...tensor import Tensor
from ..registry import register_model
from .blocks import ConvNorm, Layer, divisible, initialize

STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""The paper's table 2: expansion, channels, number of blocks, stride of the first."""


class InvertedResidual(Module):
    """More channels, a 3×3 convolution of each channel, few channels again without activation, and a shortcut.

    The shortcut is there where input and output have the same shape.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int, norm: Layer) -> None:
        super().__init__()
        width = inputs * expansion
        conv = partial(ConvNorm, norm=norm, activation=ReLU6)
        expand = [] if expansion == 1 else [conv(inputs, width, 1)]
        depthwise = conv(width, width, stride=stride, groups=width)
        self.conv = Sequential(*expand, depthwise, Conv2d(width, outputs, 1, bias=False), norm(outputs))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of `outputs` channels."""
        return maps + self.conv(maps) if self.residual else self.conv(maps)


class MobileNetV2(Module):
    """Inverted residual blocks between a convolution and a classifier of 1280 features.

    Parameters
    ----------
    num_classes : int
        Number of outputs.
    width_mult : float
        Factor of all numbers of channels; below 1 the last layer keeps its own.
    round_nearest : int
        Numbers of channels are multiples of it.
    norm_layer : callable, optional
        Makes a normalisation of so many channels; `BatchNorm2d` by default.
    dropout : float
        Probability with which inputs of the linear layer are left out.

    Examples
    --------
    >>> model = tl.models.MobileNetV2(num_classes=10, width_mult=0.25)
    >>> model(tl.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    @checked
    def __init__(
        self,
        num_classes: Size = 1000,
        width_mult: Positive = 1.0,
        round_nearest: Size = 8,
        norm_layer: Layer | None = None,
        dropout: Fraction = 0.2,
    ) -> None:
        super().__init__()
        norm = norm_layer or BatchNorm2d
        conv = partial(ConvNorm, norm=norm, activation=ReLU6)
        channels = divisible(32 * width_mult, round_nearest)
        last = divisible(1280 * max(1.0, width_mult), round_nearest)
        layers: list[Module] = [conv(3, channels, stride=2)]
        for expansion, width, blocks, first_stride in STAGES:
            outputs = divisible(width * width_mult, round_nearest)
            for block in range(blocks):
                stride = first_stride if block == 0 else 1
                layers.append(InvertedResidual(channels, outputs, stride, expansion, norm))
                channels = outputs
        self.features = Sequential(*layers, conv(channels, last, 1))
        self.avgpool = AdaptiveAvgPool2d(1)
        self.classifier = Sequential(Dropout(dropout), Linear(last, num_classes))
        self.apply(initialize)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), of any size."""
        return self.classifier(self.avgpool(self.features(images)).flatten(1))


@register_model
def mobilenet_v2(num_classes: Size = 1000, **options: Any) -> MobileNetV2:
    """MobileNet v2: 3,504,872 parameters."""
    return MobileNetV2(num_classes, **options)
