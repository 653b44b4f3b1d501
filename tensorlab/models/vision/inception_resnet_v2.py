"""Inception-ResNet v2 (Szegedy et al., "Inception-v4, Inception-ResNet and the impact of residual connections", 2016).

As in the published weights, the blocks are those of the authors' program, which has more of each than the paper.
"""

from __future__ import annotations

from typing import Any

from ...nn.functional.activation import relu
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout
from ...nn.layers.linear import Linear
from ...nn.layers.pooling import MaxPool2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...ops.joining import concat
from ...options import Fraction, Size, checked
from ...tensor import Tensor
from ..registry import register_model
from .branches import Branches, conv, convs
from .inception_v4 import mean


class ResidualBranches(Branches):
    """Branches whose concatenated outputs a 1×1 convolution maps back; a multiple of it is added to the input."""

    def __init__(self, channels: int, inner: int, scale: float, activated: bool = True, **branches: Module) -> None:
        super().__init__(**branches)
        self.conv2d = Conv2d(inner, channels, 1)
        self.scale, self.activated = scale, activated

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the input's shape."""
        *branches, _ = self.children()
        output = self.conv2d(concat([branch(maps) for branch in branches], axis=1)) * self.scale + maps
        return relu(output) if self.activated else output


def block35() -> ResidualBranches:
    """Return a block for maps of 35×35 pixels (figure 16 of the paper)."""
    return ResidualBranches(
        320,
        128,
        scale=0.17,
        branch0=conv(320, 32, 1),
        branch1=convs(320, (32, 1), (32, 3)),
        branch2=convs(320, (32, 1), (48, 3), (64, 3)),
    )


def block17() -> ResidualBranches:
    """Return a block for maps of 17×17 pixels (figure 17)."""
    return ResidualBranches(
        1088,
        384,
        scale=0.1,
        branch0=conv(1088, 192, 1),
        branch1=convs(1088, (128, 1), (160, (1, 7)), (192, (7, 1))),
    )


def block8(scale: float = 0.2, activated: bool = True) -> ResidualBranches:
    """Return a block for maps of 8×8 pixels (figure 19)."""
    return ResidualBranches(
        2080,
        448,
        scale,
        activated,
        branch0=conv(2080, 192, 1),
        branch1=convs(2080, (192, 1), (224, (1, 3)), (256, (3, 1))),
    )


def mixed_5b() -> Branches:
    """Return the block before those of 35×35 pixels."""
    return Branches(
        branch0=conv(192, 96, 1),
        branch1=convs(192, (48, 1), (64, 5)),
        branch2=convs(192, (64, 1), (96, 3), (96, 3)),
        branch3=convs(192, (64, 1), after=mean()),
    )


def mixed_6a() -> Branches:
    """Return the block that halves the resolution to 17×17 pixels."""
    return Branches(
        branch0=conv(320, 384, 3, 2),
        branch1=convs(320, (256, 1), (256, 3), (384, 3, 2)),
        branch2=MaxPool2d(3, stride=2),
    )


def mixed_7a() -> Branches:
    """Return the block that halves the resolution to 8×8 pixels."""
    return Branches(
        branch0=convs(1088, (256, 1), (384, 3, 2)),
        branch1=convs(1088, (256, 1), (288, 3, 2)),
        branch2=convs(1088, (256, 1), (288, 3), (320, 3, 2)),
        branch3=MaxPool2d(3, stride=2),
    )


class InceptionResnetV2(Module):
    """Inception-ResNet v2.

    Parameters
    ----------
    num_classes : int
        Number of outputs.
    drop_rate : float
        Probability with which inputs of the output layer are left out; 0.2 in the paper.

    Examples
    --------
    >>> model = tl.models.InceptionResnetV2(num_classes=10)  # doctest: +SKIP
    >>> model.eval()(tl.zeros(1, 3, 299, 299)).shape  # doctest: +SKIP
    (1, 10)
    """

    @checked
    def __init__(self, num_classes: Size = 1000, drop_rate: Fraction = 0.0) -> None:
        super().__init__()
        self.conv2d_1a = conv(3, 32, 3, 2)
        self.conv2d_2a = conv(32, 32, 3, 1)
        self.conv2d_2b = conv(32, 64, 3)
        self.maxpool_3a = MaxPool2d(3, stride=2)
        self.conv2d_3b = conv(64, 80, 1)
        self.conv2d_4a = conv(80, 192, 3, 1)
        self.maxpool_5a = MaxPool2d(3, stride=2)
        self.mixed_5b = mixed_5b()
        self.repeat = Sequential(*(block35() for _ in range(10)))
        self.mixed_6a = mixed_6a()
        self.repeat_1 = Sequential(*(block17() for _ in range(20)))
        self.mixed_7a = mixed_7a()
        self.repeat_2 = Sequential(*(block8() for _ in range(9)))
        self.block8 = block8(scale=1.0, activated=False)
        self.conv2d_7b = conv(2080, 1536, 1)
        self.global_pool = AdaptiveAvgPool2d((1, 1))
        self.head_drop = Dropout(drop_rate)
        self.classif = Linear(1536, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), from 75×75 pixels."""
        maps = self.maxpool_3a(self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(images))))
        maps = self.maxpool_5a(self.conv2d_4a(self.conv2d_3b(maps)))
        maps = self.repeat(self.mixed_5b(maps))
        maps = self.repeat_1(self.mixed_6a(maps))
        maps = self.block8(self.repeat_2(self.mixed_7a(maps)))
        return self.classif(self.head_drop(self.global_pool(self.conv2d_7b(maps)).flatten(1)))


@register_model
def inception_resnet_v2(num_classes: Size = 1000, **options: Any) -> InceptionResnetV2:
    """Inception-ResNet v2: 55,843,464 parameters. Names and keys are timm's."""
    return InceptionResnetV2(num_classes, **options)
