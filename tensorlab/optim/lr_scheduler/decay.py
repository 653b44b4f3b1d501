"""Schedules that multiply the initial rate by a factor that falls with the step."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any

from ..checks import fraction, non_negative, positive, whole
from .base import LRScheduler
from .options import HasParamGroups


class StepLR(LRScheduler):
    """The rate is multiplied by `gamma` every `step_size` steps.

    Parameters
    ----------
    step_size : int
        How often.
    gamma : float
        By what.
    optimizer, last_epoch
        As for `LRScheduler`.

    Raises
    ------
    ValueError, TypeError
        If `step_size` is no positive integer, or `gamma` is negative.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> [schedule.rates(epoch) for epoch in range(5)]
    [[1.0], [1.0], [0.5], [0.5], [0.25]]
    """

    def __init__(self, optimizer: HasParamGroups, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        whole(step_size=step_size)
        positive(step_size=step_size)
        non_negative(gamma=gamma)
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial * self.gamma ** (epoch // self.step_size)


class MultiStepLR(LRScheduler):
    """The rate is multiplied by `gamma` at each of the `milestones`.

    Parameters
    ----------
    milestones : iterable of int
        After how many steps; in any order, and one that comes twice counts twice.
    gamma : float
        By what.
    optimizer, last_epoch
        As for `LRScheduler`.

    Raises
    ------
    ValueError, TypeError
        If a milestone is negative or no integer, or `gamma` is negative.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.MultiStepLR(optimizer, [2, 3], gamma=0.5)
    >>> [schedule.rates(epoch) for epoch in range(4)]
    [[1.0], [1.0], [0.5], [0.25]]
    """

    def __init__(
        self, optimizer: HasParamGroups, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        milestones = list(milestones)
        for milestone in milestones:
            whole(milestones=milestone)
            non_negative(milestones=milestone)
        non_negative(gamma=gamma)
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial * self.gamma ** bisect_right(self.milestones, epoch)

    def _translated(self, state: Mapping[str, Any]) -> dict[str, Any]:
        found = super()._translated(state)
        milestones = found.get("milestones")
        if isinstance(milestones, Mapping):  # PyTorch counts how often each one comes
            found["milestones"] = sorted(int(step) for step, times in milestones.items() for _ in range(times))
        return found


class ConstantLR(LRScheduler):
    """The rate is `factor` times the initial one for `total_iters` steps, and the initial one from then on.

    Parameters
    ----------
    factor : float
        The part of the initial rate, from 0 to 1.
    total_iters : int
        For how many steps.
    optimizer, last_epoch
        As for `LRScheduler`.

    Raises
    ------
    ValueError
        If `factor` is not from 0 to 1, or `total_iters` is not positive.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.ConstantLR(optimizer, factor=0.25, total_iters=2)
    >>> [schedule.rates(epoch) for epoch in range(4)]
    [[0.25], [0.25], [1.0], [1.0]]
    """

    def __init__(
        self, optimizer: HasParamGroups, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        fraction(factor=factor)
        positive(total_iters=total_iters)
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial * self.factor if epoch < self.total_iters else initial


class ExponentialLR(LRScheduler):
    """The rate is multiplied by `gamma` at each step.

    Parameters
    ----------
    gamma : float
        By what.
    optimizer, last_epoch
        As for `LRScheduler`.

    Raises
    ------
    ValueError
        If `gamma` is negative.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> tl.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5).rates(3)
    [0.125]
    """

    def __init__(self, optimizer: HasParamGroups, gamma: float, last_epoch: int = -1) -> None:
        non_negative(gamma=gamma)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial * self.gamma**epoch


class PolynomialLR(LRScheduler):
    """The rate falls to 0 within `total_iters` steps, as a power of the part that is left (Liu et al., 2015).

    Parameters
    ----------
    total_iters : int
        Within how many steps.
    power : float
        Which power; 1 is a line.
    optimizer, last_epoch
        As for `LRScheduler`.

    Raises
    ------
    ValueError
        If `total_iters` is not positive, or `power` is negative.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=4, power=2.0)
    >>> [schedule.rates(epoch) for epoch in (0, 2, 4, 6)]
    [[1.0], [0.25], [0.0], [0.0]]
    """

    def __init__(
        self, optimizer: HasParamGroups, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        positive(total_iters=total_iters)
        non_negative(power=power)
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial * (1 - min(epoch / self.total_iters, 1)) ** self.power


class InverseTimeLR(LRScheduler):
    """The rate is divided by a power of the time: ``initial / (1 + decay_rate * epoch / decay_steps) ** power``.

    With ``power=1`` it falls as 1/t, whose sum diverges and whose sum of squares does not, as Robbins and Monro (1951)
    ask for. ``power=0.5`` is the inverse square root. PyTorch has no such schedule.

    Parameters
    ----------
    decay_rate : float
        How fast: after ``decay_steps / decay_rate`` steps the rate is ``2**-power`` times the initial one.
    decay_steps : int
        How many steps make the unit of time.
    power : float
        Which power of the time.
    optimizer, last_epoch
        As for `LRScheduler`.

    Raises
    ------
    ValueError
        If `decay_rate` or `power` is negative, or `decay_steps` is not positive.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.InverseTimeLR(optimizer, decay_rate=1.0, decay_steps=10)
    >>> [schedule.rates(epoch) for epoch in (0, 10, 30)]
    [[1.0], [0.5], [0.25]]
    """

    def __init__(
        self,
        optimizer: HasParamGroups,
        decay_rate: float,
        decay_steps: int = 1,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        non_negative(decay_rate=decay_rate, power=power)
        positive(decay_steps=decay_steps)
        self.decay_rate, self.decay_steps, self.power = decay_rate, decay_steps, power
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial / (1 + self.decay_rate * epoch / self.decay_steps) ** self.power
