"""Registering hooks around a module's `forward` and its backward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...hooks import Hook, RemovableHandle, add_hook
from ...options import checked


class Hooked:
    """An object with hooks, by the order in which they are called."""

    _hooks: dict[int, Hook] = {}

    @checked
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

    @checked
    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after `forward`; what it returns, if not None, replaces the output.

        With `with_kwargs` it is called as ``hook(module, args, kwargs, output)``; see `register_forward_pre_hook`.
        """
        return self._register(Hook(hook, "after", with_kwargs), prepend)

    @checked
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

    @checked
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
