"""The light segmentation network of MobileNet v3 (Howard et al., "Searching for MobileNetV3", 2019, section 6.4)."""

from __future__ import annotations

from ...nn.layers.activation import Sigmoid
from ...nn.layers.adaptive_pooling import AdaptiveAvgPool2d
from ...nn.layers.convolution import Conv2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...options import Size, checked
from ...tensor import Tensor
from ..registry import register_model
from ..vision.blocks import ConvNorm
from .pixelwise import Path, at_size_of, dilated_mobilenet


class Head(Module):
    """Scores of maps of low resolution, scaled by their mean, added to those of maps of higher resolution."""

    def __init__(self, low: int, high: int, num_classes: int, inside: int) -> None:
        super().__init__()
        self.cbr = ConvNorm(high, inside, 1)
        self.scale = Sequential(AdaptiveAvgPool2d(1), Conv2d(high, inside, 1, bias=False), Sigmoid())
        self.low_classifier = Conv2d(low, num_classes, 1)
        self.high_classifier = Conv2d(inside, num_classes, 1)

    def forward(self, maps: dict[str, Tensor]) -> Tensor:
        """Return the scores at the size of the maps ``"low"``."""
        scaled = at_size_of(maps["low"], self.cbr(maps["high"]) * self.scale(maps["high"]))
        return self.low_classifier(maps["low"]) + self.high_classifier(scaled)


class LRASPP(Module):
    """Lite reduced atrous spatial pyramid pooling: a light classifier of maps of two resolutions.

    Parameters
    ----------
    backbone : Module
        Returns maps of images in a dictionary: early ones, of higher resolution, under ``"low"``, late ones under
        ``"high"``.
    low_channels, high_channels : int
        Channels of these maps.
    num_classes : int
        Number of classes.
    inter_channels : int
        Channels inside the classifier.

    Examples
    --------
    >>> from tensorlab.models import segmentation
    >>> backbone = segmentation.IntermediateLayerGetter(tl.models.resnet18(), {"layer1": "low", "layer3": "high"})
    >>> model = segmentation.LRASPP(backbone, 64, 256, num_classes=5)
    >>> model(tl.zeros(2, 3, 40, 33))["out"].shape
    (2, 5, 40, 33)
    """

    @checked
    def __init__(
        self, backbone: Module, low_channels: Size, high_channels: Size, num_classes: Size, inter_channels: Size = 128
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.classifier = Head(low_channels, high_channels, num_classes, inter_channels)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return the scores of pixels, (batch, num_classes, height, width), under ``"out"``; images have any size."""
        return {"out": at_size_of(images, self.classifier(self.backbone(images)))}


@register_model
def lraspp_mobilenet_v3_large(num_classes: Size = 21, weights_backbone: Path = None) -> LRASPP:
    """Lite reduced pyramid pooling on the larger MobileNet v3: 3,221,538 parameters."""
    return LRASPP(dilated_mobilenet("lraspp_mobilenet_v3_large", weights_backbone, "high", "low"), 40, 960, num_classes)
