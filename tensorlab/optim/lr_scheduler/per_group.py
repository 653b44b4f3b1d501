"""Options of schedules that can have one value for each group of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from ...options import NonNegative
from ...options.kinds import kind_of, read

T = TypeVar("T")


class HasParamGroups(Protocol):
    """An optimizer as schedules see it: groups, each a dict with the learning rate as ``"lr"``."""

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups."""


def groups_of(optimizer: HasParamGroups) -> list[dict[str, Any]]:
    """Return the groups of an optimizer; raise `TypeError` if it is something else."""
    groups = getattr(optimizer, "param_groups", None)
    if not isinstance(groups, list):
        raise TypeError(f"a schedule takes an optimizer, which has param_groups, not {type(optimizer).__name__}")
    return groups


def per_group(optimizer: HasParamGroups, name: str, value: Any) -> list[Any]:
    """Return one value for each group: those of a list or tuple, or the same for all."""
    groups = len(groups_of(optimizer))
    if not isinstance(value, list | tuple):
        return [value] * groups
    if len(value) != groups:
        raise ValueError(f"{name} needs one value for each of the {groups} groups of parameters, not {len(value)}")
    return list(value)


def numbers_per_group(owner: object, optimizer: HasParamGroups, name: str, value: Any) -> list[float]:
    """Return one non-negative number for each group."""
    kind = kind_of(NonNegative)
    return [read(type(owner).__name__, name, kind, number) for number in per_group(optimizer, name, value)]


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
