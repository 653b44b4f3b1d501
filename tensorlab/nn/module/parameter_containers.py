"""Parameters in a list, and in a dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, KeysView, Mapping
from operator import index as as_index
from typing import Any, overload

from ...options import checked
from ...tensor import Tensor
from .module import Module
from .parameter import Parameter


class _ParameterContainer(Module):
    """Named values; tensors become parameters."""

    def _hold(self, name: str, value: Any) -> None:
        if isinstance(value, Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        self._check_name(name, "parameter")
        self.__dict__[name] = value  # without the check that a parameter stays one; the name keeps its position

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"{type(self).__name__} holds parameters and computes nothing; it is not to be called")


class ParameterList(_ParameterContainer):
    """Parameters in a list; the module that holds it defines how they are used.

    Parameters
    ----------
    values : iterable, optional
        The initial values. Tensors become parameters; other values are kept unchanged.

    Examples
    --------
    >>> weights = tl.nn.ParameterList(tl.ones(2, n) for n in (3, 4))
    >>> weights
    ParameterList(
      (0): Parameter containing: [float32 of size 2x3]
      (1): Parameter containing: [float32 of size 2x4]
    )
    >>> len(list(weights.parameters()))
    2
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        self._size = 0
        if values is not None:
            self.extend(values)

    def _name(self, index: Any) -> str:
        position = as_index(index)
        if not -self._size <= position < self._size:
            raise IndexError(f"{type(self).__name__} of {self._size} values has no value {position}")
        return str(position % self._size)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> ParameterList: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self.__dict__[self._name(index)]

    def __setitem__(self, index: int, value: Any) -> None:
        self._hold(self._name(index), value)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self.__dict__[str(position)] for position in range(self._size))

    def __iadd__(self, values: Iterable[Any]) -> ParameterList:
        return self.extend(values)

    def append(self, value: Any) -> ParameterList:
        """Add a value at the end; returns the container itself."""
        self._hold(str(self._size), value)
        self._size += 1
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add values at the end; returns the container itself.

        Raises
        ------
        TypeError
            If `values` is a tensor, or not iterable.
        """
        if isinstance(values, str | bytes) or hasattr(values, "dtype") or not isinstance(values, Iterable):
            raise TypeError(f"{type(self).__name__}: values must be an iterable, not {type(values).__name__}")
        for value in tuple(values):
            self.append(value)
        return self

    def extra_repr(self) -> str:
        return _described(enumerate(self))


class ParameterDict(_ParameterContainer):
    """Parameters in a dictionary; the module that holds it defines how they are used.

    Parameters
    ----------
    parameters : mapping from str, or pairs, optional
        The initial values. Tensors become parameters; other values are kept unchanged.

    Raises
    ------
    TypeError
        If a key is not a string.
    KeyError
        If a key contains a dot or is the name of a method.

    Examples
    --------
    >>> scales = tl.nn.ParameterDict({"left": tl.ones(2), "right": tl.zeros(2)})
    >>> list(scales), scales["right"].requires_grad
    (['left', 'right'], True)
    """

    def __init__(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(f"{type(self).__name__} has no value of the key {key!r}, but {', '.join(self) or 'none'}")
        return self.__dict__[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"{type(self).__name__}: a key must be a string, not {type(key).__name__}")
        if key in self.__dict__ and key not in self._keys:
            raise KeyError(f"{type(self).__name__} has an attribute {key!r} of its own")
        self._hold(key, value)
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __or__(self, other: Mapping[str, Any] | ParameterDict) -> ParameterDict:
        result = self.copy()
        result.update(other)
        return result

    def __ror__(self, other: Mapping[str, Any]) -> ParameterDict:
        result = ParameterDict(other)
        result.update(self)
        return result

    def __ior__(self, other: Mapping[str, Any] | ParameterDict) -> ParameterDict:
        self.update(other)
        return self

    def keys(self) -> KeysView[str]:
        """Return the keys."""
        return self._keys.keys()

    def values(self) -> Iterable[Any]:
        """Return the values."""
        return (self[key] for key in self._keys)

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return (key, value) pairs."""
        return ((key, self[key]) for key in self._keys)

    @checked
    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or `default`."""
        return self.__dict__[key] if key in self._keys else default

    @checked
    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, which is first set to `default` if it is missing."""
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, parameters: Mapping[str, Any] | ParameterDict | Iterable[tuple[str, Any]]) -> None:
        """Add values; those of the same keys are replaced."""
        pairs = parameters.items() if isinstance(parameters, Mapping | ParameterDict) else parameters
        if not isinstance(pairs, Iterable) or isinstance(pairs, str | bytes | Tensor):
            found = type(parameters).__name__
            raise TypeError(f"{type(self).__name__}: parameters must be a mapping or pairs, not {found}")
        for pair in tuple(pairs):
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise TypeError(f"{type(self).__name__}: parameters must be pairs of a key and a value, not {pair!r}")
            self[pair[0]] = pair[1]

    @checked
    def pop(self, key: str) -> Any:
        """Remove and return a value; raises `KeyError` if there is none of that key."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Remove and return the pair that was added last."""
        if not self._keys:
            raise KeyError(f"{type(self).__name__} is empty")
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def clear(self) -> None:
        """Remove all values."""
        for key in tuple(self._keys):
            del self[key]

    def copy(self) -> ParameterDict:
        """Return a shallow copy."""
        return ParameterDict(self.items())

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """Return a dictionary with the same value for all keys."""
        if not isinstance(keys, Iterable) or isinstance(keys, str | bytes):
            raise TypeError(f"fromkeys: keys must be an iterable of strings, not {type(keys).__name__}")
        return ParameterDict([(key, default) for key in keys])

    def extra_repr(self) -> str:
        return _described(self.items())


def _described(named: Iterable[tuple[Any, Any]]) -> str:
    """Return a line for each value, with its key, type and size."""
    lines = []
    for key, value in named:
        if isinstance(value, Parameter):
            lines.append(f"({key}): Parameter containing: [{value.dtype} of size {'x'.join(map(str, value.shape))}]")
        elif not isinstance(value, Module):
            lines.append(f"({key}): Object of type: {type(value).__name__}")
    return "\n".join(lines)
