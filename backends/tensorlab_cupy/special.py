"""The special functions by CuPy's own kernels: one launch each instead of one per step of a polynomial."""

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
"""Kernels, and what cupyx.scipy.special calls them."""


class CupySpecialKernels:
    """Kernels that call cupyx.scipy.special, which is loaded when the first of them is."""

    def polygamma_of_order(self, x: Any, *, n: int) -> Any:
        """Call CuPy's zeta, as its polygamma does for arrays of orders."""
        values = (-1) ** (n + 1) * float(factorial(n)) * _own("zeta")(n + 1.0, x)
        return values.astype(x.dtype, copy=False)


def _own(name: str) -> Any:
    from cupyx.scipy import special

    return getattr(special, name)


def _kernel(name: str) -> Any:
    def compute(self: Any, *operands: Any) -> Any:
        dtype = next(x.dtype for x in operands if hasattr(x, "dtype"))  # of two, one may be a number
        return _own(name)(*operands).astype(dtype, copy=False)

    return compute


for kernel, name in NAMES.items():
    setattr(CupySpecialKernels, kernel, _kernel(name))
