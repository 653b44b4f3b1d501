"""Progress of training: a line for each epoch, and a bar within it."""

from __future__ import annotations

import os
import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

from ...options import Positive, checked
from .base import Callback

if TYPE_CHECKING:
    from ..trainer import Trainer

QUIET = ("epoch", "step", "seconds", "samples_per_second")
"""The logged values that have a place of their own in a line."""

LARGEST_SHARE = 0.01
"""The largest part of the time that is spent on the bar."""


class Progress(Callback):
    """Prints a line for each epoch, with the values that are logged."""

    order: ClassVar[int] = 15

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        values = trainer.logged
        pace = f"{_duration(values['seconds'])}, {values['samples_per_second']:,.0f} samples/s"
        print(f"{_epoch(trainer)}: {_listed(values)} ({pace})", flush=True)


class ProgressBar(Progress):
    """Shows a bar within each epoch, drawn by tqdm: the loss and metrics so far, samples per second and the time left.

    The values are those that would be logged if the epoch ended now. The bar is redrawn at intervals, which grow if
    that takes long: it costs one percent of the time at most.

    Parameters
    ----------
    interval : float
        Shortest time between two drawings, in seconds.
    """

    @checked
    def __init__(self, interval: Positive = 0.1) -> None:
        self.interval = interval
        self._bar: Any = None
        self._due = 0.0
        self._start = (0.0, 0)

    def on_train_batch_start(self, trainer: Trainer, batch: Any, batch_idx: int) -> None:
        if self._start[1] < 0:
            self._begin(trainer)

    def on_fit_start(self, trainer: Trainer) -> None:
        self._bar, self._start = None, (0.0, -1)

    def on_train_batch_end(self, trainer: Trainer, batch: Any, batch_idx: int) -> None:
        if perf_counter() >= self._due:
            self._draw(trainer)

    def on_validation_batch_end(self, trainer: Trainer, batch: Any, batch_idx: int) -> None:
        if self._bar is not None and perf_counter() >= self._due:
            self._bar.set_description_str(f"{_epoch(trainer)}, held-out batch {batch_idx + 1}")
            self._due = perf_counter() + self.interval

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        self._start = (0.0, -1)
        if self._bar is not None:
            self._bar.clear()
        super().on_train_epoch_end(trainer)

    def on_fit_end(self, trainer: Trainer) -> None:
        self._close()

    def on_exception(self, trainer: Trainer, exception: BaseException) -> None:
        self._close()

    def _begin(self, trainer: Trainer) -> None:
        """Begin an epoch, or its rest. The bar is made when the first is drawn, and serves all epochs."""
        self._start = (perf_counter(), trainer.tally.items)
        self._due = self._start[0] + self.interval
        if self._bar is not None:
            self._bar.set_description_str(_epoch(trainer), refresh=False)
            self._bar.set_postfix_str("", refresh=False)
            self._bar.reset(trainer.num_batches)

    def _draw(self, trainer: Trainer) -> None:
        if self._bar is None:
            self._open(trainer)
        now, (began, before) = perf_counter(), self._start
        speed = (trainer.tally.items - before) / (now - began)
        self._bar.n = trainer.batch_idx
        self._bar.set_postfix_str(f"{_listed(trainer.tally.results())}, {speed:,.0f} samples/s", refresh=False)
        self._bar.refresh()
        done = perf_counter()
        self._due = done + max(self.interval, (done - now) / LARGEST_SHARE)

    def _open(self, trainer: Trainer) -> None:
        from tqdm.auto import tqdm

        sized = "{desc} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
        self._bar = tqdm(
            desc=_epoch(trainer),
            total=trainer.num_batches,
            bar_format=sized if trainer.num_batches else "{desc}, batch {n_fmt} [{elapsed}{postfix}]",
            leave=False,
            dynamic_ncols=True,
        )
        self._bar.start_t = self._bar._time() - (perf_counter() - self._start[0])

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def progress(bar: bool | None) -> Progress:
    """Return a bar, or lines alone; by default a bar if there is a terminal or a notebook, but not in CI."""
    if bar is None:
        bar = (sys.stderr.isatty() or "ipykernel" in sys.modules) and not os.environ.get("CI")
    return ProgressBar() if bar else Progress()


def _epoch(trainer: Trainer) -> str:
    return f"epoch {trainer.epoch + 1}/{trainer.stop_epoch}"


def _listed(values: dict[str, Any]) -> str:
    shown = ((name, value) for name, value in values.items() if name not in QUIET and isinstance(value, int | float))
    return ", ".join(f"{name} {value:.4g}" for name, value in shown)


def _duration(seconds: float) -> str:
    """Return a time as ``1.2 s``, ``3:25`` or ``1:03:25``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
