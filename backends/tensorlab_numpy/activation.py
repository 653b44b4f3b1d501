"""Activations in blocks that stay in the cache: only the operand is read from memory, and only the result written."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

import numpy as np

from tensorlab.backend.kernels.activation import ActivationKernels

BLOCK = 16384
"""Elements that are worked on at a time: each intermediate array is 64 kB of float32."""

SMALL = 1024
"""Up to this number of elements blocks of constants save nothing."""

IN_BLOCKS = [
    *("gelu", "gelu_slope", "silu", "silu_slope", "mish", "mish_slope", "softplus", "softplus_slope"),
    *("log_sigmoid", "exponential_linear", "exponential_linear_slope", "hardtanh", "hardswish", "hardswish_slope"),
    *("leaky", "leaky_slope"),
]


@lru_cache(maxsize=64)
def constant(value: float, dtype: Any) -> Any:
    """Return a block of equal numbers, which ``np.minimum`` compares with in a third of the time of one number."""
    block = np.full(BLOCK, value, dtype)
    block.flags.writeable = False
    return block


def in_blocks(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return an elementwise kernel that works block by block where it has one operand with more elements than one."""

    @wraps(kernel)
    def compute(self: Any, x: Any, *args: Any, **params: Any) -> Any:
        arrays = [arg for arg in args if isinstance(arg, np.ndarray)]
        if arrays or x.size <= SMALL:
            return kernel(self, x, *args, **params)
        out = np.empty(x.shape, x.dtype)
        flat, flat_out = x.reshape(-1), out.reshape(-1)
        for start in range(0, x.size, BLOCK):
            block = slice(start, start + BLOCK)
            flat_out[block] = kernel(self, flat[block], *args, **params)
        return out

    return compute


class BlockedActivationKernels:
    """The default kernels of the activations, block by block, with what NumPy needs to be quick."""

    def _logistic(self, x: Any) -> Any:
        if x.size <= SMALL:  # where a second exponential takes less time than silencing NumPy
            return ActivationKernels._logistic(self, x)  # type: ignore[arg-type]
        with np.errstate(over="ignore"):  # infinity is as good as any number here: the result is zero
            return 1.0 / (1.0 + np.exp(-x))

    @staticmethod
    def _below(x: Any, end: float) -> Any:
        return np.minimum(x, constant(end, x.dtype)[: x.size] if _is_block(x) else end)

    @staticmethod
    def _above(x: Any, end: float) -> Any:
        return np.maximum(x, constant(end, x.dtype)[: x.size] if _is_block(x) else end)

    @staticmethod
    def _chosen(condition: Any, x1: Any, x2: Any) -> Any:
        return np.where(condition, x1, x2) if condition.any() else x2


def _is_block(x: Any) -> bool:
    return x.ndim == 1 and SMALL < x.size <= BLOCK


for name in IN_BLOCKS:
    setattr(BlockedActivationKernels, name, in_blocks(getattr(ActivationKernels, name)))
BlockedActivationKernels.sigmoid = in_blocks(lambda self, x: self._logistic(x))  # type: ignore[attr-defined]
