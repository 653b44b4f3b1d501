"""Schedules whose factors are functions given by the user."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import floor
from typing import Any, ClassVar

from ...options import checked
from ..results import number
from .arguments import LastEpoch, OptimizerLike
from .base import LRScheduler
from .per_group import of_group, per_group

Factor = Callable[[Any], float]

MOST_STEPS = 10**8
"""The largest number of steps for whose rate functions are called: more calls would take a minute."""


class _FactorLR(LRScheduler):
    """The base class of schedules by a function for each group, or one for all."""

    @checked
    def __init__(
        self, optimizer: OptimizerLike, lr_lambda: Factor | Sequence[Factor], last_epoch: LastEpoch = -1
    ) -> None:
        self.lr_lambdas: list[Factor] = per_group(self, optimizer, "lr_lambda", lr_lambda)
        super().__init__(optimizer, last_epoch)

    def _factor(self, group: int, epoch: float) -> float:
        """Return the factor of a group that its function gives for a step."""
        function = of_group(self.lr_lambdas, group, "lr_lambda")
        return number(f"{type(self).__name__}: lr_lambda must return", function(epoch))

    def _translated(self, state: Mapping[str, Any]) -> dict[str, Any]:
        found = super()._translated(state)
        entries = found.get("lr_lambdas") or ()
        if _all_same(self.lr_lambdas) and _all_same(entries):  # of one function, made before or after a group was added
            found["lr_lambdas"] = [*entries[:1]] * len(self.lr_lambdas)
        return found


def _all_same(entries: Sequence[Any]) -> bool:
    return bool(entries) and all(entry == entries[0] for entry in entries)


class LambdaLR(_FactorLR):
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
    TypeError
        If it is not a function, or a list of functions.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> [schedule.rates(epoch) for epoch in range(3)]
    [[1.0], [0.5], [0.3333333333333333]]
    """

    _multiplies = False

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial * self._factor(group, epoch)


class MultiplicativeLR(_FactorLR):
    """The rate is multiplied by a function of the step at each step, from the first one on.

    Parameters
    ----------
    lr_lambda : callable, or list of them
        ``lr_lambda(epoch)`` gives the factor of step `epoch`; a list has one for each group.
    optimizer, last_epoch
        As for `LRScheduler`.

    Raises
    ------
    ValueError
        If a list has not one function for each group.
    TypeError
        If it is not a function, or a list of functions.

    Notes
    -----
    As a later part of a `SequentialLR` it starts at the rate that the previous part has reached, as PyTorch's does.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.MultiplicativeLR(optimizer, lambda epoch: 0.5 if epoch < 3 else 1.0)
    >>> [schedule.rates(epoch) for epoch in range(5)]
    [[1.0], [0.5], [0.25], [0.25], [0.25]]
    """

    _unsaved: ClassVar[frozenset[str]] = LRScheduler._unsaved | {"_reached"}

    def __init__(
        self, optimizer: OptimizerLike, lr_lambda: Factor | Sequence[Factor], last_epoch: LastEpoch = -1
    ) -> None:
        self._reached: dict[int, tuple[int, float]] = {}  # the latest step and product of each group
        super().__init__(optimizer, lr_lambda, last_epoch)

    def rate(self, initial: float, epoch: float, group: int) -> float:
        return initial * self._product(floor(epoch), group)

    def _product(self, epoch: int, group: int) -> float:
        """Return the product of the factors up to a step, computed from the latest one if that is not later."""
        step, product = self._reached.get(group, (0, 1.0))
        if step > epoch:
            step, product = 0, 1.0
        if epoch - step > MOST_STEPS:
            raise ValueError(
                f"MultiplicativeLR: the rate after {epoch} steps takes {epoch - step} calls of lr_lambda, one for each "
                f"step; at most {MOST_STEPS} are made"
            )
        for later in range(step + 1, epoch + 1):
            product *= self._factor(group, later)
        self._reached[group] = (epoch, product)
        return product

    def _following(self, initial: float, last: Callable[[], float], group: int) -> float:
        return last() * self._factor(group, 0)

    def _take(self, state: Mapping[str, Any]) -> None:
        super()._take(state)
        self._reached = {}  # the functions may be others now
