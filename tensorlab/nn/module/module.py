"""Module: what every layer and every network is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from ...backend import DType, dtypes
from ...ops.creation import zeros_like
from ...tensor import Tensor
from .forward_hooks import Hook, RemovableHandle, add_hook, call_with_hooks, note_module
from .parameter import Parameter, Uninitialized
from .parts import Parts
from .state_dict import IncompatibleKeys, load_state, state_of

if TYPE_CHECKING:
    from .summary import Summary

M = TypeVar("M", bound="Module")
P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class Computes(Protocol[P, R_co]):
    """What calling a module is typed by: it takes what `forward` takes and returns what that returns."""

    def forward(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Compute the output."""


class Module(Parts):
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
    _hooks: dict[int, Hook] = {}

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the module's output; every subclass writes its own."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward(...)")

    def __call__(self: Computes[P, R_co], *args: P.args, **kwargs: P.kwargs) -> R_co:
        module: Any = self
        try:
            if module._hooks:
                output: R_co = call_with_hooks(module, args, kwargs)
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

    # -- training --------------------------------------------------------------------------------------------

    def train(self: M, mode: bool = True) -> M:
        """Put the module and all inside it into training mode; returns the module.

        Examples
        --------
        >>> tl.nn.Sequential(tl.nn.Dropout()).train(False)[0].training
        False
        """
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """Put the module and all inside it into evaluation mode; returns the module."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Say whether the parameters are learned; returns the module.

        Examples
        --------
        >>> tl.nn.Linear(2, 3).requires_grad_(False).weight.requires_grad
        False
        """
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or with ``set_to_none=False`` fill them with zeros."""
        for parameter in self.parameters():
            if parameter.grad is not None:
                parameter.grad = None if set_to_none else zeros_like(parameter.grad.detach())

    def apply(self: M, fn: Callable[[Module], object]) -> M:
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

    def to(self: M, target: Any = None, /, *, dtype: Any = None, device: Any = None) -> M:
        """Move parameters and buffers to another backend or device, or cast the floating ones; returns the module.

        The parameters stay the same objects, so an optimizer keeps working.

        Parameters
        ----------
        target : str, Device, dtype or Tensor
            A backend (``"cupy"``), a device (``"cuda:1"``), a data type, or a tensor to match in both.
        dtype : dtype, optional
            What to cast to: a floating type.
        device : str or Device, optional
            Where to move to.

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
        elif isinstance(target, DType) or (target is not None and dtypes.spelled(target) is not None):
            dtype = target
        elif target is not None:
            device = target
        if dtype is not None and not dtypes.named(dtype).is_floating:
            raise TypeError(f"a module's parameters are floating-point and cannot become {dtypes.named(dtype)}")
        tensors = dict.fromkeys([*self.parameters(), *self.buffers()])
        for waiting in [tensor for tensor in tensors if isinstance(tensor, Uninitialized)]:
            waiting.recast(dtype, device)
            del tensors[waiting]
        grads = [tensor.grad for tensor in tensors if tensor.grad is not None]
        everything = [*tensors, *grads]
        moved = [_moved(tensor.detach(), dtype, device) for tensor in everything]
        for tensor, new in zip(everything, moved, strict=True):
            tensor.data = new
        return self

    def cpu(self: M) -> M:
        """Move parameters and buffers to host memory; returns the module."""
        return self.to("cpu")

    def float(self: M) -> M:
        """Cast floating parameters and buffers to float32; returns the module."""
        return self.to(dtypes.float32)

    def double(self: M) -> M:
        """Cast floating parameters and buffers to float64; returns the module."""
        return self.to(dtypes.float64)

    def half(self: M) -> M:
        """Cast floating parameters and buffers to float16; returns the module."""
        return self.to(dtypes.float16)

    # -- state -----------------------------------------------------------------------------------------------

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Return parameters and persistent buffers by dotted path, with PyTorch's keys.

        Parameters
        ----------
        prefix : str
            What all keys begin with, its dot included.
        keep_vars : bool
            Whether to return the parameters themselves rather than tensors that share their elements.

        Examples
        --------
        >>> list(tl.nn.Sequential(tl.nn.Linear(2, 3)).state_dict())
        ['0.weight', '0.bias']
        """
        return {prefix + key: tensor if keep_vars else tensor.detach() for key, tensor in state_of(self)}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Copy the elements of a state dict into the module's parameters and buffers.

        Parameters
        ----------
        state_dict : mapping from str to tensor
            Tensors, or whatever `asarray` takes; PyTorch's too. They are cast to the module's types.
        strict : bool
            Whether missing and unexpected keys are errors.

        Returns
        -------
        IncompatibleKeys
            The named tuple ``(missing_keys, unexpected_keys)``.

        Raises
        ------
        RuntimeError
            If keys or shapes do not fit; the message lists all that do not, and nothing has changed.

        Examples
        --------
        >>> tl.nn.Linear(1, 1).load_state_dict({"weight": [[2.0]]}, strict=False)
        IncompatibleKeys(missing_keys=['bias'], unexpected_keys=[])
        """
        return load_state(self, state_dict, strict)

    # -- hooks -----------------------------------------------------------------------------------------------

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before `forward`; what it returns, if not None, replaces the arguments.

        Parameters
        ----------
        hook : callable
            With `with_kwargs` called as ``hook(module, args, kwargs)``, and returns both or None.
        prepend : bool
            Whether it comes before the hooks that are there.
        with_kwargs : bool
            Whether it sees the keyword arguments.

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
            Whether it comes before the hooks that are there.

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
            Whether it comes before the hooks that are there.

        See Also
        --------
        register_full_backward_pre_hook : What is followed and what not.

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

    # -- in words --------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """Return what stands between the parentheses of the module's repr."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): {child!r}".replace("\n", "\n  ") for name, child in self._children()]
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
        from .summary import summarize

        return summarize(self, input_shapes, dtype)


def _moved(tensor: Tensor, dtype: Any, device: Any) -> Tensor:
    return tensor.to(dtype=dtype if tensor.dtype.is_floating else None, device=device)
