"""Small networks that learn points in the plane, step by step, with what there is to see of them."""

from .experiment import Experiment, Scores
from .settings import Settings

__all__ = ["Experiment", "Scores", "Settings"]
