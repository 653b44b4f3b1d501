"""Optimizers and learning-rate schedules: PyTorch's names, defaults and state-dict layout."""

from . import landscapes, lr_scheduler, swa_utils
from .accumulation import GradientAccumulation
from .adafactor import Adafactor
from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .adaptive import Adadelta, Adagrad, RMSprop
from .elementwise import Elementwise
from .layerwise import LAMB, LARS
from .minimization import MinimizeResult, minimize, plot_paths
from .muon import Muon
from .noise import GradientNoise
from .optimizer import Optimizer
from .regularization import DecoupledWeightDecay, ElasticPenalty, L1Penalty, L2Penalty, MaxNorm
from .sam import SAM
from .schedule_free import AdamWScheduleFree
from .second_order import KFAC, LBFGS, GaussNewtonDescent, LevenbergMarquardt, NaturalGradient, NewtonCG
from .sgd import ASGD, SGD
from .sign import Lion, Rprop

__all__ = [
    "SGD",
    "ASGD",
    "Adagrad",
    "Adadelta",
    "RMSprop",
    "Rprop",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "RAdam",
    "Adafactor",
    "Lion",
    "LARS",
    "LAMB",
    "Muon",
    "AdamWScheduleFree",
    "SAM",
    "LBFGS",
    "NewtonCG",
    "GaussNewtonDescent",
    "LevenbergMarquardt",
    "NaturalGradient",
    "KFAC",
    "Optimizer",
    "Elementwise",
    "L1Penalty",
    "L2Penalty",
    "ElasticPenalty",
    "DecoupledWeightDecay",
    "MaxNorm",
    "GradientNoise",
    "GradientAccumulation",
    "minimize",
    "MinimizeResult",
    "plot_paths",
    "landscapes",
    "lr_scheduler",
    "swa_utils",
]
