"""Parameters and groups of them, checked before an optimizer takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Annotated, Any

from ..options.kinds import Ordered, kind_of, plain, read
from ..tensor import Tensor

Params = Annotated[
    Iterable[Tensor | tuple[str, Tensor] | Mapping[str, Any]],
    Ordered("an iterable of parameters with an order, such as [x]", excluded=(Tensor,)),
]
"""Parameters to optimize, with names or without, or groups of them."""


def complete_group(
    kind: str, param_group: Mapping[str, Any], defaults: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return a group with all options, a list of distinct checked parameters, and their names if they have any.

    Errors name the optimizer's `kind`.
    """
    if not isinstance(param_group, Mapping) or "params" not in param_group:
        raise TypeError(f'{kind}: param_group must be a dict with "params", not {_described(param_group)}')
    params = param_group["params"]
    listed = [params] if isinstance(params, Tensor) else list(read(kind, "params", kind_of(Params), params))
    if not listed:
        raise ValueError(f"{kind}: params is empty")
    named = [isinstance(item, tuple) for item in listed]
    if any(named) != all(named):
        raise ValueError(f"{kind}: either all params of a group come with names, as (name, parameter), or none")
    names: dict[Tensor, str] = {}
    for number, item in enumerate(listed):
        if isinstance(item, tuple) and len(item) != 2:
            raise ValueError(f"{kind}: params with names must be pairs (name, parameter), not {len(item)}-tuples")
        name, parameter = item if isinstance(item, tuple) else (f"parameter {number}", item)
        _check_parameter(kind, parameter)
        names.setdefault(parameter, str(name))
    taken = {parameter for other in others for parameter in other["params"]}
    twice = next((name for parameter, name in names.items() if parameter in taken), None)
    if twice is not None:
        raise ValueError(f"{kind}: {twice} is already in another group; a parameter has one set of options")
    group = {**with_python_numbers({**defaults, **param_group}), "params": list(names)}
    return {**group, "param_names": list(names.values())} if named[0] else group


def with_python_numbers(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with NumPy numbers and 0-d arrays, whose types would promote, as Python numbers.

    Tensors are kept: declared options are read later, and others may require a gradient.
    """
    return {name: value if isinstance(value, Tensor) else plain(value) for name, value in options.items()}


def _described(x: Any) -> str:
    return f"one with {', '.join(map(repr, x)) or 'nothing'}" if isinstance(x, Mapping) else type(x).__name__


def _check_parameter(kind: str, parameter: Any) -> None:
    if not isinstance(parameter, Tensor):
        raise TypeError(f"{kind}: params must be tensors, not {type(parameter).__name__}")
    if not parameter.is_leaf:
        raise ValueError(f"{kind}: params must be leaf tensors, not one that was computed from others")
    if not parameter.dtype.is_floating:
        raise TypeError(f"{kind}: params must be floating-point tensors, not {parameter.dtype}")


def name_of(groups: Sequence[Mapping[str, Any]], wanted: Tensor) -> str:
    """Return how errors call a parameter: by its name if it came with one, else by its number and shape."""
    number = 0
    for group in groups:
        for place, parameter in enumerate(group["params"]):
            if parameter is wanted:
                names = group.get("param_names")
                return repr(names[place]) if names else f"parameter {number} of shape {parameter.shape}"
            number += 1
    raise LookupError("this parameter is in no group")


def check_real(optimizer: object, group: Mapping[str, Any]) -> None:
    """Raise `TypeError` where a parameter is complex."""
    if any(parameter.dtype.is_complex for parameter in group["params"]):
        raise TypeError(f"{type(optimizer).__name__}: params must be real tensors, not complex ones")


def parameter_list(owner: object, params: Iterable[Any]) -> list[Tensor]:
    """Return distinct floating-point tensors in their order; raise if they are something else."""
    kind = type(owner).__name__
    found = list({id(parameter): parameter for parameter in params}.values())
    if not found:
        raise ValueError(f"{kind}: params is empty")
    for parameter in found:
        if not isinstance(parameter, Tensor) or not parameter.dtype.is_floating:
            what = parameter.dtype if isinstance(parameter, Tensor) else type(parameter).__name__
            raise TypeError(f"{kind}: params must be floating-point tensors, not {what}")
    return found


def saved_count(owner: object, name: str, state_dict: Mapping[str, Any]) -> int:
    """Return the number that a state dict consists of; raise `ValueError` if it is something else."""
    found = state_dict.get(name) if isinstance(state_dict, Mapping) and set(state_dict) == {name} else None
    if not isinstance(found, Integral) or isinstance(found, bool) or found < 0:
        raise ValueError(
            f"{type(owner).__name__}.load_state_dict: state_dict must have one number, {name!r}, and nothing else; "
            f"it is {state_dict!r}"
        )
    return int(found)
