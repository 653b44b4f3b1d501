"""Minima of functions by any method, tensorlab's or SciPy's, and pictures of the way there."""

from .minimize import minimize
from .run import MinimizeResult

__all__ = ["MinimizeResult", "minimize"]
