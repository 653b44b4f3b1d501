"""The special functions in blocks that stay in the cache, each formula only where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from tensorlab.backend.special import SpecialKernels

BLOCK = 32768
"""Elements that are worked on at a time: all steps of a polynomial happen in the cache then."""

IN_BLOCKS = [
    *("erf", "erfc", "erfcx", "erfinv", "log_ndtr", "ndtr", "ndtri"),
    *("digamma", "gammainc", "gammaincc", "lgamma", "polygamma_of_order"),
    *("bessel_i", "i0", "i0e", "i1", "i1e"),
]


def blockwise(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return an elementwise kernel that works block by block, without NumPy's warnings at infinities and poles."""

    @wraps(kernel)
    def compute(self: Any, *operands: Any, **params: Any) -> Any:
        dtype = next(x.dtype for x in operands if hasattr(x, "dtype"))  # of two, one may be a number
        operands = np.broadcast_arrays(*(np.asarray(x, dtype) for x in operands)) if len(operands) > 1 else operands
        out = np.empty(operands[0].shape, dtype)
        flat_out, *flat = (operand.reshape(-1) for operand in (out, *operands))
        with np.errstate(all="ignore"):
            for start in range(0, out.size, BLOCK):
                block = slice(start, start + BLOCK)
                flat_out[block] = kernel(self, *(operand[block] for operand in flat), **params)
        return out

    return compute


class BlockedSpecialKernels:
    """The default kernels of the special functions, block by block and piece by piece."""

    @staticmethod
    def _piecewise(pieces: Any, *operands: Any) -> Any:
        """Compute each piece for the elements where its mask holds; NaN elsewhere.

        By positions: reading and writing with an irregular mask takes three times as long.
        """
        first, out = operands[0], None
        for mask, _, function in pieces:
            count = np.count_nonzero(mask)
            if count == first.size:
                return function(*operands)
            if count:
                out = np.full_like(first, np.nan) if out is None else out
                places = np.flatnonzero(mask)
                out[places] = function(*(x.take(places) for x in operands))
        return np.full_like(first, np.nan) if out is None else out


def exp2(x: Any) -> Any:
    """Powers of two; NumPy's own function takes no complex numbers."""
    return np.power(2.0, x) if x.dtype.kind == "c" else np.exp2(x)


def logcumsumexp(x: Any, axis: int | None = None) -> Any:
    """Scan by the ufunc, element after element."""
    return np.logaddexp.accumulate(x, axis=0 if axis is None else axis)


for name in IN_BLOCKS:
    setattr(BlockedSpecialKernels, name, blockwise(getattr(SpecialKernels, name)))
