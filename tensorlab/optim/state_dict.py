"""State dicts of optimizers: everything is checked and copied before the optimizer changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from ..backend import backend_for_type
from ..ops.creation import asarray
from ..tensor import Tensor
from .param_groups import name_of, with_python_numbers

if TYPE_CHECKING:
    from .optimizer import Group, Optimizer

COUNTS = frozenset({"step", "n_iter", "func_evals", "hess_products", "fisher_products", "observed"})
"""The names of counts in the state of optimizers."""


def checked_groups(optimizer: Optimizer, state_dict: Mapping[str, Any]) -> list[Group]:
    """Return the groups as they will be after loading: the present parameters with the saved options.

    Raises
    ------
    TypeError
        If the state dict, a group or an option is of another type.
    ValueError
        If the groups do not fit, or an option is missing or out of range.
    """
    kind, present = type(optimizer).__name__, optimizer.param_groups
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"{kind}.load_state_dict: state_dict must be a mapping, not {type(state_dict).__name__}")
    if not {"state", "param_groups"} <= set(state_dict):
        raise ValueError(f'{kind}.load_state_dict: state_dict must have "state" and "param_groups"')
    saved = _saved_groups(kind, state_dict["param_groups"])
    sizes, wanted = ([len(group["params"]) for group in side] for side in (saved, present))
    if sizes != wanted:
        raise ValueError(f"the state dict has groups of {sizes} parameters, this optimizer groups of {wanted}")
    # PyTorch added switches in later versions: one that is not saved stays unchanged. Numbers are always saved.
    needed = [name for name, value in optimizer.defaults.items() if not isinstance(value, bool)]
    missing = sorted({name for group in saved for name in needed if name not in group})
    if missing:
        raise ValueError(f"the state dict has no {', '.join(missing)}, which {kind} needs: it is another optimizer's")
    groups = []
    for group, new in zip(present, saved, strict=True):
        groups.append({**group, **with_python_numbers(new), "params": group["params"], **optimizer.fixed})
        optimizer._check(groups[-1])
    return groups


def _saved_groups(kind: str, saved: Any) -> Sequence[Mapping[str, Any]]:
    """Return the groups of a state dict if they are dicts with lists of distinct numbers of parameters."""
    if not isinstance(saved, list | tuple):
        raise TypeError(f'{kind}.load_state_dict: "param_groups" must be a list, not {type(saved).__name__}')
    numbers = []
    for place, group in enumerate(saved):
        if not isinstance(group, Mapping) or not isinstance(group.get("params"), list | tuple):
            raise TypeError(f'{kind}.load_state_dict: param_groups[{place}] must be a dict with a list "params"')
        numbers += group["params"]
    if not all(isinstance(number, int | str) for number in numbers) or len(set(numbers)) < len(numbers):
        raise ValueError(f"the groups of the state dict have distinct numbers of parameters, not {numbers}")
    return saved


def checked_state(
    optimizer: Optimizer, groups: list[Group], state_dict: Mapping[str, Any]
) -> dict[Tensor, dict[str, Any]]:
    """Return the state of each parameter, with copies of its tensors on the parameter's device.

    Raises
    ------
    TypeError
        If the state is not a mapping.
    ValueError
        If it is another optimizer's, incomplete, or has values that cannot be right; the message lists them all.
    """
    saved, kind = state_dict["state"], type(optimizer).__name__
    if not isinstance(saved, Mapping):
        raise TypeError(f'{kind}.load_state_dict: "state" must be a mapping, not {type(saved).__name__}')
    numbered = {
        number: (group, parameter)
        for group, old in zip(groups, state_dict["param_groups"], strict=True)
        for parameter, number in zip(group["params"], old["params"], strict=True)
    }
    problems = [f"it has state for {key!r}, which no group lists" for key in saved if key not in numbered]
    found = {}
    for number, (group, parameter) in numbered.items():
        if number not in saved:
            continue
        checked = _Entry(optimizer, group, parameter, saved[number])
        problems += checked.problems
        if checked.values:
            found[parameter] = checked.values
    if problems:
        raise ValueError("\n  ".join([f"the state dict does not fit {kind}; nothing was loaded", *problems]))
    return found


class _Entry:
    """The state of one parameter, copied, and what is wrong with it."""

    def __init__(self, optimizer: Optimizer, group: Group, parameter: Tensor, entry: Any) -> None:
        self._optimizer, self._parameter = optimizer, parameter
        self._shapes = optimizer._state_shapes(group, parameter)
        self.values: dict[str, Any] = {}
        who = name_of(optimizer.param_groups, parameter)
        if not isinstance(entry, Mapping):
            self.problems = [f"the state of {who} must be a dict, not {type(entry).__name__}"]
            return
        entry = {name: value for name, value in entry.items() if value is not None}
        needed = optimizer._needed(group, parameter, entry) if entry else frozenset()
        self.problems = [f"{name} of {who} is missing" for name in sorted(needed - set(entry))]
        for name, value in entry.items():
            self.problems += [f"{name} of {who} {problem}" for problem in self._take(name, value)]

    def _take(self, name: str, value: Any) -> Iterator[str]:
        """Keep a copy of a value; yield what is wrong with it."""
        optimizer, parameter = self._optimizer, self._parameter
        if optimizer.state_names is not None and name not in optimizer.state_names:
            yield f"does not belong to the state of {type(optimizer).__name__}: it is another optimizer's"
            return
        is_number = name in optimizer.scalar_names
        copy = self.values[name] = copied_to(parameter, value, keep_dtype=is_number)
        if is_number or name in COUNTS:
            yield from _faults_of_number(name, copy)
        elif name in self._shapes:
            nonnegative = name in optimizer.nonnegative
            for part in copy if isinstance(copy, list) else [copy]:
                yield from _faults_of_tensor(part, tuple(self._shapes[name]), parameter, nonnegative)


def _faults_of_number(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Tensor) and value.nelement() == 1 and value.ndim <= 1:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield f"is {value!r} in the state dict, not a number"
    elif name in COUNTS and not (isfinite(value) and value >= 0 and value == int(value)):
        yield f"is {value!r} in the state dict, not a count"
    elif not (isfinite(value) and value >= 0):
        yield f"is {value!r} in the state dict, not a finite number that is not negative"


def _faults_of_tensor(value: Any, shape: tuple[int, ...], parameter: Tensor, nonnegative: bool) -> Iterator[str]:
    if not isinstance(value, Tensor):
        yield f"is {value!r} in the state dict, not a tensor"
    elif value.shape != shape:
        yield f"has shape {value.shape} in the state dict, not {shape}"
    elif value.dtype != parameter.dtype:
        yield f"is {value.dtype} in the state dict, which cannot become {parameter.dtype}"
    elif nonnegative and any(bool((part < 0).any()) for part in _real_parts(value)):
        yield "has negative elements in the state dict"


def _real_parts(value: Tensor) -> tuple[Tensor, ...]:
    return (value.real, value.imag) if value.dtype.is_complex else (value,)


def copied_to(parameter: Tensor, value: Any, keep_dtype: bool = False) -> Any:
    """Return a copy of a value of the state: arrays as tensors on the parameter's device, floating ones of its type."""
    if isinstance(value, dict):
        return {name: copied_to(parameter, part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(copied_to(parameter, part) for part in value)
    if not isinstance(value, Tensor) and backend_for_type(type(value)) is None and not hasattr(value, "__array__"):
        return value
    tensor = asarray(value.detach() if hasattr(value, "detach") else value, copy=True)
    if keep_dtype or not tensor.dtype.is_floating or (tensor.dtype.is_complex and not parameter.dtype.is_complex):
        return tensor
    return tensor.to(parameter.device).to(dtype=parameter.dtype)
