"""Learning-rate schedules: each is a formula that gives the rate after any number of steps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from math import cos, pi
from typing import Any

from .optimizer import Optimizer


class LRScheduler:
    """The base class of schedules.

    A subclass defines `rate`. Making a schedule sets the rate of step 0; call `step` after each of the optimizer's
    epochs (or steps, as the schedule is meant).

    Parameters
    ----------
    optimizer : Optimizer
        Whose groups' ``"lr"`` to set. The rates they have now are kept in ``"initial_lr"``.
    last_epoch : int
        Where to go on; -1 begins.

    Attributes
    ----------
    base_lrs : list of float
        Each group's initial rate.
    last_epoch : int
        The number of steps taken.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self.step()

    def rate(self, initial: float, epoch: int, group: int) -> float:
        """Return the learning rate of a group after `epoch` steps, given its initial one."""
        raise NotImplementedError(f"{type(self).__name__} does not define rate(...)")

    def step(self) -> None:
        """Count a step and set the learning rates."""
        self.last_epoch += 1
        for number, group in enumerate(self.optimizer.param_groups):
            initial: Any = group.setdefault("initial_lr", group["lr"])
            group["lr"] = self.rate(initial, self.last_epoch, number)

    def get_last_lr(self) -> list[float]:
        """Return each group's present learning rate."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` goes on from."""
        return {"last_epoch": self.last_epoch, "base_lrs": list(self.base_lrs)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where a `state_dict` was taken."""
        self.base_lrs = list(state_dict["base_lrs"])
        self.last_epoch = state_dict["last_epoch"] - 1
        for group, initial in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["initial_lr"] = initial
        self.step()


class LambdaLR(LRScheduler):
    """The initial rate times a function of the step.

    Parameters
    ----------
    lr_lambda : callable, or list of them
        ``lr_lambda(epoch)`` gives the factor; a list has one for each group.
    optimizer, last_epoch
        As for `LRScheduler`.

    Raises
    ------
    ValueError
        If a list has not one function for each group.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5**epoch)
    >>> schedule.step()
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        groups = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != groups:
            raise ValueError(f"LambdaLR got {len(self.lr_lambdas)} functions for {groups} groups of parameters")
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: int, group: int) -> float:
        return initial * self.lr_lambdas[group](epoch)


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

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> schedule.rate(1.0, 5, 0)
    0.25
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: int, group: int) -> float:
        return initial * self.gamma ** (epoch // self.step_size)


class MultiStepLR(LRScheduler):
    """The rate is multiplied by `gamma` at each of the `milestones`.

    Parameters
    ----------
    milestones : sequence of int
        After how many steps.
    gamma : float
        By what.
    optimizer, last_epoch
        As for `LRScheduler`.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.MultiStepLR(optimizer, [2, 3], gamma=0.5)
    >>> [schedule.rate(1.0, epoch, 0) for epoch in range(4)]
    [1.0, 1.0, 0.5, 0.25]
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: int, group: int) -> float:
        return initial * self.gamma ** bisect_right(self.milestones, epoch)


class ExponentialLR(LRScheduler):
    """The rate is multiplied by `gamma` at each step.

    Parameters
    ----------
    gamma : float
        By what.
    optimizer, last_epoch
        As for `LRScheduler`.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> tl.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5).rate(1.0, 3, 0)
    0.125
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: int, group: int) -> float:
        return initial * self.gamma**epoch


class CosineAnnealingLR(LRScheduler):
    """The rate falls to `eta_min` along half a cosine within `T_max` steps (Loshchilov and Hutter, 2017).

    Parameters
    ----------
    T_max : int
        How many steps.
    eta_min : float
        The lowest rate.
    optimizer, last_epoch
        As for `LRScheduler`.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    >>> [round(schedule.rate(1.0, epoch, 0), 3) for epoch in (0, 5, 10)]
    [1.0, 0.5, 0.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: int, group: int) -> float:
        return self.eta_min + (initial - self.eta_min) * (1 + cos(pi * epoch / self.T_max)) / 2


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
        If the first part is not in (0, 1], or the second not in [0, 1].

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=4)
    >>> [schedule.rate(1.0, epoch, 0) for epoch in (0, 2, 9)]
    [0.5, 0.75, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ValueError(f"start_factor must be in (0, 1] and end_factor in [0, 1]: {start_factor}, {end_factor}")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: int, group: int) -> float:
        part = min(epoch, self.total_iters) / self.total_iters
        return initial * (self.start_factor + (self.end_factor - self.start_factor) * part)


class SequentialLR(LRScheduler):
    """One schedule after the other, such as a warm-up before a descent; each begins from its own step 0.

    Parameters
    ----------
    schedulers : sequence of LRScheduler
        In their order.
    milestones : sequence of int
        After how many steps the next one begins: one fewer than there are schedules.
    optimizer, last_epoch
        As for `LRScheduler`.

    Raises
    ------
    ValueError
        If the numbers do not fit, or a schedule is for another optimizer.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> warm_up = tl.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> descent = tl.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    >>> schedule = tl.optim.lr_scheduler.SequentialLR(optimizer, [warm_up, descent], milestones=[2])
    >>> [schedule.rate(1.0, epoch, 0) for epoch in (0, 1, 2, 12)]
    [0.5, 0.75, 1.0, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(f"{len(schedulers)} schedules need one milestone fewer, not {len(milestones)}")
        if any(scheduler.optimizer is not optimizer for scheduler in schedulers):
            raise ValueError("the schedules must all be for this optimizer")
        self.schedulers, self.milestones = list(schedulers), list(milestones)
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: int, group: int) -> float:
        number = bisect_right(self.milestones, epoch)
        begin = self.milestones[number - 1] if number else 0
        return self.schedulers[number].rate(initial, epoch - begin, group)
