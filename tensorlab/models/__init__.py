"""Published architectures, by the names under which they are known.

Each is a class, and for each published size a function that builds it: ``models.lenet5()``. `list_models` lists the
functions, `get_model` calls one by its name. Parameters are initialised as published or as in torchvision, and
``weights=`` reads them from a file; nothing is downloaded. `classic` has the systems that are older than deep networks,
or beside them: perceptrons, kernel machines, energy models, autoencoders, diffusion and flows. `segmentation` has, as
in torchvision, the networks that classify pixels, `graph` those for graphs, `generative` some that draw images, and
`sequence` those that read and write sequences of tokens.
"""

from . import classic, generative, graph, segmentation, sequence, vision
from .generative import DCIGN, VAE, DCGANDiscriminator, DCGANGenerator, conv_vae, dcgan, dcign, vae
from .graph import GAT, GCN, GraphClassifier, GraphSAGE
from .registry import get_model, list_models, load_weights, register_model
from .segmentation import (
    FCN, LRASPP, DeepLabV3, UNet, deeplabv3_mobilenet_v3_large, deeplabv3_resnet50, deeplabv3_resnet101, fcn_resnet50,
    fcn_resnet101, lraspp_mobilenet_v3_large, unet,
)  # fmt: skip
from .sequence import *  # noqa: F403
from .vision import *  # noqa: F403  (its names are listed there)

__all__ = [
    "DCGANDiscriminator", "DCGANGenerator", "DCIGN", "DeepLabV3", "FCN", "GAT", "GCN", "GraphClassifier", "GraphSAGE",
    "LRASPP", "UNet", "VAE", "classic", "conv_vae", "dcgan", "dcign", "deeplabv3_mobilenet_v3_large",
    "deeplabv3_resnet101", "deeplabv3_resnet50", "fcn_resnet101", "fcn_resnet50", "generative", "get_model", "graph",
    "list_models", "load_weights", "lraspp_mobilenet_v3_large", "register_model", "segmentation", "unet", "vae",
]  # fmt: skip
__all__ += [*sequence.__all__, *vision.__all__]
