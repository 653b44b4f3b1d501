"""Arithmetic in a wider type, rounded once, for data types with no or poor arithmetic in the array library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any


def in_wider_types(xp: Any, kernel: Callable[..., Any], wider: Mapping[Any, Any]) -> Callable[..., Any]:
    """Return a kernel that casts operands of the narrow types in `wider`, calls `kernel`, and casts its results back.

    Results are not cast if the caller passes ``dtype=``.
    """

    @wraps(kernel)
    def compute(*operands: Any, **params: Any) -> Any:
        narrow = next((x.dtype for x in operands if getattr(x, "dtype", None) in wider), None)
        if narrow is None:
            return kernel(*operands, **params)
        wide = wider[narrow]
        result = kernel(*(xp.astype(x, wide) if getattr(x, "dtype", None) == narrow else x for x in operands), **params)
        if params.get("dtype") is not None:
            return result
        if isinstance(result, tuple):
            return tuple(xp.astype(part, narrow) if part.dtype == wide else part for part in result)
        return xp.astype(result, narrow) if result.dtype == wide else result

    return compute
