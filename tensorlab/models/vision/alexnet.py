"""AlexNet, as one tower (Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014)."""

from __future__ import annotations

from typing import Any

from ...nn.layers.activation import ReLU
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout
from ...nn.layers.linear import Linear
from ...nn.layers.pooling import MaxPool2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...options import Fraction, Size, checked
from ...tensor import Tensor
from ..registry import register_model


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
        self.classifier = Sequential(
            Dropout(dropout),
            Linear(256 * 6 * 6, 4096),
            ReLU(),
            Dropout(dropout),
            Linear(4096, 4096),
            ReLU(),
            Linear(4096, num_classes),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), from 63×63 pixels."""
        return self.classifier(self.avgpool(self.features(images)).flatten(1))


@register_model
def alexnet(num_classes: Size = 1000, **options: Any) -> AlexNet:
    """AlexNet as one tower: 61,100,840 parameters."""
    return AlexNet(num_classes, **options)
