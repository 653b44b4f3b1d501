"""What mobile and later networks are made of: normalised convolutions, and squeeze and excitation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...nn.init.filling import normal_, zeros_
from ...nn.init.variance import kaiming_normal_
from ...nn.layers.activation import ReLU, Sigmoid
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.batchnorm import BatchNorm2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.linear import Linear
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...tensor import Tensor

Layer = Callable[..., Any]
"""A class of layers, or a function that makes one."""


class ConvNorm(Sequential):
    """A convolution that keeps the resolution or divides it by its stride, its normalisation, and an activation.

    `options` are those of `Conv2d`. Without an activation the output is linear.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        window: int = 3,
        *,
        norm: Layer = BatchNorm2d,
        activation: Layer | None = ReLU,
        **options: Any,
    ) -> None:
        padding = (window - 1) // 2 * options.get("dilation", 1)
        layers = [Conv2d(inputs, outputs, window, padding=padding, bias=False, **options), norm(outputs)]
        super().__init__(*layers, *([] if activation is None else [activation()]))


class SqueezeExcitation(Module):
    """Scales each channel by a function of all channels' means (Hu et al., "Squeeze-and-excitation networks", 2017)."""

    def __init__(self, channels: int, squeezed: int, activation: Layer = ReLU, gate: Layer = Sigmoid) -> None:
        super().__init__()
        self.avgpool = AdaptiveAvgPool2d(1)
        self.fc1 = Conv2d(channels, squeezed, 1)
        self.fc2 = Conv2d(squeezed, channels, 1)
        self.activation = activation()
        self.scale_activation = gate()

    def forward(self, maps: Tensor) -> Tensor:
        """Return the scaled maps."""
        return maps * self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(maps)))))


def divisible(channels: float, divisor: int = 8) -> int:
    """Return the nearest positive multiple of `divisor` that is not below nine tenths of `channels`."""
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


def initialize(module: Module) -> None:
    """Draw the weights of a convolution or linear layer, and set its bias to zero."""
    if isinstance(module, Conv2d):
        kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    elif isinstance(module, Linear):
        normal_(module.weight, std=0.01)
    if isinstance(module, Conv2d | Linear) and module.bias is not None:
        zeros_(module.bias)
