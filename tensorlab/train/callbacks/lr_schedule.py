"""LRSchedule: when a schedule of learning rates is stepped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from ...optim.lr_scheduler.base import LRScheduler
from ...optim.lr_scheduler.plateau import ReduceLROnPlateau
from ...options import Size, checked
from .base import Callback
from .monitor import monitored

if TYPE_CHECKING:
    from ..trainer import Trainer


class LRSchedule(Callback):
    """Steps a schedule at the end of epochs, or after steps of the optimizer.

    Parameters
    ----------
    schedule : LRScheduler
        Of the trainer's optimizer.
    interval : {"epoch", "step"}
        What the schedule counts. `OneCycleLR` and warm-ups usually count steps.
    frequency : int
        The number of epochs or steps from one step of the schedule to the next.
    monitor : str, optional
        The logged value that `ReduceLROnPlateau` follows, such as ``"valid_loss"``.

    Raises
    ------
    ValueError
        If a schedule that follows a value has no `monitor`, or is not stepped at the end of epochs.

    Examples
    --------
    >>> model = tl.nn.Linear(2, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> one_cycle = tl.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=100)
    >>> trainer = tl.train.Trainer(
    ...     model, tl.nn.MSELoss(), optimizer, schedule=tl.train.LRSchedule(one_cycle, interval="step")
    ... )
    """

    @checked
    def __init__(
        self,
        schedule: LRScheduler,
        *,
        interval: Literal["epoch", "step"] = "epoch",
        frequency: Size = 1,
        monitor: str | None = None,
    ) -> None:
        if isinstance(schedule, ReduceLROnPlateau) and (monitor is None or interval == "step"):
            raise ValueError(
                'LRSchedule: ReduceLROnPlateau needs monitor, the logged value that it follows, such as "valid_loss", '
                'and interval="epoch"'
            )
        self.schedule, self.interval, self.frequency, self.monitor = schedule, interval, frequency, monitor

    def on_fit_start(self, trainer: Trainer) -> None:
        if self.schedule.optimizer is not trainer.optimizer:
            raise ValueError("LRSchedule: schedule must be one of the trainer's optimizer, not of another one")

    def on_after_optimizer_step(self, trainer: Trainer) -> None:
        if self.interval == "step" and trainer.global_step % self.frequency == 0:
            self.schedule.step()

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        if self.interval == "step" or trainer.epochs_done % self.frequency:
            return
        if isinstance(self.schedule, ReduceLROnPlateau):
            assert self.monitor is not None
            self.schedule.step(monitored(self, trainer, self.monitor))
        else:
            self.schedule.step()

    def state_dict(self) -> dict[str, Any]:
        return self.schedule.state_dict()

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self.schedule.load_state_dict(state_dict)
