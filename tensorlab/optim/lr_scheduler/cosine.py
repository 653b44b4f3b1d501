"""Cosine annealing, once or with warm restarts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar
from math import floor
from typing import Any, ClassVar

from ...options import NonNegative, Positive, Size, declared
from .arguments import LastEpoch
from .base import LRScheduler
from .curves import along_cosine
from .declared import DeclaredSchedule


@declared
class CosineAnnealingLR(DeclaredSchedule):
    """The rate falls to `eta_min` along half a cosine within `T_max` steps (Loshchilov and Hutter, 2017).

    After `T_max` steps it rises again, and reaches the initial rate after twice as many.

    Parameters
    ----------
    T_max : int
        Number of steps of the descent.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    >>> [round(schedule.rate(1.0, epoch, 0), 3) for epoch in (0, 5, 10, 20)]
    [1.0, 0.5, 0.0, 1.0]
    """

    T_max: Positive
    eta_min: NonNegative = 0.0
    last_epoch: InitVar[LastEpoch] = -1

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return along_cosine(initial, self.eta_min, epoch / self.T_max)


@declared
class CosineAnnealingWarmRestarts(DeclaredSchedule):
    """The rate falls to `eta_min` along half a cosine, again and again, each time for `T_mult` times as long.

    The schedule of SGDR (Loshchilov and Hutter, 2017). It is meant for fractions of an epoch: after each batch,
    ``schedule.step(epoch + batch / batches)``.

    Parameters
    ----------
    T_0 : int
        Length of the first descent.
    T_mult : int
        Factor of the length from one descent to the next.

    Attributes
    ----------
    T_cur : float
        Number of steps since the present descent began.
    T_i : int
        Length of the present descent.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2)
    >>> [round(schedule.rate(1.0, epoch, 0), 3) for epoch in (0, 1, 1.5, 2, 4, 6)]
    [1.0, 0.5, 0.146, 1.0, 0.5, 1.0]
    >>> schedule.step(4.5)
    >>> schedule.T_cur, schedule.T_i
    (2.5, 4)
    """

    _multiplies = False
    _ignored: ClassVar[frozenset[str]] = LRScheduler._ignored | {"T_i"}

    T_0: Size
    T_mult: Size = 1
    eta_min: NonNegative = 0.0
    last_epoch: InitVar[LastEpoch] = -1

    def rate(self, initial: float, epoch: float, group: int) -> float:
        passed, length = self._descent(epoch)
        return along_cosine(initial, self.eta_min, passed / length)

    def _descent(self, epoch: float) -> tuple[float, int]:
        """Return the position of an epoch in its descent, and the length of that."""
        if self.T_mult == 1:
            return epoch % self.T_0, self.T_0
        length = self.T_0
        while epoch >= length:  # rather than by a logarithm, which is rounded just where a descent begins
            epoch -= length
            length *= self.T_mult
        return epoch, length

    @property
    def T_cur(self) -> float:
        """The number of steps since the present descent began."""
        return self._descent(self.last_epoch)[0]

    @property
    def T_i(self) -> int:
        """The length of the present descent."""
        return self._descent(self.last_epoch)[1]

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "T_cur": self.T_cur, "T_i": self.T_i}

    def _translated(self, state: Mapping[str, Any]) -> dict[str, Any]:
        found = super()._translated(state)
        passed = found.pop("T_cur", 0)
        if "last_epoch" in found and passed % 1:  # PyTorch keeps whole epochs, and the fraction there
            found["last_epoch"] = floor(found["last_epoch"]) + passed % 1
        return found
