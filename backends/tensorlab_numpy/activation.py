"""Activations in blocks that stay in the cache, so that memory traffic is one read and one write per element."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

import numpy as np

from tensorlab.backend.kernels.activation import ActivationKernels

BLOCK = 16384
"""Elements per block: each intermediate array takes 64 kB in float32."""

SMALL = 1024
"""Up to this number of elements, blocks of constants save no time."""

IN_BLOCKS = [
    *("gelu", "gelu_slope", "silu", "silu_slope", "mish", "mish_slope", "softplus", "softplus_slope"),
    *("log_sigmoid", "exponential_linear", "exponential_linear_slope", "hardtanh", "hardswish", "hardswish_slope"),
    *("leaky", "leaky_slope", "sigmoid"),
]


@lru_cache(maxsize=64)
def constant(value: float, dtype: Any) -> Any:
    """Return a block of equal numbers: ``np.minimum`` with it takes a third of the time of a scalar."""
    block = np.full(BLOCK, value, dtype)
    block.flags.writeable = False
    return block


def in_blocks(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return an elementwise kernel that works block by block, if it has one operand that is an array."""

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
    """The default kernels of the activations, block by block."""

    def _logistic(self, x: Any) -> Any:
        if x.dtype.kind == "c":
            return ActivationKernels._complex_logistic(self, x)  # type: ignore[arg-type]
        if x.size <= SMALL:  # a second exponential takes less time than np.errstate
            return ActivationKernels._real_logistic(self, x)  # type: ignore[arg-type]
        with np.errstate(over="ignore"):  # infinity gives the correct result, zero
            return 1.0 / (1.0 + np.exp(-x))

    @staticmethod
    def _minimum(x: Any, bound: float) -> Any:
        return np.minimum(x, constant(bound, x.dtype)[: x.size] if _is_block(x) else bound)

    @staticmethod
    def _maximum(x: Any, bound: float) -> Any:
        return np.maximum(x, constant(bound, x.dtype)[: x.size] if _is_block(x) else bound)

    @staticmethod
    def _where_rarely(condition: Any, x1: Any, x2: Any) -> Any:
        return np.where(condition, x1, x2) if condition.any() else x2


def _is_block(x: Any) -> bool:
    return x.ndim == 1 and SMALL < x.size <= BLOCK


for name in IN_BLOCKS:
    setattr(BlockedActivationKernels, name, in_blocks(getattr(ActivationKernels, name)))
