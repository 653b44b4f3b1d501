"""The special functions with the Array API standard alone: what backends without better kernels compute."""

from .bessel_functions import BesselFunctions
from .gamma_functions import GammaFunctions

__all__ = ["SpecialKernels"]


class SpecialKernels(GammaFunctions, BesselFunctions):
    """Kernels of the special functions, each of the op of its name; real, in single and double precision."""
