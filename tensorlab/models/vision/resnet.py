"""ResNet (He et al., "Deep residual learning for image recognition", 2015), ResNeXt and Wide ResNet.

ResNeXt divides the 3×3 convolutions of the bottlenecks into groups (Xie et al., "Aggregated residual transformations
for deep neural networks", 2016); Wide ResNet gives them more channels (Zagoruyko and Komodakis, "Wide residual
networks", 2016). Where a bottleneck halves the resolution, its 3×3 convolution does so, as in torchvision; in the paper
the first 1×1 convolution does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, ClassVar

from ...backend.memory import require_memory
from ...nn.init.filling import zeros_
from ...nn.init.variance import kaiming_normal_
from ...nn.layers.activation import ReLU
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.batchnorm import BatchNorm2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.linear import Linear
from ...nn.layers.pooling import MaxPool2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...options import Size, checked
from ...options.kinds import Function
from ...tensor import Tensor
from ..registry import register_model


class BasicBlock(Module):
    """Two 3×3 convolutions, whose output is added to the input.

    Parameters
    ----------
    inplanes, planes : int
        Channels of input and output.
    stride : int
        Stride of the first convolution.
    downsample : Module, optional
        Gives the input the shape of the output.
    groups, base_width, dilation : int
        1, 64 and 1: only `Bottleneck` has others.
    norm_layer : callable, optional
        Makes a normalisation of so many channels; `BatchNorm2d` by default.

    Examples
    --------
    >>> tl.models.resnet.BasicBlock(8, 8)(tl.zeros(1, 8, 6, 6)).shape
    (1, 8, 6, 6)
    """

    expansion: ClassVar[int] = 1

    @checked
    def __init__(
        self,
        inplanes: Size,
        planes: Size,
        stride: Size = 1,
        downsample: Module | None = None,
        groups: Size = 1,
        base_width: Size = 64,
        dilation: Size = 1,
        norm_layer: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__()
        if (groups, base_width, dilation) != (1, 64, 1):
            raise ValueError(
                "BasicBlock: groups, base_width and dilation must be 1, 64 and 1, "
                f"not {groups}, {base_width} and {dilation}; Bottleneck has others"
            )
        norm = norm_layer or BatchNorm2d
        self.conv1 = Conv2d(inplanes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn1 = norm(planes)
        self.relu = ReLU()
        self.conv2 = Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = norm(planes)
        self.downsample = downsample

    @property
    def last_norm(self) -> Any:
        """The normalisation before the sum."""
        return self.bn2

    def forward(self, images: Tensor) -> Tensor:
        """Return the output, of `planes` channels."""
        residual = self.relu(self.bn1(self.conv1(images)))
        residual = self.bn2(self.conv2(residual))
        return self.relu(residual + (images if self.downsample is None else self.downsample(images)))


class Bottleneck(Module):
    """A 3×3 convolution between two of 1×1, which reduce and restore the channels; the output is added to the input.

    Parameters
    ----------
    inplanes : int
        Channels of the input.
    planes : int
        A quarter of the output's channels.
    stride : int
        Stride of the 3×3 convolution.
    downsample : Module, optional
        Gives the input the shape of the output.
    groups : int
        Groups of the 3×3 convolution.
    base_width : int
        Channels of each group if `planes` is 64; they grow in proportion to it.
    dilation : int
        Distance of the pixels that the 3×3 convolution sees.
    norm_layer : callable, optional
        Makes a normalisation of so many channels; `BatchNorm2d` by default.

    Examples
    --------
    >>> tl.models.resnet.Bottleneck(32, 8)(tl.zeros(1, 32, 6, 6)).shape
    (1, 32, 6, 6)
    """

    expansion: ClassVar[int] = 4

    @checked
    def __init__(
        self,
        inplanes: Size,
        planes: Size,
        stride: Size = 1,
        downsample: Module | None = None,
        groups: Size = 1,
        base_width: Size = 64,
        dilation: Size = 1,
        norm_layer: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__()
        norm = norm_layer or BatchNorm2d
        width, outputs = planes * base_width // 64 * groups, planes * self.expansion
        self.conv1 = Conv2d(inplanes, width, 1, bias=False)
        self.bn1 = norm(width)
        self.conv2 = Conv2d(
            width, width, 3, stride=stride, padding=dilation, dilation=dilation, groups=groups, bias=False
        )
        self.bn2 = norm(width)
        self.conv3 = Conv2d(width, outputs, 1, bias=False)
        self.bn3 = norm(outputs)
        self.relu = ReLU()
        self.downsample = downsample

    @property
    def last_norm(self) -> Any:
        """The normalisation before the sum."""
        return self.bn3

    def forward(self, images: Tensor) -> Tensor:
        """Return the output, of four times `planes` channels."""
        residual = self.relu(self.bn1(self.conv1(images)))
        residual = self.relu(self.bn2(self.conv2(residual)))
        residual = self.bn3(self.conv3(residual))
        return self.relu(residual + (images if self.downsample is None else self.downsample(images)))


class ResNet(Module):
    """Four stages of residual blocks, of which each but the first halves the resolution.

    Parameters
    ----------
    block : type
        `BasicBlock` or `Bottleneck`.
    layers : sequence of int
        The number of blocks of each stage.
    num_classes : int
        Number of outputs.
    zero_init_residual : bool
        Whether the last normalisation of each block begins with a scale of zero, so that all blocks begin as the
        identity (Goyal et al., 2017).
    groups, width_per_group : int
        Groups of the 3×3 convolutions of bottlenecks, and each group's channels in the first stage.
    replace_stride_with_dilation : sequence of bool, optional
        For each stage after the first, whether it keeps the resolution and dilates its convolutions instead.
    norm_layer : callable, optional
        Makes a normalisation of so many channels; `BatchNorm2d` by default.

    Raises
    ------
    TypeError
        If `block` has no attribute `expansion`, the ratio of its output's channels to its `planes`.
    ValueError
        If `layers` or `replace_stride_with_dilation` have the wrong length, or the block is a `BasicBlock` and the
        options are those of bottlenecks.

    Examples
    --------
    >>> model = tl.models.ResNet(tl.models.resnet.BasicBlock, (1, 1, 1, 1), num_classes=10)
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
        block: Annotated[Any, Function()],
        layers: tuple[Size, Size, Size, Size],
        num_classes: Size = 1000,
        zero_init_residual: bool = False,
        groups: Size = 1,
        width_per_group: Size = 64,
        replace_stride_with_dilation: tuple[bool, bool, bool] | None = None,
        norm_layer: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__()
        if not hasattr(block, "expansion"):
            raise TypeError(
                f"ResNet: block must be a class with the attribute expansion, such as Bottleneck, not {block!r}"
            )
        require_memory("ResNet", f"layers={layers}", sum(layers))
        norm = norm_layer or BatchNorm2d
        self.conv1 = Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = norm(64)
        self.relu = ReLU()
        self.maxpool = MaxPool2d(3, stride=2, padding=1)
        make = partial(block, groups=groups, base_width=width_per_group, norm_layer=norm)
        channels, dilation = 64, 1
        for number, dilate in enumerate((False, *(replace_stride_with_dilation or (False, False, False)))):
            planes, stride = 64 * 2**number, 1 if number == 0 or dilate else 2
            outputs, before = planes * block.expansion, dilation
            dilation *= 2 if dilate else 1
            downsample = None
            if stride != 1 or channels != outputs:
                downsample = Sequential(Conv2d(channels, outputs, 1, stride=stride, bias=False), norm(outputs))
            first = make(channels, planes, stride, downsample, dilation=before)
            others = [make(outputs, planes, dilation=dilation) for _ in range(layers[number] - 1)]
            self.add_module(f"layer{number + 1}", Sequential(first, *others))
            channels = outputs
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.fc = Linear(channels, num_classes)
        self._initialize(zero_init_residual)

    def _initialize(self, zero_init_residual: bool) -> None:
        for module in self.modules():
            if isinstance(module, Conv2d):
                kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif zero_init_residual and isinstance(module, BasicBlock | Bottleneck):
                zeros_(module.last_norm.weight)

    def forward(self, images: Tensor) -> Tensor:
        """Return the classes' scores, (batch, num_classes), of images, (batch, 3, height, width), of any size."""
        maps = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        maps = self.layer4(self.layer3(self.layer2(self.layer1(maps))))
        return self.fc(self.avgpool(maps).flatten(1))


@register_model
def resnet18(num_classes: Size = 1000, **options: Any) -> ResNet:
    """ResNet with 18 layers: 11,689,512 parameters."""
    return ResNet(BasicBlock, (2, 2, 2, 2), num_classes, **options)


@register_model
def resnet34(num_classes: Size = 1000, **options: Any) -> ResNet:
    """ResNet with 34 layers: 21,797,672 parameters."""
    return ResNet(BasicBlock, (3, 4, 6, 3), num_classes, **options)


@register_model
def resnet50(num_classes: Size = 1000, **options: Any) -> ResNet:
    """ResNet with 50 layers: 25,557,032 parameters."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, **options)


@register_model
def resnet101(num_classes: Size = 1000, **options: Any) -> ResNet:
    """ResNet with 101 layers: 44,549,160 parameters."""
    return ResNet(Bottleneck, (3, 4, 23, 3), num_classes, **options)


@register_model
def resnet152(num_classes: Size = 1000, **options: Any) -> ResNet:
    """ResNet with 152 layers: 60,192,808 parameters."""
    return ResNet(Bottleneck, (3, 8, 36, 3), num_classes, **options)


@register_model
def resnext50_32x4d(num_classes: Size = 1000, **options: Any) -> ResNet:
    """ResNeXt with 50 layers, 32 groups of 4 channels: 25,028,904 parameters."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, groups=32, width_per_group=4, **options)


@register_model
def resnext101_32x8d(num_classes: Size = 1000, **options: Any) -> ResNet:
    """ResNeXt with 101 layers, 32 groups of 8 channels: 88,791,336 parameters."""
    return ResNet(Bottleneck, (3, 4, 23, 3), num_classes, groups=32, width_per_group=8, **options)


@register_model
def resnext101_64x4d(num_classes: Size = 1000, **options: Any) -> ResNet:
    """ResNeXt with 101 layers, 64 groups of 4 channels: 83,455,272 parameters."""
    return ResNet(Bottleneck, (3, 4, 23, 3), num_classes, groups=64, width_per_group=4, **options)


@register_model
def wide_resnet50_2(num_classes: Size = 1000, **options: Any) -> ResNet:
    """ResNet with 50 layers and twice as many channels in each bottleneck: 68,883,240 parameters."""
    return ResNet(Bottleneck, (3, 4, 6, 3), num_classes, width_per_group=128, **options)


@register_model
def wide_resnet101_2(num_classes: Size = 1000, **options: Any) -> ResNet:
    """ResNet with 101 layers and twice as many channels in each bottleneck: 126,886,696 parameters."""
    return ResNet(Bottleneck, (3, 4, 23, 3), num_classes, width_per_group=128, **options)
