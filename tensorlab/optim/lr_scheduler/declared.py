"""Schedules that declare their options."""

from __future__ import annotations

from dataclasses import InitVar

from ...docstrings import entries_of
from ...options import declared
from ..declared import Documented
from .base import LRScheduler
from .per_group import HasParamGroups


@declared
class DeclaredSchedule(Documented, LRScheduler):
    """The base class of schedules whose constructor takes an optimizer, declared options, and last `last_epoch`."""

    shared_entries = entries_of(
        """\
optimizer : Optimizer
    The optimizer whose learning rates are set; see `LRScheduler`.
gamma : float
    Factor of the learning rate.
eta_min : float
    Lowest learning rate.
total_iters : int
    Number of steps within which the learning rate changes.
last_epoch : int
    Number of steps taken before, less one; -1 to begin."""
    )

    optimizer: InitVar[HasParamGroups]

    def __post_init__(self, optimizer: HasParamGroups, last_epoch: int) -> None:  # type: ignore[override]
        LRScheduler.__init__(self, optimizer, last_epoch)
