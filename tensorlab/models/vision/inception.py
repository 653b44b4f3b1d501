"""Inception v3 (Szegedy et al., "Rethinking the Inception architecture for computer vision", 2015)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from ...nn.functional.adaptive_pooling import adaptive_avg_pool2d
from ...nn.functional.pooling import avg_pool2d, max_pool2d
from ...nn.init.filling import trunc_normal_
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout
from ...nn.layers.linear import Linear
from ...nn.layers.pooling import MaxPool2d
from ...nn.module.module import Module
from ...ops.joining import concat
from ...options import Fraction, Size, checked
from ...tensor import Tensor
from ..registry import register_model
from .branches import Step, conv, conv_step, from_imagenet_range

MEAN = partial(avg_pool2d, kernel_size=3, stride=1, padding=1)
MAXIMUM = partial(max_pool2d, kernel_size=3, stride=2)


class InceptionOutputs(NamedTuple):
    """Scores of the classes, of the output and of the auxiliary classifier; each (batch, num_classes)."""

    logits: Tensor
    aux_logits: Tensor


class Mixed(Module):
    """Branches of convolutions in sequence, the last one after a pooling; their outputs are concatenated.

    The convolutions are named by branch and place: ``branch5x5_2``. A list of two at one place, named ``_2a`` and
    ``_2b``, get the same input.
    """

    def __init__(self, inputs: int, pool: Callable[..., Any], **branches: Sequence[Step | list[Step]]) -> None:
        super().__init__()
        self.pool = pool
        self.branches = {}
        for branch, steps in branches.items():
            channels, places = inputs, []
            for place, step in enumerate(steps, 1):
                fork = step if isinstance(step, list) else [step]
                names = [branch if len(steps) == 1 else f"{branch}_{place}{'ab'[i] * (len(fork) > 1)}" for i in (0, 1)]
                for name, convolution in zip(names, fork):
                    self.add_module(name, conv_step(channels, convolution))
                places.append(names[: len(fork)])
                channels = sum(convolution[0] for convolution in fork)
            self.branches[branch] = places

    def forward(self, maps: Tensor) -> Tensor:
        """Return the branches' outputs as one array."""
        return concat([self._branch(name, maps) for name in self.branches], axis=1)

    def _branch(self, name: str, maps: Tensor) -> Tensor:
        if name == "branch_pool":
            maps = self.pool(maps)
        for names in self.branches[name]:
            maps = concat([getattr(self, name)(maps) for name in names], axis=1)
        return maps


def mixed_5(inputs: int, pooled: int) -> Mixed:
    """Return a block for maps of 35×35 pixels (figure 5 of the paper)."""
    return Mixed(
        inputs,
        MEAN,
        branch1x1=[(64, 1)],
        branch5x5=[(48, 1), (64, 5)],
        branch3x3dbl=[(64, 1), (96, 3), (96, 3)],
        branch_pool=[(pooled, 1)],
    )


def mixed_6a(inputs: int) -> Mixed:
    """Return a block that halves the resolution to 17×17 pixels."""
    return Mixed(
        inputs,
        MAXIMUM,
        branch3x3=[(384, 3, 2)],
        branch3x3dbl=[(64, 1), (96, 3), (96, 3, 2)],
        branch_pool=[],
    )


def mixed_6(inputs: int, width: int) -> Mixed:
    """Return a block for maps of 17×17 pixels, with windows of 1×7 and 7×1 (figure 6)."""
    return Mixed(
        inputs,
        MEAN,
        branch1x1=[(192, 1)],
        branch7x7=[(width, 1), (width, (1, 7)), (192, (7, 1))],
        branch7x7dbl=[(width, 1), (width, (7, 1)), (width, (1, 7)), (width, (7, 1)), (192, (1, 7))],
        branch_pool=[(192, 1)],
    )


def mixed_7a(inputs: int) -> Mixed:
    """Return a block that halves the resolution to 8×8 pixels."""
    return Mixed(
        inputs,
        MAXIMUM,
        branch3x3=[(192, 1), (320, 3, 2)],
        branch7x7x3=[(192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2)],
        branch_pool=[],
    )


def mixed_7(inputs: int) -> Mixed:
    """Return a block for maps of 8×8 pixels, with windows of 1×3 beside 3×1 (figure 7)."""
    fork: list[Step] = [(384, (1, 3)), (384, (3, 1))]
    return Mixed(
        inputs,
        MEAN,
        branch1x1=[(320, 1)],
        branch3x3=[(384, 1), fork],
        branch3x3dbl=[(448, 1), (384, 3), fork],
        branch_pool=[(192, 1)],
    )


class Auxiliary(Module):
    """A classifier of maps of 17×17 pixels, or more."""

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.conv0 = conv(in_channels, 128, 1)
        self.conv1 = conv(128, 768, 5, 1)
        self.fc = Linear(768, num_classes)

    def forward(self, maps: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes)."""
        maps = self.conv1(self.conv0(avg_pool2d(maps, 5, stride=3)))
        return self.fc(adaptive_avg_pool2d(maps, (1, 1)).flatten(1))


class Inception3(Module):
    """Inception v3; in training, an auxiliary classifier looks at maps halfway.

    Parameters
    ----------
    num_classes : int
        Number of outputs.
    aux_logits : bool
        Whether there is an auxiliary classifier.
    transform_input : bool
        Whether images are normalised by ImageNet's statistics, and brought to the range from -1 to 1 first.
    init_weights : bool
        Whether weights are drawn from a normal distribution with standard deviation 0.1, truncated at 2. Otherwise
        layers draw their own.
    dropout : float
        Probability with which inputs of the output layer are left out.

    Examples
    --------
    >>> model = tl.models.Inception3(num_classes=10, init_weights=False)
    >>> model.eval()(tl.zeros(1, 3, 75, 75)).shape
    (1, 10)
    """

    @checked
    def __init__(
        self,
        num_classes: Size = 1000,
        aux_logits: bool = True,
        transform_input: bool = False,
        init_weights: bool = True,
        dropout: Fraction = 0.5,
    ) -> None:
        super().__init__()
        self.transform_input = transform_input
        self.Conv2d_1a_3x3 = conv(3, 32, 3, 2)
        self.Conv2d_2a_3x3 = conv(32, 32, 3, 1)
        self.Conv2d_2b_3x3 = conv(32, 64, 3)
        self.maxpool1 = MaxPool2d(3, stride=2)
        self.Conv2d_3b_1x1 = conv(64, 80, 1)
        self.Conv2d_4a_3x3 = conv(80, 192, 3, 1)
        self.maxpool2 = MaxPool2d(3, stride=2)
        self.Mixed_5b = mixed_5(192, pooled=32)
        self.Mixed_5c = mixed_5(256, pooled=64)
        self.Mixed_5d = mixed_5(288, pooled=64)
        self.Mixed_6a = mixed_6a(288)
        self.Mixed_6b = mixed_6(768, width=128)
        self.Mixed_6c = mixed_6(768, width=160)
        self.Mixed_6d = mixed_6(768, width=160)
        self.Mixed_6e = mixed_6(768, width=192)
        self.AuxLogits = Auxiliary(768, num_classes) if aux_logits else None
        self.Mixed_7a = mixed_7a(768)
        self.Mixed_7b = mixed_7(1280)
        self.Mixed_7c = mixed_7(2048)
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.dropout = Dropout(dropout)
        self.fc = Linear(2048, num_classes)
        if init_weights:
            self._initialize()

    def _initialize(self) -> None:
        for name, module in self.named_modules():
            if isinstance(module, Conv2d | Linear):
                trunc_normal_(module.weight, std=STANDARD_DEVIATIONS.get(name, 0.1))

    def forward(self, images: Tensor) -> Tensor | InceptionOutputs:
        """Classify images, (batch, 3, height, width).

        They have at least 75×75 pixels; in training with an auxiliary classifier about 299×299, for which the network
        was made.

        Returns
        -------
        Tensor or InceptionOutputs
            The classes' scores, (batch, num_classes); in training with those of the auxiliary classifier, if any.
        """
        if self.transform_input:
            images = from_imagenet_range(images)
        maps = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(images)))
        maps = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(self.maxpool1(maps)))
        maps = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(self.maxpool2(maps))))
        halfway = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(maps)))))
        aux = self.AuxLogits(halfway) if self.training and self.AuxLogits is not None else None
        maps = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(halfway)))
        scores = self.fc(self.dropout(self.avgpool(maps)).flatten(1))
        return scores if aux is None else InceptionOutputs(scores, aux)


STANDARD_DEVIATIONS = {"AuxLogits.conv1.conv": 0.01, "AuxLogits.fc": 0.001}
"""The standard deviations of initial weights other than 0.1."""


@register_model
def inception_v3(num_classes: Size = 1000, **options: Any) -> Inception3:
    """Inception v3: 27,161,264 parameters, of which the auxiliary classifier has 3,326,696."""
    return Inception3(num_classes, **options)
