"""The arrays of operands, and whether their elements can be read without waiting for a device."""

from __future__ import annotations

from typing import Any

from ...backend import backend_of
from ...tensor import array_of


def on_host(x: Any) -> bool:
    """Whether elements can be read without waiting for a device."""
    return backend_of(array_of(x)).on_host
