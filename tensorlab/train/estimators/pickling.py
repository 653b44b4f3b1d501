"""Pickles of estimators, whose modules and tensors are not pickled by themselves."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from ...nn import Module
from ...tensor import Tensor


class Packed:
    """A module or a tensor in which stand-ins take the place of tensors, as these are not pickled by themselves."""

    def __init__(self, content: Any) -> None:
        self.content = content


class StandIn:
    """Holds what makes a tensor in another process, and becomes that tensor when it is copied."""

    def __init__(self, tensor: Tensor) -> None:
        self.sent = tensor._sent()

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        make, arguments, *state = self.sent
        tensor: Tensor = make(*arguments)
        for attributes in state:
            vars(tensor).update(attributes)
        return tensor


def packed(value: Any) -> Any:
    """Return a module or a tensor so that it can be pickled, and anything else unchanged."""
    if isinstance(value, Tensor):
        return Packed(StandIn(value))
    if isinstance(value, Module):
        return Packed(deepcopy(value, {id(x): StandIn(x) for x in (*value.parameters(), *value.buffers())}))
    return value


def unpacked(value: Any) -> Any:
    """Return what was packed."""
    return deepcopy(value.content) if isinstance(value, Packed) else value
