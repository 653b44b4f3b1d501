"""Classical systems: what a course teaches before and beside deep networks.

Those that learn from samples have `fit`, `predict` and `score`, as in scikit-learn. `fit` returns the system itself,
and what was learned are buffers of a module. Labels of two classes are -1 and 1, as in the theory; those of several
are 0, 1, 2 and so on. Whatever is random takes a `generator`.
"""

from .boosting import AdaBoost, DecisionStump
from .linear import LinearRegression, LogisticRegression, SoftmaxRegression
from .perceptron import ADALINE, KernelPerceptron, Perceptron, perceptron_bound
from .regression import KernelRidge, KNeighborsClassifier, RBFNetwork

__all__ = [
    "ADALINE", "AdaBoost", "DecisionStump", "KNeighborsClassifier", "KernelPerceptron", "KernelRidge",
    "LinearRegression", "LogisticRegression", "Perceptron", "RBFNetwork", "SoftmaxRegression", "perceptron_bound",
]  # fmt: skip
