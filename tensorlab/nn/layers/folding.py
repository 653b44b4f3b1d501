"""Layers that rearrange images: windows as columns and back, channels as pixels and back."""

from __future__ import annotations

from ...options import Counts, Size, Sizes, declared
from .. import functional as F
from .base import SpatialLayer, UnaryLayer


@declared
class Unfold(SpatialLayer, UnaryLayer, function=F.unfold):
    """The windows of images as columns.

    Examples
    --------
    >>> tl.nn.Unfold((2, 3))(tl.ones(2, 5, 3, 4)).shape
    (2, 30, 4)
    """

    kernel_size: Sizes
    dilation: Sizes = 1
    padding: Counts = 0
    stride: Sizes = 1
    ndim = 2


@declared
class Fold(SpatialLayer, UnaryLayer, function=F.fold):
    """The sum of windows, given as columns, at their places in images.

    Examples
    --------
    >>> tl.nn.Fold((4, 5), (2, 2))(tl.ones(1, 3 * 2 * 2, 12)).shape
    (1, 3, 4, 5)
    """

    output_size: Sizes
    kernel_size: Sizes
    dilation: Sizes = 1
    padding: Counts = 0
    stride: Sizes = 1
    ndim = 2


@declared
class PixelShuffle(UnaryLayer, function=F.pixel_shuffle):
    """Enlarge images by moving channels to pixels (Shi et al., 2016).

    Examples
    --------
    >>> tl.nn.PixelShuffle(3)(tl.ones(1, 9, 4, 4)).shape
    (1, 1, 12, 12)
    """

    upscale_factor: Size


@declared
class PixelUnshuffle(UnaryLayer, function=F.pixel_unshuffle):
    """Shrink images by moving pixels to channels: the inverse of `PixelShuffle`.

    Examples
    --------
    >>> tl.nn.PixelUnshuffle(3)(tl.ones(1, 1, 12, 12)).shape
    (1, 9, 4, 4)
    """

    downscale_factor: Size


@declared
class ChannelShuffle(UnaryLayer, function=F.channel_shuffle):
    """Interleave groups of channels (Zhang et al., 2018).

    Examples
    --------
    >>> tl.nn.ChannelShuffle(2)(tl.tensor([[[1.0], [2.0], [3.0], [4.0]]])).flatten()
    tensor([1., 3., 2., 4.])
    """

    groups: Size
