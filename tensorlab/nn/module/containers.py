"""Modules that hold modules: in sequence, in a list, in a dictionary."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from itertools import chain, groupby
from operator import index as as_index
from typing import Any, Self, overload

from ...options import checked
from ...tensor import Tensor
from .module import Module


class _ModuleSequence(Module):
    """Modules under the names ``"0"``, ``"1"``, ... (or others), with a list's methods; some may be None."""

    def _modules(self) -> list[Any]:
        if self._absent:
            return [module for _, module in self._module_slots()]
        return [value for value in self.__dict__.values() if isinstance(value, Module)]

    def _replace(self, modules: Iterable[Module | None]) -> None:
        """Hold other modules, numbered from zero."""
        numbered = _numbered(self, modules)
        for name, _ in self._module_slots():
            delattr(self, name)
        for name, module in numbered:
            self.add_module(name, module)

    def _name(self, index: Any) -> str:
        """Return the name of the module at an index, which may count from the end."""
        position, names = as_index(index), [name for name, _ in self._module_slots()]
        if not -len(names) <= position < len(names):
            raise IndexError(f"{type(self).__name__} of {len(names)} modules has no module {position}")
        return names[position]

    # The element type is not declared: a module's class says how it is called, and an element may be None.
    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._selected(self._module_slots()[index])
        return self.__dict__[self._name(index)]

    def _selected(self, named: list[tuple[str, Any]]) -> Self:
        return type(self)([module for _, module in named])  # type: ignore[call-arg]

    def __setitem__(self, index: int, module: Module | None) -> None:
        self.add_module(self._name(index), module)

    def __delitem__(self, index: int | slice) -> None:
        names = [self._name(index)] if not isinstance(index, slice) else [n for n, _ in self._module_slots()[index]]
        self._replace([module for name, module in self._module_slots() if name not in names])

    def __len__(self) -> int:
        return len(self._module_slots())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules())

    def append(self, module: Module | None) -> Self:
        """Add a module at the end; returns the container itself."""
        return self.extend([module])

    @checked
    def insert(self, index: int, module: Module | None) -> Self:
        """Insert a module before the one at `index`, as into a list; returns the container itself."""
        modules = self._modules()
        modules.insert(index, module)
        self._replace(modules)
        return self

    def extend(self, modules: Iterable[Module | None]) -> Self:
        """Add modules at the end; returns the container itself.

        Raises
        ------
        TypeError
            If `modules` is not an iterable of modules; nothing has been added then.
        """
        for name, module in _numbered(self, modules, start=len(self)):
            self.add_module(name, module)
        return self

    @checked
    def pop(self, key: int | slice) -> Any:
        """Remove and return the module at an index, or a container of those of a slice.

        Examples
        --------
        >>> layers = tl.nn.ModuleList([tl.nn.ReLU(), tl.nn.Tanh()])
        >>> layers.pop(0), len(layers)
        (ReLU(), 1)
        """
        found = self[key]
        del self[key]
        return found


def _numbered(owner: Module, modules: Iterable[Module | None], start: int = 0) -> list[tuple[str, Module | None]]:
    """Return modules with their numbers as names; raise `TypeError` if one is something else."""
    kind = type(owner).__name__
    if not isinstance(modules, Iterable) or isinstance(modules, str | bytes | Tensor):
        raise TypeError(f"{kind}: modules must be an iterable of modules, not {type(modules).__name__}")
    found = [(str(number), module) for number, module in enumerate(modules, start)]
    for name, module in found:
        if module is not None and not isinstance(module, Module):
            raise TypeError(
                f"{kind}: module {name!r} must be a tensorlab.nn.Module or None, not {type(module).__name__}"
            )
    return found


class Sequential(_ModuleSequence):
    """Modules in sequence: each is called with the output of the one before.

    ``a + b`` is a `Sequential` of the modules of both, and ``2 * a`` one that calls the same modules twice.

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
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            self.extend(modules)  # type: ignore[arg-type]

    def forward(self, input: Any) -> Tensor:
        """Return the output of the last module, which need not be a tensor."""
        for module in self._modules():
            if module is None:
                raise TypeError(f"{type(self).__name__}: a module is None, which cannot be called: {self!r}")
            input = module(input)
        return input

    def _selected(self, named: list[tuple[str, Any]]) -> Self:
        return type(self)(dict(named))

    @checked
    def insert(self, index: int, module: Module | None) -> Self:
        """Insert a module before the one at `index`; returns the container itself.

        Raises
        ------
        IndexError
            If `index` is beyond the end.

        Examples
        --------
        >>> tl.nn.Sequential(tl.nn.Tanh()).insert(0, tl.nn.ReLU())
        Sequential(
          (0): ReLU()
          (1): Tanh()
        )
        """
        if not -len(self) <= index <= len(self):
            raise IndexError(f"insert: {type(self).__name__} of {len(self)} modules has no place for index {index}")
        return super().insert(index, module)

    def __add__(self, other: Sequential) -> Sequential:
        return Sequential(*self, *other) if isinstance(other, Sequential) else NotImplemented

    def __iadd__(self, other: Sequential) -> Self:
        return self.extend(other) if isinstance(other, Sequential) else NotImplemented

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*self._repeated(times))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Self:
        return self.extend(self._repeated(times)[len(self) :])

    def _repeated(self, times: int) -> list[Any]:
        times = as_index(times)
        if times <= 0:
            raise ValueError(f"a {type(self).__name__} can be repeated a positive number of times, not {times}")
        return self._modules() * times


class ModuleList(_ModuleSequence):
    """Modules in a list; the module that holds it defines how they are called.

    Parameters
    ----------
    modules : iterable of Module, optional
        The initial modules. None stands for one that is left out: it keeps its number.

    Examples
    --------
    >>> layers = tl.nn.ModuleList(tl.nn.Linear(2, 2) for _ in range(3))
    >>> len(layers), len(list(layers.parameters()))
    (3, 6)
    """

    def __init__(self, modules: Iterable[Module | None] | None = None) -> None:
        if modules is not None:
            self.extend(modules)

    def __iadd__(self, modules: Iterable[Module | None]) -> Self:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module | None]) -> ModuleList:
        return ModuleList(chain(self, other)) if isinstance(other, Iterable) else NotImplemented

    def _shown_modules(self) -> Iterator[tuple[str, str]]:
        """Yield each run of modules with the same repr once, as PyTorch does."""
        for shown, run in groupby(super()._shown_modules(), key=lambda entry: entry[1]):
            names = [name for name, _ in run]
            if len(names) == 1:
                yield names[0], shown
            else:
                yield f"{names[0]}-{names[-1]}", f"{len(names)} x {shown}"


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

    def __init__(
        self, modules: Mapping[str, Module | None] | ModuleDict | Iterable[tuple[str, Module | None]] | None = None
    ) -> None:
        if modules is not None:
            self.update(modules)

    def _modules(self) -> dict[str, Any]:
        return dict(self._module_slots())

    def __getitem__(self, key: str) -> Any:
        modules = self._modules()
        if key not in modules:
            raise KeyError(
                f"{type(self).__name__} has no module of the key {key!r}, but {', '.join(modules) or 'none'}"
            )
        return modules[key]

    def __setitem__(self, key: str, module: Module | None) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __len__(self) -> int:
        return len(self._module_slots())

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules())

    def __contains__(self, key: object) -> bool:
        return key in self._modules()

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._modules().keys()

    def values(self) -> ValuesView[Any]:
        """Return the modules."""
        return self._modules().values()

    def items(self) -> ItemsView[str, Any]:
        """Return (name, module) pairs."""
        return self._modules().items()

    def update(self, modules: Mapping[str, Module | None] | ModuleDict | Iterable[tuple[str, Module | None]]) -> None:
        """Add modules; those of the same names are replaced.

        Raises
        ------
        TypeError
            If `modules` is neither a mapping nor an iterable of pairs of a string and a module.
        """
        pairs = modules.items() if isinstance(modules, Mapping | ModuleDict) else modules
        if not isinstance(pairs, Iterable) or isinstance(pairs, str | bytes | Tensor):
            raise TypeError(f"{type(self).__name__}: modules must be a mapping or pairs, not {type(modules).__name__}")
        for pair in tuple(pairs):
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise TypeError(f"{type(self).__name__}: modules must be pairs of a name and a module, not {pair!r}")
            self.add_module(*pair)

    @checked
    def pop(self, key: str) -> Any:
        """Remove and return a module; raises `KeyError` if there is none of that name."""
        module = self[key]
        delattr(self, key)
        return module

    def clear(self) -> None:
        """Remove all modules."""
        for key in self._modules():
            delattr(self, key)
