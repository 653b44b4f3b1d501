"""Kullback-Leibler divergences in closed form.

`registry` finds the formula for two classes. The other modules have the formulas: within families, between different
distributions of numbers, and of multivariate and composed distributions.
"""

from . import between_families, compound, discrete, within_families
from .registry import kl_divergence, register_kl

__all__ = ["between_families", "compound", "discrete", "kl_divergence", "register_kl", "within_families"]
