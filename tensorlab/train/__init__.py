"""Training: the loop, callbacks, checkpoints, logs and searches.

`Trainer` holds the state of a training and the pieces of its loop; `callbacks` is what it calls.
"""

from .callbacks import (
    EMA, Callback, CSVLogger, EarlyStopping, JSONLinesLogger, LRSchedule, ModelCheckpoint, Progress, ProgressBar,
    RunFile,
)  # fmt: skip
from .logs import read_log
from .replay import RunComparison, compare_runs, replay
from .run_files import read_run
from .trainer import Trainer

__all__ = [
    "EMA", "CSVLogger", "Callback", "EarlyStopping", "JSONLinesLogger", "LRSchedule", "ModelCheckpoint", "Progress",
    "ProgressBar", "RunComparison", "RunFile", "Trainer", "compare_runs", "read_log", "read_run", "replay",
]  # fmt: skip
