"""The structure of batches: tuples, lists and mappings, which keep their class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from copy import copy
from typing import Any


def like(example: Any, entries: Any) -> Any:
    """Return a tuple, list or mapping of the class of `example` with other entries: an iterable, or a dictionary."""
    kind = type(example)
    if kind is dict:
        return dict(entries)
    if isinstance(example, MutableMapping):
        filled = copy(example)  # keeps what else it holds, such as the function of a defaultdict
        for key, value in entries.items():
            filled[key] = value
        return filled
    return kind(*entries) if hasattr(kind, "_fields") else kind(entries)


def mapped(batch: Any, convert: Callable[[Any], Any], is_leaf: Callable[[Any], bool]) -> Any:
    """Return a batch with all leaves in its tuples, lists and mappings converted; anything else stays as it is."""
    if is_leaf(batch):
        return convert(batch)
    if isinstance(batch, Mapping):
        return like(batch, {key: mapped(part, convert, is_leaf) for key, part in batch.items()})
    if isinstance(batch, tuple | list):
        parts: Iterable[Any] = (mapped(part, convert, is_leaf) for part in batch)
        return like(batch, parts)
    return batch
