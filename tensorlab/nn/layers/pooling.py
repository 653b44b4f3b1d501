"""Pooling layers with windows of a given size: maxima and means."""

from __future__ import annotations

from ...options import Counts, Sizes, declared
from .. import functional as F
from .base import SpatialLayer, UnaryLayer


@declared
class _PoolNd(SpatialLayer, UnaryLayer):
    """Windows that move by their own size unless a stride is given."""

    kernel_size: Sizes
    stride: Sizes | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.stride is None:
            self.stride = self.kernel_size


@declared
class _MaxPoolNd(_PoolNd):
    padding: Counts = 0
    dilation: Sizes = 1
    return_indices: bool = False
    ceil_mode: bool = False
    _shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")


class MaxPool1d(_MaxPoolNd, function=F.max_pool1d):
    """The greatest element of each window of signals.

    Examples
    --------
    >>> tl.nn.MaxPool1d(2)(tl.tensor([[[1.0, 5.0, 3.0, 2.0]]]))
    tensor([[[5., 3.]]])
    """

    ndim = 1


class MaxPool2d(_MaxPoolNd, function=F.max_pool2d):
    """The greatest element of each window of images.

    Examples
    --------
    >>> tl.nn.MaxPool2d(3, stride=2, padding=1)(tl.ones(1, 3, 8, 8)).shape
    (1, 3, 4, 4)
    """

    ndim = 2


class MaxPool3d(_MaxPoolNd, function=F.max_pool3d):
    """The greatest element of each window of volumes.

    Examples
    --------
    >>> tl.nn.MaxPool3d(2)(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 2, 2, 2)
    """

    ndim = 3


@declared
class _AvgPoolNd(_PoolNd):
    padding: Counts = 0
    ceil_mode: bool = False
    count_include_pad: bool = True
    _shown = ("kernel_size", "stride", "padding")


class AvgPool1d(_AvgPoolNd, function=F.avg_pool1d):
    """The mean of each window of signals.

    Examples
    --------
    >>> tl.nn.AvgPool1d(2)(tl.tensor([[[1.0, 5.0, 3.0, 2.0]]]))
    tensor([[[3. , 2.5]]])
    """

    ndim = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._make_tuples("kernel_size", "stride", "padding")


@declared
class AvgPool2d(_AvgPoolNd, function=F.avg_pool2d):
    """The mean of each window of images.

    Examples
    --------
    >>> tl.nn.AvgPool2d(2)(tl.ones(1, 3, 8, 8)).shape
    (1, 3, 4, 4)
    """

    divisor_override: int | None = None
    ndim = 2


@declared
class AvgPool3d(_AvgPoolNd, function=F.avg_pool3d):
    """The mean of each window of volumes.

    Examples
    --------
    >>> tl.nn.AvgPool3d(2)(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 2, 2, 2)
    """

    divisor_override: int | None = None
    ndim = 3
