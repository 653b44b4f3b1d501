"""Deterministic functions of images, which the transforms apply with parameters that they draw.

Images have shape ``(..., channels, height, width)``, as in `torchvision.transforms.v2.functional`; `to_image` puts the
channels of other arrays first. Values are between 0 and 1, or integers up to the largest of their type. A parameter
such as an angle may be a sequence with one entry for each image of a batch. Tensors and arrays of every backend are
accepted, and gradients flow wherever the result depends smoothly on the image.
"""

from .color import adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation, rgb_to_grayscale
from .conversion import normalize, pil_to_tensor, to_dtype, to_image, to_pil_image
from .filters import adjust_sharpness, gaussian_blur
from .cropping import (
    center_crop, crop, five_crop, hflip, horizontal_flip, ten_crop, vertical_flip, vflip,
)  # fmt: skip
from .histogram import autocontrast, equalize
from .padding import erase, pad
from .resizing import resize, resized_crop
from .values import adjust_gamma, invert, posterize, solarize
from .warping import affine, perspective, perspective_coefficients, rotate

to_grayscale = rgb_to_grayscale

__all__ = [
    "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation", "adjust_sharpness",
    "affine", "autocontrast", "center_crop", "crop", "equalize", "erase", "five_crop", "gaussian_blur", "hflip",
    "horizontal_flip", "invert", "normalize", "pad", "perspective", "perspective_coefficients", "pil_to_tensor",
    "posterize", "resize", "resized_crop", "rgb_to_grayscale", "rotate", "solarize", "ten_crop", "to_dtype",
    "to_grayscale", "to_image", "to_pil_image", "vertical_flip", "vflip",
]  # fmt: skip
