"""Learning-rate schedules: each is a formula that gives the rate after any number of steps.

`rates` of a schedule asks for any step and `plot` draws them all, without a run. PyTorch's schedules are all here, with
its names, arguments and rates, and `WarmupLR` and `InverseTimeLR` beside them. Only `ReduceLROnPlateau` has no formula.
"""

from .annealing import CosineAnnealingLR, CosineAnnealingWarmRestarts, LinearLR
from .averaging import SWALR
from .base import LRScheduler
from .chart import plot
from .composite import ChainedScheduler, SequentialLR, WarmupLR
from .cyclic import CyclicLR
from .decay import ConstantLR, ExponentialLR, InverseTimeLR, MultiStepLR, PolynomialLR, StepLR
from .lambda_lr import LambdaLR, MultiplicativeLR
from .one_cycle import OneCycleLR
from .plateau import ReduceLROnPlateau

__all__ = [
    "LRScheduler",
    "LambdaLR",
    "MultiplicativeLR",
    "StepLR",
    "MultiStepLR",
    "ConstantLR",
    "LinearLR",
    "ExponentialLR",
    "PolynomialLR",
    "InverseTimeLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "SWALR",
    "CyclicLR",
    "OneCycleLR",
    "ReduceLROnPlateau",
    "ChainedScheduler",
    "SequentialLR",
    "WarmupLR",
    "plot",
]
