"""Schedules that declare their options."""

from __future__ import annotations

from dataclasses import InitVar

from ...docstrings import Documented
from ...options import Options, declared
from .arguments import OptimizerLike
from .base import LRScheduler


@declared
class DeclaredSchedule(Documented, Options, LRScheduler):
    """The base class of schedules whose constructor takes an optimizer, declared options, and last `last_epoch`.

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer whose learning rates are set; see `LRScheduler`.
    gamma : float
        Factor of the learning rate.
    eta_min : float
        Lowest learning rate.
    total_iters : int
        Number of steps within which the learning rate changes.
    last_epoch : int
        Number of steps taken before, less one; -1 to begin.

    Raises
    ------
    ValueError, TypeError
        If an option is out of range or of another type.
    """

    optimizer: InitVar[OptimizerLike]

    def __post_init__(self, optimizer: OptimizerLike, last_epoch: int) -> None:  # type: ignore[override]
        LRScheduler.__init__(self, optimizer, last_epoch)
