"""SqueezeNet (Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", 2016)."""

from __future__ import annotations

from typing import Any, Literal

from ...nn.functional.activation import relu
from ...nn.init.filling import normal_, zeros_
from ...nn.init.variance import kaiming_uniform_
from ...nn.layers.activation import ReLU
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout
from ...nn.layers.pooling import MaxPool2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...ops.joining import concat
from ...options import Fraction, Size, checked
from ...tensor import Tensor
from ..registry import register_model

LAYERS: dict[str, tuple[int, int, str]] = {"1_0": (96, 7, "p112p2334p4"), "1_1": (64, 3, "p11p22p3344")}
"""By version: channels and window of the first convolution; then p for a maximum, n for 64 n channels per window."""


class Fire(Module):
    """A 1×1 convolution to few channels, whose output goes into 1×1 and 3×3 convolutions side by side."""

    def __init__(self, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = Conv2d(inputs, squeezed, 1)
        self.expand1x1 = Conv2d(squeezed, expanded, 1)
        self.expand3x3 = Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, maps: Tensor) -> Tensor:
        """Return twice `expanded` channels."""
        squeezed = relu(self.squeeze(maps))
        return relu(concat([self.expand1x1(squeezed), self.expand3x3(squeezed)], axis=1))


class SqueezeNet(Module):
    """Fire modules, and a convolution to the classes whose output is averaged.

    Parameters
    ----------
    version : {"1_0", "1_1"}
        The published network, or the one that its authors made faster later.
    num_classes : int
        Number of outputs.
    dropout : float
        Probability with which inputs of the last convolution are left out.

    Examples
    --------
    >>> model = tl.models.SqueezeNet("1_1", num_classes=10)
    >>> model(tl.zeros(1, 3, 32, 32)).shape
    (1, 10)
    """

    @checked
    def __init__(
        self, version: Literal["1_0", "1_1"] = "1_0", num_classes: Size = 1000, dropout: Fraction = 0.5
    ) -> None:
        super().__init__()
        channels, window, others = LAYERS[version]
        layers: list[Module] = [Conv2d(3, channels, window, stride=2), ReLU()]
        for layer in others:
            if layer == "p":
                layers.append(MaxPool2d(3, stride=2, ceil_mode=True))
            else:
                layers.append(Fire(channels, 16 * int(layer), 64 * int(layer)))
                channels = 128 * int(layer)
        self.features = Sequential(*layers)
        self.classifier = Sequential(
            Dropout(dropout), Conv2d(channels, num_classes, 1), ReLU(), AdaptiveAvgPool2d((1, 1))
        )
        self._initialize()

    def _initialize(self) -> None:
        for module in self.modules():
            if isinstance(module, Conv2d):
                kaiming_uniform_(module.weight)
                if module.bias is not None:
                    zeros_(module.bias)
        normal_(self.classifier[1].weight, std=0.01)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width).

        Images have at least 21×21 pixels, in version 1.1 at least 17×17.
        """
        return self.classifier(self.features(images)).flatten(1)


@register_model
def squeezenet1_0(num_classes: Size = 1000, **options: Any) -> SqueezeNet:
    """SqueezeNet as published: 1,248,424 parameters."""
    return SqueezeNet("1_0", num_classes, **options)


@register_model
def squeezenet1_1(num_classes: Size = 1000, **options: Any) -> SqueezeNet:
    """SqueezeNet 1.1, with less than half of the operations: 1,235,496 parameters."""
    return SqueezeNet("1_1", num_classes, **options)
