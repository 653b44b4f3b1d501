"""A module's state dict: saving and loading it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...tensor import Tensor
from .attributes import joined
from .state_dict import IncompatibleKeys, load_state
from .tree import ModuleTree


class Stateful(ModuleTree):
    """A tree of modules whose parameters and buffers can be saved and loaded."""

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
        for name, child in self._own_modules():
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
