"""Networks that classify each pixel of an image."""

from .deeplabv3 import DeepLabV3, deeplabv3_mobilenet_v3_large, deeplabv3_resnet50, deeplabv3_resnet101
from .fcn import FCN, fcn_resnet50, fcn_resnet101
from .lraspp import LRASPP, lraspp_mobilenet_v3_large
from .pixelwise import IntermediateLayerGetter
from .unet import UNet, unet

__all__ = [
    "FCN", "LRASPP", "DeepLabV3", "IntermediateLayerGetter", "UNet", "deeplabv3_mobilenet_v3_large",
    "deeplabv3_resnet50", "deeplabv3_resnet101", "fcn_resnet50", "fcn_resnet101", "lraspp_mobilenet_v3_large", "unet",
]  # fmt: skip
