"""What schedules take, for `tensorlab.options.checked`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf
from typing import Annotated, Any, ClassVar, Protocol

from ...options.kinds import Having, Kind, Real, Whole


class HasParamGroups(Protocol):
    """An optimizer as schedules see it: groups, each a dict with the learning rate as ``"lr"``."""

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups."""


class Steps(Kind):
    """An iterable of numbers of steps."""

    text: ClassVar[str] = "non-negative integers, such as [30, 60]"

    def read(self, value: Any) -> list[int]:
        """Return a list."""
        if isinstance(value, str | bytes | Mapping):
            raise TypeError
        return list(map(Whole(0).read, value))


OptimizerLike = Annotated[HasParamGroups, Having("an optimizer, which has param_groups", ("param_groups",))]
LastEpoch = Annotated[float, Real(-1, inf, "[)")]
AtLeastZero = Annotated[float, Real(0)]
Milestones = Annotated[Iterable[int], Steps()]
