"""The base class of schedules: it counts steps, sets the groups' rates, and saves and restores itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from math import isclose
from typing import Any, ClassVar

from ...options import Finite, NonNegative, checked
from ...tracebacks import users_stacklevel
from .arguments import LastEpoch, OptimizerLike
from .state import Stateful

next_serial = count().__next__
"""Numbers schedules, to tell which one has set the rates of an optimizer."""


class LRScheduler(Stateful):
    """The base class of schedules.

    A subclass defines `rate`, a formula, so that rates do not drift and are known for any step. One written for
    PyTorch, which defines `get_lr` instead, works too, but not as a part of other schedules or in `plot`.

    Making a schedule sets the rates of step 0; call `step` after each of the optimizer's epochs (or steps, as the
    schedule is meant). A step changes the rates that it finds, as PyTorch's does: schedules that are stepped on one
    optimizer multiply, and a rate that is set by hand is the one from which the schedule goes on. `LambdaLR`,
    `CosineAnnealingWarmRestarts`, `CyclicLR` and `OneCycleLR`, and composites with one of them or `SWALR`, set rates of
    their own: they overwrite those set by hand, and refuse to overwrite those of another schedule that is stepped too.

    Parameters
    ----------
    optimizer : Optimizer
        Whose groups' ``"lr"`` to set; any object with ``param_groups``. The rates they have now are kept in
        ``"initial_lr"``, unless an earlier schedule has done so. Groups that are added later go on from their own rate.
    last_epoch : int
        Number of steps taken before, less one, if the optimizer was restored; -1 to begin.

    Attributes
    ----------
    base_lrs : list of float
        Each group's initial rate.
    last_epoch : int
        The number of steps taken.

    Raises
    ------
    TypeError
        If `optimizer` has no ``param_groups``.
    ValueError
        If `last_epoch` is below -1.
    KeyError
        If `last_epoch` is not -1, and a group has no ``"initial_lr"``.

    Examples
    --------
    >>> class Halving(tl.optim.lr_scheduler.LRScheduler):
    ...     def rate(self, initial, epoch, group):
    ...         return initial / 2**epoch
    >>> x = tl.ones(1, requires_grad=True)
    >>> optimizer = tl.optim.SGD([x], lr=1.0)
    >>> schedule = Halving(optimizer)
    >>> x.sum().backward()
    >>> optimizer.step()
    >>> schedule.step()
    >>> schedule.get_last_lr(), schedule.rates(10)
    ([0.5], [0.0009765625])
    """

    _no_formula: ClassVar[str] = "does not define rate(...)"
    """Why a schedule has no `rate`."""
    _get_lr_called_within_step: ClassVar[bool] = True
    """Subclasses written for PyTorch ask, to warn of calls of `get_lr` from elsewhere, which do no harm here."""

    _unsaved: ClassVar[frozenset[str]] = Stateful._unsaved | {"_multiplies", "_offsets", "_origins", "_serial"}
    _multiplies: bool = True
    """Whether a step changes the rates that it finds; otherwise the initial rates alone determine them."""

    base_lrs: list[float]
    last_epoch: float

    @checked
    def __init__(self, optimizer: OptimizerLike, last_epoch: LastEpoch = -1) -> None:
        groups = optimizer.param_groups
        for number, group in enumerate(groups):
            if last_epoch >= 0 and "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: last_epoch={last_epoch} goes on with an optimizer that had a schedule, "
                    f"but group {number} has no 'initial_lr'; load the optimizer's state first, or begin with "
                    "last_epoch=-1"
                )
        self.optimizer = optimizer
        self.last_epoch = last_epoch
        if not hasattr(self, "base_lrs"):  # the initial rates can be options of a subclass
            self.base_lrs = []
        self._last_lr: list[float] = []
        self._origins: list[float] = []
        self._offsets: list[float] = []
        self._serial = next_serial()
        self._meet_groups()
        self._origins, self._offsets = self._first_origins(), [0.0] * len(groups)
        self._go_to(last_epoch + 1)

    # -- rates -------------------------------------------------------------------------------------------------

    def rate(self, initial: float, epoch: float, group: int) -> float:
        """Return the learning rate of a group after `epoch` steps, given its initial one."""
        raise NotImplementedError(f"{type(self).__name__} {self._no_formula}")

    @checked
    def rates(self, epoch: Finite) -> list[float]:
        """Return each group's learning rate after `epoch` steps, without taking them."""
        return [
            self.rate(origin, epoch, number) + offset
            for number, (origin, offset) in enumerate(zip(*self._beginnings(), strict=True))
        ]

    def get_lr(self) -> list[float]:
        """Return each group's learning rate after `last_epoch` steps."""
        return self.rates(self.last_epoch)

    def get_last_lr(self) -> list[float]:
        """Return the learning rates that the last step has set."""
        self._meet_groups()
        return list(self._last_lr)

    @checked
    def step(self, epoch: NonNegative | None = None) -> None:
        """Count a step and set the learning rates.

        Parameters
        ----------
        epoch : float, optional
            Go there instead; the formulas take fractions of an epoch too.

        Raises
        ------
        ValueError
            If `epoch` is negative or not finite, or another schedule has set the rates since the last step and its
            factor would be lost.

        Warns
        -----
        UserWarning
            At the first step, if the optimizer has not taken one: the first rate would be skipped.
        """
        self._check_order(epoch)
        self._meet_groups()
        if self._multiplies:
            self._follow_changes()
        self._go_to(self.last_epoch + 1 if epoch is None else epoch)

    def _check_order(self, epoch: float | None) -> None:
        """Warn if the optimizer should be stepped first, and raise if the rates of another schedule are lost."""
        if self.last_epoch == 0 and epoch is None and _never_stepped(self.optimizer):
            warnings.warn(
                f"{type(self).__name__}.step() was called before optimizer.step(), so the first learning rate is never "
                "used; call optimizer.step() first",
                stacklevel=users_stacklevel(),
            )
        serial, name = getattr(self.optimizer, "_rates_set_by", (self._serial, ""))
        if self.last_epoch > 0 and not self._multiplies and serial != self._serial and self._rates() != self._last_lr:
            raise ValueError(
                f"{type(self).__name__} sets rates of its own and would undo what {name} has changed since its last "
                "step; step one of them, or combine them in a ChainedScheduler or SequentialLR"
            )

    def _first_origins(self) -> list[float]:
        """Return the rates from which the formula begins at step 0."""
        return self._rates() if self._multiplies and self.last_epoch == -1 else list(self.base_lrs)

    def _follow_changes(self) -> None:
        """Go on from the rates that the groups have now, where they are not those that the last step has set."""
        for number, present in enumerate(self._rates()):
            if present != self._last_lr[number] or self._offsets[number]:
                self._origins[number], self._offsets[number] = self._beginning(present, number)

    def _beginning(self, present: float, number: int) -> tuple[float, float]:
        """Return the initial rate of a group, and what is added to the formula, that lead to the present rate."""
        initial, epoch = self._initials()[number], self.last_epoch
        if epoch < 0 or not self._multiplies or type(self).rate is LRScheduler.rate:
            return initial, 0.0
        slope = self.rate(1.0, epoch, number) - self.rate(0.0, epoch, number)
        excess = present - self.rate(initial, epoch, number)
        return (initial + excess / slope, 0.0) if slope else (initial, excess)

    def _go_to(self, epoch: float) -> None:
        before, self.last_epoch = self.last_epoch, epoch
        try:
            self._set_groups(self.get_lr())
        except Exception:
            self.last_epoch = before  # a formula refused the step, and no group has changed
            raise

    def _set_groups(self, rates: list[float]) -> None:
        groups = self.optimizer.param_groups
        if len(rates) != len(groups):
            raise ValueError(f"{type(self).__name__} gave {len(rates)} rates for {len(groups)} groups of parameters")
        momenta = [self._momentum(self.last_epoch, number) for number in range(len(groups))]
        for group, rate, momentum in zip(groups, rates, momenta, strict=True):
            group["lr"] = rate
            if momentum is not None:
                _set_momentum(group, momentum)
        self._last_lr = list(rates)
        with suppress(AttributeError):  # the optimizer can be any object with groups
            self.optimizer._rates_set_by = (self._serial, type(self).__name__)  # type: ignore[attr-defined]

    def _rates(self) -> list[float]:
        """Return the groups' present rates."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def _momentum(self, epoch: float, group: int) -> float | None:
        """Return the momentum of a group after `epoch` steps; None where the schedule leaves it alone."""
        return None

    # -- initial rates -------------------------------------------------------------------------------------------

    def _initials(self) -> list[float]:
        """Return the initial rates, also of groups that were added since the last step."""
        groups = len(self.optimizer.param_groups)
        return [*self.base_lrs, *map(self._first_rate, range(len(self.base_lrs), groups))]

    def _first_rate(self, number: int) -> float:
        """Return the initial rate of a group that was added."""
        group = self.optimizer.param_groups[number]
        return group.get("initial_lr", group["lr"])

    def _beginnings(self) -> tuple[list[float], list[float]]:
        """Return the rates from which the formula goes on and what is added to it, also of groups that were added."""
        added = list(enumerate(self._rates()))[len(self._origins) :]
        found = [self._beginning(rate, number) for number, rate in added]
        return [*self._origins, *(origin for origin, _ in found)], [*self._offsets, *(offset for _, offset in found)]

    def _meet_groups(self) -> None:
        """Note groups that were added."""
        groups = self.optimizer.param_groups
        self.base_lrs = self._initials()
        for group, initial in zip(groups, self.base_lrs):
            group.setdefault("initial_lr", initial)
        self._origins, self._offsets = self._beginnings()
        self._last_lr += self._rates()[len(self._last_lr) :]

    def _following(self, initial: float, last: Callable[[], float], group: int) -> float:
        """Return the initial rate of a later part of a `SequentialLR`; the part before it ended with ``last()``."""
        return initial

    # -- state ---------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return all attributes except for the optimizer and functions."""
        self._meet_groups()
        state = super().state_dict()
        if self._origins != self.base_lrs or any(self._offsets):
            state.update(_origins=list(self._origins), _offsets=list(self._offsets))
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load a `state_dict`; those of PyTorch can be loaded too.

        The groups' rates (and momenta, where the schedule sets them) are set as well, so of several schedules the one
        that was stepped last comes last. Functions are not in a state dict: the schedule keeps its own.

        Parameters
        ----------
        state_dict : dict
            Of a schedule of this kind, whose optimizer had as many groups.

        Raises
        ------
        TypeError
            If it is not a mapping.
        ValueError
            If it does not fit; nothing has changed then.
        """
        kind = type(self).__name__
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"{kind}.load_state_dict: state_dict must be a mapping, not {type(state_dict).__name__}")
        self._meet_groups()
        try:
            state = self._translated(state_dict)
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError(f"this is no state dict of a {kind}: {error}") from error
        self._check_fits(state)
        self._take(state)
        self._set_groups(self._last_lr if "_last_lr" in state else self.get_lr())

    def _take(self, state: Mapping[str, Any]) -> None:
        super()._take(state)
        self._origins, self._offsets = list(self.base_lrs), [0.0] * len(self.base_lrs)
        if "_origins" in state:
            self._origins, self._offsets = list(state["_origins"]), list(state["_offsets"])
        elif "_step_count" in state:  # PyTorch's schedules go on from the last rates
            for number, last in enumerate(self._last_lr):
                origin, offset = self._beginning(last, number)
                if offset or not isclose(origin, self.base_lrs[number], rel_tol=1e-9):
                    self._origins[number], self._offsets[number] = origin, offset


def _never_stepped(optimizer: Any) -> bool:
    """Whether an optimizer has taken no step yet, as far as that is known: not if a user's class overrides `step`."""
    ours = type(optimizer).__module__.partition(".")[0] == __name__.partition(".")[0]
    return ours and not getattr(optimizer, "has_stepped", True)


def _set_momentum(group: dict[str, Any], momentum: float) -> None:
    """Set the momentum, which in the optimizers of Adam's family is the first of the betas."""
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


def check_formula(user: str, name: str, schedule: Any) -> None:
    """Raise `TypeError` if an argument is not a schedule with a formula."""
    if not isinstance(schedule, LRScheduler):
        raise TypeError(f"{user}: {name} must be a schedule, not {type(schedule).__name__}")
    if type(schedule).rate is LRScheduler.rate:
        kind = type(schedule).__name__
        raise TypeError(
            f"{user}: {name} must have a formula for the rate, and {kind} has none: it {schedule._no_formula}"
        )
