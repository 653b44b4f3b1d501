"""Inception v4 (Szegedy et al., "Inception-v4, Inception-ResNet and the impact of residual connections", 2016)."""

from __future__ import annotations

from typing import Any

from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.dropout import Dropout
from ...nn.layers.linear import Linear
from ...nn.layers.pooling import AvgPool2d, MaxPool2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...ops.joining import concat
from ...options import Fraction, Size, checked
from ...tensor import Tensor
from ..registry import register_model
from .branches import Branches, conv, convs

ROW, COLUMN = (1, 7), (7, 1)


def stem() -> list[Module]:
    """Return the layers from images of 299×299 to maps of 35×35 pixels (figure 3 of the paper)."""
    return [
        conv(3, 32, 3, 2),
        conv(32, 32, 3, 1),
        conv(32, 64, 3),
        Branches(maxpool=MaxPool2d(3, stride=2), conv=conv(64, 96, 3, 2)),
        Branches(
            branch0=convs(160, (64, 1), (96, 3, 1)),
            branch1=convs(160, (64, 1), (64, ROW), (64, COLUMN), (96, 3, 1)),
        ),
        Branches(conv=conv(192, 192, 3, 2), maxpool=MaxPool2d(3, stride=2)),
    ]


def mean() -> AvgPool2d:
    """Return the mean of each 3×3 pixels, of fewer at the border."""
    return AvgPool2d(3, stride=1, padding=1, count_include_pad=False)


def inception_a() -> Branches:
    """Return a block for maps of 35×35 pixels (figure 4)."""
    return Branches(
        branch0=conv(384, 96, 1),
        branch1=convs(384, (64, 1), (96, 3)),
        branch2=convs(384, (64, 1), (96, 3), (96, 3)),
        branch3=convs(384, (96, 1), after=mean()),
    )


def reduction_a() -> Branches:
    """Return a block that halves the resolution to 17×17 pixels (figure 7)."""
    return Branches(
        branch0=conv(384, 384, 3, 2),
        branch1=convs(384, (192, 1), (224, 3), (256, 3, 2)),
        branch2=MaxPool2d(3, stride=2),
    )


def inception_b() -> Branches:
    """Return a block for maps of 17×17 pixels (figure 5)."""
    return Branches(
        branch0=conv(1024, 384, 1),
        branch1=convs(1024, (192, 1), (224, ROW), (256, COLUMN)),
        branch2=convs(1024, (192, 1), (192, COLUMN), (224, ROW), (224, COLUMN), (256, ROW)),
        branch3=convs(1024, (128, 1), after=mean()),
    )


def reduction_b() -> Branches:
    """Return a block that halves the resolution to 8×8 pixels (figure 8)."""
    return Branches(
        branch0=convs(1024, (192, 1), (192, 3, 2)),
        branch1=convs(1024, (256, 1), (256, ROW), (320, COLUMN), (320, 3, 2)),
        branch2=MaxPool2d(3, stride=2),
    )


class InceptionC(Module):
    """A block for maps of 8×8 pixels, two of whose branches fork (figure 6)."""

    def __init__(self) -> None:
        super().__init__()
        self.branch0 = conv(1536, 256, 1)
        self.branch1_0 = conv(1536, 384, 1)
        self.branch1_1a = conv(384, 256, (1, 3))
        self.branch1_1b = conv(384, 256, (3, 1))
        self.branch2_0 = conv(1536, 384, 1)
        self.branch2_1 = conv(384, 448, (3, 1))
        self.branch2_2 = conv(448, 512, (1, 3))
        self.branch2_3a = conv(512, 256, (1, 3))
        self.branch2_3b = conv(512, 256, (3, 1))
        self.branch3 = convs(1536, (256, 1), after=mean())

    def forward(self, maps: Tensor) -> Tensor:
        """Return the branches' outputs as one array."""
        first = self.branch1_0(maps)
        second = self.branch2_2(self.branch2_1(self.branch2_0(maps)))
        forks = [self.branch1_1a(first), self.branch1_1b(first), self.branch2_3a(second), self.branch2_3b(second)]
        return concat([self.branch0(maps), *forks, self.branch3(maps)], axis=1)


class InceptionV4(Module):
    """Inception v4.

    Parameters
    ----------
    num_classes : int
        Number of outputs.
    drop_rate : float
        Probability with which inputs of the output layer are left out; 0.2 in the paper.

    Examples
    --------
    >>> model = tl.models.InceptionV4(num_classes=10)  # doctest: +SKIP
    >>> model.eval()(tl.zeros(1, 3, 299, 299)).shape  # doctest: +SKIP
    (1, 10)
    """

    @checked
    def __init__(self, num_classes: Size = 1000, drop_rate: Fraction = 0.0) -> None:
        super().__init__()
        self.features = Sequential(
            *stem(),
            *(inception_a() for _ in range(4)),
            reduction_a(),
            *(inception_b() for _ in range(7)),
            reduction_b(),
            *(InceptionC() for _ in range(3)),
        )
        self.global_pool = AdaptiveAvgPool2d((1, 1))
        self.head_drop = Dropout(drop_rate)
        self.last_linear = Linear(1536, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), from 75×75 pixels."""
        return self.last_linear(self.head_drop(self.global_pool(self.features(images)).flatten(1)))


@register_model
def inception_v4(num_classes: Size = 1000, **options: Any) -> InceptionV4:
    """Inception v4: 42,679,816 parameters. Names and keys are timm's."""
    return InceptionV4(num_classes, **options)
