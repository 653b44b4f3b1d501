"""Cyclic learning rates, up and down along lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from ...options import NonNegative, Positive, checked
from ..results import number
from .arguments import LastEpoch, OptimizerLike
from .base import LRScheduler
from .momentum import MomentumLR
from .per_group import numbers_per_group, of_group


class CyclicLR(MomentumLR):
    """The rate goes up and down along lines between two bounds (Smith, 2017).

    It is meant to be stepped after each batch. The momentum changes inversely.

    Parameters
    ----------
    base_lr, max_lr : float, or list of float
        The bounds; a list has one for each group.
    step_size_up, step_size_down : int
        Number of steps up, and down; by default as many down as up.
    mode : {"triangular", "triangular2", "exp_range"}
        Whether the amplitude of cycles is constant, halves with each cycle, or is multiplied by `gamma` in each step.
    gamma : float
        The factor of ``"exp_range"``.
    scale_fn : callable, optional
        Amplitude as a function of the number of the cycle (from 1) or of the step, in place of `mode`.
    scale_mode : {"cycle", "iterations"}
        The argument of `scale_fn`.
    cycle_momentum : bool
        Whether to change the optimizer's momentum (the first of ``betas`` if it has those).
    base_momentum, max_momentum : float, or list of float
        The momentum's bounds: the first is reached where the rate is highest.
    optimizer, last_epoch
        As for `LRScheduler`; the initial rates are `base_lr`.

    Raises
    ------
    ValueError, TypeError
        If an option is out of range, not known, or a list without one value for each group; or the optimizer has no
        momentum, and `cycle_momentum` is true.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
    >>> schedule = tl.optim.lr_scheduler.CyclicLR(optimizer, base_lr=1.0, max_lr=3.0, step_size_up=2)
    >>> [schedule.rates(epoch) for epoch in range(6)]
    [[1.0], [2.0], [3.0], [2.0], [1.0], [2.0]]
    >>> schedule.step(2)
    >>> round(optimizer.param_groups[0]["momentum"], 3)
    0.8
    """

    _multiplies = False
    _not_saved_by_pytorch: ClassVar[frozenset[str]] = frozenset({"base_momentums", "max_momentums"})
    _ignored: ClassVar[frozenset[str]] = LRScheduler._ignored | {"use_beta1"}

    @checked
    def __init__(
        self,
        optimizer: OptimizerLike,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: Positive = 2000,
        step_size_down: NonNegative | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: NonNegative = 1.0,
        scale_fn: Callable[[Any], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: LastEpoch = -1,
    ) -> None:
        self.base_lrs = numbers_per_group(self, optimizer, "base_lr", base_lr)
        self.max_lrs = numbers_per_group(self, optimizer, "max_lr", max_lr)
        step_size_down = step_size_up if step_size_down is None else step_size_down
        if scale_fn is None:
            scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self._keep_momenta(optimizer, cycle_momentum, base_momentum, max_momentum)
        self.total_size = float(step_size_up + step_size_down)
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self._scale_fn_custom, self.scale_mode = mode, gamma, scale_fn, scale_mode
        super().__init__(optimizer, last_epoch)

    def scale_fn(self, x: float) -> float:
        """Return the height of a cycle, given its number from 1 or, as `scale_mode` says, the step."""
        if self._scale_fn_custom is not None:
            return number("CyclicLR: scale_fn must return", self._scale_fn_custom(x))
        if self.mode == "triangular2":
            return 0.5 ** (x - 1)
        return self.gamma**x if self.mode == "exp_range" else 1.0

    def _height(self, epoch: float) -> float:
        """Return where a step is between the lower bound, 0, and the upper one, 1."""
        cycles, passed = divmod(epoch, self.total_size)
        part = passed / self.total_size
        slope = part / self.step_ratio if part <= self.step_ratio else (1 - part) / (1 - self.step_ratio)
        return slope * self.scale_fn(int(cycles) + 1 if self.scale_mode == "cycle" else epoch)

    def rate(self, initial: float, epoch: float, group: int) -> float:
        low, high = self._first_rate(group), of_group(self.max_lrs, group, "max_lr")
        return low + (high - low) * self._height(epoch)

    def _momentum(self, epoch: float, group: int) -> float | None:
        if not self.cycle_momentum:
            return None
        low, high = self._momenta(group)
        return high - (high - low) * self._height(epoch)

    def _first_rate(self, number: int) -> float:
        return of_group(self.base_lrs, number, "base_lr")
