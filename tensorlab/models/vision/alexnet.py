"""AlexNet (Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional networks", 2012).

`AlexNet` is the later one of one tower (Krizhevsky, "One weird trick for parallelizing convolutional neural networks",
2014), as in torchvision.
"""

from __future__ import annotations

from typing import Any

from ...nn.init.filling import normal_, ones_, zeros_
from ...nn.layers.activation import ReLU
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout
from ...nn.layers.linear import Linear
from ...nn.layers.normalization import LocalResponseNorm
from ...nn.layers.pooling import MaxPool2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...options import Fraction, Size, checked
from ...tensor import Tensor
from ..registry import register_model


def linear_layers(num_classes: int, dropout: float) -> Sequential:
    """Return the three linear layers behind 256 maps of 6×6 pixels."""
    return Sequential(
        Dropout(dropout),
        Linear(256 * 6 * 6, 4096),
        ReLU(),
        Dropout(dropout),
        Linear(4096, 4096),
        ReLU(),
        Linear(4096, num_classes),
    )


def local_response_norm() -> LocalResponseNorm:
    """Return the normalisation over five channels, with the paper's constants: alpha is that of their sum."""
    return LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2.0)


def draw_weights(model: Module, std: float) -> None:
    """Draw the weights of convolutions and linear layers from a normal distribution, and set biases to zero."""
    for module in model.modules():
        if isinstance(module, Conv2d | Linear):
            normal_(module.weight, std=std)
            if module.bias is not None:
                zeros_(module.bias)


class AlexNet(Module):
    """AlexNet as one tower.

    Parameters
    ----------
    num_classes : int
        Number of outputs.
    dropout : float
        Probability with which the inputs of the hidden linear layers are left out.

    Examples
    --------
    >>> model = tl.models.AlexNet(num_classes=10)  # doctest: +SKIP
    >>> model(tl.zeros(1, 3, 224, 224)).shape  # doctest: +SKIP
    (1, 10)
    """

    @checked
    def __init__(self, num_classes: Size = 1000, dropout: Fraction = 0.5) -> None:
        super().__init__()
        self.features = Sequential(
            Conv2d(3, 64, 11, stride=4, padding=2),
            ReLU(),
            MaxPool2d(3, stride=2),
            Conv2d(64, 192, 5, padding=2),
            ReLU(),
            MaxPool2d(3, stride=2),
            Conv2d(192, 384, 3, padding=1),
            ReLU(),
            Conv2d(384, 256, 3, padding=1),
            ReLU(),
            Conv2d(256, 256, 3, padding=1),
            ReLU(),
            MaxPool2d(3, stride=2),
        )
        self.avgpool = AdaptiveAvgPool2d((6, 6))
        self.classifier = linear_layers(num_classes, dropout)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), from 63×63 pixels."""
        return self.classifier(self.avgpool(self.features(images)).flatten(1))


class AlexNetOriginal(Module):
    """AlexNet as published: two groups of channels, once for two processors, and local response normalisation.

    Weights are drawn from a normal distribution with standard deviation 0.01. Biases begin as one in the second,
    fourth and fifth convolution and in the hidden linear layers, elsewhere as zero.

    Parameters
    ----------
    num_classes : int
        Number of outputs.
    dropout : float
        Probability with which the inputs of the hidden linear layers are left out.

    Examples
    --------
    >>> model = tl.models.AlexNetOriginal(num_classes=10)  # doctest: +SKIP
    >>> model(tl.zeros(1, 3, 224, 224)).shape  # doctest: +SKIP
    (1, 10)
    """

    @checked
    def __init__(self, num_classes: Size = 1000, dropout: Fraction = 0.5) -> None:
        super().__init__()
        self.features = Sequential(
            Conv2d(3, 96, 11, stride=4, padding=2),
            ReLU(),
            local_response_norm(),
            MaxPool2d(3, stride=2),
            Conv2d(96, 256, 5, padding=2, groups=2),
            ReLU(),
            local_response_norm(),
            MaxPool2d(3, stride=2),
            Conv2d(256, 384, 3, padding=1),
            ReLU(),
            Conv2d(384, 384, 3, padding=1, groups=2),
            ReLU(),
            Conv2d(384, 256, 3, padding=1, groups=2),
            ReLU(),
            MaxPool2d(3, stride=2),
        )
        self.avgpool = AdaptiveAvgPool2d((6, 6))
        self.classifier = linear_layers(num_classes, dropout)
        draw_weights(self, std=0.01)
        for layer in (self.features[4], self.features[10], self.features[12], self.classifier[1], self.classifier[4]):
            ones_(layer.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), from 63×63 pixels."""
        return self.classifier(self.avgpool(self.features(images)).flatten(1))


@register_model
def alexnet(num_classes: Size = 1000, **options: Any) -> AlexNet:
    """AlexNet as one tower: 61,100,840 parameters."""
    return AlexNet(num_classes, **options)


@register_model
def alexnet_original(num_classes: Size = 1000, **options: Any) -> AlexNetOriginal:
    """AlexNet as published, with two groups of channels: 60,965,224 parameters."""
    return AlexNetOriginal(num_classes, **options)
