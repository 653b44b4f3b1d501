"""Convolutions that halve images down to 4×4 pixels, and transposed ones that double them."""

from __future__ import annotations

from ...backend.memory import require_memory
from ...nn.layers.convolution import Conv2d, ConvTranspose2d
from ...nn.module.module import Module
from ..vision.blocks import Layer

SMALLEST = 4
"""Height and width of the smallest maps."""


def halvings(function: str, image_size: int, features: int) -> int:
    """Return how often the size of square images is halved to reach that of the smallest maps."""
    steps = image_size.bit_length() - SMALLEST.bit_length()
    if steps < 1 or image_size != SMALLEST << steps:
        raise ValueError(f"{function}: image_size must be a power of two, 8 or more, not {image_size}")
    weights = 8 * (features << steps - 1) ** 2  # of the widest layer
    require_memory(function, f"features={features} for image_size={image_size}", weights, each=4)
    return steps


def contracting(channels: int, features: int, steps: int, activation: Layer, norm: Layer | None = None) -> list[Module]:
    """Return layers that halve images; the first has so many features, each other twice as many as the one before.

    All but the first are normalised, if there is a normalisation; convolutions have a bias if there is none.
    """
    layers: list[Module] = []
    for step in range(steps):
        outputs = features << step
        layers.append(Conv2d(channels, outputs, 4, stride=2, padding=1, bias=norm is None))
        layers += [norm(outputs)] if norm is not None and step else []
        layers.append(activation())
        channels = outputs
    return layers


def expanding(channels: int, features: int, steps: int, activation: Layer, norm: Layer | None = None) -> list[Module]:
    """Return the mirror of `contracting`; the last layer is not followed by an activation."""
    layers: list[Module] = []
    for step in reversed(range(steps)):
        outputs = features << step - 1 if step else channels
        layers.append(ConvTranspose2d(features << step, outputs, 4, stride=2, padding=1, bias=norm is None))
        if step:
            layers += [activation()] if norm is None else [norm(outputs), activation()]
    return layers
