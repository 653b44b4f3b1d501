"""Groups of parameters: what the user hands over, looked at before it is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..tensor import Tensor
from .checks import below_one, non_negative, pair


def complete_group(
    param_group: Mapping[str, Any], defaults: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return a group with all options, a list of checked parameters, each once, and their names if they have some."""
    if not isinstance(param_group, Mapping) or "params" not in param_group:
        raise TypeError(f'a group of parameters is a dict with "params", not {_described(param_group)}')
    params = param_group["params"]
    if isinstance(params, set | frozenset):
        raise TypeError("parameters need an order, which a set has not; give a list")
    listed = [params] if isinstance(params, Tensor) else list(params)
    if not listed:
        raise ValueError("a group of parameters is empty")
    named = [isinstance(item, tuple) for item in listed]
    if any(named) != all(named):
        raise ValueError("either all parameters of a group come with names, as (name, parameter), or none")
    names: dict[Tensor, str] = {}
    for number, item in enumerate(listed):
        name, parameter = item if isinstance(item, tuple) else (f"parameter {number}", item)
        _check_parameter(parameter)
        names.setdefault(parameter, str(name))
    taken = {parameter for other in others for parameter in other["params"]}
    twice = next((name for parameter, name in names.items() if parameter in taken), None)
    if twice is not None:
        raise ValueError(f"{twice} is in another group already; a parameter has one set of options")
    options = {**defaults, **param_group}
    group = {**{name: plain(value) for name, value in options.items() if name != "params"}, "params": list(names)}
    return {**group, "param_names": list(names.values())} if named[0] else group


def plain(value: Any) -> Any:
    """Return an option with Python's numbers for another library's, whose types would count, and tuples for lists."""
    if isinstance(value, Tensor) or type(value) in (float, int, bool, str):
        return value
    if isinstance(value, list | tuple):
        return tuple(map(plain, value))
    return plain(value.tolist()) if hasattr(value, "tolist") else value


def _described(x: Any) -> str:
    return f"one with {', '.join(map(repr, x)) or 'nothing'}" if isinstance(x, Mapping) else type(x).__name__


def _check_parameter(parameter: Any) -> None:
    if not isinstance(parameter, Tensor):
        raise TypeError(f"an optimizer learns tensors, not {type(parameter).__name__}")
    if not parameter.is_leaf:
        raise ValueError("an optimizer learns tensors that were made, not one that was computed from others")
    if not parameter.dtype.is_floating:
        raise TypeError(f"an optimizer learns floating-point tensors, not {parameter.dtype}")


def name_of(groups: Sequence[Mapping[str, Any]], wanted: Tensor) -> str:
    """Return what to call a parameter in an error: its name if it came with one, else its number and shape."""
    number = 0
    for group in groups:
        for place, parameter in enumerate(group["params"]):
            if parameter is wanted:
                names = group.get("param_names")
                return repr(names[place]) if names else f"parameter {number} of shape {parameter.shape}"
            number += 1
    raise LookupError("this parameter is in no group")


def check_non_negative(group: Mapping[str, Any], *names: str) -> None:
    """Raise where one of a group's options is negative or no number."""
    for name in names:
        non_negative(**{name: float(group[name]) if isinstance(group[name], Tensor) else group[name]})


def check_betas(group: Mapping[str, Any]) -> None:
    """Raise where ``betas`` are not two parts to keep, from 0 to below 1."""
    pair(betas=group["betas"])
    below_one(betas=group["betas"])


def check_real(optimizer: object, group: Mapping[str, Any]) -> None:
    """Raise `TypeError` where a parameter is complex."""
    if any(parameter.dtype.is_complex for parameter in group["params"]):
        raise TypeError(f"{type(optimizer).__name__} learns real tensors, not complex ones")
