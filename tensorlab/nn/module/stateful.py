"""A module's state dict: saving and loading it, and the hooks around both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ...hooks import Hook, RemovableHandle, add_hook
from ...options import checked
from ...tensor import Tensor
from .state_dict import IncompatibleKeys, load_state, save_state
from .tree import ModuleTree


class Stateful(ModuleTree):
    """A tree of modules whose parameters and buffers can be saved and loaded."""

    _state_hooks: dict[int, Hook] = {}
    _nonnegative: ClassVar[frozenset[str]] = frozenset()
    """Buffers whose elements cannot be negative: a state dict in which they are is not loaded."""

    @checked
    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Return parameters and persistent buffers by dotted path, with PyTorch's keys.

        The result also has what `get_extra_state` returns.

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
        state: dict[str, Any] = {}
        save_state(self, state, prefix, keep_vars)
        return state

    @checked
    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy the elements of a state dict into the module's parameters and buffers.

        Parameters
        ----------
        state_dict : mapping from str to tensor
            Tensors, or what `asarray` takes; PyTorch's too. They are cast to the module's types.
        strict : bool
            Whether missing and unexpected keys are errors.
        assign : bool
            Whether the parameters and buffers take the memory, data types and devices of the state dict's tensors,
            instead of copying the elements. They stay the same objects, without their gradients.

        Returns
        -------
        IncompatibleKeys
            The named tuple ``(missing_keys, unexpected_keys)``.

        Raises
        ------
        TypeError
            If `state_dict` is not a mapping with strings as keys.
        RuntimeError
            If keys, shapes or values do not fit; the message lists them all. Values do not fit if a buffer of integers
            is given fractions, a real tensor complex numbers, or a variance negative ones. Nothing has changed then,
            nor after any error of `set_extra_state` and of hooks.

        Examples
        --------
        >>> tl.nn.Linear(1, 1).load_state_dict({"weight": [[2.0]]}, strict=False)
        IncompatibleKeys(missing_keys=['bias'], unexpected_keys=[])
        """
        return load_state(self, state_dict, strict, assign)

    def get_extra_state(self) -> Any:
        """Return state other than tensors for the state dict.

        A subclass defines this and `set_extra_state`. The key is the module's path and ``_extra_state``.
        `tensorlab.save` takes numbers, text, lists and dicts.

        Examples
        --------
        >>> class Counter(tl.nn.Module):
        ...     calls = 3
        ...
        ...     def get_extra_state(self):
        ...         return {"calls": self.calls}
        ...
        ...     def set_extra_state(self, state):
        ...         self.calls = state["calls"]
        >>> Counter().state_dict()
        {'_extra_state': {'calls': 3}}
        >>> counter = Counter()
        >>> counter.load_state_dict({"_extra_state": {"calls": 5}})
        IncompatibleKeys(missing_keys=[], unexpected_keys=[])
        >>> counter.calls
        5
        """
        raise NotImplementedError(f"{type(self).__name__} does not define get_extra_state()")

    def set_extra_state(self, state: Any) -> None:
        """Take what `get_extra_state` has returned, when a state dict is loaded.

        Examples
        --------
        >>> class Named(tl.nn.Module):
        ...     def set_extra_state(self, state):
        ...         self.name = state
        >>> module = Named()
        >>> module.set_extra_state("first")
        >>> module.name
        'first'
        """
        raise NotImplementedError(f"{type(self).__name__} does not define set_extra_state(state)")

    @classmethod
    def _saves_extra_state(cls) -> bool:
        return cls.get_extra_state is not Stateful.get_extra_state

    @classmethod
    def _loads_extra_state(cls) -> bool:
        return cls.set_extra_state is not Stateful.set_extra_state

    # -- hooks -----------------------------------------------------------------------------------------------

    @checked
    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before `state_dict` collects the module's state.

        Examples
        --------
        >>> layer = tl.nn.Linear(1, 1, bias=False)
        >>> handle = layer.register_state_dict_pre_hook(lambda module, prefix, keep_vars: print(module))
        >>> list(layer.state_dict())
        Linear(in_features=1, out_features=1, bias=False)
        ['weight']
        """
        return self._register_state_hook(Hook(hook, "before saving"))

    @checked
    def register_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after `state_dict` has collected the state.

        The hook may change the dict, which also has the entries that were collected before; those of the module begin
        with `prefix`. `local_metadata` is an empty dict.

        Examples
        --------
        >>> def without_bias(module, state_dict, prefix, local_metadata):
        ...     del state_dict[prefix + "bias"]
        >>> layer = tl.nn.Linear(2, 3)
        >>> handle = layer.register_state_dict_post_hook(without_bias)
        >>> list(layer.state_dict())
        ['weight']
        """
        return self._register_state_hook(Hook(hook, "after saving"))

    @checked
    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call a hook before `load_state_dict` looks for the module's state; it may change a copy of the state dict.

        Parameters
        ----------
        hook : callable
            Called as ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
            error_msgs)``. `state_dict` has the keys that begin with `prefix`. Keys and messages that are appended to
            the lists are reported with the others.

        Examples
        --------
        >>> def rename(module, state_dict, prefix, *_):
        ...     state_dict[prefix + "weight"] = state_dict.pop(prefix + "kernel")
        >>> layer = tl.nn.Linear(1, 1, bias=False)
        >>> handle = layer.register_load_state_dict_pre_hook(rename)
        >>> layer.load_state_dict({"kernel": [[2.0]]})
        IncompatibleKeys(missing_keys=[], unexpected_keys=[])
        """
        return self._register_state_hook(Hook(hook, "before loading"))

    @checked
    def register_load_state_dict_post_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` after `load_state_dict` has loaded everything.

        Hooks of inner modules are called first. Keys that a hook removes from the two lists are no errors, even if the
        loading is strict; if others remain, everything is restored. Until then the old elements are kept in a copy.

        Examples
        --------
        >>> layer = tl.nn.Linear(1, 1)
        >>> handle = layer.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())
        >>> layer.load_state_dict({"weight": [[2.0]]})
        IncompatibleKeys(missing_keys=[], unexpected_keys=[])
        """
        return self._register_state_hook(Hook(hook, "after loading"))

    def _register_state_hook(self, hook: Hook) -> RemovableHandle:
        if "_state_hooks" not in self.__dict__:
            self._state_hooks = {}
        return add_hook(self._state_hooks, hook, prepend=False)
