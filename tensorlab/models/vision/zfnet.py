"""ZFNet (Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2013)."""

from __future__ import annotations

from typing import Any

from ...nn.layers.activation import ReLU
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.pooling import MaxPool2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...options import Fraction, Size, checked
from ...tensor import Tensor
from ..registry import register_model
from .alexnet import draw_weights, linear_layers, local_response_norm


class ZFNet(Module):
    """AlexNet with smaller windows and strides at its beginning, found by looking at its features.

    Weights are drawn from a normal distribution with standard deviation 0.01; biases begin as zero.

    Parameters
    ----------
    num_classes : int
        Number of outputs.
    dropout : float
        Probability with which the inputs of the hidden linear layers are left out.

    Examples
    --------
    >>> model = tl.models.ZFNet(num_classes=10)  # doctest: +SKIP
    >>> model(tl.zeros(1, 3, 224, 224)).shape  # doctest: +SKIP
    (1, 10)
    """

    @checked
    def __init__(self, num_classes: Size = 1000, dropout: Fraction = 0.5) -> None:
        super().__init__()
        self.features = Sequential(
            Conv2d(3, 96, 7, stride=2, padding=1),
            ReLU(),
            MaxPool2d(3, stride=2, padding=1),
            local_response_norm(),
            Conv2d(96, 256, 5, stride=2),
            ReLU(),
            MaxPool2d(3, stride=2, padding=1),
            local_response_norm(),
            Conv2d(256, 384, 3, padding=1),
            ReLU(),
            Conv2d(384, 384, 3, padding=1),
            ReLU(),
            Conv2d(384, 256, 3, padding=1),
            ReLU(),
            MaxPool2d(3, stride=2),
        )
        self.avgpool = AdaptiveAvgPool2d((6, 6))
        self.classifier = linear_layers(num_classes, dropout)
        draw_weights(self, std=0.01)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), from 53×53 pixels."""
        return self.classifier(self.avgpool(self.features(images)).flatten(1))


@register_model
def zfnet(num_classes: Size = 1000, **options: Any) -> ZFNet:
    """ZFNet: 62,357,608 parameters."""
    return ZFNet(num_classes, **options)
