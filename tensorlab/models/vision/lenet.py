"""LeNet-5 (LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998)."""

from __future__ import annotations

from typing import Any

from ...nn.functional.convolution import conv2d
from ...nn.functional.padding import pad
from ...nn.functional.pooling import avg_pool2d
from ...nn.init.filling import uniform_, zeros_
from ...nn.layers.activation import Tanh
from ...nn.layers.convolution import Conv2d
from ...nn.layers.linear import Flatten, Linear
from ...nn.layers.pooling import AvgPool2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...nn.module.parameter import Parameter
from ...ops.creation import tensor, zeros
from ...ops.trigonometric import tanh
from ...options import Size, checked
from ...random import uniform
from ...tensor import Tensor
from ..registry import register_model


class LeNet5(Module):
    """LeNet-5 as it is taught: the published layers with full connections, plain averages and a linear output layer.

    Parameters
    ----------
    num_classes : int
        Number of outputs.
    in_channels : int
        Number of the images' channels. Images are of 32×32 pixels.

    Examples
    --------
    >>> model = tl.models.LeNet5()
    >>> model(tl.zeros(2, 1, 32, 32)).shape, sum(p.size for p in model.parameters())
    ((2, 10), 61706)
    """

    @checked
    def __init__(self, num_classes: Size = 10, in_channels: Size = 1) -> None:
        super().__init__()
        self.features = Sequential(
            Conv2d(in_channels, 6, 5),
            Tanh(),
            AvgPool2d(2),
            Conv2d(6, 16, 5),
            Tanh(),
            AvgPool2d(2),
            Conv2d(16, 120, 5),
            Tanh(),
        )
        self.classifier = Sequential(Flatten(), Linear(120, 84), Tanh(), Linear(84, num_classes))

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, in_channels, 32, 32)."""
        return self.classifier(self.features(images))


@register_model
def lenet5(num_classes: Size = 10, in_channels: Size = 1) -> LeNet5:
    """LeNet-5 as it is taught, with 61,706 parameters.

    Parameters
    ----------
    num_classes : int
        Number of outputs.
    in_channels : int
        Number of the images' channels.
    weights : str or path, optional
        A file of parameters; see `load_weights`.

    Examples
    --------
    >>> tl.models.lenet5(num_classes=7).classifier[-1]
    Linear(in_features=84, out_features=7, bias=True)
    """
    return LeNet5(num_classes, in_channels)


class LeNet5Original(Module):
    """LeNet-5 as published: trainable subsampling, partial connections, a scaled tanh, and distances to codes.

    The output is the negative of the paper's, the squared distance of the last layer to a bitmap of each digit, so that
    the greatest score wins as elsewhere; with `nn.CrossEntropyLoss` it is trained by the paper's criterion (equation 9,
    without the constant for a class of rubbish). Weights are drawn uniformly within 2.4 divided by the number of a
    unit's inputs.

    Examples
    --------
    >>> model = tl.models.LeNet5Original()
    >>> model(tl.zeros(2, 1, 32, 32)).shape, sum(p.size for p in model.parameters())
    ((2, 10), 60000)
    """

    def __init__(self) -> None:
        super().__init__()
        self.c1 = Conv2d(1, 6, 5)
        self.s2 = Subsampling(6)
        self.c3 = PartialConv2d(6, C3_INPUTS, 5)
        self.s4 = Subsampling(16)
        self.c5 = Conv2d(16, 120, 5)
        self.f6 = Linear(120, 84)
        self.register_buffer("codes", tensor(digit_codes()))
        layers: dict[Any, int] = {self.c1: 25, self.s2: 4, self.s4: 4, self.c5: 400, self.f6: 120}
        for layer, inputs in layers.items():
            uniform_(layer.weight, -2.4 / inputs, 2.4 / inputs)
            zeros_(layer.bias)

    codes: Tensor

    def forward(self, images: Tensor) -> Tensor:
        """Return the digits' scores, (batch, 10), of images, (batch, 1, 32, 32), from -0.1 (white) to 1.175 (black)."""
        maps = squash(self.s2(squash(self.c1(images))))
        maps = squash(self.s4(squash(self.c3(maps))))
        features = squash(self.f6(squash(self.c5(maps)).flatten(1)))
        return -((features[:, None] - self.codes) ** 2).sum(axis=-1)


def squash(x: Tensor) -> Tensor:
    """Return ``1.7159 tanh(2/3 x)``, which maps -1 and 1 to themselves."""
    return 1.7159 * tanh(x * (2 / 3))


class Subsampling(Module):
    """The sum of each 2×2 pixels, times a learned factor of the channel, plus its bias."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = Parameter(zeros(channels, 1, 1))
        self.bias = Parameter(zeros(channels, 1, 1))

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of half the resolution."""
        return 4.0 * avg_pool2d(maps, 2) * self.weight + self.bias


C3_INPUTS = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5), (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5),
    (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5), (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5),
)  # fmt: skip
"""The channels to which each channel of the third layer is connected (table 1)."""


class PartialConv2d(Module):
    """A convolution in which each output channel is connected to some input channels.

    Parameters
    ----------
    in_channels : int
        Number of the input's channels.
    connections : sequence of sequence of int
        The input channels of each output channel.
    kernel_size : int
        Length of the window.
    """

    def __init__(self, in_channels: int, connections: tuple[tuple[int, ...], ...], kernel_size: int) -> None:
        super().__init__()
        pairs = [(output, source) for output, sources in enumerate(connections) for source in sources]
        outputs = range(len(connections))
        places = [[pairs.index((o, i)) if (o, i) in pairs else len(pairs) for i in range(in_channels)] for o in outputs]
        fans = tensor([[[float(len(connections[output]) * kernel_size**2)]] for output, _ in pairs])
        self.weight = Parameter(uniform((len(pairs), kernel_size, kernel_size), -2.4, 2.4) / fans)
        self.bias = Parameter(zeros(len(connections)))
        self.register_buffer("places", tensor(places), persistent=False)

    places: Tensor

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of one channel for each entry of `connections`."""
        windows = pad(self.weight, (0, 0, 0, 0, 0, 1))  # the last one is that of channels without connection
        return conv2d(maps, windows[self.places], self.bias)


def digit_codes() -> list[list[float]]:
    """Return the targets of the last layer, from -1 to 1: bitmaps of the digits, of 7×12 pixels."""
    return [[1.0 if pixel == "#" else -1.0 for row in rows for pixel in row] for rows in zip(*DIGITS, strict=True)]


DIGITS = [
    row.split()
    for row in """
    ....... ....... ....... ....... ....... ....... ....... ....... ....... .......
    ..###.. ...##.. .#####. .#####. ....##. .#####. ..####. ####### .#####. .####..
    .##.##. ..###.. ##...## ##...## ...###. .##.... .##.... .....## ##...## ##..##.
    ##...## .####.. .....## .....## ..####. .##.... ##..... ....##. ##...## ##...##
    ##...## ...##.. .....## .....## .##.##. .##.... ##..... ....##. ##...## ##...##
    ##...## ...##.. ....##. ..####. ##..##. .#####. ##.###. ...##.. .#####. ##...##
    ##...## ...##.. ...##.. .....## ####### .....## ##...## ...##.. ##...## .######
    ##...## ...##.. ..##... .....## ....##. .....## ##...## ..##... ##...## .....##
    ##...## ...##.. .##.... .....## ....##. .....## ##...## ..##... ##...## .....##
    .##.##. ...##.. ##..... ##...## ....##. ##...## .##..## .##.... ##...## ....##.
    ..###.. .###### ####### .#####. ....##. .#####. ..####. .##.... .#####. .####..
    ....... ....... ....... ....... ....... ....... ....... ....... ....... .......
    """.strip().splitlines()
]
"""The digits from 0 to 9 side by side."""


@register_model
def lenet5_original() -> LeNet5Original:
    """LeNet-5 as published, with distances to bitmaps of the ten digits: 60,000 parameters."""
    return LeNet5Original()
