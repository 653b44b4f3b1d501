"""Pooling layers that take norms, and maxima over neighbouring channels."""

from __future__ import annotations

from ...options import Size, Sizes, declared
from .. import functional as F
from .base import SpatialLayer, UnaryLayer


@declared
class _LPPoolNd(SpatialLayer, UnaryLayer):
    norm_type: float
    kernel_size: Sizes
    stride: Sizes | None = None
    ceil_mode: bool = False
    _shown = ("norm_type", "kernel_size", "stride", "ceil_mode")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.norm_type == 0:
            raise ValueError(f"{type(self).__name__}: norm_type must not be zero")


class LPPool1d(_LPPoolNd, function=F.lp_pool1d):
    """The root of the sum of powers over each window of signals: ``sum(x**p) ** (1 / p)``.

    Examples
    --------
    >>> tl.nn.LPPool1d(2, 2)(tl.tensor([[[3.0, 4.0, 0.0, 2.0]]]))
    tensor([[[5., 2.]]])
    """

    ndim = 1


class LPPool2d(_LPPoolNd, function=F.lp_pool2d):
    """The root of the sum of powers over each window of images: ``sum(x**p) ** (1 / p)``.

    Examples
    --------
    >>> tl.nn.LPPool2d(2, 3, stride=2)(tl.ones(1, 3, 7, 7)).shape
    (1, 3, 3, 3)
    """

    ndim = 2


class LPPool3d(_LPPoolNd, function=F.lp_pool3d):
    """The root of the sum of powers over each window of volumes: ``sum(x**p) ** (1 / p)``.

    Examples
    --------
    >>> tl.nn.LPPool3d(1, 2)(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 2, 2, 2)
    """

    ndim = 3


@declared
class ChannelMaxPool(UnaryLayer, function=F.channel_max_pool):
    """The greatest element of each group of neighbouring channels; PyTorch has no such layer.

    With a linear map before it this is `Maxout` (Goodfellow et al., "Maxout networks", 2013).

    Examples
    --------
    >>> tl.nn.ChannelMaxPool(2)(tl.ones(1, 6, 4, 4)).shape
    (1, 3, 4, 4)
    """

    kernel_size: Size
    axis: int = 1
