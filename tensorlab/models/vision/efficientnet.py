"""EfficientNet, whose width, depth and resolution grow together, and EfficientNet v2.

Tan and Le, "EfficientNet: Rethinking model scaling for convolutional neural networks", 2019, and "EfficientNetV2:
Smaller models and faster training", 2021.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Annotated, Any, NamedTuple

from ...backend.memory import require_memory
from ...nn.init.filling import uniform_
from ...nn.layers.activation import SiLU
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.batchnorm import BatchNorm2d
from ...nn.layers.dropout import Dropout, StochasticDepth
from ...nn.layers.linear import Linear
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...options import Fraction, Size, checked
from ...options.kinds import Choice, Many, Several, Whole
from ...tensor import Tensor
from ..registry import register_model
from .blocks import ConvNorm, Layer, SqueezeExcitation, divisible, initialize


class Stage(NamedTuple):
    """Blocks of one resolution; `fused` blocks have no convolutions of single channels."""

    fused: bool
    expansion: int
    window: int
    stride: int
    inputs: int
    outputs: int
    blocks: int


STAGE = Several((Choice((False, True)), *[Whole(1)] * 6))
"""How a stage is read: the entries of `Stage` in order."""

B0 = (
    Stage(False, 1, 3, 1, 32, 16, 1),
    Stage(False, 6, 3, 2, 16, 24, 2),
    Stage(False, 6, 5, 2, 24, 40, 2),
    Stage(False, 6, 3, 2, 40, 80, 3),
    Stage(False, 6, 5, 1, 80, 112, 3),
    Stage(False, 6, 5, 2, 112, 192, 4),
    Stage(False, 6, 3, 1, 192, 320, 1),
)
V2_S = (
    Stage(True, 1, 3, 1, 24, 24, 2),
    Stage(True, 4, 3, 2, 24, 48, 4),
    Stage(True, 4, 3, 2, 48, 64, 4),
    Stage(False, 4, 3, 2, 64, 128, 6),
    Stage(False, 6, 3, 1, 128, 160, 9),
    Stage(False, 6, 3, 2, 160, 256, 15),
)
V2_M = (
    Stage(True, 1, 3, 1, 24, 24, 3),
    Stage(True, 4, 3, 2, 24, 48, 5),
    Stage(True, 4, 3, 2, 48, 80, 5),
    Stage(False, 4, 3, 2, 80, 160, 7),
    Stage(False, 6, 3, 1, 160, 176, 14),
    Stage(False, 6, 3, 2, 176, 304, 18),
    Stage(False, 6, 3, 1, 304, 512, 5),
)
V2_L = (
    Stage(True, 1, 3, 1, 32, 32, 4),
    Stage(True, 4, 3, 2, 32, 64, 7),
    Stage(True, 4, 3, 2, 64, 96, 7),
    Stage(False, 4, 3, 2, 96, 192, 10),
    Stage(False, 6, 3, 1, 192, 224, 19),
    Stage(False, 6, 3, 2, 224, 384, 25),
    Stage(False, 6, 3, 1, 384, 640, 7),
)


class InvertedBottleneck(Module):
    """More channels, a convolution of each channel, squeeze and excitation, few channels; and a shortcut.

    A fused block has one convolution of all channels in place of the first two, and no squeeze and excitation.
    The shortcut is there where input and output have the same shape; the rest is left out at random in training.
    """

    def __init__(self, stage: Stage, inputs: int, stride: int, drop: float, norm: Layer) -> None:
        super().__init__()
        conv = partial(ConvNorm, norm=norm, activation=SiLU)
        width, outputs = divisible(inputs * stage.expansion), stage.outputs
        layers: list[Module]
        project = ConvNorm(width, outputs, 1, norm=norm, activation=None)
        if stage.fused:
            whole = conv(inputs, outputs if width == inputs else width, stage.window, stride=stride)
            layers = [whole] if width == inputs else [whole, project]
        else:
            expand = [] if width == inputs else [conv(inputs, width, 1)]
            depthwise = conv(width, width, stage.window, stride=stride, groups=width)
            layers = [*expand, depthwise, SqueezeExcitation(width, max(1, inputs // 4), SiLU), project]
        self.block = Sequential(*layers)
        self.stochastic_depth = StochasticDepth(drop, "row")
        self.residual = stride == 1 and inputs == outputs

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the stage's channels."""
        return maps + self.stochastic_depth(self.block(maps)) if self.residual else self.block(maps)


class EfficientNet(Module):
    """Stages of inverted bottlenecks with squeeze and excitation.

    Parameters
    ----------
    stages : sequence of (fused, expansion, window, stride, inputs, outputs, blocks)
        Whether the blocks of the stage have whole convolutions, the factor of their channels inside, the window, the
        stride of the first, the channels of the input and of the output, and the number of blocks.
    dropout : float
        Probability with which inputs of the linear layer are left out.
    stochastic_depth_prob : float
        Probability with which a block is left out in training; it grows from zero at the first block towards this.
    num_classes : int
        Number of outputs.
    norm_layer : callable, optional
        Makes a normalisation of so many channels; `BatchNorm2d` by default.
    last_channel : int, optional
        Channels of the last convolution; by default four times those of the last stage.

    Raises
    ------
    ValueError
        If there is no stage, or a stage's inputs are not the outputs of the one before.

    Examples
    --------
    >>> stages = [(True, 1, 3, 1, 8, 8, 1), (False, 4, 3, 2, 8, 16, 2)]
    >>> model = tl.models.EfficientNet(stages, num_classes=10)
    >>> model(tl.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    @checked
    def __init__(
        self,
        stages: Annotated[Sequence[tuple[bool | int, ...]], Many(STAGE)],
        dropout: Fraction = 0.2,
        stochastic_depth_prob: Fraction = 0.2,
        num_classes: Size = 1000,
        norm_layer: Layer | None = None,
        last_channel: Size | None = None,
    ) -> None:
        super().__init__()
        plan = [Stage(*stage) for stage in stages]  # type: ignore[arg-type]
        if not plan or any(before.outputs != stage.inputs for before, stage in pairwise(plan)):
            raise ValueError(
                "EfficientNet: stages must be at least one, each with the outputs of the one before as its inputs, "
                f"not {stages}"
            )
        require_memory("EfficientNet", f"stages={stages} blocks", sum(stage.blocks for stage in plan))
        norm = norm_layer or BatchNorm2d
        conv = partial(ConvNorm, norm=norm, activation=SiLU)
        layers: list[Module] = [conv(3, plan[0].inputs, stride=2)]
        drop = stochastic_depth_prob / sum(stage.blocks for stage in plan)
        before = 0
        for stage in plan:
            first = InvertedBottleneck(stage, stage.inputs, stage.stride, drop * before, norm)
            others = (
                InvertedBottleneck(stage, stage.outputs, 1, drop * number, norm)
                for number in range(before + 1, before + stage.blocks)
            )
            layers.append(Sequential(first, *others))
            before += stage.blocks
        last = last_channel or 4 * plan[-1].outputs
        self.features = Sequential(*layers, conv(plan[-1].outputs, last, 1))
        self.avgpool = AdaptiveAvgPool2d(1)
        self.classifier = Sequential(Dropout(dropout), Linear(last, num_classes))
        self.apply(initialize)
        bound = 1 / math.sqrt(num_classes)
        uniform_(self.classifier[1].weight, -bound, bound)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), of any size."""
        return self.classifier(self.avgpool(self.features(images)).flatten(1))


def _scaled(width: float, depth: float, dropout: float, num_classes: int, options: dict[str, Any]) -> EfficientNet:
    """Return the first EfficientNet with more channels and blocks."""
    stages = [
        stage._replace(
            inputs=divisible(stage.inputs * width),
            outputs=divisible(stage.outputs * width),
            blocks=math.ceil(stage.blocks * depth),
        )
        for stage in B0
    ]
    return EfficientNet(stages, **{"dropout": dropout, **options}, num_classes=num_classes)


def _second(stages: tuple[Stage, ...], dropout: float, num_classes: int, options: dict[str, Any]) -> EfficientNet:
    """Return an EfficientNet v2."""
    defaults = {"dropout": dropout, "norm_layer": partial(BatchNorm2d, eps=0.001), "last_channel": 1280}
    return EfficientNet(stages, **{**defaults, **options}, num_classes=num_classes)


SLOW_NORM = partial(BatchNorm2d, eps=0.001, momentum=0.01)
"""The normalisation of the three largest networks."""


@register_model
def efficientnet_b0(num_classes: Size = 1000, **options: Any) -> EfficientNet:
    """EfficientNet B0, published for images of 224×224: 5,288,548 parameters."""
    return _scaled(1.0, 1.0, 0.2, num_classes, options)


@register_model
def efficientnet_b1(num_classes: Size = 1000, **options: Any) -> EfficientNet:
    """EfficientNet B1, published for images of 240×240: 7,794,184 parameters."""
    return _scaled(1.0, 1.1, 0.2, num_classes, options)


@register_model
def efficientnet_b2(num_classes: Size = 1000, **options: Any) -> EfficientNet:
    """EfficientNet B2, published for images of 260×260: 9,109,994 parameters."""
    return _scaled(1.1, 1.2, 0.3, num_classes, options)


@register_model
def efficientnet_b3(num_classes: Size = 1000, **options: Any) -> EfficientNet:
    """EfficientNet B3, published for images of 300×300: 12,233,232 parameters."""
    return _scaled(1.2, 1.4, 0.3, num_classes, options)


@register_model
def efficientnet_b4(num_classes: Size = 1000, **options: Any) -> EfficientNet:
    """EfficientNet B4, published for images of 380×380: 19,341,616 parameters."""
    return _scaled(1.4, 1.8, 0.4, num_classes, options)


@register_model
def efficientnet_b5(num_classes: Size = 1000, **options: Any) -> EfficientNet:
    """EfficientNet B5, published for images of 456×456: 30,389,784 parameters."""
    return _scaled(1.6, 2.2, 0.4, num_classes, {"norm_layer": SLOW_NORM, **options})


@register_model
def efficientnet_b6(num_classes: Size = 1000, **options: Any) -> EfficientNet:
    """EfficientNet B6, published for images of 528×528: 43,040,704 parameters."""
    return _scaled(1.8, 2.6, 0.5, num_classes, {"norm_layer": SLOW_NORM, **options})


@register_model
def efficientnet_b7(num_classes: Size = 1000, **options: Any) -> EfficientNet:
    """EfficientNet B7, published for images of 600×600: 66,347,960 parameters."""
    return _scaled(2.0, 3.1, 0.5, num_classes, {"norm_layer": SLOW_NORM, **options})


@register_model
def efficientnet_v2_s(num_classes: Size = 1000, **options: Any) -> EfficientNet:
    """EfficientNet v2, small: 21,458,488 parameters."""
    return _second(V2_S, 0.2, num_classes, options)


@register_model
def efficientnet_v2_m(num_classes: Size = 1000, **options: Any) -> EfficientNet:
    """EfficientNet v2, medium: 54,139,356 parameters."""
    return _second(V2_M, 0.3, num_classes, options)


@register_model
def efficientnet_v2_l(num_classes: Size = 1000, **options: Any) -> EfficientNet:
    """EfficientNet v2, large: 118,515,272 parameters."""
    return _second(V2_L, 0.4, num_classes, options)
