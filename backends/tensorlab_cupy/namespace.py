"""CuPy as an Array API namespace whose creation functions respect `device`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import array_api_compat.cupy as compat
import cupy

CREATORS = ("arange", "asarray", "empty", "eye", "full", "linspace", "ones", "zeros")
LIKE = ("empty_like", "full_like", "ones_like", "zeros_like")


def on_device(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a creation function that works on the given device, or on the current one by default."""

    @wraps(function)
    def create(*args: Any, device: Any = None, **kwargs: Any) -> Any:
        if device is None:
            return function(*args, **kwargs)
        with device:
            return function(*args, **kwargs)

    return create


class Namespace:
    """`array_api_compat.cupy` with creation functions that respect `device`."""

    def __init__(self) -> None:
        for name in CREATORS + LIKE:
            setattr(self, name, on_device(getattr(compat, name)))
        self.bool = cupy.bool_

    def __getattr__(self, name: str) -> Any:
        value = getattr(compat, name)
        setattr(self, name, value)  # later look-ups find the attribute directly
        return value
