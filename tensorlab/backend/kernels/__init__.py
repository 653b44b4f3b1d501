"""The kernels, each with a default written with functions of the Array API standard only.

A backend overrides, one at a time, what its library does faster; every override is tested against the default. Kernels
take and return the backend's own arrays and never write into their operands, except for those that update in place.
Complex arrays are never conjugated.

Spatial arguments are tuples with one entry per spatial axis; `padding` has (before, after) pairs. Images are
``(batch, channel, *spatial)``, filters ``(out_channel, in_channel / groups, *kernel)``.
"""

from .activation import ActivationKernels
from .batches import BatchKernels
from .convolution import ConvolutionKernels
from .indexing import IndexingKernels
from .linalg import LinearAlgebraKernels
from .pooling import PoolingKernels
from .random import RandomKernels
from .special import SpecialKernels
from .updates import UpdateKernels

__all__ = ["DefaultKernels"]


class DefaultKernels(
    ConvolutionKernels,
    PoolingKernels,
    IndexingKernels,
    RandomKernels,
    ActivationKernels,
    SpecialKernels,
    LinearAlgebraKernels,
    UpdateKernels,
    BatchKernels,
):
    """All kernels with their defaults."""
