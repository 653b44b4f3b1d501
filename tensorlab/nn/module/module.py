"""Module: the base class of layers and networks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec, Protocol, Self, TypeVar

from ...backend import DTypeLike
from ...ops.creation import zeros_like
from ...options import checked
from ...tracebacks import full_tracebacks
from .error_path import clearer_error, note_module
from .forward_hooks import call_with_hooks
from .hooked import Hooked
from .moving import Movable
from .stateful import Stateful
from .summary import Summary, summarize

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class Computes(Protocol[P, R_co]):
    """The type of a module that is called: the call takes what `forward` takes and returns what it returns."""

    def forward(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Compute the output."""


class Module(Movable, Stateful, Hooked):
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
            if (clearer := clearer_error(module, error, args, kwargs)) is not None:
                note_module(module, clearer)
                raise clearer from (error if full_tracebacks() else None)
            note_module(module, error)
            raise

    # -- training --------------------------------------------------------------------------------------------

    @checked
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

    @checked
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

    @checked
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set the gradients of all parameters to None, or with ``set_to_none=False`` to zeros."""
        for parameter in self.parameters():
            if parameter.grad is not None:
                parameter.grad = None if set_to_none else zeros_like(parameter.grad.detach())

    @checked
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

    # -- showing ---------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """Return the text between the parentheses of the module's repr."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): {shown}".replace("\n", "\n  ") for name, shown in self._shown_modules()]
        extra = self.extra_repr().splitlines()
        lines = extra + lines
        inside = "\n  ".join(["", *lines]) + "\n" if len(lines) > len(extra) or len(extra) > 1 else "".join(extra)
        return f"{type(self).__name__}({inside})"

    def _shown_modules(self) -> Iterable[tuple[str, str]]:
        """Yield the name and the repr of each module inside."""
        return ((name, repr(module)) for name, module in self._module_slots())

    @checked
    def summary(self, *input_shapes: Sequence[int], dtype: DTypeLike = None) -> Summary:
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
