"""Modules that hold modules: in sequence, in a list, in a dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import index as as_index
from typing import Any, TypeVar, overload

from ...tensor import Tensor
from .attributes import attributes_of
from .module import Module

L = TypeVar("L", bound="_ModuleSequence")


class _ModuleSequence(Module):
    """Modules under the names ``"0"``, ``"1"``, ... (or others), with a list's methods."""

    def _modules(self) -> list[Module]:
        return [value for value in self.__dict__.values() if isinstance(value, Module)]

    def _replace(self, modules: Iterable[Module]) -> None:
        """Hold other modules, numbered from zero."""
        modules = list(modules)
        for name, _ in tuple(attributes_of(self, Module)):
            delattr(self, name)
        for number, module in enumerate(modules):
            self.add_module(str(number), module)

    def _position(self, index: Any) -> int:
        position, length = as_index(index), len(self)
        if not -length <= position < length:
            raise IndexError(f"{type(self).__name__} of {length} modules has no module {position}")
        return position % length

    @overload
    def __getitem__(self: L, index: int) -> Module: ...
    @overload
    def __getitem__(self: L, index: slice) -> L: ...
    def __getitem__(self: L, index: int | slice) -> Module | L:
        if isinstance(index, slice):
            return self._selected(list(attributes_of(self, Module))[index])
        return self._modules()[self._position(index)]

    def _selected(self: L, named: list[tuple[str, Any]]) -> L:
        return type(self)([module for _, module in named])  # type: ignore[call-arg]

    def __setitem__(self, index: int, module: Module) -> None:
        name, _ = list(attributes_of(self, Module))[self._position(index)]
        self.add_module(name, module)

    def __delitem__(self, index: int | slice) -> None:
        modules = self._modules()
        del modules[index if isinstance(index, slice) else self._position(index)]
        self._replace(modules)

    def __len__(self) -> int:
        return len(self._modules())

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules())

    def append(self: L, module: Module) -> L:
        """Add a module at the end; returns the container itself."""
        self.add_module(str(len(self)), module)
        return self

    def insert(self: L, index: int, module: Module) -> L:
        """Insert a module before the one at `index`; returns the container itself."""
        modules = self._modules()
        modules.insert(index, module)
        self._replace(modules)
        return self

    def extend(self: L, modules: Iterable[Module]) -> L:
        """Add modules at the end; returns the container itself."""
        for module in modules:
            self.append(module)
        return self


class Sequential(_ModuleSequence):
    """Modules in sequence: each is called with the output of the one before.

    Parameters
    ----------
    *modules : Module, or one dict from name to Module
        In the order in which they are called.

    Raises
    ------
    TypeError
        If an argument is not a module.

    Examples
    --------
    >>> net = tl.nn.Sequential(tl.nn.Flatten(), tl.nn.Linear(4, 3), tl.nn.Tanh())
    >>> net(tl.zeros(2, 2, 2)).shape
    (2, 3)
    >>> net[1:]
    Sequential(
      (1): Linear(in_features=4, out_features=3, bias=True)
      (2): Tanh()
    )
    """

    def __init__(self, *modules: Module | Mapping[str, Module | None] | None) -> None:
        named: Any = modules[0] if len(modules) == 1 and isinstance(modules[0], Mapping) else dict(enumerate(modules))
        for name, module in named.items():
            self.add_module(str(name), module)

    def forward(self, input: Any) -> Tensor:
        """Return the output of the last module, which need not be a tensor."""
        for module in self._modules():
            input = module(input)
        return input

    def _selected(self, named: list[tuple[str, Any]]) -> Sequential:
        return type(self)(dict(named))


class ModuleList(_ModuleSequence):
    """Modules in a list; the module that holds it defines how they are called.

    Parameters
    ----------
    modules : iterable of Module, optional
        The initial modules.

    Examples
    --------
    >>> layers = tl.nn.ModuleList(tl.nn.Linear(2, 2) for _ in range(3))
    >>> len(layers), len(list(layers.parameters()))
    (3, 6)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self.extend(modules)


class ModuleDict(Module):
    """Modules in a dictionary; the module that holds it defines how they are called.

    Parameters
    ----------
    modules : mapping from str to Module, or pairs, optional
        The initial modules.

    Examples
    --------
    >>> heads = tl.nn.ModuleDict({"age": tl.nn.Linear(4, 1), "name": tl.nn.Linear(4, 9)})
    >>> list(heads), heads["age"]
    (['age', 'name'], Linear(in_features=4, out_features=1, bias=True))
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        self.update(modules)

    def _modules(self) -> dict[str, Module]:
        return dict(attributes_of(self, Module))

    def __getitem__(self, key: str) -> Module:
        return self._modules()[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __len__(self) -> int:
        return len(self._modules())

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules())

    def __contains__(self, key: object) -> bool:
        return key in self._modules()

    def keys(self) -> Iterable[str]:
        """Return the names."""
        return self._modules().keys()

    def values(self) -> Iterable[Module]:
        """Return the modules."""
        return self._modules().values()

    def items(self) -> Iterable[tuple[str, Module]]:
        """Return (name, module) pairs."""
        return self._modules().items()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules; those of the same names are replaced."""
        for key, module in dict(modules).items():
            self.add_module(key, module)

    def pop(self, key: str) -> Module:
        """Remove and return a module; raises `KeyError` if there is none of that name."""
        module = self._modules()[key]
        delattr(self, key)
        return module

    def clear(self) -> None:
        """Remove all modules."""
        for key in self._modules():
            delattr(self, key)
