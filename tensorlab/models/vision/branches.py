"""What Inception networks are made of: normalised convolutions, and branches whose outputs are concatenated."""

from __future__ import annotations

from typing import Any

from ...nn.functional.activation import relu
from ...nn.layers.batchnorm import BatchNorm2d
from ...nn.layers.convolution import Conv2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...ops.joining import concat
from ...tensor import Tensor

Window = int | tuple[int, int]
Step = tuple[int, Window] | tuple[int, Window, int]
"""A convolution: output channels, window, and the stride if it is not padded; otherwise it keeps the resolution."""

IMAGENET = ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))
"""Mean and standard deviation of each channel of ImageNet's images."""


class BasicConv2d(Module):
    """A convolution, batch normalisation and ReLU; `options` are those of `Conv2d`."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Window, **options: Any) -> None:
        super().__init__()
        self.conv = Conv2d(in_channels, out_channels, kernel_size, bias=False, **options)
        self.bn = BatchNorm2d(out_channels, eps=0.001)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of `out_channels` channels."""
        return relu(self.bn(self.conv(maps)))


class Branches(Module):
    """Modules that all get the input; their outputs are concatenated along the channels."""

    def __init__(self, **branches: Module) -> None:
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, maps: Tensor) -> Tensor:
        """Return the branches' outputs as one array."""
        return concat([branch(maps) for branch in self.children()], axis=1)


def conv(inputs: int, outputs: int, window: Window, stride: int | None = None) -> BasicConv2d:
    """Return a convolution that keeps the resolution, or one that has a stride and is not padded."""
    if stride is None:
        return BasicConv2d(inputs, outputs, window, padding="same")
    return BasicConv2d(inputs, outputs, window, stride=stride)


def conv_step(inputs: int, step: Step) -> BasicConv2d:
    """Return the convolution of a step."""
    return conv(inputs, *step) if len(step) == 2 else conv(inputs, step[0], step[1], step[2])


def convs(inputs: int, *steps: Step, after: Module | None = None) -> Sequential:
    """Return convolutions in sequence, if need be after another module."""
    layers = [] if after is None else [after]
    for step in steps:
        layers.append(conv_step(inputs, step))
        inputs = step[0]
    return Sequential(*layers)


def from_imagenet_range(images: Tensor) -> Tensor:
    """Bring images, (batch, 3, height, width), that were normalised by ImageNet's statistics to the range [-1, 1]."""
    channels = [images[:, i : i + 1] * (std / 0.5) + (mean - 0.5) / 0.5 for i, (mean, std) in enumerate(IMAGENET)]
    return concat(channels, axis=1)
