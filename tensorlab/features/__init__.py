"""Features and kernels: nonlinear models that are linear in what they learn.

A feature map turns vectors into longer ones that a linear model separates or fits. Functions map at once; the classes
are modules, to be put before `nn.Linear`, and keep what was drawn or chosen as buffers. The kernels are inner products
of features that are never computed.
"""

from .kernels import laplacian_kernel, linear_kernel, polynomial_kernel, rbf_kernel
from .polar import Polar, polar
from .polynomial import Monomials, monomials
from .projections import RandomFourierFeatures, RandomProjection
from .radial import RBFFeatures
from .tiling import TileCoding

__all__ = [
    "Monomials", "Polar", "RBFFeatures", "RandomFourierFeatures", "RandomProjection", "TileCoding", "laplacian_kernel",
    "linear_kernel", "monomials", "polar", "polynomial_kernel", "rbf_kernel",
]  # fmt: skip
