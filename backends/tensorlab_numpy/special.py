"""Special functions in blocks that stay in the cache; each formula is computed only where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import numpy as np

from tensorlab.backend.kernels.special import SpecialKernels
from tensorlab.backend.kernels.special.evaluation import Table

BLOCK = 32768
"""Elements per block: all steps of a polynomial stay in the cache."""

IN_BLOCKS = [
    *("erf", "erfc", "erfcx", "erfinv", "log_ndtr", "ndtr", "ndtri"),
    *("digamma", "gammainc", "gammaincc", "lgamma", "polygamma_of_order"),
    *("bessel_i", "i0", "i0e", "i1", "i1e"),
]


def blockwise(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return an elementwise kernel that works block by block, without NumPy's warnings at infinities and poles."""

    @wraps(kernel)
    def compute(self: Any, *operands: Any, **params: Any) -> Any:
        if len(operands) > 1:
            # One of two operands may be a number or an array of integers.
            dtype = next(x.dtype for x in operands if hasattr(x, "dtype") and x.dtype.kind == "f")
            operands = np.broadcast_arrays(*(np.asarray(x, dtype) for x in operands))
        first, *_ = operands
        flat = [x.reshape(-1) for x in operands]
        with np.errstate(all="ignore"):
            if first.size <= BLOCK:
                return kernel(self, *flat, **params).reshape(first.shape)
            out = np.empty_like(flat[0])
            for start in range(0, first.size, BLOCK):
                block = slice(start, start + BLOCK)
                out[block] = kernel(self, *(operand[block] for operand in flat), **params)
        return out.reshape(first.shape)

    return compute


@cache
def coefficient_arrays(table: Table, precision: str) -> list[list[Any]]:
    """Return a table's coefficients, the highest power first, as arrays, which need no conversion at each use."""
    return [[np.asarray(c, precision) for c in reversed(part)] for part in getattr(table, precision)]


def horner(x: Any, coefficients: list[Any]) -> Any:
    """Evaluate a polynomial by Horner's rule, the highest power first, with two ufunc calls per step."""
    add, multiply = np.add, np.multiply
    highest, *between, lowest = coefficients
    y = multiply(x, highest)
    for coefficient in between:
        add(y, coefficient, y)
        multiply(y, x, y)
    return add(y, lowest, y)


class BlockedSpecialKernels:
    """The default kernels of the special functions, block by block."""

    @staticmethod
    def _precision(x: Any) -> str:
        return "float64" if x.itemsize == 8 else "float32"

    def _fraction(self, table: Table, x: Any) -> Any:
        above, below = coefficient_arrays(table, self._precision(x))
        y = horner(x, above)
        if len(below) > 1:
            y /= horner(x, below)
        return y

    @staticmethod
    def _clipped(x: Any, low: float, high: float) -> Any:
        return x.clip(low, high)  # half the overhead of np.clip

    @staticmethod
    def _piecewise(pieces: Any, *operands: Any) -> Any:
        """Compute each piece for the elements where its mask holds; NaN elsewhere.

        Elements are selected by position: reading and writing with an irregular mask takes three times as long.
        """
        first, out = operands[0], None
        for mask, _, function in pieces:
            count = np.count_nonzero(mask)
            if count == first.size:
                return function(*operands)
            if count:
                if out is None:
                    out = np.empty_like(first)
                    out.fill(np.nan)
                positions = mask.nonzero()[0]
                out[positions] = function(*(x.take(positions) for x in operands))
        return np.full_like(first, np.nan) if out is None else out


def exp2(x: Any) -> Any:
    """Powers of two; ``np.exp2`` takes no complex numbers."""
    return np.power(2.0, x) if x.dtype.kind == "c" else np.exp2(x)


for name in IN_BLOCKS:  # unwrapped: the backend computes half precision in single
    setattr(BlockedSpecialKernels, name, blockwise(getattr(SpecialKernels, name).__wrapped__))
