"""Callbacks of a `Trainer`, one file per topic; `base` describes the hooks and their order."""

from .averaging import EMA
from .base import Callback
from .before_training import LearningRateFinder, SanityCheck
from .checkpoint import ModelCheckpoint
from .csv_log import CSVLogger
from .early_stopping import EarlyStopping
from .freezing import Freeze
from .gradient_norm import GradientNorm
from .histograms import Histograms
from .json_lines import JSONLinesLogger
from .lr_schedule import LRSchedule
from .nan_guard import NaNGuard
from .penalty import Penalty
from .pictures import SamplePictures
from .progress import Progress, ProgressBar
from .run_file import RunFile
from .swa import SWA
from .tensorboard import TensorBoardLogger
from .throughput import ThroughputMonitor

__all__ = [
    "EMA", "SWA", "CSVLogger", "Callback", "EarlyStopping", "Freeze", "GradientNorm", "Histograms", "JSONLinesLogger",
    "LRSchedule", "LearningRateFinder", "ModelCheckpoint", "NaNGuard", "Penalty", "Progress", "ProgressBar", "RunFile",
    "SamplePictures", "SanityCheck", "TensorBoardLogger", "ThroughputMonitor",
]  # fmt: skip
