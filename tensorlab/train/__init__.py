"""Training: the loop, callbacks, checkpoints, logs and searches.

`Trainer` runs the loop and holds its state; the callbacks in `callbacks` add to it.
"""

from typing import TYPE_CHECKING, Any

from . import sanity
from .callbacks import (
    EMA, SWA, Callback, CSVLogger, EarlyStopping, Freeze, GradientNorm, Histograms, JSONLinesLogger, LearningRateFinder,
    LRSchedule, ModelCheckpoint, NaNGuard, Penalty, Progress, ProgressBar, RunFile, SamplePictures, SanityCheck,
    TensorBoardLogger, ThroughputMonitor,
)  # fmt: skip
from .logs import read_log
from .lr_finder import LRSweep, lr_find
from .replay import RunComparison, compare_runs, replay
from .run_files import read_run
from .trainer import Trainer

__all__ = [
    "EMA", "SWA", "CSVLogger", "Callback", "EarlyStopping", "Freeze", "GradientNorm", "Histograms", "JSONLinesLogger",
    "LRSchedule", "LRSweep", "LearningRateFinder", "ModelCheckpoint", "NaNGuard", "Penalty", "Progress", "ProgressBar",
    "RunComparison", "RunFile", "SamplePictures", "SanityCheck", "TensorBoardLogger", "ThroughputMonitor", "Trainer",
    "compare_runs", "lr_find", "read_log", "read_run", "replay", "sanity",
]  # fmt: skip

if TYPE_CHECKING:
    from . import search as search
    from .estimators import Classifier as Classifier
    from .estimators import Regressor as Regressor

ESTIMATORS = ("Classifier", "Regressor")
"""Names for whose sake scikit-learn is imported at first use."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "search":
        return import_module(".search", __name__)
    if name not in ESTIMATORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(".estimators", __name__), name)
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("sklearn"):
            raise
        message = f"{name} is an estimator of scikit-learn, which is not installed: pip install tensorlab[sklearn]"
        raise ImportError(message) from error


def __dir__() -> list[str]:
    return sorted({*__all__, *ESTIMATORS, "search", *(name for name in globals() if name.startswith("__"))})
