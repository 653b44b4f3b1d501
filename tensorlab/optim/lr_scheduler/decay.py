"""Schedules that multiply the initial learning rate by a factor of the step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar
from typing import Annotated, Any

from ...options import Fraction, NonNegative, Positive, Size, declared
from ...options.kinds import Real
from .arguments import LastEpoch, Milestones
from .curves import along_line
from .declared import DeclaredSchedule


@declared
class StepLR(DeclaredSchedule):
    """The learning rate is multiplied by `gamma` every `step_size` steps.

    Parameters
    ----------
    step_size : int
        Number of steps between changes.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> [schedule.rates(epoch) for epoch in range(5)]
    [[1.0], [1.0], [0.5], [0.5], [0.25]]
    """

    step_size: Size
    gamma: NonNegative = 0.1
    last_epoch: InitVar[LastEpoch] = -1

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial * self.gamma ** (epoch // self.step_size)


@declared
class MultiStepLR(DeclaredSchedule):
    """The learning rate is multiplied by `gamma` at each of the `milestones`.

    Parameters
    ----------
    milestones : iterable of int
        Steps after which the learning rate changes, in any order; a step given twice counts twice.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.MultiStepLR(optimizer, [2, 3], gamma=0.5)
    >>> [schedule.rates(epoch) for epoch in range(4)]
    [[1.0], [1.0], [0.5], [0.25]]
    """

    milestones: Milestones
    gamma: NonNegative = 0.1
    last_epoch: InitVar[LastEpoch] = -1

    def _keep(self, options: Mapping[str, Any]) -> None:
        super()._keep({**options, "milestones": sorted(options["milestones"])})

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial * self.gamma ** sum(milestone <= epoch for milestone in self.milestones)

    def _translated(self, state: Mapping[str, Any]) -> dict[str, Any]:
        found = super()._translated(state)
        milestones = found.get("milestones")
        if isinstance(milestones, Mapping):  # PyTorch keeps a count of each
            found["milestones"] = sorted(int(step) for step, times in milestones.items() for _ in range(times))
        return found


@declared
class ConstantLR(DeclaredSchedule):
    """The learning rate is `factor` times the initial one for `total_iters` steps, and the initial one from then on.

    Parameters
    ----------
    factor : float
        Factor of the initial learning rate, from 0 to 1.
    total_iters : int
        Number of steps with the factor.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.ConstantLR(optimizer, factor=0.25, total_iters=2)
    >>> [schedule.rates(epoch) for epoch in range(4)]
    [[0.25], [0.25], [1.0], [1.0]]
    """

    factor: Fraction = 1 / 3
    total_iters: Positive = 5
    last_epoch: InitVar[LastEpoch] = -1

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial * self.factor if epoch < self.total_iters else initial


@declared
class LinearLR(DeclaredSchedule):
    """A factor of the initial learning rate goes from one value to another along a line, and stays there.

    Parameters
    ----------
    start_factor, end_factor : float
        First and last factor of the initial learning rate, in (0, 1] and [0, 1].

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=4)
    >>> [schedule.rates(epoch) for epoch in (0, 2, 9)]
    [[0.5], [0.75], [1.0]]
    """

    start_factor: Annotated[float, Real(0, 1, "(]")] = 1 / 3
    end_factor: Fraction = 1.0
    total_iters: Positive = 5
    last_epoch: InitVar[LastEpoch] = -1

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial * along_line(self.start_factor, self.end_factor, min(epoch / self.total_iters, 1))


@declared
class ExponentialLR(DeclaredSchedule):
    """The learning rate is multiplied by `gamma` at each step.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> tl.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5).rates(3)
    [0.125]
    """

    gamma: NonNegative
    last_epoch: InitVar[LastEpoch] = -1

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial * self.gamma**epoch


@declared
class PolynomialLR(DeclaredSchedule):
    """The learning rate falls to 0 within `total_iters` steps, as a power of the part that is left (Liu et al., 2015).

    Parameters
    ----------
    power : float
        Power of the remaining part; 1 is a line.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=4, power=2.0)
    >>> [schedule.rates(epoch) for epoch in (0, 2, 4, 6)]
    [[1.0], [0.25], [0.0], [0.0]]
    """

    total_iters: Positive = 5
    power: NonNegative = 1.0
    last_epoch: InitVar[LastEpoch] = -1

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial * (1 - min(epoch / self.total_iters, 1)) ** self.power


@declared
class InverseTimeLR(DeclaredSchedule):
    """The rate is divided by a power of the time: ``initial / (1 + decay_rate * epoch / decay_steps) ** power``.

    With ``power=1`` it falls as 1/t, whose sum diverges and whose sum of squares does not, as Robbins and Monro (1951)
    ask for. ``power=0.5`` is the inverse square root. PyTorch has no such schedule.

    Parameters
    ----------
    decay_rate : float
        After ``decay_steps / decay_rate`` steps the learning rate is ``2**-power`` times the initial one.
    decay_steps : int
        Number of steps in the unit of time.
    power : float
        Power of the time.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.InverseTimeLR(optimizer, decay_rate=1.0, decay_steps=10)
    >>> [schedule.rates(epoch) for epoch in (0, 10, 30)]
    [[1.0], [0.5], [0.25]]
    """

    decay_rate: NonNegative
    decay_steps: Positive = 1
    power: NonNegative = 1.0
    last_epoch: InitVar[LastEpoch] = -1

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial / (1 + self.decay_rate * epoch / self.decay_steps) ** self.power


@declared
class NoamLR(DeclaredSchedule):
    """The Transformer's schedule: the rate rises linearly, then falls as the inverse square root of the step.

    In step n = 1, 2, ... it is ``initial * d_model ** -0.5 * min(n ** -0.5, n * warmup_steps ** -1.5)`` (Vaswani et
    al., 2017, equation 3). The optimizer's rate is a factor, 1 in the paper. PyTorch has no such schedule.

    Parameters
    ----------
    d_model : int
        Number of the model's features.
    warmup_steps : int
        Number of steps in which the rate rises.

    Examples
    --------
    >>> optimizer = tl.optim.Adam([tl.zeros(1, requires_grad=True)], lr=1.0, betas=(0.9, 0.98), eps=1e-9)
    >>> schedule = tl.optim.lr_scheduler.NoamLR(optimizer, d_model=256, warmup_steps=4)
    >>> [schedule.rates(epoch)[0] for epoch in (0, 1, 3, 15)]
    [0.0078125, 0.015625, 0.03125, 0.015625]
    """

    d_model: Size
    warmup_steps: Size = 4000
    last_epoch: InitVar[LastEpoch] = -1

    def rate(self, initial: float, epoch: float, group: int) -> float:
        step = epoch + 1
        return initial * self.d_model**-0.5 * min(step**-0.5, step * self.warmup_steps**-1.5)
