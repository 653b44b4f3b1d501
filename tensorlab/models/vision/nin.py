"""Network in network (Lin, Chen and Yan, 2013), as its authors trained it on CIFAR."""

from __future__ import annotations

from typing import Any

from ...nn.layers.activation import ReLU
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout
from ...nn.layers.linear import Flatten
from ...nn.layers.pooling import AvgPool2d, MaxPool2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...options import Fraction, Size, checked
from ...tensor import Tensor
from ..registry import register_model
from .alexnet import draw_weights


class NiN(Module):
    """Small perceptrons slide over the maps, as a convolution followed by two of 1×1; no linear layer.

    Weights are drawn from a normal distribution with standard deviation 0.05; biases begin as zero.

    Parameters
    ----------
    num_classes : int
        Number of outputs.
    dropout : float
        Probability with which elements between the perceptrons are left out.

    Examples
    --------
    >>> tl.models.NiN(num_classes=10)(tl.zeros(1, 3, 32, 32)).shape
    (1, 10)
    """

    @checked
    def __init__(self, num_classes: Size = 10, dropout: Fraction = 0.5) -> None:
        super().__init__()
        self.features = Sequential(
            *perceptron(3, (192, 160, 96), window=5),
            MaxPool2d(3, stride=2, ceil_mode=True),
            Dropout(dropout),
            *perceptron(96, (192, 192, 192), window=5),
            AvgPool2d(3, stride=2, ceil_mode=True),
            Dropout(dropout),
            *perceptron(192, (192, 192, num_classes), window=3),
        )
        self.classifier = Sequential(AdaptiveAvgPool2d((1, 1)), Flatten())
        draw_weights(self, std=0.05)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), from 4×4 pixels."""
        return self.classifier(self.features(images))


def perceptron(inputs: int, widths: tuple[int, ...], window: int) -> list[Module]:
    """Return the layers of a perceptron that slides over maps."""
    layers: list[Module] = []
    for i, width in enumerate(widths):
        layers += [Conv2d(inputs, width, window if i == 0 else 1, padding="same"), ReLU()]
        inputs = width
    return layers


@register_model
def nin(num_classes: Size = 10, **options: Any) -> NiN:
    """Network in network for CIFAR: 966,986 parameters."""
    return NiN(num_classes, **options)
