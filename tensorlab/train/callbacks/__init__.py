"""Callbacks of a `Trainer`, one file per topic; `base` describes the hooks and their order."""

from .averaging import EMA
from .base import Callback
from .checkpoint import ModelCheckpoint
from .csv_log import CSVLogger
from .early_stopping import EarlyStopping
from .json_lines import JSONLinesLogger
from .lr_schedule import LRSchedule
from .progress import Progress, ProgressBar
from .run_file import RunFile

__all__ = [
    "EMA", "CSVLogger", "Callback", "EarlyStopping", "JSONLinesLogger", "LRSchedule", "ModelCheckpoint", "Progress",
    "ProgressBar", "RunFile",
]  # fmt: skip
