"""Optimizers and learning-rate schedules: PyTorch's names, defaults and state-dict layout."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import landscapes, lr_scheduler, swa_utils
from .adadelta import Adadelta
from .adafactor import Adafactor
from .adagrad import Adagrad
from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .asgd import ASGD
from .elementwise import Elementwise
from .gradient_accumulation import GradientAccumulation
from .gradient_noise import GradientNoise
from .lamb import LAMB
from .lars import LARS
from .lion import Lion
from .muon import Muon
from .optimizer import Optimizer
from .regularization import DecoupledWeightDecay, ElasticPenalty, L1Penalty, L2Penalty, MaxNorm
from .rmsprop import RMSprop
from .rprop import Rprop
from .sam import SAM
from .schedule_free import AdamWScheduleFree
from .sgd import SGD

if TYPE_CHECKING:
    from .minimization import MinimizeResult, minimize
    from .second_order import KFAC, LBFGS, GaussNewtonDescent, LevenbergMarquardt, NaturalGradient, NewtonCG

LAZY = {
    **dict.fromkeys(("MinimizeResult", "minimize"), "minimization"),
    **dict.fromkeys(
        ("KFAC", "LBFGS", "GaussNewtonDescent", "LevenbergMarquardt", "NaturalGradient", "NewtonCG"), "second_order"
    ),
}
"""Names whose packages are imported when they are first used."""

__all__ = [
    "SGD", "ASGD", "Adagrad", "Adadelta", "RMSprop", "Rprop", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Adafactor",
    "Lion", "LARS", "LAMB", "Muon", "AdamWScheduleFree", "SAM", "LBFGS", "NewtonCG", "GaussNewtonDescent",
    "LevenbergMarquardt", "NaturalGradient", "KFAC", "Optimizer", "Elementwise", "L1Penalty", "L2Penalty",
    "ElasticPenalty", "DecoupledWeightDecay", "MaxNorm", "GradientNoise", "GradientAccumulation", "minimize",
    "MinimizeResult", "landscapes", "lr_scheduler", "swa_utils",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in LAZY.values():
        return import_module(f".{name}", __name__)
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{LAZY[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]
