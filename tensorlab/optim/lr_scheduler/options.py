"""What schedules check of their options, and how an option is divided among the groups of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Protocol, TypeVar

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


def non_negative(**options: Any) -> None:
    """Raise where an option is negative or no number."""
    _check_numbers(options)
    for name, value in options.items():
        if not value >= 0:
            raise ValueError(f"{name} must not be negative: {value}")


def positive(**options: Any) -> None:
    """Raise where an option is no number greater than 0."""
    _check_numbers(options)
    for name, value in options.items():
        if not value > 0:
            raise ValueError(f"{name} must be greater than 0: {value}")


def fraction(**options: Any) -> None:
    """Raise where an option is no number from 0 to 1."""
    _check_numbers(options)
    for name, value in options.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be from 0 to 1: {value}")


def whole(**options: Any) -> None:
    """Raise where an option is no integer."""
    for name, value in options.items():
        if not isinstance(value, Integral):
            raise TypeError(f"{name} must be an integer: {value!r}")


def one_of(allowed: Sequence[str], **options: Any) -> None:
    """Raise where an option is not among the allowed words."""
    for name, value in options.items():
        if value not in allowed:
            raise ValueError(f"{name} must be {' or '.join(map(repr, allowed))}: {value!r}")


def _check_numbers(options: dict[str, Any]) -> None:
    for name, value in options.items():
        if not isinstance(value, Real):
            raise TypeError(f"{name} must be a number: {value!r}")


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
