"""Nested structures as JSON: dictionaries, lists and tuples whose arrays are named entries of the file.

Each part is an object of one key, its kind: ``{"list": [{"value": 3}, {"tensor": "1"}]}``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..backend import backend_for_type
from ..tensor import Tensor

METADATA = "__metadata__"
"""The entry of a file that holds its texts; no array can have this name."""

MAX_DEPTH = 100
"""The deepest nesting that is saved. Loading it takes a part of the interpreter's default recursion limit."""

MAX_DIGITS = 4300
"""The longest integer that Python reads by default."""

INTEGER_LIMIT = 10**MAX_DIGITS


class Unreadable(ValueError):
    """A file cannot be read. The message is a predicate, whose subject is the name of the file."""


class Damaged(Unreadable):
    """A file contradicts itself."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"is damaged: {reason}")


# -- describing --------------------------------------------------------------------------------------------------------


def describe(obj: Any) -> tuple[Any, dict[str, Any]]:
    """Return the description of `obj`, and its tensors and arrays by name.

    Other programs find each tensor of a flat dictionary by its very key.

    Raises
    ------
    TypeError
        If a part is of a type that files cannot hold.
    ValueError
        If a part is of such a type, but `restore` could not read it back.
    """
    leaves: dict[str, Any] = {}
    return _described(obj, "", leaves, ()), leaves


def _described(obj: Any, path: str, leaves: dict[str, Any], parents: tuple[int, ...]) -> Any:
    if isinstance(obj, Tensor):
        return {"tensor": _add_leaf(obj, path, leaves)}
    if obj is None or isinstance(obj, bool | int | float | str):
        return {"value": _checked_integer(obj, path) if isinstance(obj, int) else obj}
    if isinstance(obj, complex):
        return {"complex": [obj.real, obj.imag]}
    if isinstance(obj, Mapping | list | tuple):
        return _described_container(obj, path, leaves, _with_parent(parents, obj, path))
    if _is_array(obj):
        return {"array": _add_leaf(obj, path, leaves)}
    number = _number_of_scalar(obj)
    if number is not None:
        return _described(number, path, leaves, parents)
    hint = "; save its state_dict()" if hasattr(obj, "state_dict") else ""
    raise TypeError(
        f"save: obj can hold tensors, arrays, numbers and text, not {type(obj).__name__} (at {place_of(path)}){hint}"
    )


def _described_container(
    obj: Mapping[Any, Any] | Sequence[Any], path: str, leaves: dict[str, Any], parents: tuple[int, ...]
) -> Any:
    def part(key: Any, value: Any) -> Any:
        return _described(value, f"{path}.{key}" if path else str(key), leaves, parents)

    if isinstance(obj, Mapping):
        return {"dict": [[key, part(_checked_key(key, path), value)] for key, value in obj.items()]}
    fields = getattr(obj, "_fields", None) if isinstance(obj, tuple) else None
    if fields is not None:
        parts = [part(field, value) for field, value in zip(fields, obj)]
        return {"namedtuple": [_importable_name(type(obj), path), list(fields), parts]}
    parts = [part(index, value) for index, value in enumerate(obj)]
    return {"tuple" if isinstance(obj, tuple) else "list": parts}


def _with_parent(parents: tuple[int, ...], obj: Any, path: str) -> tuple[int, ...]:
    if id(obj) in parents:
        raise ValueError(f"save: a structure that contains itself cannot be saved (at {place_of(path)})")
    if len(parents) >= MAX_DEPTH:
        raise ValueError(f"save: structures have at most {MAX_DEPTH} levels; this one has more (at {place_of(path)})")
    return *parents, id(obj)


def _add_leaf(leaf: Any, path: str, leaves: dict[str, Any]) -> str:
    while path in leaves:  # a key with a dot may give the path of another leaf
        path += "_"
    leaves[_checked_name(path)] = leaf
    return path


def _checked_name(name: str) -> str:
    if name == METADATA:
        raise ValueError(f"save: the key {METADATA!r} is reserved in safetensors files; choose another one")
    return name


def _checked_key(key: Any, path: str) -> Any:
    if isinstance(key, str):
        return checked_text(key, f"the key {key!r} (in {place_of(path)})")
    if not isinstance(key, int):
        raise TypeError(
            f"save: the keys of saved dictionaries must be str or int, not {type(key).__name__} (in {place_of(path)})"
        )
    return _checked_integer(key, path)


def checked_text(text: str, role: str) -> str:
    """Return a text, or raise a ``ValueError`` that names its role if it has no encoding in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"save: {role} holds half a surrogate pair, which has no encoding in UTF-8") from None
    return text


def _checked_integer(number: int, path: str) -> int:
    if not -INTEGER_LIMIT < number < INTEGER_LIMIT:
        raise ValueError(f"save: integers are saved up to {MAX_DIGITS} digits; one is longer (at {place_of(path)})")
    return number


def place_of(path: str) -> str:
    """Return a path for a message; the middle of a long one is left out."""
    return repr(path if len(path) <= 80 else f"{path[:40]}...{path[-37:]}") if path else "the top"


def _is_array(obj: Any) -> bool:
    backend = backend_for_type(type(obj))
    return backend is not None and type(obj) is backend.array_types[0]


def _number_of_scalar(obj: Any) -> Any:
    """Return a NumPy scalar as a Python number, and None for other objects."""
    if type(obj).__module__ != "numpy" or not hasattr(obj, "item") or hasattr(obj, "__len__"):
        return None
    number = obj.item()
    return number if isinstance(number, bool | int | float | complex) else None


def _importable_name(cls: type, path: str) -> str:
    """Return the full name of a class, provided that it can be imported by that name."""
    found: Any = sys.modules.get(cls.__module__)
    for name in cls.__qualname__.split("."):
        found = getattr(found, name, None)
    if found is not cls:
        raise ValueError(
            f"save: the class {cls.__qualname__} of a named tuple (at {place_of(path)}) cannot be imported from "
            f"{cls.__module__}; define it at the top of its module, or save tuple(...) or _asdict()"
        )
    return full_name(cls)


def full_name(cls: type) -> str:
    """Return the module and name of a class."""
    return f"{cls.__module__}.{cls.__qualname__}"


# -- restoring ---------------------------------------------------------------------------------------------------------


class Restorer:
    """Rebuilds an object from its description.

    Parameters
    ----------
    names : iterable of str
        The entries of the file; each must be used exactly once.
    read : callable
        Returns the array of an entry.
    to_tensor : callable
        Makes a tensor of an array.
    classes : mapping from str to type
        The classes of named tuples, by their full names. Nothing is imported: a file cannot make others run.
    """

    def __init__(
        self,
        names: Iterable[str],
        read: Callable[[str], Any],
        to_tensor: Callable[[Any], Tensor],
        classes: Mapping[str, type],
    ):
        self._unused = set(names)
        self._read = read
        self._to_tensor = to_tensor
        self._classes = classes

    def restore(self, description: Any) -> Any:
        """Return the object.

        Raises
        ------
        Unreadable
            If `description` is not one that `describe` returns for these entries, or the class of a named tuple is
            missing.
        """
        try:
            obj = self._restored(description)
        except RecursionError:
            raise Damaged("its structure is nested too deeply") from None
        if self._unused:
            raise Damaged(f"its structure does not mention {min(self._unused)!r}")
        return obj

    def _restored(self, description: Any) -> Any:
        if not isinstance(description, dict) or len(description) != 1:
            raise Damaged("its structure has a part that does not consist of a kind and a content")
        ((kind, content),) = description.items()
        if kind not in self._kinds:
            raise Damaged(f"its structure has a part of the unknown kind {kind!r}")
        return self._kinds[kind](self, content)

    def _array(self, name: Any) -> Any:
        if not isinstance(name, str) or name not in self._unused:
            raise Damaged(f"its structure mentions {name!r}, which is missing or mentioned twice")
        self._unused.remove(name)
        return self._read(name)

    def _tensor(self, name: Any) -> Tensor:
        return self._to_tensor(self._array(name))

    def _value(self, content: Any) -> Any:
        if content is not None and not isinstance(content, bool | int | float | str):
            raise Damaged(f"its structure has a {type(content).__name__} in place of a number or text")
        return content

    def _complex(self, content: Any) -> complex:
        if not isinstance(content, list) or [type(part) for part in content] != [float, float]:
            raise Damaged("its structure has a malformed complex number")
        return complex(*content)

    def _dict(self, content: Any) -> dict[Any, Any]:
        pairs = [_as_list(pair, 2) for pair in _as_list(content)]
        if not all(isinstance(key, str | int) for key, _ in pairs) or len({key for key, _ in pairs}) < len(pairs):
            raise Damaged("its structure has a dictionary with repeated keys, or keys of a wrong type")
        return {key: self._restored(value) for key, value in pairs}

    def _list(self, content: Any) -> list[Any]:
        return [self._restored(part) for part in _as_list(content)]

    def _tuple(self, content: Any) -> tuple[Any, ...]:
        return tuple(self._list(content))

    def _namedtuple(self, content: Any) -> Any:
        name, fields, parts = _as_list(content, 3)
        if not isinstance(name, str) or len(_as_list(fields)) != len(_as_list(parts)):
            raise Damaged("its structure has a malformed named tuple")
        cls: Any = self._classes.get(name)
        if cls is None:
            raise Unreadable(f"holds a named tuple of the class {name}; pass that class in classes=[...]")
        if list(cls._fields) != fields:
            raise Unreadable(f"holds a {name} with the fields {fields}, and the class given has {list(cls._fields)}")
        return cls(*self._list(parts))

    _kinds: Mapping[str, Callable[[Restorer, Any], Any]] = {
        "tensor": _tensor,
        "array": _array,
        "value": _value,
        "complex": _complex,
        "dict": _dict,
        "list": _list,
        "tuple": _tuple,
        "namedtuple": _namedtuple,
    }


def _as_list(content: Any, length: int | None = None) -> list[Any]:
    if not isinstance(content, list) or length not in (None, len(content)):
        raise Damaged(f"its structure has a {type(content).__name__} in place of a list of the right length")
    return content
