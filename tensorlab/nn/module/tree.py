"""The parameters, buffers and modules inside a module: adding them, and finding them by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from ...options import checked
from ...options.kinds import Instance, kind_of, read
from ...tensor import Tensor
from .attributes import attribute, attributes_of, joined
from .parameter import Parameter

if TYPE_CHECKING:
    from .module import Module

T = TypeVar("T")

REGISTERED_BY = {"parameter": "register_parameter", "buffer": "register_buffer", "module": "add_module"}
"""The methods that add something under a name that is made at run time."""


class ModuleTree:
    """A module as far as the parameters, buffers and modules inside it are concerned.

    Parameters and modules are plain attributes, found by their type, so that `self.weight` costs as little as any
    attribute. A buffer has no type of its own: `_buffer_names` says whether each belongs to the state dict. A parameter
    or module that is None is found in `_absent`, which says what it is.
    """

    _buffer_names: dict[str, bool] = {}
    _absent: dict[str, str] = {}

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(self.__dict__.get(name), PARTS) or name in self._buffer_names or name in self._absent:
            self._check_assigned(name, value)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._forget(name)

    def _role(self, name: str) -> str | None:
        """Return what an attribute is, even if it is None: "parameter", "buffer" or "module"; None for another."""
        if name in self._buffer_names:
            return "buffer"
        return _role_of(self.__dict__.get(name)) or self._absent.get(name)

    def _check_assigned(self, name: str, value: Any) -> None:
        """Note what a parameter, buffer or module becomes, or raise `TypeError`; PyTorch's rules."""
        if type(value) is Tensor and name in self._buffer_names:
            return
        role, new = self._role(name), _role_of(value)
        if value is None:
            if role != "buffer":
                self._absent = {**self._absent, name: cast("str", role)}
        elif new == "parameter" or (new == "module" and role != "parameter"):
            self._forget(name)
        elif role != "buffer" or not isinstance(value, Tensor):
            remedy = "; assign a tensorlab.nn.Parameter, or new elements to its .data" if role == "parameter" else ""
            raise TypeError(
                f"{type(self).__name__}.{name} is a {role} and cannot become a {type(value).__name__}{remedy}"
            )

    def _forget(self, name: str) -> None:
        """Forget that a name is that of a buffer, or of something that is None."""
        if name in self._buffer_names:
            self._buffer_names = {key: value for key, value in self._buffer_names.items() if key != name}
        if name in self._absent:
            self._absent = {key: value for key, value in self._absent.items() if key != name}

    # -- adding parameters, buffers and modules --------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name that is made at run time; None stands for one that is left out.

        Raises
        ------
        TypeError
            If `param` is not a `Parameter`, or the name is not a string.
        KeyError
            If the name is empty, contains a dot, or is that of an attribute which is not a parameter.

        Examples
        --------
        >>> module = tl.nn.Module()
        >>> module.register_parameter("scale", tl.nn.Parameter(tl.ones(1)))
        >>> [name for name, _ in module.named_parameters()]
        ['scale']
        """
        self._check_free(name, "parameter")
        if param is not None and not isinstance(param, Parameter):
            kind = type(param).__name__
            raise TypeError(f"register_parameter: param {name!r} must be a tensorlab.nn.Parameter or None, not {kind}")
        self._put(name, "parameter", param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is part of the module's state but not learned, such as a running mean.

        Parameters
        ----------
        name : str
            The attribute under which it is found.
        tensor : Tensor or None
            None for a buffer that is left out.
        persistent : bool
            Whether it belongs to the state dict.

        Raises
        ------
        TypeError
            If `tensor` is not a tensor, or is a parameter, or the name is not a string.
        KeyError
            If the name is empty, contains a dot, or is that of an attribute which is not a buffer.

        Examples
        --------
        >>> module = tl.nn.Module()
        >>> module.register_buffer("count", tl.zeros(1))
        >>> list(module.state_dict())
        ['count']
        """
        self._check_free(name, "buffer")
        if tensor is not None and (not isinstance(tensor, Tensor) or isinstance(tensor, Parameter)):
            remedy = "; register its .detach()" if isinstance(tensor, Parameter) else ""
            raise TypeError(
                f"register_buffer: tensor {name!r} must be a tensor or None, not {type(tensor).__name__}{remedy}"
            )
        persistent = read("register_buffer", "persistent", kind_of(bool), persistent)
        object.__setattr__(self, name, tensor)
        self._buffer_names = {**self._buffer_names, name: persistent}

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a module under a name that is made at run time; None stands for one that is left out.

        Raises
        ------
        TypeError
            If `module` is not a `Module`, or the name is not a string.
        KeyError
            If the name is empty, contains a dot, or is that of an attribute which is not a module.

        Examples
        --------
        >>> net = tl.nn.Module()
        >>> net.add_module("first", tl.nn.Identity())
        >>> net.first
        Identity()
        """
        self._check_free(name, "module")
        if module is not None and not isinstance(module, ModuleTree):
            raise TypeError(
                f"add_module: module {name!r} must be a tensorlab.nn.Module or None, not {type(module).__name__}"
            )
        self._put(name, "module", module)

    register_module = add_module

    def _put(self, name: str, role: str, value: Any) -> None:
        if value is None:
            self._absent = {**self._absent, name: role}
        setattr(self, name, value)

    def _check_name(self, name: str, role: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{REGISTERED_BY[role]}: name must be a string, not {name!r}")
        if "." in name or not name:
            raise KeyError(
                f"{REGISTERED_BY[role]}: name {name!r} cannot be that of a {role}: it must not be empty or have a dot"
            )
        if hasattr(type(self), name):
            raise KeyError(f"{type(self).__name__} has an attribute {name!r} of its own")

    def _check_free(self, name: str, role: str) -> None:
        """Raise unless a name can be that of a part: it is free, or that of one of the same kind."""
        self._check_name(name, role)
        present = self._role(name)
        if name not in self.__dict__ or present == role:
            return
        # Layers set a parameter that is left out to None, without registering it.
        if not (role == "parameter" and present is None and self.__dict__[name] is None):
            raise KeyError(f"{type(self).__name__} already has a {present or 'plain'} attribute {name!r}")

    # -- finding them ----------------------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield (name, module) for the modules directly inside, each once.

        Examples
        --------
        >>> [name for name, _ in tl.nn.Sequential(tl.nn.ReLU(), tl.nn.Tanh()).named_children()]
        ['0', '1']
        """
        seen = set()
        for name, child in self._own_modules():
            if child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """Yield the modules directly inside; see `named_children`."""
        return (child for _, child in self.named_children())

    @checked
    def named_modules(
        self, memo: Annotated[set[Any], Instance((set,))] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """Yield (dotted path, module) for this module and all inside it, outer ones first.

        Examples
        --------
        >>> [name for name, _ in tl.nn.Sequential(tl.nn.Sequential(tl.nn.ReLU())).named_modules()]
        ['', '0', '0.0']
        """
        return self._walk(set() if memo is None else memo, prefix, remove_duplicate)

    def _walk(self, seen: set[Any], prefix: str, once: bool) -> Iterator[tuple[str, Module]]:
        this: Any = self
        if this in seen:
            return
        if once:
            seen.add(this)
        yield prefix, this
        for name, child in self._own_modules():
            yield from child._walk(seen, joined(prefix, name), once)

    def modules(self) -> Iterator[Module]:
        """Yield this module and all inside it; see `named_modules`."""
        return (module for _, module in self.named_modules())

    @checked
    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield (dotted path, parameter), each parameter once even where modules share it.

        Parameters
        ----------
        prefix : str
            Prepended to all paths.
        recurse : bool
            Whether to include the modules inside.
        remove_duplicate : bool
            Whether a shared parameter is yielded only once.

        Examples
        --------
        >>> [name for name, _ in tl.nn.Linear(2, 3).named_parameters()]
        ['weight', 'bias']
        """
        return self._collected(ModuleTree._own_parameters, prefix, recurse, remove_duplicate)

    @checked
    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield the parameters; see `named_parameters`."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    @checked
    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield (dotted path, buffer); see `named_parameters`."""
        return self._collected(ModuleTree._own_buffers, prefix, recurse, remove_duplicate)

    @checked
    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield the buffers; see `named_buffers`."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _own_parameters(self) -> Iterator[tuple[str, Parameter]]:
        return attributes_of(self, Parameter)

    def _module_slots(self) -> list[tuple[str, Module | None]]:
        """Return (name, module) for the modules directly inside, including those that are None, in their order."""
        absent = self._absent
        return [
            (name, value)
            for name, value in self.__dict__.items()
            if isinstance(value, ModuleTree) or absent.get(name) == "module"
        ]

    def _own_modules(self) -> Iterator[tuple[str, Module]]:
        return attributes_of(self, MODULE)

    def _own_buffers(self) -> Iterator[tuple[str, Tensor]]:
        named = ((name, self.__dict__.get(name)) for name in self._buffer_names)
        return ((name, buffer) for name, buffer in named if buffer is not None)

    def _collected(
        self, own: Callable[[ModuleTree], Iterator[tuple[str, T]]], prefix: str, recurse: bool, once: bool
    ) -> Iterator[tuple[str, T]]:
        seen: set[T] = set()
        modules: Iterable[tuple[str, ModuleTree]] = self._walk(set(), prefix, once) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in own(module):
                if value in seen:
                    continue
                if once:
                    seen.add(value)
                yield joined(path, name), value

    @checked
    def get_submodule(self, target: str) -> Module:
        """Return the module at a dotted path; the empty path is the module itself.

        Raises
        ------
        AttributeError
            If there is none; the message says where the path ends.

        Examples
        --------
        >>> tl.nn.Sequential(tl.nn.Sequential(tl.nn.ReLU())).get_submodule("0.0")
        ReLU()
        """
        module = cast("Module", self)
        for name in target.split(".") if target else ():
            module = attribute(module, name, MODULE, "module", target)
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Replace the module at a dotted path, or add one to the module at the beginning of the path.

        Parameters
        ----------
        target : str
            The path.
        module : Module
            The new module.
        strict : bool
            Whether it must replace one.

        Raises
        ------
        ValueError
            If the path is empty.
        TypeError
            If `module` is not a module.
        AttributeError
            If the path leads nowhere, or to something that is not a module.

        Examples
        --------
        >>> net = tl.nn.Sequential(tl.nn.Sequential(tl.nn.ReLU()))
        >>> net.set_submodule("0.0", tl.nn.Tanh())
        >>> net[0][0]
        Tanh()
        """
        target = read("set_submodule", "target", kind_of(str), target)
        strict = read("set_submodule", "strict", kind_of(bool), strict)
        if not target:
            raise ValueError("set_submodule: target must not be empty: a module cannot replace itself")
        if not isinstance(module, ModuleTree):
            raise TypeError(f"set_submodule: module must be a tensorlab.nn.Module, not {type(module).__name__}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if parent._role(name) != "module" and (strict or hasattr(parent, name)):
            raise AttributeError(f"set_submodule: target {target!r}: {type(parent).__name__} has no module {name!r}")
        parent.add_module(name, module)

    @checked
    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter at a dotted path; raises `AttributeError` where there is none.

        Examples
        --------
        >>> tl.nn.Sequential(tl.nn.Linear(2, 3)).get_parameter("0.bias").shape
        (3,)
        """
        path, _, name = target.rpartition(".")
        return attribute(self.get_submodule(path), name, Parameter, "parameter", target)

    @checked
    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer at a dotted path; raises `AttributeError` where there is none."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        buffer = dict(module._own_buffers()).get(name)
        if buffer is None:
            raise AttributeError(f"get_buffer: target {target!r}: {type(module).__name__} has no buffer {name!r}")
        return buffer


MODULE = cast("type[Module]", ModuleTree)
PARTS = (Parameter, ModuleTree)


def _role_of(value: Any) -> str | None:
    return "parameter" if isinstance(value, Parameter) else "module" if isinstance(value, ModuleTree) else None
