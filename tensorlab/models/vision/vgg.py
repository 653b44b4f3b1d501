"""VGG (Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014)."""

from __future__ import annotations

from typing import Any

from ...nn.layers.activation import ReLU
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.batchnorm import BatchNorm2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout
from ...nn.layers.linear import Linear
from ...nn.layers.pooling import MaxPool2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...options import Fraction, Size, checked
from ...tensor import Tensor
from ..registry import register_model
from .blocks import initialize

CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""The number of convolutions of each of the five stages, by the number of layers with weights: A, B, D and E."""

CHANNELS = (64, 128, 256, 512, 512)
"""The channels of each stage."""


class VGG(Module):
    """Stages of 3×3 convolutions, each with a maximum over 2×2 pixels at its end, and three linear layers.

    Parameters
    ----------
    features : Module
        The stages, whose output has 512 channels.
    num_classes : int
        Number of outputs.
    init_weights : bool
        Whether weights are drawn from normal distributions: those of convolutions to preserve variance backwards (He
        et al., 2015), those of linear layers with standard deviation 0.01. Otherwise layers draw their own.
    dropout : float
        Probability with which outputs of the hidden linear layers are left out.

    Examples
    --------
    >>> features = tl.nn.Sequential(tl.nn.Conv2d(3, 512, 3, stride=32), tl.nn.ReLU())
    >>> model = tl.models.VGG(features, num_classes=10)  # doctest: +SKIP
    >>> model(tl.zeros(1, 3, 224, 224)).shape  # doctest: +SKIP
    (1, 10)
    """

    @checked
    def __init__(
        self, features: Module, num_classes: Size = 1000, init_weights: bool = True, dropout: Fraction = 0.5
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = AdaptiveAvgPool2d((7, 7))
        self.classifier = Sequential(
            Linear(512 * 7 * 7, 4096),
            ReLU(),
            Dropout(dropout),
            Linear(4096, 4096),
            ReLU(),
            Dropout(dropout),
            Linear(4096, num_classes),
        )
        if init_weights:
            self.apply(initialize)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), from 32×32 pixels."""
        return self.classifier(self.avgpool(self.features(images)).flatten(1))


def _vgg(depth: int, batch_norm: bool, num_classes: int, options: dict[str, Any]) -> VGG:
    layers: list[Module] = []
    inputs = 3
    for channels, convolutions in zip(CHANNELS, CONVOLUTIONS[depth], strict=True):
        for _ in range(convolutions):
            layers += [Conv2d(inputs, channels, 3, padding=1), *([BatchNorm2d(channels)] if batch_norm else []), ReLU()]
            inputs = channels
        layers.append(MaxPool2d(2))
    return VGG(Sequential(*layers), num_classes, **options)


@register_model
def vgg11(num_classes: Size = 1000, **options: Any) -> VGG:
    """VGG with 11 layers (configuration A): 132,863,336 parameters."""
    return _vgg(11, False, num_classes, options)


@register_model
def vgg11_bn(num_classes: Size = 1000, **options: Any) -> VGG:
    """VGG with 11 layers (configuration A) and batch normalisation: 132,868,840 parameters."""
    return _vgg(11, True, num_classes, options)


@register_model
def vgg13(num_classes: Size = 1000, **options: Any) -> VGG:
    """VGG with 13 layers (configuration B): 133,047,848 parameters."""
    return _vgg(13, False, num_classes, options)


@register_model
def vgg13_bn(num_classes: Size = 1000, **options: Any) -> VGG:
    """VGG with 13 layers (configuration B) and batch normalisation: 133,053,736 parameters."""
    return _vgg(13, True, num_classes, options)


@register_model
def vgg16(num_classes: Size = 1000, **options: Any) -> VGG:
    """VGG with 16 layers (configuration D): 138,357,544 parameters."""
    return _vgg(16, False, num_classes, options)


@register_model
def vgg16_bn(num_classes: Size = 1000, **options: Any) -> VGG:
    """VGG with 16 layers (configuration D) and batch normalisation: 138,365,992 parameters."""
    return _vgg(16, True, num_classes, options)


@register_model
def vgg19(num_classes: Size = 1000, **options: Any) -> VGG:
    """VGG with 19 layers (configuration E): 143,667,240 parameters."""
    return _vgg(19, False, num_classes, options)


@register_model
def vgg19_bn(num_classes: Size = 1000, **options: Any) -> VGG:
    """VGG with 19 layers (configuration E) and batch normalisation: 143,678,248 parameters."""
    return _vgg(19, True, num_classes, options)
