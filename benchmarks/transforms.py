"""Transforms of batches of images, the same programs for tensorlab and for torchvision on tensors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from .models import Program
from .peers import torchvision_module

Call = Callable[[Any, Any], Any]
"""From the module of transforms and the images to the result."""

BATCHES = {"64×3×224×224": (64, 3, 224, 224), "128×3×32×32": (128, 3, 32, 32)}
TYPES = ("float32", "uint8")


def module_of(lib: Any) -> Any:
    """Return the module of transforms that belongs to tensorlab or to PyTorch.

    Raises
    ------
    ImportError
        If torchvision is not installed.
    """
    if lib.__name__ == "tensorlab":
        return import_module("tensorlab.data.transforms")
    torchvision_module()
    return import_module("torchvision.transforms.v2")


def batch(lib: Any, shape: tuple[int, ...], dtype: str) -> Any:
    """Return random images."""
    values = np.random.default_rng(0).random(shape, dtype=np.float32)
    return lib.asarray(values if dtype == "float32" else (values * 255).astype(np.uint8))


def transform(call: Call, shape: tuple[int, ...], dtype: str) -> Callable[[Any], Program]:
    """Return a builder of a transform of a batch."""
    return lambda lib: partial(call, module_of(lib), batch(lib, shape, dtype))


def scaled(factor: float, **how: Any) -> Call:
    def resized(module: Any, images: Any) -> Any:
        size = [int(length * factor) for length in images.shape[-2:]]
        return module.functional.resize(images, size, **how)

    return resized


def one_by_one(make: Callable[[Any], Any]) -> Call:
    """Return a random transform with parameters for each image: torchvision needs a call for each."""

    def applied(module: Any, images: Any) -> Any:
        if module.__name__.startswith("tensorlab"):
            return make(module)(images)
        chosen = make(module)
        return import_module("torch").stack([chosen(image) for image in images])

    return applied


CALLS: dict[str, Call] = {
    "resize to 0.7": scaled(0.7),
    "resize to 1.5": scaled(1.5),
    "resize to 0.7, bicubic": scaled(0.7, interpolation="bicubic"),
    "resize to 0.7, nearest": scaled(0.7, interpolation="nearest"),
    "horizontal flip": lambda T, x: T.functional.horizontal_flip(x),
    "centre crop": lambda T, x: T.functional.center_crop(x, [28, 28]),
    "pad by 4 and crop": lambda T, x: T.functional.crop(T.functional.pad(x, [4, 4, 4, 4]), 2, 3, *x.shape[-2:]),
    "brightness": lambda T, x: T.functional.adjust_brightness(x, 1.2),
    "contrast": lambda T, x: T.functional.adjust_contrast(x, 1.2),
    "saturation": lambda T, x: T.functional.adjust_saturation(x, 1.2),
    "hue": lambda T, x: T.functional.adjust_hue(x, 0.1),
    "colour jitter": lambda T, x: T.ColorJitter(0.2, 0.2, 0.2, 0.1)(x),
    "normalise": lambda T, x: T.functional.normalize(x, [0.5, 0.4, 0.3], [0.2, 0.3, 0.4]),
    "random crop of each image": one_by_one(lambda T: T.RandomCrop(28, padding=4)),
    "random resized crop of each image": one_by_one(lambda T: T.RandomResizedCrop(28)),
    "random flip of each image": one_by_one(lambda T: T.RandomHorizontalFlip()),
}

PROGRAMS: dict[str, Callable[[Any], Program]] = {
    f"{name}, {words}, {dtype}": transform(call, shape, dtype)
    for words, shape in BATCHES.items()
    for dtype in TYPES
    for name, call in CALLS.items()
    if name != "normalise" or dtype == "float32"
}
