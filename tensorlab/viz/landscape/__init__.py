"""The loss around a network's parameters: directions, losses along them, and pictures (Li et al., 2018)."""

from .directions import direction_to, principal_directions, random_directions
from .drawing import loss_surface
from .surface import LossLandscape, loss_landscape

__all__ = [
    "LossLandscape", "direction_to", "loss_landscape", "loss_surface", "principal_directions", "random_directions",
]  # fmt: skip
