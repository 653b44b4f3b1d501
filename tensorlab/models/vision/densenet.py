"""DenseNet (Huang et al., "Densely connected convolutional networks", 2016), with bottlenecks and compression."""

from __future__ import annotations

import re
from typing import Annotated, Any

from ...backend.memory import require_memory
from ...nn.functional.activation import relu
from ...nn.functional.adaptive_pooling import adaptive_avg_pool2d
from ...nn.init.filling import zeros_
from ...nn.init.variance import kaiming_normal_
from ...nn.layers.activation import ReLU
from ...nn.layers.batchnorm import BatchNorm2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout
from ...nn.layers.linear import Linear
from ...nn.layers.pooling import AvgPool2d, MaxPool2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...ops.joining import concat
from ...options import Fraction, Size, checked
from ...options.kinds import Many, Whole
from ...tensor import Tensor
from ..registry import register_model

OLD_KEY = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)")
"""In the keys of torchvision's files: ``denselayer1.norm.1.weight``."""


class DenseLayer(Module):
    """A 3×3 convolution of `growth` channels after a 1×1 convolution, each after normalisation and ReLU."""

    def __init__(self, inputs: int, growth: int, bottleneck: int, drop_rate: float) -> None:
        super().__init__()
        self.norm1 = BatchNorm2d(inputs)
        self.conv1 = Conv2d(inputs, bottleneck * growth, 1, bias=False)
        self.norm2 = BatchNorm2d(bottleneck * growth)
        self.conv2 = Conv2d(bottleneck * growth, growth, 3, padding=1, bias=False)
        self.drop = Dropout(drop_rate)

    def forward(self, maps: Tensor) -> Tensor:
        """Return `growth` new channels."""
        maps = self.conv1(relu(self.norm1(maps)))
        return self.drop(self.conv2(relu(self.norm2(maps))))


class DenseBlock(Module):
    """Layers of which each gets the outputs of all before it."""

    def __init__(self, layers: int, inputs: int, growth: int, bottleneck: int, drop_rate: float) -> None:
        super().__init__()
        for i in range(layers):
            self.add_module(f"denselayer{i + 1}", DenseLayer(inputs + i * growth, growth, bottleneck, drop_rate))

    def forward(self, maps: Tensor) -> Tensor:
        """Return the input and the outputs of all layers as one array."""
        for layer in self.children():
            maps = concat([maps, layer(maps)], axis=1)
        return maps


class Transition(Sequential):
    """Halves the channels and the resolution."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.norm = BatchNorm2d(inputs)
        self.relu = ReLU()
        self.conv = Conv2d(inputs, inputs // 2, 1, bias=False)
        self.pool = AvgPool2d(2)


class DenseNet(Module):
    """Dense blocks with transitions between.

    Parameters
    ----------
    growth_rate : int
        Channels that each layer adds.
    block_config : sequence of int
        The number of layers of each block.
    num_init_features : int
        Channels of the first convolution.
    bn_size : int
        Channels of the bottlenecks, as a multiple of `growth_rate`.
    drop_rate : float
        Probability with which outputs of each layer are left out.
    num_classes : int
        Number of outputs.

    Examples
    --------
    >>> model = tl.models.DenseNet(growth_rate=8, block_config=(2, 2), num_init_features=16, num_classes=10)
    >>> model(tl.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    @checked
    def __init__(
        self,
        growth_rate: Size = 32,
        block_config: Annotated[tuple[int, ...], Many(Whole(1))] = (6, 12, 24, 16),
        num_init_features: Size = 64,
        bn_size: Size = 4,
        drop_rate: Fraction = 0.0,
        num_classes: Size = 1000,
    ) -> None:
        super().__init__()
        require_memory("DenseNet", f"block_config={block_config}", sum(block_config))
        channels = num_init_features
        self.features = Sequential()
        self.features.add_module("conv0", Conv2d(3, channels, 7, stride=2, padding=3, bias=False))
        self.features.add_module("norm0", BatchNorm2d(channels))
        self.features.add_module("relu0", ReLU())
        self.features.add_module("pool0", MaxPool2d(3, stride=2, padding=1))
        for number, layers in enumerate(block_config, 1):
            block = DenseBlock(layers, channels, growth_rate, bn_size, drop_rate)
            self.features.add_module(f"denseblock{number}", block)
            channels += layers * growth_rate
            if number < len(block_config):
                self.features.add_module(f"transition{number}", Transition(channels))
                channels //= 2
        self.features.add_module(f"norm{len(block_config) + 1}", BatchNorm2d(channels))
        self.classifier = Linear(channels, num_classes)
        for module in self.modules():
            if isinstance(module, Conv2d):
                kaiming_normal_(module.weight)
            elif isinstance(module, Linear) and module.bias is not None:
                zeros_(module.bias)
        self.register_load_state_dict_pre_hook(_rename)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), from 29×29 pixels."""
        maps = relu(self.features(images))
        return self.classifier(adaptive_avg_pool2d(maps, (1, 1)).flatten(1))


def _rename(module: Module, state: dict[str, Any], *rest: Any) -> None:
    """Rename the old keys of torchvision's files."""
    for key in list(state):
        if (new := OLD_KEY.sub(r"\1\2", key)) != key:
            state[new] = state.pop(key)


@register_model
def densenet121(num_classes: Size = 1000, **options: Any) -> DenseNet:
    """DenseNet with 121 layers: 7,978,856 parameters."""
    return DenseNet(32, (6, 12, 24, 16), 64, num_classes=num_classes, **options)


@register_model
def densenet161(num_classes: Size = 1000, **options: Any) -> DenseNet:
    """DenseNet with 161 layers: 28,681,000 parameters."""
    return DenseNet(48, (6, 12, 36, 24), 96, num_classes=num_classes, **options)


@register_model
def densenet169(num_classes: Size = 1000, **options: Any) -> DenseNet:
    """DenseNet with 169 layers: 14,149,480 parameters."""
    return DenseNet(32, (6, 12, 32, 32), 64, num_classes=num_classes, **options)


@register_model
def densenet201(num_classes: Size = 1000, **options: Any) -> DenseNet:
    """DenseNet with 201 layers: 20,013,928 parameters."""
    return DenseNet(32, (6, 12, 48, 32), 64, num_classes=num_classes, **options)
