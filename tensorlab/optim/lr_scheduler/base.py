"""The base class of schedules: it counts steps, sets the groups' rates, and saves and restores itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from .per_group import HasParamGroups, groups_of
from .state import Stateful


class LRScheduler(Stateful):
    """The base class of schedules.

    A subclass defines `rate`, a formula, so that rates do not drift and are known for any step. One written for
    PyTorch, which defines `get_lr` instead, works too, but not as a part of other schedules or in `plot`.

    Making a schedule sets the rates of step 0; call `step` after each of the optimizer's epochs (or steps, as the
    schedule is meant). One schedule sets the rates: of two that are stepped, the last one's remain. `ChainedScheduler`
    composes several.

    Parameters
    ----------
    optimizer : Optimizer
        Whose groups' ``"lr"`` to set; any object with ``param_groups``. The rates they have now are kept in
        ``"initial_lr"``, unless an earlier schedule has done so. Groups that are added later begin from their own rate.
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
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = Halving(optimizer)
    >>> schedule.step()
    >>> schedule.get_last_lr(), schedule.rates(10)
    ([0.5], [0.0009765625])
    """

    _no_formula: ClassVar[str] = "does not define rate(...)"
    """Why a schedule has no `rate`."""
    _get_lr_called_within_step: ClassVar[bool] = True
    """Subclasses written for PyTorch ask, to warn of calls of `get_lr` from elsewhere, which do no harm here."""

    base_lrs: list[float]
    last_epoch: float

    def __init__(self, optimizer: HasParamGroups, last_epoch: float = -1) -> None:
        groups = groups_of(optimizer)
        if not last_epoch >= -1:
            raise ValueError(f"last_epoch must be -1 or the number of a step: {last_epoch}")
        for number, group in enumerate(groups):
            if last_epoch >= 0 and "initial_lr" not in group:
                raise KeyError(
                    f"last_epoch={last_epoch} goes on with an optimizer that had a schedule, but group {number} has no "
                    "'initial_lr'; load the optimizer's state first, or begin with last_epoch=-1"
                )
        self.optimizer = optimizer
        self.last_epoch = last_epoch
        if not hasattr(self, "base_lrs"):  # the initial rates can be options of a subclass
            self.base_lrs = []
        self._last_lr: list[float] = []
        self.step()

    # -- rates -------------------------------------------------------------------------------------------------

    def rate(self, initial: float, epoch: float, group: int) -> float:
        """Return the learning rate of a group after `epoch` steps, given its initial one."""
        raise NotImplementedError(f"{type(self).__name__} {self._no_formula}")

    def rates(self, epoch: float) -> list[float]:
        """Return each group's learning rate after `epoch` steps, without taking them."""
        return [self.rate(initial, epoch, number) for number, initial in enumerate(self._initials())]

    def get_lr(self) -> list[float]:
        """Return each group's learning rate after `last_epoch` steps."""
        return self.rates(self.last_epoch)

    def get_last_lr(self) -> list[float]:
        """Return the learning rates that the last step has set."""
        self._meet_groups()
        return list(self._last_lr)

    def step(self, epoch: float | None = None) -> None:
        """Count a step and set the learning rates.

        Parameters
        ----------
        epoch : float, optional
            Go there instead; the formulas take fractions of an epoch too.

        Raises
        ------
        ValueError
            If `epoch` is negative.
        """
        if epoch is not None and not epoch >= 0:
            raise ValueError(f"epoch must not be negative: {epoch}")
        self._meet_groups()
        self._go_to(self.last_epoch + 1 if epoch is None else epoch)

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

    def _meet_groups(self) -> None:
        """Note groups that were added."""
        groups = self.optimizer.param_groups
        self.base_lrs = self._initials()
        for group, initial in zip(groups, self.base_lrs):
            group.setdefault("initial_lr", initial)
        self._last_lr += [group["lr"] for group in groups[len(self._last_lr) :]]

    def _following(self, initial: float, last: Callable[[], float], group: int) -> float:
        """Return the initial rate of a later part of a `SequentialLR`; the part before it ended with ``last()``."""
        return initial

    # -- state ---------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return all attributes except for the optimizer and functions."""
        self._meet_groups()
        return super().state_dict()

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


def _set_momentum(group: dict[str, Any], momentum: float) -> None:
    """Set the momentum, which in the optimizers of Adam's family is the first of the betas."""
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


def check_formula(user: str, schedule: Any) -> None:
    """Raise `TypeError` if something is not a schedule with a formula."""
    if not isinstance(schedule, LRScheduler):
        raise TypeError(f"{user} takes schedules, not {type(schedule).__name__}")
    if type(schedule).rate is LRScheduler.rate:
        kind = type(schedule).__name__
        raise TypeError(f"{user} needs a formula for the rate, and {kind} has none: it {schedule._no_formula}")
