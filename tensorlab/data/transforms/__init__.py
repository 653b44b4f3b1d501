"""Transforms of images for training and evaluation, in the manner of `torchvision.transforms.v2`.

The channels of an image come first: ``(..., channels, height, width)``. `ToImage` and `ToTensor` convert arrays as
libraries read them, ``(height, width, channels)``, and Pillow images. Tensors give tensors and arrays give arrays, on
every backend.

A batch, ``(batch, channels, height, width)``, is transformed as its images one by one would be, each with random
parameters of its own, but in one go; ``same_on_batch=True`` gives all images the same parameters. Random numbers come
from the default generator or from ``generator=``. ``transform(image, mask)`` moves a mask like its image.
`functional` has the functions that the transforms apply.
"""

from . import functional
from .auto_augment import AugMix, RandAugment, TrivialAugmentWide
from .base import RandomTransform, SometimesTransform, Transform
from .color import (
    ColorJitter, Grayscale, RandomAutocontrast, RandomEqualize, RandomGrayscale, RandomInvert, RandomPosterize,
    RandomSolarize,
)  # fmt: skip
from .containers import BatchTransform, Compose, RandomApply, RandomChoice, RandomOrder
from .conversion import Lambda, Normalize, PILToTensor, ToDtype, ToImage, ToPILImage, ToTensor
from .erasing import RandomErasing
from .filters import GaussianBlur, RandomAdjustSharpness
from .geometry import (
    CenterCrop, FiveCrop, Pad, RandomCrop, RandomHorizontalFlip, RandomResizedCrop, RandomVerticalFlip, Resize, TenCrop,
)  # fmt: skip
from .mixing import CutMix, MixUp
from .warping import RandomAffine, RandomPerspective, RandomRotation

__all__ = [
    "AugMix", "BatchTransform", "CenterCrop", "ColorJitter", "Compose", "CutMix", "FiveCrop", "GaussianBlur",
    "Grayscale", "Lambda", "MixUp", "Normalize", "PILToTensor", "Pad", "RandAugment", "RandomAdjustSharpness",
    "RandomAffine", "RandomApply", "RandomAutocontrast", "RandomChoice", "RandomCrop", "RandomEqualize",
    "RandomErasing", "RandomGrayscale", "RandomHorizontalFlip", "RandomInvert", "RandomOrder", "RandomPerspective",
    "RandomPosterize", "RandomResizedCrop", "RandomRotation", "RandomSolarize", "RandomTransform",
    "RandomVerticalFlip", "Resize", "SometimesTransform", "TenCrop", "ToDtype", "ToImage", "ToPILImage", "ToTensor",
    "Transform", "TrivialAugmentWide", "functional",
]  # fmt: skip
