"""Moving batches to a device."""

from __future__ import annotations

from typing import Any

from .structure import mapped


def moved(batch: Any, device: Any) -> Any:
    """Return a batch whose tensors are on a device: everything in its tuples, lists and mappings that has ``to``."""
    return mapped(batch, lambda part: part.to(device), lambda part: hasattr(part, "to"))
