"""Estimators for scikit-learn: `Classifier` and `Regressor` train a module with a `Trainer`.

They keep scikit-learn's contracts: constructors store their arguments and do nothing else, `fit` works on copies, data
goes in and out as NumPy arrays, and estimators can be cloned and pickled.
"""

from .classifier import Classifier
from .regressor import Regressor

__all__ = ["Classifier", "Regressor"]
