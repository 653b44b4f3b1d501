"""Fractional max pooling as layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from ...options import Sizes, declared
from ...options.kinds import PerAxis, Real
from .. import functional as F
from .base import Buffer, SpatialLayer, UnaryLayer

Ratios = Annotated[float | Sequence[float], PerAxis(Real(0, 1, "()"))]


@declared
class _FractionalMaxPoolNd(SpatialLayer, UnaryLayer):
    kernel_size: Sizes
    output_size: Sizes | None = None
    output_ratio: Ratios | None = None
    return_indices: bool = False
    _random_samples: Buffer = None
    _shown = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.output_size is None) == (self.output_ratio is None):
            raise ValueError(f"{type(self).__name__}: give output_size or output_ratio, not both")
        self._make_tuples("kernel_size", "output_size" if self.output_ratio is None else "output_ratio")


class FractionalMaxPool2d(_FractionalMaxPoolNd, function=F.fractional_max_pool2d):
    """The greatest element of each of a number of windows at random places, which shrinks images by a fraction.

    Graham, "Fractional max-pooling", 2014. The places are drawn again at each call, for every channel, in training and
    in evaluation. Given `_random_samples` are used at every call.

    Examples
    --------
    >>> tl.nn.FractionalMaxPool2d(3, output_ratio=0.7)(tl.ones(1, 3, 10, 20)).shape
    (1, 3, 7, 14)
    """

    ndim = 2


class FractionalMaxPool3d(_FractionalMaxPoolNd, function=F.fractional_max_pool3d):
    """The greatest element of each of a number of windows at random places in volumes; see `FractionalMaxPool2d`.

    Examples
    --------
    >>> tl.nn.FractionalMaxPool3d(2, output_size=(3, 4, 5))(tl.ones(1, 3, 6, 6, 8)).shape
    (1, 3, 3, 4, 5)
    """

    ndim = 3
