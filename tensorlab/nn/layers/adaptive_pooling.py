"""Pooling layers with a given number of windows, down to one."""

from __future__ import annotations

from typing import Annotated

from ...options import declared
from ...options.kinds import Either, PerAxis, Whole
from .. import functional as F
from ..functional.adaptive_pooling import OutputSize
from .base import SpatialLayer, UnaryLayer

Lengths = Annotated[OutputSize, PerAxis(Either((Whole(0),), none=True))]


@declared
class _AdaptiveAvgPoolNd(SpatialLayer, UnaryLayer):
    output_size: Lengths


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd, function=F.adaptive_avg_pool1d):
    """The mean of each of a number of windows that cover signals evenly.

    Examples
    --------
    >>> tl.nn.AdaptiveAvgPool1d(2)(tl.tensor([[[1.0, 2.0, 6.0]]]))
    tensor([[[1.5, 4. ]]])
    """

    ndim = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd, function=F.adaptive_avg_pool2d):
    """The mean of each of a number of windows that cover images evenly.

    Examples
    --------
    >>> tl.nn.AdaptiveAvgPool2d((None, 4))(tl.ones(2, 3, 8, 9)).shape
    (2, 3, 8, 4)
    """

    ndim = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd, function=F.adaptive_avg_pool3d):
    """The mean of each of a number of windows that cover volumes evenly.

    Examples
    --------
    >>> tl.nn.AdaptiveAvgPool3d(2)(tl.ones(1, 3, 4, 5, 6)).shape
    (1, 3, 2, 2, 2)
    """

    ndim = 3


@declared
class _AdaptiveMaxPoolNd(SpatialLayer, UnaryLayer):
    output_size: Lengths
    return_indices: bool = False
    _shown = ("output_size",)


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd, function=F.adaptive_max_pool1d):
    """The greatest element of each of a number of windows that cover signals evenly.

    Examples
    --------
    >>> tl.nn.AdaptiveMaxPool1d(2)(tl.tensor([[[1.0, 5.0, 6.0]]]))
    tensor([[[5., 6.]]])
    """

    ndim = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd, function=F.adaptive_max_pool2d):
    """The greatest element of each of a number of windows that cover images evenly.

    Examples
    --------
    >>> tl.nn.AdaptiveMaxPool2d((None, 4))(tl.ones(2, 3, 8, 9)).shape
    (2, 3, 8, 4)
    """

    ndim = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd, function=F.adaptive_max_pool3d):
    """The greatest element of each of a number of windows that cover volumes evenly.

    Examples
    --------
    >>> tl.nn.AdaptiveMaxPool3d(2)(tl.ones(1, 3, 4, 5, 6)).shape
    (1, 3, 2, 2, 2)
    """

    ndim = 3


@declared
class _GlobalPoolNd(UnaryLayer):
    keepdims: bool = False
    _shown = ("keepdims",)


class GlobalAvgPool1d(_GlobalPoolNd, function=F.global_avg_pool1d):
    """The mean of each channel of signals; PyTorch has no such layer.

    ``AdaptiveAvgPool1d(1)`` and ``Flatten()`` in one, before the last linear map of most networks for images (Lin et
    al., "Network in network", 2014).

    Examples
    --------
    >>> tl.nn.GlobalAvgPool1d()(tl.tensor([[[1.0, 5.0, 3.0]]]))
    tensor([[3.]])
    """


class GlobalAvgPool2d(_GlobalPoolNd, function=F.global_avg_pool2d):
    """The mean of each channel of images; see `GlobalAvgPool1d`.

    Examples
    --------
    >>> tl.nn.GlobalAvgPool2d()(tl.ones(2, 3, 8, 8)).shape
    (2, 3)
    """


class GlobalAvgPool3d(_GlobalPoolNd, function=F.global_avg_pool3d):
    """The mean of each channel of volumes; see `GlobalAvgPool1d`.

    Examples
    --------
    >>> tl.nn.GlobalAvgPool3d(keepdims=True)(tl.ones(2, 3, 4, 4, 4)).shape
    (2, 3, 1, 1, 1)
    """


class GlobalMaxPool1d(_GlobalPoolNd, function=F.global_max_pool1d):
    """The greatest element of each channel of signals; PyTorch has no such layer.

    The gradient goes to the first element that is greatest.

    Examples
    --------
    >>> tl.nn.GlobalMaxPool1d()(tl.tensor([[[1.0, 5.0, 3.0]]]))
    tensor([[5.]])
    """


class GlobalMaxPool2d(_GlobalPoolNd, function=F.global_max_pool2d):
    """The greatest element of each channel of images; see `GlobalMaxPool1d`.

    Examples
    --------
    >>> tl.nn.GlobalMaxPool2d()(tl.ones(2, 3, 8, 8)).shape
    (2, 3)
    """


class GlobalMaxPool3d(_GlobalPoolNd, function=F.global_max_pool3d):
    """The greatest element of each channel of volumes; see `GlobalMaxPool1d`.

    Examples
    --------
    >>> tl.nn.GlobalMaxPool3d()(tl.ones(2, 3, 4, 4, 4)).shape
    (2, 3)
    """
