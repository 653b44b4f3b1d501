"""State dicts of schedules: saving, checking and loading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from math import isnan
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, ClassVar

from .arguments import HasParamGroups

FUNCTIONS = (FunctionType, BuiltinFunctionType, MethodType, type)


class Stateful:
    """An object whose attributes are its state, but for the optimizer and functions."""

    _not_saved_by_pytorch: ClassVar[frozenset[str]] = frozenset()
    """Attributes that PyTorch's state dicts lack; they keep the constructor's values."""
    _ignored: ClassVar[frozenset[str]] = frozenset({"verbose"})
    """Entries of PyTorch's state dicts that are not needed."""
    _unsaved: ClassVar[frozenset[str]] = frozenset({"optimizer"})
    """Attributes that are not part of the state."""

    optimizer: HasParamGroups

    def state_dict(self) -> dict[str, Any]:
        """Return all attributes except for the optimizer and functions."""
        return {name: _packed(value) for name, value in self._saved().items()}

    def _saved(self) -> dict[str, Any]:
        """Return the attributes that a state dict holds."""
        return {name: value for name, value in vars(self).items() if name not in self._unsaved}

    def _translated(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return a state dict, which may be PyTorch's, by this class's own names."""
        return {name: value for name, value in state.items() if name not in self._ignored}

    def _take(self, state: Mapping[str, Any]) -> None:
        """Set the attributes from a translated state dict that fits."""
        own = self._saved()
        vars(self).update({name: _unpacked(own[name], value) for name, value in state.items() if name in own})

    def _check_fits(self, state: Mapping[str, Any]) -> None:
        """Raise `ValueError` where a translated state dict is of another kind, or for another number of groups."""
        kind, own = type(self).__name__, self._saved()
        if "last_epoch" not in state:
            raise ValueError(
                f"{kind}.load_state_dict: state_dict must have 'last_epoch'; this one has {_listed(state)}"
            )
        # Private names differ from version to version; unknown ones are ignored.
        strange = {name for name in state if not name.startswith("_")} - set(own)
        lacking = {name for name in own if not name.startswith("_")} - set(state) - self._not_saved_by_pytorch
        if strange or lacking:
            raise ValueError(
                f"this is no state dict of a {kind}: of its attributes {_listed(lacking)} is missing, and "
                f"{_listed(strange)} is not known"
            )
        groups = len(self.optimizer.param_groups)
        for name in {"base_lrs", "_last_lr"} & own.keys() & state.keys():
            if isinstance(state[name], list | tuple) and len(state[name]) != groups:
                raise ValueError(f"the state dict is for {len(state[name])} groups of parameters, not {groups}")
        for name in own.keys() & state.keys():
            _check_parts(f"{kind}.{name}", own[name], state[name])
        if state["last_epoch"] < -1:
            raise ValueError(f"{kind}.last_epoch is {state['last_epoch']} in the state dict, and cannot be below -1")


def _packed(value: Any) -> Any:
    """Return an attribute as a state dict has it: the attributes of a callable object, None for a function."""
    if isinstance(value, Stateful):
        return value.state_dict()
    if isinstance(value, FUNCTIONS):
        return None
    if callable(value):
        return dict(getattr(value, "__dict__", {}))
    if type(value) is list:
        return [_packed(part) for part in value]
    return copy(value)


def _unpacked(own: Any, saved: Any) -> Any:
    """Return what an attribute becomes, given what it is now and what was saved."""
    if isinstance(own, Stateful):
        own._take(own._translated(saved))
        return own
    if callable(own):
        if saved:
            vars(own).update(saved)
        return own
    if _has_parts(own):
        return [_unpacked(part, entry) for part, entry in zip(own, saved, strict=True)]
    return copy(saved)


def _has_parts(value: Any) -> bool:
    """Whether an attribute is a list of schedules or functions, which are filled rather than replaced."""
    return type(value) is list and any(isinstance(part, Stateful) or callable(part) for part in value)


def _check_parts(name: str, own: Any, saved: Any) -> None:
    if isinstance(own, Stateful):
        if not isinstance(saved, Mapping):
            raise ValueError(f"the state dict has no state for {name}, a {type(own).__name__}")
        own._check_fits(own._translated(saved))
    elif _has_parts(own):
        if not isinstance(saved, Sequence) or len(saved) != len(own):
            raise ValueError(f"{name} has {len(own)} entries, and not in the state dict: {saved!r}")
        for number, (part, entry) in enumerate(zip(own, saved, strict=True)):
            _check_parts(f"{name}[{number}]", part, entry)
    elif not _is_like(saved, own):
        raise ValueError(f"{name} is {saved!r} in the state dict, which cannot replace {own!r}")


def _is_like(saved: Any, own: Any) -> bool:
    """Whether a saved value can replace an attribute, as far as its type says; None can become anything."""
    if isinstance(own, bool | str):
        return isinstance(saved, type(own))
    if isinstance(own, int | float):
        return isinstance(saved, int | float) and not isinstance(saved, bool) and not isnan(saved)
    if isinstance(own, list | tuple):
        return isinstance(saved, list | tuple) and all(_is_like(part, own[0]) for part in saved if own)
    return True


def _listed(names: Any) -> str:
    return ", ".join(map(repr, sorted(names))) or "nothing"
