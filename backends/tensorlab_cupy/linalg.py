"""Linear algebra for which CuPy has functions outside the Array API standard: one matrix at a time."""

from __future__ import annotations

from typing import Any

TYPES = "fdFD"
"""The types, by NumPy's letters, that cuSOLVER and cuBLAS compute with."""


def takes(*arrays: Any) -> bool:
    """Whether CuPy's own functions take these: matrices, not stacks, without empty axes."""
    return all(x.ndim == 2 and x.size and x.dtype.char in TYPES for x in arrays)


def lu_factors(x: Any) -> tuple[Any, Any, Any]:
    """LU decomposition by cuSOLVER."""
    from cupyx.scipy.linalg import lu

    p, lower, upper = lu(x)
    return p.astype(x.dtype, copy=False), lower, upper


def substitute(a: Any, b: Any, *, upper: bool, unit_diagonal: bool) -> Any:
    """Substitution by cuBLAS; a zero on the diagonal gives infinity or NaN."""
    from cupyx.scipy.linalg import solve_triangular

    return solve_triangular(a, b, lower=not upper, unit_diagonal=unit_diagonal)
