"""Optimizers and learning-rate schedules: PyTorch's names, defaults and state-dict layout."""

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
from .minimization import MinimizeResult, minimize, plot_paths
from .muon import Muon
from .optimizer import Optimizer
from .regularization import DecoupledWeightDecay, ElasticPenalty, L1Penalty, L2Penalty, MaxNorm
from .rmsprop import RMSprop
from .rprop import Rprop
from .sam import SAM
from .schedule_free import AdamWScheduleFree
from .second_order import KFAC, LBFGS, GaussNewtonDescent, LevenbergMarquardt, NaturalGradient, NewtonCG
from .sgd import SGD

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
