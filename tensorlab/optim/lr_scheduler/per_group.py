"""Options of schedules that can have one value for each group of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from ...options import NonNegative
from ...options.kinds import kind_of, read
from .arguments import HasParamGroups

T = TypeVar("T")


def per_group(owner: object, optimizer: HasParamGroups, name: str, value: Any) -> list[Any]:
    """Return one value for each group: those of a list or tuple, or the same for all."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * groups
    if len(value) != groups:
        raise ValueError(
            f"{type(owner).__name__}: {name} must have one value for each of the {groups} groups of parameters, not "
            f"{len(value)}"
        )
    return list(value)


def numbers_per_group(owner: object, optimizer: HasParamGroups, name: str, value: Any) -> list[float]:
    """Return one non-negative number for each group."""
    kind = kind_of(NonNegative)
    return [read(type(owner).__name__, name, kind, number) for number in per_group(owner, optimizer, name, value)]


def of_group(values: Sequence[T], group: int, name: str) -> T:
    """Return the value of a group; one that all groups share also holds for groups that were added later."""
    if group < len(values):
        return values[group]
    if all(value == values[0] for value in values):
        return values[0]
    raise ValueError(
        f"{name} has different values for {len(values)} groups of parameters and none for group {group}, which was "
        "added later; append one to the schedule's list"
    )
