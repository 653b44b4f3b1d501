"""ReduceLROnPlateau: the learning rate falls when a metric stops improving."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any, ClassVar, Literal, SupportsFloat

from ...options import BelowOne, checked
from ..results import number
from .arguments import AtLeastZero, OptimizerLike
from .base import LRScheduler, next_serial
from .per_group import numbers_per_group, of_group
from .state import Stateful


class ReduceLROnPlateau(LRScheduler):
    """The rate is multiplied by `factor` when a metric has not improved for more than `patience` steps.

    Parameters
    ----------
    mode : {"min", "max"}
        Whether the metric should decrease, as a loss, or increase.
    factor : float
        Factor of a reduction; below 1.
    patience : int
        Number of bad steps after which the next one reduces the rate.
    threshold : float
        Smallest difference from the best metric that counts as an improvement.
    threshold_mode : {"rel", "abs"}
        Whether `threshold` is relative to the best metric or absolute.
    cooldown : int
        Number of steps after a reduction in which bad ones are not counted.
    min_lr : float, or list of float
        Lowest rate; a list has one for each group.
    eps : float
        A reduction by no more than this is ignored.
    optimizer : Optimizer
        As for `LRScheduler`.

    Attributes
    ----------
    best : float
        The best metric so far.
    num_bad_epochs : int
        Number of consecutive bad steps.

    Raises
    ------
    ValueError, TypeError
        If an option is out of range, not known, or a list without one value for each group.

    Notes
    -----
    A metric that is NaN is a bad step: it improves on nothing. With ``threshold_mode="rel"`` the metric should not be
    negative, as then the threshold has the wrong sign.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = tl.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     schedule.step(loss)
    >>> schedule.best, schedule.get_last_lr()
    (2.0, [0.5])
    """

    _ignored: ClassVar[frozenset[str]] = LRScheduler._ignored | {"default_min_lr", "mode_worse"}
    _no_formula: ClassVar[str] = "follows the metrics of a run, which are not known before"

    @checked
    def __init__(
        self,
        optimizer: OptimizerLike,
        mode: Literal["min", "max"] = "min",
        factor: BelowOne = 0.1,
        patience: AtLeastZero = 10,
        threshold: AtLeastZero = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: AtLeastZero = 0,
        min_lr: float | list[float] = 0.0,
        eps: AtLeastZero = 1e-8,
    ) -> None:
        self.min_lrs = numbers_per_group(self, optimizer, "min_lr", min_lr)
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode, self.cooldown, self.eps = threshold, threshold_mode, cooldown, eps
        self.best = inf if mode == "min" else -inf
        self.cooldown_counter: float = 0
        self.num_bad_epochs = 0
        self.last_epoch = 0
        self._last_lr = [group["lr"] for group in optimizer.param_groups]
        self._serial = next_serial()

    @property
    def in_cooldown(self) -> bool:
        """Whether bad steps are not counted at present."""
        return self.cooldown_counter > 0

    @checked
    def step(self, metrics: SupportsFloat, epoch: AtLeastZero | None = None) -> None:  # type: ignore[override]
        """Note a metric, and reduce the rates after too many bad steps.

        Parameters
        ----------
        metrics : float, or tensor of one element
            The metric.
        epoch : float, optional
            The new value of `last_epoch`; by default the next number.
        """
        metric = number("ReduceLROnPlateau.step: metrics must be", metrics)
        better = self._improves(metric)
        bad = 0 if better or self.in_cooldown else self.num_bad_epochs + 1
        reduce = bad > self.patience
        rates = self.get_lr()
        self._set_groups([self._reduced(rate, n) for n, rate in enumerate(rates)] if reduce else rates)
        self.best = metric if better else self.best
        self.num_bad_epochs = 0 if reduce else bad
        self.cooldown_counter = self.cooldown if reduce else max(self.cooldown_counter - 1, 0)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch

    def _improves(self, metric: float) -> bool:
        sign = 1 if self.mode == "min" else -1
        relative = self.threshold_mode == "rel"
        bound = self.best * (1 - sign * self.threshold) if relative else self.best - sign * self.threshold
        return sign * metric < sign * bound

    def _reduced(self, rate: float, group: int) -> float:
        new = max(rate * self.factor, of_group(self.min_lrs, group, "min_lr"))
        return new if rate - new > self.eps else rate

    def get_lr(self) -> list[float]:
        """Return the present rates."""
        return self._initials()

    def _beginnings(self) -> tuple[list[float], list[float]]:
        return self._rates(), [0.0] * len(self.optimizer.param_groups)

    def state_dict(self) -> dict[str, Any]:
        self._meet_groups()
        return Stateful.state_dict(self)

    def _take(self, state: Mapping[str, Any]) -> None:
        Stateful._take(self, state)

    def _initials(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def _meet_groups(self) -> None:
        groups = self.optimizer.param_groups
        self._last_lr += [group["lr"] for group in groups[len(self._last_lr) :]]
