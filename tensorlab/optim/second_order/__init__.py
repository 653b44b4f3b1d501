"""Optimizers that use curvature: quasi-Newton, Newton, least squares, and the natural gradient."""

from .kfac import KFAC
from .lbfgs import LBFGS
from .least_squares import GaussNewtonDescent, LevenbergMarquardt
from .natural_gradient import NaturalGradient
from .newton_cg import NewtonCG

__all__ = ["KFAC", "LBFGS", "GaussNewtonDescent", "LevenbergMarquardt", "NaturalGradient", "NewtonCG"]
