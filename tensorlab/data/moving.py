"""Moving batches to a device."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from copy import copy
from typing import Any


def moved(batch: Any, device: Any) -> Any:
    """Return a batch whose tensors are on a device: everything in its tuples, lists and mappings that has ``to``."""
    if hasattr(batch, "to"):
        return batch.to(device)
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(moved(part, device) for part in batch))
    if isinstance(batch, tuple | list):
        return type(batch)(moved(part, device) for part in batch)
    if isinstance(batch, MutableMapping):
        filled = copy(batch)
        for key, part in batch.items():
            filled[key] = moved(part, device)
        return filled
    if isinstance(batch, Mapping):
        return type(batch)({key: moved(part, device) for key, part in batch.items()})  # type: ignore[call-arg]
    return batch
