"""Schedules that go from one rate to another along a line or a cosine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, floor, pi
from typing import Any, ClassVar

from ..checks import fraction, non_negative, positive, whole
from .base import LRScheduler
from .options import HasParamGroups


def along_line(start: float, end: float, part: float) -> float:
    """Return what lies on the line between two rates; exactly the second at its end."""
    return end + (start - end) * (1 - part)


def along_cosine(start: float, end: float, part: float) -> float:
    """Return what lies on half a cosine between two rates; exactly the second at its end."""
    return end + (start - end) * (1 + cos(pi * part)) / 2


CURVES: dict[str, Callable[[float, float, float], float]] = {"cos": along_cosine, "linear": along_line}


class LinearLR(LRScheduler):
    """The rate goes from one part of the initial one to another along a line, and stays there.

    Parameters
    ----------
    start_factor, end_factor : float
        The parts.
    total_iters : int
        Within how many steps.
    optimizer, last_epoch
        As for `LRScheduler`.

    Raises
    ------
    ValueError
        If the first part is not in (0, 1], the second not in [0, 1], or `total_iters` is not positive.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=4)
    >>> [schedule.rates(epoch) for epoch in (0, 2, 9)]
    [[0.5], [0.75], [1.0]]
    """

    def __init__(
        self,
        optimizer: HasParamGroups,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        fraction(start_factor=start_factor, end_factor=end_factor)
        positive(start_factor=start_factor, total_iters=total_iters)
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial * along_line(self.start_factor, self.end_factor, min(epoch / self.total_iters, 1))


class CosineAnnealingLR(LRScheduler):
    """The rate falls to `eta_min` along half a cosine within `T_max` steps (Loshchilov and Hutter, 2017).

    After `T_max` steps it rises again, and reaches the initial rate after twice as many.

    Parameters
    ----------
    T_max : int
        How many steps.
    eta_min : float
        The lowest rate.
    optimizer, last_epoch
        As for `LRScheduler`.

    Raises
    ------
    ValueError
        If `T_max` is not positive, or `eta_min` is negative.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    >>> [round(schedule.rate(1.0, epoch, 0), 3) for epoch in (0, 5, 10, 20)]
    [1.0, 0.5, 0.0, 1.0]
    """

    def __init__(self, optimizer: HasParamGroups, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        positive(T_max=T_max)
        non_negative(eta_min=eta_min)
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return along_cosine(initial, self.eta_min, epoch / self.T_max)


class CosineAnnealingWarmRestarts(LRScheduler):
    """The rate falls to `eta_min` along half a cosine, again and again, each time for `T_mult` times as long.

    The schedule of SGDR (Loshchilov and Hutter, 2017). It is made for fractions of an epoch: after each batch,
    ``schedule.step(epoch + batch / batches)``.

    Parameters
    ----------
    T_0 : int
        How long the first descent is.
    T_mult : int
        How many times longer each one is than that before.
    eta_min : float
        The lowest rate.
    optimizer, last_epoch
        As for `LRScheduler`.

    Attributes
    ----------
    T_cur : float
        How much of the present descent has passed.
    T_i : int
        How long it is.

    Raises
    ------
    ValueError, TypeError
        If `T_0` or `T_mult` is no positive integer, or `eta_min` is negative.

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

    _implied: ClassVar[frozenset[str]] = LRScheduler._implied | {"T_i"}

    def __init__(
        self, optimizer: HasParamGroups, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        whole(T_0=T_0, T_mult=T_mult)
        positive(T_0=T_0, T_mult=T_mult)
        non_negative(eta_min=eta_min)
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: float, group: int) -> float:
        passed, length = self._descent(epoch)
        return along_cosine(initial, self.eta_min, passed / length)

    def _descent(self, epoch: float) -> tuple[float, int]:
        """Return how much of its descent has passed at an epoch, and how long it is."""
        if self.T_mult == 1:
            return epoch % self.T_0, self.T_0
        length = self.T_0
        while epoch >= length:  # rather than by a logarithm, which is rounded just where a descent begins
            epoch -= length
            length *= self.T_mult
        return epoch, length

    @property
    def T_cur(self) -> float:
        """How much of the present descent has passed."""
        return self._descent(self.last_epoch)[0]

    @property
    def T_i(self) -> int:
        """How long the present descent is."""
        return self._descent(self.last_epoch)[1]

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "T_cur": self.T_cur, "T_i": self.T_i}

    def _translated(self, state: Mapping[str, Any]) -> dict[str, Any]:
        found = super()._translated(state)
        passed = found.pop("T_cur", 0)
        if "last_epoch" in found and passed % 1:  # PyTorch keeps whole epochs, and the fraction there
            found["last_epoch"] = floor(found["last_epoch"]) + passed % 1
        return found
