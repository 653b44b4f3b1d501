"""The callbacks of a trainer: those that it was given, and those that its options stand for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..optim.lr_scheduler.base import LRScheduler
from .callbacks.averaging import EMA
from .callbacks.base import Callback
from .callbacks.before_training import SanityCheck
from .callbacks.checkpoint import ModelCheckpoint
from .callbacks.json_lines import JSONLinesLogger
from .callbacks.lr_schedule import LRSchedule
from .callbacks.progress import Progress
from .callbacks.progress import progress as progress_of
from .callbacks.run_file import RunFile


def all_callbacks(
    given: Sequence[Callback],
    schedule: LRScheduler | LRSchedule | None,
    ema: float | None,
    folder: Path | None,
    progress: bool | None,
    sanity_check: bool,
) -> list[Callback]:
    """Return the callbacks of a trainer; an option adds none of a kind that was given."""
    chosen = list(given)
    if sanity_check and not _has(given, SanityCheck):
        chosen.append(SanityCheck())
    if schedule is not None:
        chosen.append(LRSchedule(schedule) if isinstance(schedule, LRScheduler) else schedule)
    if ema is not None:
        chosen.append(EMA(ema))
    if folder is not None:
        chosen += [cls() for cls in (JSONLinesLogger, RunFile, ModelCheckpoint) if not _has(given, cls)]
    if progress is not False and not _has(given, Progress):
        chosen.append(progress_of(progress))
    return chosen


def _has(callbacks: Sequence[Callback], cls: type[Callback]) -> bool:
    return any(isinstance(callback, cls) for callback in callbacks)
