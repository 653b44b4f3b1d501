"""Residual networks without normalisation.

(Brock, De and Smith, "Characterizing signal propagation to close the performance gap in unnormalized ResNets", 2021.)
Train them with `nn.utils.clip_grad_adaptive_`, of all parameters but those of the last layer.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

from ...backend.memory import require_memory
from ...nn.functional.activation import relu
from ...nn.functional.convolution import conv2d
from ...nn.init.filling import zeros_
from ...nn.init.variance import kaiming_normal_
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout, StochasticDepth
from ...nn.layers.linear import Linear
from ...nn.layers.pooling import MaxPool2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...nn.module.parameter import Parameter
from ...ops.creation import ones, zeros
from ...ops.normalization import normalize_trailing
from ...options import BelowOne, Fraction, NonNegative, Size, checked
from ...tensor import Tensor
from ..registry import register_model
from .blocks import initialize

RELU_GAIN = sqrt(2 / (1 - 1 / pi))
"""The factor that gives ReLU's outputs the variance one if its inputs are standard normal."""


class ScaledConv2d(Conv2d):
    """A convolution whose filters are shifted and scaled so that its outputs have the variance of its inputs.

    The weights of each output channel get the mean zero and the variance ``(scale * gain)**2 / fan_in``, where the
    gain, a parameter, begins as one. Inputs that are outputs of ReLU have the scale `RELU_GAIN`.
    """

    def __init__(self, inputs: int, outputs: int, window: int, scale: float = RELU_GAIN, **options: Any) -> None:
        super().__init__(inputs, outputs, window, padding=window // 2, **options)
        self.scale = scale
        self.gain = Parameter(ones(outputs, 1, 1, 1))
        kaiming_normal_(self.weight, nonlinearity="linear")
        if self.bias is not None:
            zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the maps, (batch, outputs, height, width)."""
        fan_in = self.weight.size // self.out_channels
        filters = normalize_trailing(self.weight, ndim=3, eps=1e-4 / fan_in) * (self.gain * (self.scale / sqrt(fan_in)))
        return conv2d(input, filters, self.bias, self.stride, self.padding)


class NFBlock(Module):
    """A bottleneck that is scaled by alpha and added to the input; its own input has been scaled to variance one.

    Where the shape changes, the shortcut is a 1×1 convolution of the scaled input, and the variance begins anew at one.

    Parameters
    ----------
    inputs, outputs : int
        Channels of input and output.
    stride : int
        Stride of the 3×3 convolution.
    alpha : float
        Standard deviation of what is added.
    variance : float
        That of the input, if it is standard normal at the beginning of the stage.
    skipinit : bool
        Whether what is added begins as zero, by a gain that is learned (De and Smith, 2020).
    depth : float
        Probability with which the block is left out in training.
    """

    def __init__(
        self, inputs: int, outputs: int, stride: int, alpha: float, variance: float, skipinit: bool, depth: float
    ) -> None:
        super().__init__()
        width = outputs // 4
        self.alpha, self.beta = alpha, sqrt(variance)
        changes = stride != 1 or inputs != outputs
        self.downsample = ScaledConv2d(inputs, outputs, 1, stride=stride) if changes else None
        self.conv1 = ScaledConv2d(inputs, width, 1)
        self.conv2 = ScaledConv2d(width, width, 3, stride=stride)
        self.conv3 = ScaledConv2d(width, outputs, 1)
        self.stochastic_depth = StochasticDepth(depth, "row")
        self.skip_gain = Parameter(zeros(())) if skipinit else None

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of `outputs` channels."""
        scaled = relu(maps) * (1 / self.beta)
        shortcut = maps if self.downsample is None else self.downsample(scaled)
        residual = self.conv3(relu(self.conv2(relu(self.conv1(scaled)))))
        gain = self.alpha if self.skip_gain is None else self.alpha * self.skip_gain
        return shortcut + gain * self.stochastic_depth(residual)


class NFResNet(Module):
    """A pre-activation residual network without normalisation, whose signals keep their variance nevertheless.

    Each block adds ``alpha * f(x / beta)`` to its input x, where beta is the standard deviation that x has by theory:
    the variances of a stage are ``1 + alpha**2``, ``1 + 2 alpha**2`` and so on. Filters are standardised.

    Parameters
    ----------
    layers : sequence of int
        The number of blocks of each of the four stages.
    num_classes : int
        Number of outputs.
    alpha : float
        Standard deviation of what each block adds.
    skipinit : bool
        Whether blocks begin as their shortcuts, by a gain that is zero at first.
    stochastic_depth_prob : float
        Probability with which a block after the last would be left out in training; it grows from zero at the first.
    dropout : float
        Probability with which inputs of the last layer are left out.

    Examples
    --------
    >>> model = tl.models.NFResNet((1, 1, 1, 1), num_classes=10)
    >>> model(tl.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    layer1: Sequential
    layer2: Sequential
    layer3: Sequential
    layer4: Sequential

    @checked
    def __init__(
        self,
        layers: tuple[Size, Size, Size, Size],
        num_classes: Size = 1000,
        alpha: NonNegative = 0.2,
        skipinit: bool = True,
        stochastic_depth_prob: BelowOne = 0.1,
        dropout: Fraction = 0.25,
    ) -> None:
        super().__init__()
        require_memory("NFResNet", f"layers={layers}", sum(layers))
        self.conv1 = ScaledConv2d(3, 64, 7, scale=1.0, stride=2, bias=False)
        self.maxpool = MaxPool2d(3, stride=2, padding=1)
        channels, variance, before = 64, 1.0, 0
        for stage, blocks in enumerate(layers):
            outputs, parts = 256 * 2**stage, []
            for block in range(blocks):
                stride = 2 if stage > 0 and block == 0 else 1
                depth = stochastic_depth_prob * (before + block) / sum(layers)
                parts.append(NFBlock(channels, outputs, stride, alpha, variance, skipinit, depth))
                variance = (1.0 if block == 0 else variance) + alpha**2
                channels = outputs
            before += blocks
            self.add_module(f"layer{stage + 1}", Sequential(*parts))
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.dropout = Dropout(dropout)
        self.fc = Linear(channels, num_classes)
        initialize(self.fc)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), of any size."""
        maps = self.layer4(self.layer3(self.layer2(self.layer1(self.maxpool(self.conv1(images))))))
        return self.fc(self.dropout(self.avgpool(relu(maps) * RELU_GAIN).flatten(1)))


@register_model
def nf_resnet50(num_classes: Size = 1000, **options: Any) -> NFResNet:
    """Residual network with 50 layers and no normalisation: 25,556,984 parameters."""
    return NFResNet((3, 4, 6, 3), num_classes, **options)


@register_model
def nf_resnet101(num_classes: Size = 1000, **options: Any) -> NFResNet:
    """Residual network with 101 layers and no normalisation: 44,549,129 parameters."""
    return NFResNet((3, 4, 23, 3), num_classes, **options)


@register_model
def nf_resnet152(num_classes: Size = 1000, **options: Any) -> NFResNet:
    """Residual network with 152 layers and no normalisation: 60,192,794 parameters."""
    return NFResNet((3, 8, 36, 3), num_classes, **options)


@register_model
def nf_resnet200(num_classes: Size = 1000, **options: Any) -> NFResNet:
    """Residual network with 200 layers and no normalisation: 64,673,834 parameters."""
    return NFResNet((3, 24, 36, 3), num_classes, **options)


@register_model
def nf_resnet288(num_classes: Size = 1000, **options: Any) -> NFResNet:
    """Residual network with 288 layers and no normalisation: 146,460,488 parameters."""
    return NFResNet((24, 24, 24, 24), num_classes, **options)
