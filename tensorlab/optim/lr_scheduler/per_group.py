"""How an option of a schedule is divided among the groups of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from ..checks import non_negative

T = TypeVar("T")


class HasParamGroups(Protocol):
    """What a schedule needs of an optimizer: groups, each a dict with the rate as ``"lr"``."""

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups."""


def groups_of(optimizer: HasParamGroups) -> list[dict[str, Any]]:
    """Return an optimizer's groups; raise `TypeError` if it is none."""
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


def numbers_per_group(optimizer: HasParamGroups, name: str, value: Any) -> list[float]:
    """Return one number for each group, none negative."""
    values = per_group(optimizer, name, value)
    for number in values:
        non_negative(**{name: number})
    return values


def of_group(values: Sequence[T], group: int, name: str) -> T:
    """Return a group's value; one that all groups share is also that of groups which were added later."""
    if group < len(values):
        return values[group]
    if all(value == values[0] for value in values):
        return values[0]
    raise ValueError(
        f"{name} has different values for {len(values)} groups of parameters and none for group {group}, which was "
        "added later; append one to the schedule's list"
    )
