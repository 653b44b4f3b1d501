"""Finding attributes by their type, and dotted paths to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def joined(prefix: str, name: str) -> str:
    """Return two parts of a dotted path as one; either may be empty."""
    return f"{prefix}.{name}" if prefix and name else prefix or name


def attributes_of(owner: object, kind: type[T]) -> Iterator[tuple[str, T]]:
    """Yield (name, value) for the attributes of a type; attributes may be added meanwhile."""
    return ((name, value) for name, value in tuple(owner.__dict__.items()) if isinstance(value, kind))


def attribute(owner: object, name: str, kind: type[T], what: str, path: str) -> T:
    """Return an attribute of a type, which errors call `what`.

    Raises
    ------
    AttributeError
        If there is none; the message names the whole `path` that leads to it.
    """
    found = owner.__dict__.get(name)
    if not isinstance(found, kind):
        function = "get_submodule" if what == "module" else f"get_{what}"
        raise AttributeError(f"{function}: target {path!r}: {type(owner).__name__} has no {what} {name!r}")
    return found
