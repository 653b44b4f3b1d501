"""Learning-rate schedules: each is a formula that gives the rate after any number of steps.

`rates` of a schedule gives those of any step and `plot` draws them, without a run. All of PyTorch's schedules are here,
with its names, arguments and rates; `WarmupLR`, `InverseTimeLR` and `NoamLR` are additions. Only `ReduceLROnPlateau`,
which follows a metric, has no formula.
"""

from .base import LRScheduler
from .composite import ChainedScheduler, SequentialLR, WarmupLR
from .cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from .cyclic import CyclicLR
from .decay import ConstantLR, ExponentialLR, InverseTimeLR, LinearLR, MultiStepLR, NoamLR, PolynomialLR, StepLR
from .lambda_lr import LambdaLR, MultiplicativeLR
from .one_cycle import OneCycleLR
from .plateau import ReduceLROnPlateau
from .plotting import plot
from .swalr import SWALR

__all__ = [
    "LRScheduler", "LambdaLR", "MultiplicativeLR", "StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR",
    "PolynomialLR", "InverseTimeLR", "NoamLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "SWALR", "CyclicLR",
    "OneCycleLR", "ReduceLROnPlateau", "ChainedScheduler", "SequentialLR", "WarmupLR", "plot",
]  # fmt: skip
