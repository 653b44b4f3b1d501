"""Linear algebra by CuPy's functions beyond the Array API standard, which take single matrices."""

from __future__ import annotations

from typing import Any

TYPES = "fdFD"
"""The data types, as NumPy's characters, of cuSOLVER and cuBLAS."""


def supports(*arrays: Any) -> bool:
    """Whether the functions of this module support the arrays: matrices, not stacks, without empty axes."""
    return all(x.ndim == 2 and x.size and x.dtype.char in TYPES for x in arrays)


def lu_factors(x: Any) -> tuple[Any, Any, Any]:
    """LU decomposition by cuSOLVER."""
    from cupyx.scipy.linalg import lu

    p, lower, upper = lu(x)
    return p.astype(x.dtype, copy=False), lower, upper


def substitute(a: Any, b: Any, *, upper: bool, unit_diagonal: bool) -> Any:
    """Solve a triangular system by cuBLAS; a zero on the diagonal gives infinity or NaN."""
    from cupyx.scipy.linalg import solve_triangular

    return solve_triangular(a, b, lower=not upper, unit_diagonal=unit_diagonal)
