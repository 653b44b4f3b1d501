"""Schedules made of schedules: in sequence, composed, or after a warm-up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

from ...options import Count, Fraction, checked
from ...options.kinds import Ordered
from .arguments import LastEpoch, Milestones, OptimizerLike
from .base import LRScheduler, check_formula
from .curves import along_line

Schedulers = Annotated[Iterable[LRScheduler], Ordered("an iterable of schedules")]


class _PartsLR(LRScheduler):
    """The base class of schedules made of a list of schedules, which are not stepped themselves."""

    def __init__(self, optimizer: OptimizerLike, schedulers: list[LRScheduler], last_epoch: float) -> None:
        self._schedulers = schedulers
        self._multiplies = all(scheduler._multiplies for scheduler in schedulers)
        _reset(schedulers)
        super().__init__(optimizer, last_epoch)

    def _first_origins(self) -> list[float]:
        return list(self.base_lrs)

    def _translated(self, state: Mapping[str, Any]) -> dict[str, Any]:
        initials = [group["initial_lr"] for group in self.optimizer.param_groups]
        return {"base_lrs": initials} | super()._translated(state)  # PyTorch leaves them in the optimizer


class SequentialLR(_PartsLR):
    """Schedules in sequence, such as a warm-up before a descent; each begins from its own step 0.

    Parameters
    ----------
    schedulers : sequence of LRScheduler
        In their order. They are not stepped themselves.
    milestones : sequence of int
        After how many steps the next one begins: one fewer than there are schedules.
    optimizer, last_epoch
        As for `LRScheduler`.

    Raises
    ------
    ValueError
        If the numbers do not fit or fall, or a schedule is for another optimizer.
    TypeError
        If a schedule has no formula, such as `ReduceLROnPlateau`, or a milestone is not an integer.

    Notes
    -----
    Each begins from the groups' initial rates, but for `SWALR` and `MultiplicativeLR`, which start at the rate that
    the previous one has reached.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> warm_up = tl.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> descent = tl.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    >>> schedule = tl.optim.lr_scheduler.SequentialLR(optimizer, [warm_up, descent], milestones=[2])
    >>> [schedule.rates(epoch) for epoch in (0, 1, 2, 12)]
    [[0.5], [0.75], [1.0], [0.0]]
    """

    @checked
    def __init__(
        self,
        optimizer: OptimizerLike,
        schedulers: Schedulers,
        milestones: Milestones,
        last_epoch: LastEpoch = -1,
    ) -> None:
        schedulers = list(schedulers)
        milestones = list(milestones)
        _check_schedulers("SequentialLR", optimizer, _numbered(schedulers))
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: milestones must be one fewer than the {len(schedulers)} schedulers, not "
                f"{len(milestones)}: {milestones}"
            )
        if sorted(milestones) != milestones:
            raise ValueError(f"SequentialLR: milestones must be in ascending order, not {milestones}")
        self._milestones = milestones
        super().__init__(optimizer, schedulers, last_epoch)

    def _follow_changes(self) -> None:
        if self.last_epoch + 1 in self._milestones:  # the next part begins from the initial rates
            self._origins, self._offsets = list(self.base_lrs), [0.0] * len(self.base_lrs)
        else:
            super()._follow_changes()

    def _part(self, epoch: float) -> tuple[LRScheduler, int]:
        """Return the schedule that holds at a step, and the step at which it began."""
        number = bisect_right(self._milestones, epoch)
        return self._schedulers[number], self._milestones[number - 1] if number else 0

    def rate(self, initial: float, epoch: float, group: int) -> float:
        part, begin = self._part(epoch)
        start = part._following(initial, lambda: self.rate(initial, begin - 1, group), group) if begin else initial
        return part.rate(start, epoch - begin, group)

    def _momentum(self, epoch: float, group: int) -> float | None:
        part, begin = self._part(epoch)
        return part._momentum(epoch - begin, group)


class ChainedScheduler(_PartsLR):
    """Several schedules at once: the formula of each is applied to the rate that those before it give.

    Parameters
    ----------
    schedulers : sequence of LRScheduler
        In their order, of one optimizer. They are not stepped themselves.
    optimizer : Optimizer, optional
        The optimizer of all schedules.

    Raises
    ------
    ValueError
        If there is no schedule, or one is for another optimizer or has taken other steps than the first.
    TypeError
        If a schedule has no formula, such as `ReduceLROnPlateau`.

    Notes
    -----
    Schedules that multiply the rate give the same in any order, and the same as PyTorch's. `CyclicLR` and `OneCycleLR`
    have rates of their own, and whatever stands before them has no effect.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> halving = tl.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> start = tl.optim.lr_scheduler.ConstantLR(optimizer, factor=0.1, total_iters=2)
    >>> schedule = tl.optim.lr_scheduler.ChainedScheduler([start, halving])
    >>> [schedule.rates(epoch) for epoch in range(4)]
    [[0.1], [0.05], [0.25], [0.125]]
    """

    @checked
    def __init__(self, schedulers: Schedulers, optimizer: OptimizerLike | None = None) -> None:
        schedulers = list(schedulers)
        optimizer = _check_schedulers("ChainedScheduler", optimizer, _numbered(schedulers))
        epochs = [scheduler.last_epoch for scheduler in schedulers]
        if len(set(epochs)) > 1:
            raise ValueError(f"ChainedScheduler: schedulers must have taken the same number of steps, not {epochs}")
        super().__init__(optimizer, schedulers, epochs[0] - 1)

    def rate(self, initial: float, epoch: float, group: int) -> float:
        for scheduler in self._schedulers:
            initial = scheduler.rate(initial, epoch, group)
        return initial

    def _momentum(self, epoch: float, group: int) -> float | None:
        momenta = [scheduler._momentum(epoch, group) for scheduler in self._schedulers]
        return next((momentum for momentum in reversed(momenta) if momentum is not None), None)

    def _translated(self, state: Mapping[str, Any]) -> dict[str, Any]:
        found = super()._translated(state)
        first: Mapping[str, Any] = next(iter(found.get("_schedulers") or ()), {})
        return {"last_epoch": first["last_epoch"]} | found if "last_epoch" in first else found  # PyTorch has it there


class WarmupLR(LRScheduler):
    """The rate rises along a line to the initial one, and another schedule follows (Goyal et al., 2017).

    PyTorch has no such schedule.

    Parameters
    ----------
    warmup_steps : int
        The step at which the initial rate is reached; 0 for no warm-up.
    after : LRScheduler, optional
        The schedule that follows, from its own step 0; by default the initial rate stays. It is not stepped itself.
    start_factor : float
        The part of the initial rate that the first step has, from 0 to 1.
    optimizer, last_epoch
        As for `LRScheduler`.

    Raises
    ------
    ValueError
        If `warmup_steps` is negative, `start_factor` is not from 0 to 1, or `after` is for another optimizer.
    TypeError
        If `warmup_steps` is not an integer, or `after` has no formula, such as `ReduceLROnPlateau`.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> descent = tl.optim.lr_scheduler.InverseTimeLR(optimizer, decay_rate=1.0)
    >>> schedule = tl.optim.lr_scheduler.WarmupLR(optimizer, warmup_steps=2, after=descent)
    >>> [schedule.rates(epoch) for epoch in range(5)]
    [[0.0], [0.5], [1.0], [0.5], [0.3333333333333333]]
    """

    @checked
    def __init__(
        self,
        optimizer: OptimizerLike,
        warmup_steps: Count,
        after: LRScheduler | None = None,
        start_factor: Fraction = 0.0,
        last_epoch: LastEpoch = -1,
    ) -> None:
        if after is not None:
            _check_schedulers("WarmupLR", optimizer, {"after": after})
            _reset([after])
        self.warmup_steps, self.after, self.start_factor = warmup_steps, after, start_factor
        self._multiplies = after is None or after._multiplies
        super().__init__(optimizer, last_epoch)

    def _first_origins(self) -> list[float]:
        return super()._first_origins() if self.after is None else list(self.base_lrs)

    def rate(self, initial: float, epoch: float, group: int) -> float:
        if epoch < self.warmup_steps:
            return initial * along_line(self.start_factor, 1.0, epoch / self.warmup_steps)
        return initial if self.after is None else self.after.rate(initial, epoch - self.warmup_steps, group)

    def _momentum(self, epoch: float, group: int) -> float | None:
        if self.after is None or epoch < self.warmup_steps:
            return None
        return self.after._momentum(epoch - self.warmup_steps, group)


def _numbered(schedulers: Sequence[LRScheduler]) -> dict[str, LRScheduler]:
    """Return the schedules of a list by what errors call them."""
    return {f"schedulers[{number}]": scheduler for number, scheduler in enumerate(schedulers)}


def _check_schedulers(
    user: str, optimizer: OptimizerLike | None, schedulers: Mapping[str, LRScheduler]
) -> OptimizerLike:
    """Return the optimizer of all schedules; raise where one has no formula, or another optimizer."""
    if not schedulers:
        raise ValueError(f"{user}: schedulers must hold at least one schedule")
    for name, scheduler in schedulers.items():
        check_formula(user, name, scheduler)
    shared = next(iter(schedulers.values())).optimizer if optimizer is None else optimizer
    for name, scheduler in schedulers.items():
        if scheduler.optimizer is not shared:
            raise ValueError(f"{user}: {name}, a {type(scheduler).__name__}, is for another optimizer")
    return shared


def _reset(schedulers: Sequence[LRScheduler]) -> None:
    """Let schedules begin from the initial rates, not from what was set when the others were made."""
    for scheduler in schedulers:
        scheduler._origins = list(scheduler.base_lrs)
