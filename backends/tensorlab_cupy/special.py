"""Special functions by CuPy's kernels: one launch each instead of one per step of a polynomial."""

from __future__ import annotations

from math import factorial
from typing import Any

NAMES = {
    "digamma": "digamma",
    "erf": "erf",
    "erfc": "erfc",
    "erfcx": "erfcx",
    "erfinv": "erfinv",
    "gammainc": "gammainc",
    "gammaincc": "gammaincc",
    "i0": "i0",
    "i0e": "i0e",
    "i1": "i1",
    "i1e": "i1e",
    "lgamma": "gammaln",
    "log_ndtr": "log_ndtr",
    "ndtr": "ndtr",
    "ndtri": "ndtri",
}
"""Kernels, with the names of the functions in cupyx.scipy.special."""


class CupySpecialKernels:
    """Kernels that call cupyx.scipy.special, which is imported at the first call."""

    def polygamma_of_order(self, x: Any, *, n: int) -> Any:
        """Compute the polygamma function by CuPy's zeta, as ``cupyx.scipy.special.polygamma`` does."""
        values = (-1) ** (n + 1) * float(factorial(n)) * _cupyx_function("zeta")(n + 1.0, x)
        return values.astype(x.dtype, copy=False)


def _cupyx_function(name: str) -> Any:
    from cupyx.scipy import special

    return getattr(special, name)


def _kernel(name: str) -> Any:
    def compute(self: Any, *operands: Any) -> Any:
        dtype = next(x.dtype for x in operands if hasattr(x, "dtype"))  # one of two operands may be a number
        return _cupyx_function(name)(*operands).astype(dtype, copy=False)

    return compute


for kernel, name in NAMES.items():
    setattr(CupySpecialKernels, kernel, _kernel(name))
