"""What a module consists of, by name: its parameters, its buffers and the modules inside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from ...tensor import Tensor
from .parameter import Parameter

if TYPE_CHECKING:
    from .module import Module

T = TypeVar("T")


class Parts:
    """The part of `Module` that names and finds things.

    Parameters and inner modules are plain attributes, found by their type, so that reading ``self.weight`` in
    `forward` costs no more than any attribute. Buffers are attributes too; as nothing distinguishes them from other
    tensors, their names are noted, with whether they belong to the state dict.
    """

    _buffer_names: dict[str, bool] = {}

    # -- adding ----------------------------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name that is made at run time; None stands for one that is left out.

        Raises
        ------
        TypeError
            If it is no `Parameter`.

        Examples
        --------
        >>> module = tl.nn.Module()
        >>> module.register_parameter("scale", tl.nn.Parameter(tl.ones(1)))
        >>> [name for name, _ in module.named_parameters()]
        ['scale']
        """
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"parameter {name!r} must be a tensorlab.nn.Parameter or None, not {type(param).__name__}")
        self._check_name(name)
        setattr(self, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is part of the module's state and not learned, such as a running mean.

        Parameters
        ----------
        name : str
            Under which attribute it is found.
        tensor : Tensor or None
            None for a buffer that is left out.
        persistent : bool
            Whether it belongs to the state dict.

        Raises
        ------
        TypeError
            If it is no tensor.

        Examples
        --------
        >>> module = tl.nn.Module()
        >>> module.register_buffer("count", tl.zeros(1))
        >>> list(module.state_dict())
        ['count']
        """
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"buffer {name!r} must be a tensor or None, not {type(tensor).__name__}")
        self._check_name(name)
        setattr(self, name, tensor)
        self._buffer_names = {**self._buffer_names, name: persistent}

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a module under a name that is made at run time.

        Raises
        ------
        TypeError
            If it is no `Module`.

        Examples
        --------
        >>> net = tl.nn.Module()
        >>> net.add_module("first", tl.nn.Identity())
        >>> net.first
        Identity()
        """
        if module is not None and not isinstance(module, Parts):
            raise TypeError(f"module {name!r} must be a tensorlab.nn.Module or None, not {type(module).__name__}")
        self._check_name(name)
        setattr(self, name, module)

    register_module = add_module

    def _check_name(self, name: str) -> None:
        if "." in name or not name:
            raise KeyError(f"{name!r} is no name for a part of a module: it must have letters and no dot")
        if hasattr(type(self), name):
            raise KeyError(f"{type(self).__name__} has an attribute {name!r} of its own")

    # -- finding ---------------------------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield (name, module) for the modules directly inside, each once.

        Examples
        --------
        >>> [name for name, _ in tl.nn.Sequential(tl.nn.ReLU(), tl.nn.Tanh()).named_children()]
        ['0', '1']
        """
        seen = set()
        for name, child in self._children():
            if child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """Yield the modules directly inside; see `named_children`."""
        return (child for _, child in self.named_children())

    def _children(self) -> Iterator[tuple[str, Any]]:
        return _attributes(self, Parts)

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Yield (dotted path, module) for this module and all inside it, outer ones first.

        Examples
        --------
        >>> [name for name, _ in tl.nn.Sequential(tl.nn.Sequential(tl.nn.ReLU())).named_modules()]
        ['', '0', '0.0']
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self  # type: ignore[misc]
        for name, child in self._children():
            yield from child.named_modules(memo, joined(prefix, name), remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """Yield this module and all inside it; see `named_modules`."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield (dotted path, parameter), each parameter once even where modules share it.

        Parameters
        ----------
        prefix : str
            What all paths begin with.
        recurse : bool
            Whether to go into the modules inside.
        remove_duplicate : bool
            Whether a shared parameter appears once only.

        Examples
        --------
        >>> [name for name, _ in tl.nn.Linear(2, 3).named_parameters()]
        ['weight', 'bias']
        """
        return self._named(lambda module: _attributes(module, Parameter), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield the parameters; see `named_parameters`."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield (dotted path, buffer); see `named_parameters`."""
        return self._named(buffers_of, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield the buffers; see `named_buffers`."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named(
        self, members: Callable[[Any], Iterator[tuple[str, T]]], prefix: str, recurse: bool, once: bool
    ) -> Iterator[tuple[str, T]]:
        seen: set[Any] = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=once) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, member in members(module):
                if member in seen:
                    continue
                if once:
                    seen.add(member)
                yield joined(path, name), member

    def get_submodule(self, target: str) -> Module:
        """Return the module at a dotted path; the empty path is the module itself.

        Raises
        ------
        AttributeError
            If there is none; the message says how far the path leads.

        Examples
        --------
        >>> tl.nn.Sequential(tl.nn.Sequential(tl.nn.ReLU())).get_submodule("0.0")
        ReLU()
        """
        module: Any = self
        for name in target.split(".") if target else ():
            module = _member(module, name, Parts, target)
        return module

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter at a dotted path; raises `AttributeError` where there is none.

        Examples
        --------
        >>> tl.nn.Sequential(tl.nn.Linear(2, 3)).get_parameter("0.bias").shape
        (3,)
        """
        path, _, name = target.rpartition(".")
        return _member(self.get_submodule(path), name, Parameter, target)

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer at a dotted path; raises `AttributeError` where there is none."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if name not in module._buffer_names:
            raise AttributeError(f"{target!r}: {type(module).__name__} has no buffer {name!r}")
        return _member(module, name, Tensor, target)


def joined(prefix: str, name: str) -> str:
    """Return two parts of a dotted path as one, either of which may be empty."""
    return f"{prefix}.{name}" if prefix and name else prefix or name


def buffers_of(module: Parts) -> Iterator[tuple[str, Tensor]]:
    """Yield (name, buffer) of one module alone."""
    for name in module._buffer_names:
        buffer = module.__dict__.get(name)
        if buffer is not None:
            yield name, buffer


def _attributes(module: Parts, kind: type[T]) -> Iterator[tuple[str, T]]:
    """Yield the attributes that are of a type; what happens meanwhile may add attributes."""
    return ((name, value) for name, value in tuple(module.__dict__.items()) if isinstance(value, kind))


def _member(module: Any, name: str, kind: type, path: str) -> Any:
    found = module.__dict__.get(name)
    if not isinstance(found, kind):
        what = {Parts: "module", Parameter: "parameter"}.get(kind, "buffer")
        raise AttributeError(f"{path!r}: {type(module).__name__} has no {what} {name!r}")
    return found
