"""GoogLeNet (Szegedy et al., "Going deeper with convolutions", 2014), with batch normalisation as in torchvision."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...nn.functional.activation import relu
from ...nn.functional.adaptive_pooling import adaptive_avg_pool2d
from ...nn.init.filling import trunc_normal_
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout
from ...nn.layers.linear import Linear
from ...nn.layers.pooling import MaxPool2d
from ...nn.module.module import Module
from ...options import Fraction, Size, checked
from ...tensor import Tensor
from ..registry import register_model
from .branches import BasicConv2d, Branches, conv, convs, from_imagenet_range


class GoogLeNetOutputs(NamedTuple):
    """Scores of the classes, of the output and of the auxiliary classifiers; each (batch, num_classes)."""

    logits: Tensor
    aux_logits2: Tensor
    aux_logits1: Tensor


class GoogLeNet(Module):
    """GoogLeNet; in training, two auxiliary classifiers look at maps halfway.

    Parameters
    ----------
    num_classes : int
        Number of outputs.
    aux_logits : bool
        Whether there are auxiliary classifiers.
    transform_input : bool
        Whether images are normalised by ImageNet's statistics, and brought to the range from -1 to 1 first.
    init_weights : bool
        Whether weights are drawn from a normal distribution with standard deviation 0.01. Otherwise layers draw their
        own.
    dropout, dropout_aux : float
        Probability with which inputs of the output layer, and of the auxiliary ones, are left out.

    Examples
    --------
    >>> model = tl.models.GoogLeNet(num_classes=10)
    >>> model.eval()(tl.zeros(1, 3, 32, 32)).shape
    (1, 10)
    >>> model.train()(tl.zeros(2, 3, 64, 64)).aux_logits1.shape
    (2, 10)
    """

    @checked
    def __init__(
        self,
        num_classes: Size = 1000,
        aux_logits: bool = True,
        transform_input: bool = False,
        init_weights: bool = True,
        dropout: Fraction = 0.2,
        dropout_aux: Fraction = 0.7,
    ) -> None:
        super().__init__()
        self.transform_input = transform_input
        self.conv1 = BasicConv2d(3, 64, 7, stride=2, padding=3)
        self.maxpool1 = MaxPool2d(3, stride=2, ceil_mode=True)
        self.conv2 = conv(64, 64, 1)
        self.conv3 = conv(64, 192, 3)
        self.maxpool2 = MaxPool2d(3, stride=2, ceil_mode=True)
        self.inception3a = inception(192, 64, (96, 128), (16, 32), 32)
        self.inception3b = inception(256, 128, (128, 192), (32, 96), 64)
        self.maxpool3 = MaxPool2d(3, stride=2, ceil_mode=True)
        self.inception4a = inception(480, 192, (96, 208), (16, 48), 64)
        self.inception4b = inception(512, 160, (112, 224), (24, 64), 64)
        self.inception4c = inception(512, 128, (128, 256), (24, 64), 64)
        self.inception4d = inception(512, 112, (144, 288), (32, 64), 64)
        self.inception4e = inception(528, 256, (160, 320), (32, 128), 128)
        self.maxpool4 = MaxPool2d(2, stride=2, ceil_mode=True)
        self.inception5a = inception(832, 256, (160, 320), (32, 128), 128)
        self.inception5b = inception(832, 384, (192, 384), (48, 128), 128)
        self.aux1 = Auxiliary(512, num_classes, dropout_aux) if aux_logits else None
        self.aux2 = Auxiliary(528, num_classes, dropout_aux) if aux_logits else None
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.dropout = Dropout(dropout)
        self.fc = Linear(1024, num_classes)
        if init_weights:
            for module in self.modules():
                if isinstance(module, Conv2d | Linear):
                    trunc_normal_(module.weight, std=0.01)

    def forward(self, images: Tensor) -> Tensor | GoogLeNetOutputs:
        """Classify images, (batch, 3, height, width), of at least 15×15 pixels.

        Returns
        -------
        Tensor or GoogLeNetOutputs
            The classes' scores, (batch, num_classes); in training with those of the auxiliary classifiers, if any.
        """
        if self.transform_input:
            images = from_imagenet_range(images)
        maps = self.maxpool1(self.conv1(images))
        maps = self.maxpool2(self.conv3(self.conv2(maps)))
        maps = self.maxpool3(self.inception3b(self.inception3a(maps)))
        early = self.inception4a(maps)
        late = self.inception4d(self.inception4c(self.inception4b(early)))
        maps = self.maxpool4(self.inception4e(late))
        maps = self.inception5b(self.inception5a(maps))
        scores = self.fc(self.dropout(self.avgpool(maps).flatten(1)))
        if self.training and self.aux1 is not None and self.aux2 is not None:
            return GoogLeNetOutputs(scores, self.aux2(late), self.aux1(early))
        return scores


def inception(inputs: int, direct: int, window3: tuple[int, int], window5: tuple[int, int], pooled: int) -> Branches:
    """Return an inception block, from the output channels of each convolution.

    The third branch was published with windows of 5×5; torchvision's, and its weights, have 3×3.
    """
    return Branches(
        branch1=conv(inputs, direct, 1),
        branch2=convs(inputs, (window3[0], 1), (window3[1], 3)),
        branch3=convs(inputs, (window5[0], 1), (window5[1], 3)),
        branch4=convs(inputs, (pooled, 1), after=MaxPool2d(3, stride=1, padding=1)),
    )


class Auxiliary(Module):
    """A classifier of maps halfway, which brings gradients to early layers."""

    def __init__(self, in_channels: int, num_classes: int, dropout: float) -> None:
        super().__init__()
        self.conv = conv(in_channels, 128, 1)
        self.fc1 = Linear(2048, 1024)
        self.fc2 = Linear(1024, num_classes)
        self.dropout = Dropout(dropout)

    def forward(self, maps: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes)."""
        hidden = relu(self.fc1(self.conv(adaptive_avg_pool2d(maps, (4, 4))).flatten(1)))
        return self.fc2(self.dropout(hidden))


@register_model
def googlenet(num_classes: Size = 1000, **options: Any) -> GoogLeNet:
    """GoogLeNet: 6,624,904 parameters, and 6,379,984 of auxiliary classifiers."""
    return GoogLeNet(num_classes, **options)
