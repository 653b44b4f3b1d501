"""Residual networks for CIFAR (He et al., "Deep residual learning for image recognition", 2015, section 4.2).

Those with normalisation before each convolution are of He et al., "Identity mappings in deep residual networks", 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ...nn.functional.activation import relu
from ...nn.functional.padding import pad
from ...nn.init.variance import kaiming_normal_
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.batchnorm import BatchNorm2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.linear import Linear
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...options import Size, checked
from ...tensor import Tensor
from ..registry import register_model


class Shortcut(Module):
    """The identity; where the resolution is halved, every second pixel, and zeros for the new channels (option A)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.stride, self.added = stride, outputs - inputs

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the block's shape; the zeros are the last channels."""
        if self.stride == 1:
            return maps
        return pad(maps[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added))


class CifarBlock(Module):
    """Two 3×3 convolutions beside a shortcut or, with ``residual=False``, beside nothing."""

    def __init__(self, inputs: int, outputs: int, stride: int, residual: bool = True) -> None:
        super().__init__()
        self.conv1 = Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = BatchNorm2d(outputs)
        self.conv2 = Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = BatchNorm2d(outputs)
        self.shortcut = Shortcut(inputs, outputs, stride) if residual else None

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of `outputs` channels."""
        computed = self.bn2(self.conv2(relu(self.bn1(self.conv1(maps)))))
        return relu(computed if self.shortcut is None else computed + self.shortcut(maps))


class PreActivationBlock(Module):
    """A bottleneck whose convolutions follow normalisation and ReLU: nothing changes what the shortcut passes on.

    Where the number of channels changes, the shortcut is a 1×1 convolution of the normalised input.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        width = outputs // 4
        self.bn1 = BatchNorm2d(inputs)
        self.conv1 = Conv2d(inputs, width, 1, stride=stride, bias=False)
        self.bn2 = BatchNorm2d(width)
        self.conv2 = Conv2d(width, width, 3, padding=1, bias=False)
        self.bn3 = BatchNorm2d(width)
        self.conv3 = Conv2d(width, outputs, 1, bias=False)
        self.projection = Conv2d(inputs, outputs, 1, stride=stride, bias=False) if inputs != outputs else None

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of `outputs` channels."""
        normalized = relu(self.bn1(maps))
        computed = self.conv2(relu(self.bn2(self.conv1(normalized))))
        computed = self.conv3(relu(self.bn3(computed)))
        return computed + (maps if self.projection is None else self.projection(normalized))


class _CifarNetwork(Module):
    """A convolution to 16 channels, three stages at full, half and quarter resolution, and a linear layer."""

    def __init__(self, make: Callable[[int, int, int], Module], blocks: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.conv1 = Conv2d(3, 16, 3, padding=1, bias=False)
        channels, stages = 16, []
        for width, stride in zip(widths, (1, 2, 2), strict=True):
            others = [make(width, width, 1) for _ in range(blocks - 1)]
            stages.append(Sequential(make(channels, width, stride), *others))
            channels = width
        self.layer1, self.layer2, self.layer3 = stages
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        for module in self.modules():
            if isinstance(module, Conv2d):
                kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def _stages(self, maps: Tensor) -> Tensor:
        return self.layer3(self.layer2(self.layer1(maps)))


class CifarResNet(_CifarNetwork):
    """Three stages of as many blocks of two convolutions, with 16, 32 and 64 channels.

    Parameters
    ----------
    depth : int
        The number of layers with weights, ``6 n + 2`` for n blocks in each stage.
    num_classes : int
        Number of outputs.
    residual : bool
        Whether blocks have shortcuts; without, this is the paper's plain network.

    Raises
    ------
    ValueError
        If there is no network of that depth.

    Examples
    --------
    >>> model = tl.models.CifarResNet(8, num_classes=10, residual=False)
    >>> model(tl.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    @checked
    def __init__(self, depth: Size, num_classes: Size = 10, residual: bool = True) -> None:
        if depth < 8 or depth % 6 != 2:
            raise ValueError(f"CifarResNet: depth must be 8, 14, 20 or another 6 n + 2, not {depth}")
        super().__init__(partial(CifarBlock, residual=residual), (depth - 2) // 6, (16, 32, 64))
        self.bn1 = BatchNorm2d(16)
        self.fc = Linear(64, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), of any size."""
        maps = self._stages(relu(self.bn1(self.conv1(images))))
        return self.fc(self.avgpool(maps).flatten(1))


class PreActCifarResNet(_CifarNetwork):
    """Three stages of as many bottlenecks, of 64, 128 and 256 channels, with normalisation before each convolution.

    Parameters
    ----------
    depth : int
        The number of layers with weights, ``9 n + 2`` for n blocks in each stage.
    num_classes : int
        Number of outputs.

    Raises
    ------
    ValueError
        If there is no network of that depth.

    Examples
    --------
    >>> model = tl.models.PreActCifarResNet(11, num_classes=10)
    >>> model(tl.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    @checked
    def __init__(self, depth: Size, num_classes: Size = 10) -> None:
        if depth < 11 or depth % 9 != 2:
            raise ValueError(f"PreActCifarResNet: depth must be 11, 20, 29 or another 9 n + 2, not {depth}")
        super().__init__(PreActivationBlock, (depth - 2) // 9, (64, 128, 256))
        self.bn = BatchNorm2d(256)
        self.fc = Linear(256, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), of any size."""
        maps = relu(self.bn(self._stages(self.conv1(images))))
        return self.fc(self.avgpool(maps).flatten(1))


@register_model
def cifar_resnet20(num_classes: Size = 10, **options: Any) -> CifarResNet:
    """Residual network for CIFAR with 20 layers: 269,722 parameters."""
    return CifarResNet(20, num_classes, **options)


@register_model
def cifar_resnet32(num_classes: Size = 10, **options: Any) -> CifarResNet:
    """Residual network for CIFAR with 32 layers: 464,154 parameters."""
    return CifarResNet(32, num_classes, **options)


@register_model
def cifar_resnet44(num_classes: Size = 10, **options: Any) -> CifarResNet:
    """Residual network for CIFAR with 44 layers: 658,586 parameters."""
    return CifarResNet(44, num_classes, **options)


@register_model
def cifar_resnet56(num_classes: Size = 10, **options: Any) -> CifarResNet:
    """Residual network for CIFAR with 56 layers: 853,018 parameters."""
    return CifarResNet(56, num_classes, **options)


@register_model
def cifar_resnet110(num_classes: Size = 10, **options: Any) -> CifarResNet:
    """Residual network for CIFAR with 110 layers: 1,727,962 parameters."""
    return CifarResNet(110, num_classes, **options)


@register_model
def cifar_resnet1202(num_classes: Size = 10, **options: Any) -> CifarResNet:
    """Residual network for CIFAR with 1202 layers: 19,421,274 parameters."""
    return CifarResNet(1202, num_classes, **options)


@register_model
def cifar_preact_resnet164(num_classes: Size = 10) -> PreActCifarResNet:
    """Pre-activation residual network for CIFAR with 164 layers: 1,703,258 parameters."""
    return PreActCifarResNet(164, num_classes)


@register_model
def cifar_preact_resnet1001(num_classes: Size = 10) -> PreActCifarResNet:
    """Pre-activation residual network for CIFAR with 1001 layers: 10,327,706 parameters."""
    return PreActCifarResNet(1001, num_classes)
