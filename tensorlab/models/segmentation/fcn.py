"""Fully convolutional networks (Shelhamer, Long and Darrell, "Fully convolutional networks for semantic
segmentation", 2016), in torchvision's form.
"""

from __future__ import annotations

from ...nn.layers.activation import ReLU
from ...nn.layers.batchnorm import BatchNorm2d
from ...nn.layers.convolution import Conv2d
from ...nn.layers.dropout import Dropout
from ...nn.module.containers import Sequential
from ...options import Size, checked, declared
from ..registry import register_model
from .pixelwise import Path, PixelClassifier, dilated_resnet


class FCNHead(Sequential):
    """A 3×3 convolution to a quarter of the channels, and a 1×1 convolution to the classes' scores.

    Parameters
    ----------
    in_channels : int
        Channels of the maps.
    channels : int
        Number of classes.

    Examples
    --------
    >>> tl.models.segmentation.fcn.FCNHead(16, 3)(tl.zeros(2, 16, 5, 5)).shape
    (2, 3, 5, 5)
    """

    @checked
    def __init__(self, in_channels: Size, channels: Size) -> None:
        inside = in_channels // 4
        super().__init__(
            Conv2d(in_channels, inside, 3, padding=1, bias=False),
            BatchNorm2d(inside),
            ReLU(),
            Dropout(0.1),
            Conv2d(inside, channels, 1),
        )


@declared
class FCN(PixelClassifier):
    """A fully convolutional network: a classifier without linear layers, whose scores are enlarged to the images.

    Examples
    --------
    >>> from tensorlab.models import segmentation
    >>> backbone = segmentation.IntermediateLayerGetter(tl.models.resnet18(), {"layer2": "aux", "layer3": "out"})
    >>> model = segmentation.FCN(backbone, segmentation.fcn.FCNHead(256, 5), segmentation.fcn.FCNHead(128, 5))
    >>> {key: scores.shape for key, scores in model(tl.zeros(2, 3, 40, 33)).items()}
    {'out': (2, 5, 40, 33), 'aux': (2, 5, 40, 33)}
    """


@register_model
def fcn_resnet50(num_classes: Size = 21, aux_loss: bool = False, weights_backbone: Path = None) -> FCN:
    """Fully convolutional ResNet with 50 layers: 32,957,013 parameters, and 2,365,205 of the auxiliary classifier."""
    return _fcn(50, num_classes, aux_loss, weights_backbone)


@register_model
def fcn_resnet101(num_classes: Size = 21, aux_loss: bool = False, weights_backbone: Path = None) -> FCN:
    """Fully convolutional ResNet with 101 layers: 51,949,141 parameters, and 2,365,205 of the auxiliary classifier."""
    return _fcn(101, num_classes, aux_loss, weights_backbone)


def _fcn(depth: int, num_classes: int, aux_loss: bool, weights: Path) -> FCN:
    backbone = dilated_resnet(f"fcn_resnet{depth}", depth, weights, aux_loss)
    return FCN(backbone, FCNHead(2048, num_classes), FCNHead(1024, num_classes) if aux_loss else None)
