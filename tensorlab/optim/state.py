"""State dicts, checked as a whole before an optimizer takes any of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..backend import backend_for_type
from ..ops.creation import asarray
from ..tensor import Tensor
from .groups import name_of, plain

if TYPE_CHECKING:
    from .optimizer import Optimizer


def checked_groups(optimizer: Optimizer, state_dict: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the optimizer's groups as they will be: its parameters with the saved options."""
    if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= set(state_dict):
        raise ValueError('an optimizer\'s state dict has "state" and "param_groups"')
    saved, own = state_dict["param_groups"], optimizer.param_groups
    sizes, wanted = ([len(group["params"]) for group in side] for side in (saved, own))
    if sizes != wanted:
        raise ValueError(f"the state dict has groups of {sizes} parameters, this optimizer groups of {wanted}")
    # Switches came with later versions, and what is not saved stays; numbers were always there.
    needed = [name for name, value in optimizer.defaults.items() if not isinstance(value, bool)]
    missing = sorted({name for group in saved for name in needed if name not in group})
    if missing:
        raise ValueError(
            f"the state dict has no {', '.join(missing)}, which {type(optimizer).__name__} needs: it is another "
            "optimizer's"
        )
    return [
        {**group, **{name: value if name == "param_names" else plain(value) for name, value in new.items()}}
        | {"params": group["params"], **optimizer.fixed}
        for group, new in zip(own, saved, strict=True)
    ]


def checked_state(
    optimizer: Optimizer, groups: list[dict[str, Any]], state_dict: Mapping[str, Any]
) -> dict[Tensor, dict[str, Any]]:
    """Return what is remembered of each parameter, tensors copied to its side."""
    found = {}
    for group, saved in zip(groups, state_dict["param_groups"], strict=True):
        for parameter, number in zip(group["params"], saved["params"], strict=True):
            entry = state_dict["state"].get(number)
            if entry:
                found[parameter] = _checked_entry(optimizer, group, parameter, entry)
    return found


def _checked_entry(
    optimizer: Optimizer, group: dict[str, Any], parameter: Tensor, entry: Mapping[str, Any]
) -> dict[str, Any]:
    known = optimizer.state_names
    entry = {name: value for name, value in entry.items() if value is not None}
    foreign = sorted(set(entry) - known) if known is not None else []
    if foreign:
        raise ValueError(
            f"the state dict has {', '.join(foreign)} of {name_of(optimizer.param_groups, parameter)}, which "
            f"{type(optimizer).__name__} does not keep: it is another optimizer's"
        )
    shapes = optimizer._state_shapes(group, parameter)
    found = {}
    for name, value in entry.items():
        found[name] = beside(parameter, value, keep_type=name in optimizer.scalar_names)
        _check_kind(optimizer, name, found[name], parameter, shapes)
    return found


def _check_kind(optimizer: Optimizer, name: str, value: Any, parameter: Tensor, shapes: Mapping[str, Any]) -> None:
    """Raise `ValueError` where a value of the state is no tensor of its shape, or no single number."""
    words = f"{name} of {name_of(optimizer.param_groups, parameter)}"
    if name in shapes:
        if not isinstance(value, Tensor):
            raise ValueError(f"{words} is {value!r} in the state dict, not a tensor")
        if value.shape != tuple(shapes[name]):
            raise ValueError(f"{words} has shape {value.shape} in the state dict, not {tuple(shapes[name])}")
    elif name in optimizer.scalar_names and (isinstance(value, str) or getattr(value, "shape", ()) not in ((), (1,))):
        raise ValueError(f"{words} is {value!r} in the state dict, not a number")


def beside(parameter: Tensor, value: Any, keep_type: bool = False) -> Any:
    """Return a copy of a state's value: arrays as tensors on the parameter's device, floating ones of its type."""
    if isinstance(value, dict):
        return {name: beside(parameter, part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(beside(parameter, part) for part in value)
    if not isinstance(value, Tensor) and backend_for_type(type(value)) is None and not hasattr(value, "__array__"):
        return value
    tensor = asarray(value.detach() if hasattr(value, "detach") else value, copy=True)
    if keep_type or not tensor.dtype.is_floating:
        return tensor
    return tensor.to(parameter.device).to(dtype=parameter.dtype)
