"""Module: the base class of layers and networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ParamSpec, Protocol, Self, TypeVar

from ...backend import DType, dtypes
from ...hooks import Hook, RemovableHandle, add_hook
from ...ops.creation import zeros_like
from ...tensor import Tensor
from .attributes import attribute, attributes_of, joined
from .error_path import note_module
from .forward_hooks import call_with_hooks
from .parameter import Parameter, Uninitialized
from .state_dict import IncompatibleKeys, load_state
from .summary import Summary, summarize

T = TypeVar("T")
P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class Computes(Protocol[P, R_co]):
    """The type of a module that is called: the call takes what `forward` takes and returns what it returns."""

    def forward(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Compute the output."""


class Module:
    """The base class of layers and networks.

    A subclass makes its parameters and inner modules in ``__init__``, as attributes, and computes in `forward`.
    Calling the module calls `forward`; an error raised inside carries a note with the path of the module.

    Attributes
    ----------
    training : bool
        Whether layers such as dropout behave as in training; see `train`.

    Examples
    --------
    >>> class Shift(tl.nn.Module):
    ...     def __init__(self, features):
    ...         super().__init__()
    ...         self.by = tl.nn.Parameter(tl.ones(features))
    ...
    ...     def forward(self, x):
    ...         return x + self.by
    >>> Shift(2)(tl.tensor([1.0, 2.0])).tolist()
    [2.0, 3.0]
    """

    training: bool = True

    # Parameters and modules are plain attributes, found by their type, so that `self.weight` costs as little as any
    # attribute. A buffer has no type of its own: `_buffer_names` says whether each belongs to the state dict.
    _buffer_names: dict[str, bool] = {}
    _hooks: dict[int, Hook] = {}

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the module's output; every subclass overrides this."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward(...)")

    def __call__(self: Computes[P, R_co], *args: P.args, **kwargs: P.kwargs) -> R_co:
        module: Any = self
        try:
            if module._hooks:
                output: R_co = call_with_hooks(module, self.forward, tuple(module._hooks.values()), args, kwargs)
                return output
            return self.forward(*args, **kwargs)
        except Exception as error:
            note_module(module, error)
            raise

    def __setattr__(self, name: str, value: Any) -> None:
        if value is not None:
            if isinstance(self.__dict__.get(name), Parameter) and not isinstance(value, Parameter):
                raise TypeError(
                    f"{type(self).__name__}.{name} is a parameter and cannot become a {type(value).__name__}; assign a "
                    "tensorlab.nn.Parameter, or new elements to its .data"
                )
            if name in self._buffer_names and not isinstance(value, Tensor):
                raise TypeError(f"{type(self).__name__}.{name} is a buffer and cannot become a {type(value).__name__}")
        object.__setattr__(self, name, value)

    # -- adding parameters, buffers and modules --------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name that is made at run time; None stands for one that is left out.

        Raises
        ------
        TypeError
            If `param` is not a `Parameter`.
        KeyError
            If the name is empty, contains a dot, or is an attribute of the class.

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
            If `tensor` is not a tensor.
        KeyError
            If the name is empty, contains a dot, or is an attribute of the class.

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
            If `module` is not a `Module`.
        KeyError
            If the name is empty, contains a dot, or is an attribute of the class.

        Examples
        --------
        >>> net = tl.nn.Module()
        >>> net.add_module("first", tl.nn.Identity())
        >>> net.first
        Identity()
        """
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"module {name!r} must be a tensorlab.nn.Module or None, not {type(module).__name__}")
        self._check_name(name)
        setattr(self, name, module)

    register_module = add_module

    def _check_name(self, name: str) -> None:
        if "." in name or not name:
            raise KeyError(f"{name!r} cannot name a part of a module: a name is not empty and contains no dot")
        if hasattr(type(self), name):
            raise KeyError(f"{type(self).__name__} has an attribute {name!r} of its own")

    # -- finding them ----------------------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield (name, module) for the modules directly inside, each once.

        Examples
        --------
        >>> [name for name, _ in tl.nn.Sequential(tl.nn.ReLU(), tl.nn.Tanh()).named_children()]
        ['0', '1']
        """
        seen = set()
        for name, child in attributes_of(self, Module):
            if child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """Yield the modules directly inside; see `named_children`."""
        return (child for _, child in self.named_children())

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
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
        yield prefix, self
        for name, child in attributes_of(self, Module):
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
        return self._collected(Module._own_parameters, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield the parameters; see `named_parameters`."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield (dotted path, buffer); see `named_parameters`."""
        return self._collected(Module._own_buffers, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield the buffers; see `named_buffers`."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _own_parameters(self) -> Iterator[tuple[str, Parameter]]:
        return attributes_of(self, Parameter)

    def _own_buffers(self) -> Iterator[tuple[str, Tensor]]:
        named = ((name, self.__dict__.get(name)) for name in self._buffer_names)
        return ((name, buffer) for name, buffer in named if buffer is not None)

    def _collected(
        self, own: Callable[[Module], Iterator[tuple[str, T]]], prefix: str, recurse: bool, once: bool
    ) -> Iterator[tuple[str, T]]:
        seen: set[T] = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=once) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in own(module):
                if value in seen:
                    continue
                if once:
                    seen.add(value)
                yield joined(path, name), value

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
        module = self
        for name in target.split(".") if target else ():
            module = attribute(module, name, Module, target)
        return module

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter at a dotted path; raises `AttributeError` where there is none.

        Examples
        --------
        >>> tl.nn.Sequential(tl.nn.Linear(2, 3)).get_parameter("0.bias").shape
        (3,)
        """
        path, _, name = target.rpartition(".")
        return attribute(self.get_submodule(path), name, Parameter, target)

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer at a dotted path; raises `AttributeError` where there is none."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        buffer = dict(module._own_buffers()).get(name)
        if buffer is None:
            raise AttributeError(f"{target!r}: {type(module).__name__} has no buffer {name!r}")
        return buffer

    # -- training --------------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Set training mode for the module and all inside it; returns the module.

        Examples
        --------
        >>> tl.nn.Sequential(tl.nn.Dropout()).train(False)[0].training
        False
        """
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Set evaluation mode for the module and all inside it; returns the module."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set whether the parameters are learned; returns the module.

        Examples
        --------
        >>> tl.nn.Linear(2, 3).requires_grad_(False).weight.requires_grad
        False
        """
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradients of all parameters to None, or with ``set_to_none=False`` to zeros."""
        for parameter in self.parameters():
            if parameter.grad is not None:
                parameter.grad = None if set_to_none else zeros_like(parameter.grad.detach())

    def apply(self, fn: Callable[[Module], object]) -> Self:
        """Call a function with every module inside, then with this one; returns the module.

        Examples
        --------
        >>> _ = tl.nn.Sequential(tl.nn.ReLU()).apply(lambda module: print(type(module).__name__))
        ReLU
        Sequential
        """
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    # -- moving ----------------------------------------------------------------------------------------------

    def to(self, target: Any = None, /, *, dtype: Any = None, device: Any = None) -> Self:
        """Move parameters and buffers to another backend or device, or cast the floating ones; returns the module.

        The parameters stay the same objects, so an optimizer keeps working.

        Parameters
        ----------
        target : str, Device, dtype or Tensor
            A backend (``"cupy"``), a device (``"cuda:1"``), a data type, or a tensor whose device and type to take.
        dtype : dtype, optional
            A floating-point type.
        device : str or Device, optional
            A backend or a device.

        Raises
        ------
        TypeError
            If the data type is not floating.
        BackendUnavailable
            If the target cannot be used here.

        Examples
        --------
        >>> tl.nn.Linear(2, 3).to(tl.float64).weight.dtype
        tensorlab.float64
        """
        if isinstance(target, Tensor):
            dtype, device = target.dtype, target.device
        elif isinstance(target, DType) or (target is not None and dtypes.name_of(target) is not None):
            dtype = target
        elif target is not None:
            device = target
        if dtype is not None and not dtypes.named(dtype).is_floating:
            raise TypeError(f"a module's parameters are floating-point and cannot become {dtypes.named(dtype)}")
        tensors: dict[Tensor, None] = dict.fromkeys([*self.parameters(), *self.buffers()])
        for waiting in [tensor for tensor in tensors if isinstance(tensor, Uninitialized)]:
            waiting.recast(dtype, device)
            del tensors[waiting]
        everything = [*tensors, *(tensor.grad for tensor in tensors if tensor.grad is not None)]
        converted = [
            tensor.detach().to(dtype=dtype if tensor.dtype.is_floating else None, device=device)
            for tensor in everything
        ]
        for tensor, new in zip(everything, converted, strict=True):
            tensor.data = new
        return self

    def cpu(self) -> Self:
        """Move parameters and buffers to host memory; returns the module."""
        return self.to("cpu")

    def float(self) -> Self:
        """Cast floating parameters and buffers to float32; returns the module."""
        return self.to(dtypes.float32)

    def double(self) -> Self:
        """Cast floating parameters and buffers to float64; returns the module."""
        return self.to(dtypes.float64)

    def half(self) -> Self:
        """Cast floating parameters and buffers to float16; returns the module."""
        return self.to(dtypes.float16)

    # -- state -----------------------------------------------------------------------------------------------

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Return parameters and persistent buffers by dotted path, with PyTorch's keys.

        Parameters
        ----------
        prefix : str
            Prepended to all keys, its dot included.
        keep_vars : bool
            Whether to return the parameters themselves rather than tensors that share their elements.

        Examples
        --------
        >>> list(tl.nn.Sequential(tl.nn.Linear(2, 3)).state_dict())
        ['0.weight', '0.bias']
        """
        return {prefix + key: tensor if keep_vars else tensor.detach() for key, tensor in self._state()}

    def _state(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """Yield (key, tensor) in PyTorch's order: parameters, buffers, modules; shared tensors under each key."""
        for name, parameter in self._own_parameters():
            yield joined(prefix, name), parameter
        for name, buffer in self._own_buffers():
            if self._buffer_names[name]:
                yield joined(prefix, name), buffer
        for name, child in attributes_of(self, Module):
            yield from child._state(joined(prefix, name))

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Copy the elements of a state dict into the module's parameters and buffers.

        Parameters
        ----------
        state_dict : mapping from str to tensor
            Tensors, or what `asarray` takes; PyTorch's too. They are cast to the module's types.
        strict : bool
            Whether missing and unexpected keys are errors.

        Returns
        -------
        IncompatibleKeys
            The named tuple ``(missing_keys, unexpected_keys)``.

        Raises
        ------
        RuntimeError
            If keys or shapes do not fit; the message lists them all, and nothing has changed.

        Examples
        --------
        >>> tl.nn.Linear(1, 1).load_state_dict({"weight": [[2.0]]}, strict=False)
        IncompatibleKeys(missing_keys=['bias'], unexpected_keys=[])
        """
        return load_state(type(self).__name__, dict(self._state()), state_dict, strict)

    # -- hooks -----------------------------------------------------------------------------------------------

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before `forward`; what it returns, if not None, replaces the arguments.

        Parameters
        ----------
        hook : callable
            With `with_kwargs` called as ``hook(module, args, kwargs)``; it returns both or None.
        prepend : bool
            Whether it is called before the hooks that are already registered.
        with_kwargs : bool
            Whether it is given the keyword arguments.

        Examples
        --------
        >>> layer = tl.nn.Identity()
        >>> handle = layer.register_forward_pre_hook(lambda module, args: (2 * args[0],))
        >>> layer(tl.ones(1))
        tensor([2.])
        """
        return self._register(Hook(hook, "before", with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after `forward`; what it returns, if not None, replaces the output.

        With `with_kwargs` it is called as ``hook(module, args, kwargs, output)``; see `register_forward_pre_hook`.
        """
        return self._register(Hook(hook, "after", with_kwargs), prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the backward pass reaches the module's output.

        Parameters
        ----------
        hook : callable
            `grad_output` is a tuple with the gradient of each output, None for one that has none. What the hook
            returns, if not None, replaces it: such a tuple, or a tensor where there is one output.
        prepend : bool
            Whether it is called before the hooks that are already registered.

        Notes
        -----
        Only tensors that are themselves arguments or results, or elements of a tuple of results, are followed. Forward
        mode calls no hooks.

        Examples
        --------
        >>> layer = tl.nn.Identity()
        >>> handle = layer.register_full_backward_pre_hook(lambda module, grad_output: 10 * grad_output[0])
        >>> tl.grad(lambda x: layer(x).sum())(tl.ones(2))
        tensor([10., 10.])
        """
        return self._register(Hook(hook, "before backward"), prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the module's inputs are known.

        Parameters
        ----------
        hook : callable
            `grad_input` is a tuple with the gradient of each positional argument, None for one that has none. What
            the hook returns, if not None, replaces it: such a tuple, or a tensor where there is one argument. If no
            argument requires a gradient, the hook is called when the backward pass reaches the module's output.
        prepend : bool
            Whether it is called before the hooks that are already registered.

        See Also
        --------
        register_full_backward_pre_hook : Says which tensors are followed.

        Examples
        --------
        >>> layer = tl.nn.Linear(3, 1)
        >>> handle = layer.register_full_backward_hook(lambda module, grad_input, grad_output: print(grad_output))
        >>> layer(tl.ones(1, 3, requires_grad=True)).sum().backward()
        (tensor([[1.]]),)
        """
        return self._register(Hook(hook, "after backward"), prepend)

    def _register(self, hook: Hook, prepend: bool) -> RemovableHandle:
        if "_hooks" not in self.__dict__:
            self._hooks = {}
        return add_hook(self._hooks, hook, prepend)

    # -- showing ---------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """Return the text between the parentheses of the module's repr."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): {child!r}".replace("\n", "\n  ") for name, child in attributes_of(self, Module)]
        extra = self.extra_repr().splitlines()
        lines = extra + lines
        inside = "\n  ".join(["", *lines]) + "\n" if len(lines) > len(extra) or len(extra) > 1 else "".join(extra)
        return f"{type(self).__name__}({inside})"

    def summary(self, *input_shapes: Sequence[int], dtype: Any = None) -> Summary:
        """Return a table of the modules inside: output shapes, parameters and floating-point operations.

        Parameters
        ----------
        *input_shapes : tuple of int
            The shape of each argument of `forward`, batch axis included.
        dtype : dtype, optional
            The arguments' type; float32 by default.

        Examples
        --------
        >>> tl.nn.Linear(4, 2).summary((1, 4)).flops
        18
        """
        return summarize(self, input_shapes, dtype)
