"""The one-cycle policy: up once, and down to almost zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Annotated, Any, ClassVar, Literal

from ...options import Fraction, Size, checked
from ...options.kinds import Real
from .arguments import LastEpoch, OptimizerLike
from .base import LRScheduler
from .curves import CURVES
from .momentum import MomentumLR
from .per_group import numbers_per_group, of_group

PositiveOrInf = Annotated[float, Real(0, inf, "(]")]


class OneCycleLR(MomentumLR):
    """The rate rises to its highest value and falls far below its initial one, once (Smith and Topin, 2018).

    It is meant to be stepped after each batch. The momentum changes inversely.

    Parameters
    ----------
    max_lr : float, or list of float
        The highest rate; a list has one for each group.
    total_steps : int, optional
        Number of steps; by default ``epochs * steps_per_epoch``.
    epochs, steps_per_epoch : int, optional
        The same in two numbers.
    pct_start : float
        Fraction of the steps in which the rate rises.
    anneal_strategy : {"cos", "linear"}
        The curve.
    cycle_momentum : bool
        Whether to change the optimizer's momentum (the first of ``betas`` if it has those).
    base_momentum, max_momentum : float, or list of float
        The momentum's bounds: the first is reached where the rate is highest.
    div_factor : float
        The initial rate is `max_lr` divided by this.
    final_div_factor : float
        The last rate is the initial one divided by this.
    three_phase : bool
        Whether to fall as fast as it rose, to the initial rate, before the rest; else it falls in one go.
    optimizer, last_epoch
        As for `LRScheduler`; ``"initial_lr"`` is overwritten.

    Raises
    ------
    ValueError, TypeError
        If an option is out of range, not known, or a list without one value for each group; if neither `total_steps`
        nor both numbers are given; if the optimizer has no momentum, and `cycle_momentum` is true. `step` raises
        ValueError beyond `total_steps`.

    Notes
    -----
    The last rate is that of step ``total_steps - 1``. The step after that, which sets the rate of no update, goes on
    along the curve, as PyTorch's does.

    Examples
    --------
    >>> optimizer = tl.optim.SGD([tl.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
    >>> options = {"max_lr": 1.0, "total_steps": 10, "div_factor": 10, "final_div_factor": 10}
    >>> schedule = tl.optim.lr_scheduler.OneCycleLR(optimizer, **options, anneal_strategy="linear")
    >>> [round(schedule.rate(1.0, epoch, 0), 3) for epoch in (0, 1, 2, 9)]
    [0.1, 0.55, 1.0, 0.01]
    """

    _multiplies = False
    _not_saved_by_pytorch: ClassVar[frozenset[str]] = frozenset(
        {
            "pct_start",
            "three_phase",
            "max_lrs",
            "div_factor",
            "final_div_factor",
            "base_momentums",
            "max_momentums",
        }
    )
    _ignored: ClassVar[frozenset[str]] = LRScheduler._ignored | {"use_beta1"}

    @checked
    def __init__(
        self,
        optimizer: OptimizerLike,
        max_lr: float | list[float],
        total_steps: Size | None = None,
        epochs: Size | None = None,
        steps_per_epoch: Size | None = None,
        pct_start: Fraction = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: PositiveOrInf = 25.0,
        final_div_factor: PositiveOrInf = 1e4,
        three_phase: bool = False,
        last_epoch: LastEpoch = -1,
    ) -> None:
        self.max_lrs = numbers_per_group(self, optimizer, "max_lr", max_lr)
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        self._keep_momenta(optimizer, cycle_momentum, base_momentum, max_momentum)
        self.pct_start, self.three_phase, self._anneal_func_type = pct_start, three_phase, anneal_strategy
        self.div_factor, self.final_div_factor = div_factor, final_div_factor
        if last_epoch == -1:
            for number, group in enumerate(optimizer.param_groups):
                group["initial_lr"] = self._first_rate(number)
        super().__init__(optimizer, last_epoch)

    def _first_rate(self, number: int) -> float:
        return of_group(self.max_lrs, number, "max_lr") / self.div_factor

    def rate(self, initial: float, epoch: float, group: int) -> float:
        low, high = self._first_rate(group), of_group(self.max_lrs, group, "max_lr")
        last = low / self.final_div_factor
        return self._along((low, high, low, last) if self.three_phase else (low, high, last), epoch)

    def _momentum(self, epoch: float, group: int) -> float | None:
        if not self.cycle_momentum:
            return None
        low, high = self._momenta(group)
        return self._along((high, low, high, high)[: 3 + self.three_phase], epoch)

    def _along(self, corners: Sequence[float], epoch: float) -> float:
        """Return the value at a step on the way through the corners, from one to the next in each phase."""
        if epoch > self.total_steps:
            raise ValueError(f"step {epoch} is beyond the {self.total_steps} steps of this OneCycleLR (total_steps)")
        rise = self.pct_start * self.total_steps - 1
        ends = [rise, 2 * rise, self.total_steps - 1] if self.three_phase else [rise, self.total_steps - 1]
        phase = next((number for number, end in enumerate(ends) if epoch <= end), len(ends) - 1)
        begin, end = ends[phase - 1] if phase else 0.0, ends[phase]
        # A phase without length, such as a rise of one step, is over when it begins.
        part = (epoch - begin) / (end - begin) if end != begin else 1.0
        return CURVES[self._anneal_func_type](corners[phase], corners[phase + 1], part)

    def _translated(self, state: Mapping[str, Any]) -> dict[str, Any]:
        found = super()._translated(state)
        phases = found.get("_schedule_phases")  # PyTorch keeps where they end
        if phases and "total_steps" in found:
            found["pct_start"] = (phases[0]["end_step"] + 1) / found["total_steps"]
            found["three_phase"] = len(phases) == 3
        return found


def _total(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    if total_steps is not None:
        return total_steps
    if epochs is None or steps_per_epoch is None:
        raise ValueError(
            f"OneCycleLR needs total_steps, or both epochs and steps_per_epoch: {total_steps=}, {epochs=}, "
            f"{steps_per_epoch=}"
        )
    return epochs * steps_per_epoch
