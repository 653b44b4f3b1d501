"""Networks for images."""

from . import resnet
from .alexnet import AlexNet, AlexNetOriginal, alexnet, alexnet_original
from .cifar_resnet import (
    CifarResNet, PreActCifarResNet, cifar_preact_resnet164, cifar_preact_resnet1001, cifar_resnet20, cifar_resnet32,
    cifar_resnet44, cifar_resnet56, cifar_resnet110, cifar_resnet1202,
)  # fmt: skip
from .convnext import ConvNeXt, convnext_base, convnext_large, convnext_small, convnext_tiny
from .densenet import DenseNet, densenet121, densenet161, densenet169, densenet201
from .efficientnet import (
    EfficientNet, efficientnet_b0, efficientnet_b1, efficientnet_b2, efficientnet_b3, efficientnet_b4,
    efficientnet_b5, efficientnet_b6, efficientnet_b7, efficientnet_v2_l, efficientnet_v2_m, efficientnet_v2_s,
)  # fmt: skip
from .googlenet import GoogLeNet, GoogLeNetOutputs, googlenet
from .inception import Inception3, InceptionOutputs, inception_v3
from .inception_resnet_v2 import InceptionResnetV2, inception_resnet_v2
from .inception_v4 import InceptionV4, inception_v4
from .lenet import LeNet5, LeNet5Original, lenet5, lenet5_original
from .mobilenetv2 import MobileNetV2, mobilenet_v2
from .mobilenetv3 import MobileNetV3, mobilenet_v3_large, mobilenet_v3_small
from .nf_resnet import NFResNet, nf_resnet50, nf_resnet101, nf_resnet152, nf_resnet200, nf_resnet288
from .nin import NiN, nin
from .regnet import (
    RegNet, regnet_x_1_6gf, regnet_x_3_2gf, regnet_x_8gf, regnet_x_16gf, regnet_x_32gf, regnet_x_400mf,
    regnet_x_800mf, regnet_y_1_6gf, regnet_y_3_2gf, regnet_y_8gf, regnet_y_16gf, regnet_y_32gf, regnet_y_128gf,
    regnet_y_400mf, regnet_y_800mf,
)  # fmt: skip
from .resnet import (
    ResNet, resnet18, resnet34, resnet50, resnet101, resnet152, resnext50_32x4d, resnext101_32x8d, resnext101_64x4d,
    wide_resnet50_2, wide_resnet101_2,
)  # fmt: skip
from .shufflenetv2 import ShuffleNetV2, shufflenet_v2_x0_5, shufflenet_v2_x1_0, shufflenet_v2_x1_5, shufflenet_v2_x2_0
from .squeezenet import SqueezeNet, squeezenet1_0, squeezenet1_1
from .swin_transformer import SwinTransformer, swin_b, swin_s, swin_t
from .swin_transformer_v2 import SwinTransformerV2, swin_v2_b, swin_v2_s, swin_v2_t
from .vgg import VGG, vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn
from .vision_transformer import VisionTransformer, vit_b_16, vit_b_32, vit_h_14, vit_l_16, vit_l_32
from .zfnet import ZFNet, zfnet

__all__ = [
    "VGG", "AlexNet", "AlexNetOriginal", "CifarResNet", "ConvNeXt", "DenseNet", "EfficientNet", "GoogLeNet",
    "GoogLeNetOutputs", "Inception3", "InceptionOutputs", "InceptionResnetV2", "InceptionV4", "LeNet5",
    "LeNet5Original", "MobileNetV2", "MobileNetV3", "NFResNet", "NiN", "PreActCifarResNet", "RegNet", "ResNet",
    "ShuffleNetV2", "SqueezeNet", "SwinTransformer", "SwinTransformerV2", "VisionTransformer", "ZFNet", "alexnet",
    "alexnet_original", "cifar_preact_resnet164", "cifar_preact_resnet1001", "cifar_resnet20", "cifar_resnet32",
    "cifar_resnet44", "cifar_resnet56", "cifar_resnet110", "cifar_resnet1202", "convnext_base", "convnext_large",
    "convnext_small", "convnext_tiny", "densenet121", "densenet161", "densenet169", "densenet201", "efficientnet_b0",
    "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "efficientnet_b4", "efficientnet_b5", "efficientnet_b6",
    "efficientnet_b7", "efficientnet_v2_l", "efficientnet_v2_m", "efficientnet_v2_s", "googlenet",
    "inception_resnet_v2", "inception_v3", "inception_v4", "lenet5", "lenet5_original", "mobilenet_v2",
    "mobilenet_v3_large", "mobilenet_v3_small", "nf_resnet50", "nf_resnet101", "nf_resnet152", "nf_resnet200",
    "nf_resnet288", "nin", "regnet_x_1_6gf", "regnet_x_3_2gf", "regnet_x_8gf", "regnet_x_16gf", "regnet_x_32gf",
    "regnet_x_400mf", "regnet_x_800mf", "regnet_y_1_6gf", "regnet_y_3_2gf", "regnet_y_8gf", "regnet_y_16gf",
    "regnet_y_32gf", "regnet_y_128gf", "regnet_y_400mf", "regnet_y_800mf", "resnet", "resnet18", "resnet34", "resnet50",
    "resnet101", "resnet152", "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "shufflenet_v2_x0_5",
    "shufflenet_v2_x1_0", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0", "squeezenet1_0", "squeezenet1_1", "swin_b",
    "swin_s", "swin_t", "swin_v2_b", "swin_v2_s", "swin_v2_t", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16",
    "vgg16_bn", "vgg19", "vgg19_bn", "vit_b_16", "vit_b_32", "vit_h_14", "vit_l_16", "vit_l_32", "wide_resnet50_2",
    "wide_resnet101_2", "zfnet",
]  # fmt: skip
