"""Optimizers and learning-rate schedules: PyTorch's names, defaults and state-dict layout."""

from . import lr_scheduler
from .adafactor import Adafactor
from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .adaptive import Adadelta, Adagrad, RMSprop
from .elementwise import Elementwise
from .layerwise import LAMB, LARS
from .lbfgs import LBFGS
from .muon import Muon
from .optimizer import Optimizer
from .sam import SAM
from .schedule_free import AdamWScheduleFree
from .sgd import ASGD, SGD
from .sign import Lion, Rprop

__all__ = [
    "ASGD",
    "LAMB",
    "LARS",
    "LBFGS",
    "SAM",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "AdamWScheduleFree",
    "Adamax",
    "Elementwise",
    "Lion",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "lr_scheduler",
]
