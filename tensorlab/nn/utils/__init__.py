"""Utilities for modules: parametrised weights, gradient clipping, parameters as one vector, packed sequences; receptive
fields and linear regions.
"""

from . import parametrizations, parametrize, rnn
from .clip_grad import (
    clip_grad_adaptive_, clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm,
)  # fmt: skip
from .convert_parameters import parameters_to_vector, vector_to_parameters
from .linear_regions import count_linear_regions
from .receptive_field import ReceptiveField, effective_receptive_field, receptive_field

__all__ = [
    "ReceptiveField", "clip_grad_adaptive_", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_",
    "count_linear_regions", "effective_receptive_field", "get_total_norm", "parameters_to_vector", "parametrizations",
    "parametrize", "receptive_field", "rnn", "vector_to_parameters",
]  # fmt: skip
