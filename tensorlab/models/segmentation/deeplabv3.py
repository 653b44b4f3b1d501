"""DeepLab v3 (Chen et al., "Rethinking atrous convolution for semantic image segmentation", 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from ...nn.layers.activation import ReLU
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.batchnorm import BatchNorm2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout
from ...nn.module.containers import ModuleList, Sequential
from ...nn.module.module import Module
from ...ops.joining import concat
from ...options import Size, checked, declared
from ...options.kinds import Many, Whole
from ...tensor import Tensor
from ..registry import register_model
from ..vision.blocks import ConvNorm
from .fcn import FCNHead
from .pixelwise import Path, PixelClassifier, at_size_of, dilated_mobilenet, dilated_resnet

Rates = Annotated[Sequence[int], Many(Whole(1))]


class Context(Sequential):
    """The mean of the maps, a 1×1 convolution, and the result at each position."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(AdaptiveAvgPool2d(1), Conv2d(inputs, outputs, 1, bias=False), BatchNorm2d(outputs), ReLU())

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same height and width."""
        return at_size_of(maps, super().forward(maps))


class ASPP(Module):
    """Atrous spatial pyramid pooling: convolutions of several dilations side by side, and the mean of the maps.

    Parameters
    ----------
    in_channels : int
        Channels of the input.
    atrous_rates : sequence of int
        Dilations of the 3×3 convolutions, which stand beside a 1×1 convolution.
    out_channels : int
        Channels of each convolution, and of the output.

    Examples
    --------
    >>> pyramid = tl.models.segmentation.deeplabv3.ASPP(8, (1, 2), 4)
    >>> pyramid(tl.zeros(2, 8, 5, 6)).shape
    (2, 4, 5, 6)
    """

    @checked
    def __init__(self, in_channels: Size, atrous_rates: Rates, out_channels: Size = 256) -> None:
        super().__init__()
        dilated = [ConvNorm(in_channels, out_channels, 3, dilation=rate) for rate in atrous_rates]
        self.convs = ModuleList([ConvNorm(in_channels, out_channels, 1), *dilated, Context(in_channels, out_channels)])
        self.project = Sequential(*ConvNorm(len(self.convs) * out_channels, out_channels, 1), Dropout(0.5))

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same height and width, (batch, out_channels, height, width)."""
        return self.project(concat([conv(maps) for conv in self.convs], axis=1))


class DeepLabHead(Sequential):
    """A pyramid of dilated convolutions, a 3×3 convolution, and a 1×1 convolution to the classes' scores.

    Parameters
    ----------
    in_channels : int
        Channels of the maps.
    num_classes : int
        Number of classes.
    atrous_rates : sequence of int
        Dilations of the pyramid; those of the paper are for maps of an eighth of the image.

    Examples
    --------
    >>> tl.models.segmentation.deeplabv3.DeepLabHead(8, 3, (1, 2))(tl.zeros(2, 8, 5, 5)).shape
    (2, 3, 5, 5)
    """

    @checked
    def __init__(self, in_channels: Size, num_classes: Size, atrous_rates: Rates = (12, 24, 36)) -> None:
        super().__init__(ASPP(in_channels, atrous_rates), *ConvNorm(256, 256), Conv2d(256, num_classes, 1))


@declared
class DeepLabV3(PixelClassifier):
    """DeepLab v3: dilated convolutions keep the resolution, and a pyramid of them sees objects of several sizes.

    Examples
    --------
    >>> from tensorlab.models import segmentation
    >>> backbone = segmentation.IntermediateLayerGetter(tl.models.resnet18(), {"layer3": "out"})
    >>> model = segmentation.DeepLabV3(backbone, segmentation.deeplabv3.DeepLabHead(256, 5))
    >>> model(tl.zeros(2, 3, 40, 33))["out"].shape
    (2, 5, 40, 33)
    """


@register_model
def deeplabv3_resnet50(num_classes: Size = 21, aux_loss: bool = False, weights_backbone: Path = None) -> DeepLabV3:
    """DeepLab v3 on a ResNet of 50 layers: 39,638,869 parameters, and 2,365,205 of the auxiliary classifier."""
    return _deeplab(50, num_classes, aux_loss, weights_backbone)


@register_model
def deeplabv3_resnet101(num_classes: Size = 21, aux_loss: bool = False, weights_backbone: Path = None) -> DeepLabV3:
    """DeepLab v3 on a ResNet of 101 layers: 58,630,997 parameters, and 2,365,205 of the auxiliary classifier."""
    return _deeplab(101, num_classes, aux_loss, weights_backbone)


@register_model
def deeplabv3_mobilenet_v3_large(
    num_classes: Size = 21, aux_loss: bool = False, weights_backbone: Path = None
) -> DeepLabV3:
    """DeepLab v3 on the larger MobileNet v3: 11,025,477 parameters, and 3,851 of the auxiliary classifier."""
    backbone = dilated_mobilenet("deeplabv3_mobilenet_v3_large", weights_backbone, "out", "aux" if aux_loss else None)
    return DeepLabV3(backbone, DeepLabHead(960, num_classes), FCNHead(40, num_classes) if aux_loss else None)


def _deeplab(depth: int, num_classes: int, aux_loss: bool, weights: Path) -> DeepLabV3:
    backbone = dilated_resnet(f"deeplabv3_resnet{depth}", depth, weights, aux_loss)
    return DeepLabV3(backbone, DeepLabHead(2048, num_classes), FCNHead(1024, num_classes) if aux_loss else None)
