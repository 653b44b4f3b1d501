"""Special functions, with functions of the Array API standard only."""

from .bessel_functions import BesselFunctions
from .gamma_functions import GammaFunctions

__all__ = ["SpecialKernels"]


class SpecialKernels(GammaFunctions, BesselFunctions):
    """Special functions of real numbers, in single and double precision. Each method is the kernel of an op."""
