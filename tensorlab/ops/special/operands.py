"""Python numbers beside arrays."""

from __future__ import annotations

from typing import Any

from ...backend import Backend


def as_arrays(backend: Backend, x1: Any, x2: Any) -> tuple[Any, Any]:
    """Return two operands, of which one may be a Python number, as arrays of the other's type."""
    if isinstance(x1, int | float | complex):
        return backend.xp.asarray(x1, dtype=x2.dtype, device=x2.device), x2
    if isinstance(x2, int | float | complex):
        return x1, backend.xp.asarray(x2, dtype=x1.dtype, device=x1.device)
    return x1, x2
