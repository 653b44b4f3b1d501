"""Initialisers: functions that fill a tensor in place, outside any graph, and return it."""

from .filling import constant_, normal_, ones_, trunc_normal_, uniform_, zeros_
from .structure import dirac_, eye_, orthogonal_, sparse_
from .variance import (
    by_fan_in_, calculate_gain, fans, kaiming_normal_, kaiming_uniform_, lecun_normal_, lecun_uniform_, xavier_normal_,
    xavier_uniform_,
)  # fmt: skip

__all__ = [
    "by_fan_in_", "calculate_gain", "constant_", "dirac_", "eye_", "fans", "kaiming_normal_", "kaiming_uniform_",
    "lecun_normal_", "lecun_uniform_", "normal_", "ones_", "orthogonal_", "sparse_", "trunc_normal_", "uniform_",
    "xavier_normal_", "xavier_uniform_", "zeros_",
]  # fmt: skip
