"""SWALR: to a constant rate, for averaging weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from ...options import Count, Finite, checked
from .arguments import LastEpoch, OptimizerLike
from .base import LRScheduler
from .curves import CURVES
from .per_group import numbers_per_group, of_group


class SWALR(LRScheduler):
    """The rate goes from where it is to `swa_lr`, and stays there: for averaging weights (Izmailov et al., 2018).

    It begins with its first step, from the rates that the groups have then; before it another schedule may be stepped.
    From rates that are changed on the way it goes on to `swa_lr` as well.

    Parameters
    ----------
    swa_lr : float, or list of float
        The rate to reach; a list has one for each group.
    anneal_epochs : int
        Number of steps; 0 sets the rate at once.
    anneal_strategy : {"cos", "linear"}
        The curve.
    optimizer, last_epoch
        As for `LRScheduler`.

    Raises
    ------
    ValueError, TypeError
        If a list has not one rate for each group, `swa_lr` or `anneal_epochs` is negative or of another type,
        or `anneal_strategy` is not known.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.SWALR(optimizer, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear")
    >>> [schedule.rates(epoch) for epoch in range(4)]
    [[1.0], [0.75], [0.5], [0.5]]
    """

    _multiplies = False
    _not_saved_by_pytorch: ClassVar[frozenset[str]] = frozenset({"swa_lrs", "start_lrs"})

    @checked
    def __init__(
        self,
        optimizer: OptimizerLike,
        swa_lr: float | list[float],
        anneal_epochs: Count = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: LastEpoch = -1,
    ) -> None:
        self.swa_lrs = numbers_per_group(self, optimizer, "swa_lr", swa_lr)
        self.anneal_epochs, self._anneal_strategy = anneal_epochs, anneal_strategy
        self.start_lrs: list[float] = []  # empty until it begins
        if last_epoch >= 0:
            self.start_lrs = self._starts([group["lr"] for group in optimizer.param_groups], last_epoch + 1)
        super().__init__(optimizer, last_epoch)

    def rate(self, initial: float, epoch: float, group: int) -> float:
        curve = CURVES[self._anneal_strategy]
        return curve(initial, of_group(self.swa_lrs, group, "swa_lr"), self._part(epoch))

    @checked
    def rates(self, epoch: Finite) -> list[float]:
        return [self.rate(start, epoch, number) for number, start in enumerate(self._begun())]

    def _part(self, epoch: float) -> float:
        return min(epoch / self.anneal_epochs, 1) if self.anneal_epochs else 1

    def _begun(self) -> list[float]:
        """Return what each group's rate begins from: the present rates of those that have not begun."""
        groups = self.optimizer.param_groups
        return [*self.start_lrs, *(group["lr"] for group in groups[len(self.start_lrs) :])]

    def _starts(self, present: list[float], epoch: float) -> list[float]:
        """Return what the rates began from, given where they are after `epoch` steps."""
        left = CURVES[self._anneal_strategy](1.0, 0.0, self._part(epoch))
        goals = [of_group(self.swa_lrs, number, "swa_lr") for number in range(len(present))]
        return [swa + (rate - swa) / left if left else rate for rate, swa in zip(present, goals, strict=True)]

    def _go_to(self, epoch: float) -> None:
        if self.last_epoch >= 0:  # a step, not the constructor
            starts = self._starts(self._rates(), self.last_epoch) if self.start_lrs else self._rates()
            for number, start in enumerate(self.start_lrs):
                if self._rates()[number] == self._last_lr[number]:
                    starts[number] = start
            self.start_lrs = starts
        super()._go_to(epoch)

    def _following(self, initial: float, last: Callable[[], float], group: int) -> float:
        return last()

    def _take(self, state: Mapping[str, Any]) -> None:
        super()._take(state)
        if "start_lrs" not in state:  # PyTorch goes on from the present rates at each step
            self.start_lrs = self._starts(self._last_lr, self.last_epoch) if self.last_epoch > 0 else []
