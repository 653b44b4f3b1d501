"""Pooling layers with a given number of windows, down to one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from .. import functional as F
from ..functional.adaptive_pooling import OutputSize
from ..module.module import Module


class _AdaptiveAvgPoolNd(Module):
    """The mean of each window."""

    pool: ClassVar[Callable[..., Any]]

    def __init__(self, output_size: OutputSize) -> None:
        self.output_size = output_size

    def forward(self, x: Any) -> Any:
        return type(self).pool(x, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The mean of each of `output_size` windows that cover the signals evenly.

    Of n windows on an axis of a given length, window i reaches from ``floor(i * length / n)`` to
    ``ceil((i + 1) * length / n)``; where n does not divide the length, neighbours share elements.

    Parameters
    ----------
    output_size : int, None, or tuple of them
        How many windows along each spatial axis; None for as many as the axis has elements.

    Examples
    --------
    >>> tl.nn.AdaptiveAvgPool1d(2)(tl.tensor([[[1.0, 2.0, 6.0]]]))
    tensor([[[1.5, 4. ]]])
    """

    pool = F.adaptive_avg_pool1d


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The mean of each of the windows that cover images evenly; as `AdaptiveAvgPool1d`, with two spatial axes.

    Examples
    --------
    >>> tl.nn.AdaptiveAvgPool2d((None, 4))(tl.ones(2, 3, 8, 9)).shape
    (2, 3, 8, 4)
    """

    pool = F.adaptive_avg_pool2d


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The mean of each of the windows that cover volumes evenly; as `AdaptiveAvgPool1d`, with three spatial axes.

    Examples
    --------
    >>> tl.nn.AdaptiveAvgPool3d(2)(tl.ones(1, 3, 4, 5, 6)).shape
    (1, 3, 2, 2, 2)
    """

    pool = F.adaptive_avg_pool3d


class _AdaptiveMaxPoolNd(Module):
    """The greatest element of each window."""

    pool: ClassVar[Callable[..., Any]]

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, x: Any) -> Any:
        return type(self).pool(x, self.output_size, self.return_indices)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The greatest element of each of `output_size` windows that cover the signals evenly.

    The windows are those of `AdaptiveAvgPool1d`; the gradient goes to the first element that is greatest.

    Parameters
    ----------
    output_size : int, None, or tuple of them
        How many windows along each spatial axis; None for as many as the axis has elements.
    return_indices : bool
        Whether to return the places of the maxima too.

    Examples
    --------
    >>> tl.nn.AdaptiveMaxPool1d(2)(tl.tensor([[[1.0, 5.0, 6.0]]]))
    tensor([[[5., 6.]]])
    """

    pool = F.adaptive_max_pool1d


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The greatest element of each of the windows that cover images; as `AdaptiveMaxPool1d`, with two spatial axes.

    Examples
    --------
    >>> tl.nn.AdaptiveMaxPool2d((None, 4))(tl.ones(2, 3, 8, 9)).shape
    (2, 3, 8, 4)
    """

    pool = F.adaptive_max_pool2d


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The greatest element of each of the windows that cover volumes; as `AdaptiveMaxPool1d`, with three spatial axes.

    Examples
    --------
    >>> tl.nn.AdaptiveMaxPool3d(2)(tl.ones(1, 3, 4, 5, 6)).shape
    (1, 3, 2, 2, 2)
    """

    pool = F.adaptive_max_pool3d


class _GlobalPoolNd(Module):
    """One number for each channel."""

    pool: ClassVar[Callable[..., Any]]

    def __init__(self, keepdims: bool = False) -> None:
        self.keepdims = keepdims

    def forward(self, x: Any) -> Any:
        return type(self).pool(x, self.keepdims)

    def extra_repr(self) -> str:
        return f"keepdims={self.keepdims}"


class GlobalAvgPool1d(_GlobalPoolNd):
    """The mean of each channel of signals over all its places; tensorlab's own, as PyTorch has none.

    What stands before the last linear map of most networks for images (Lin et al., "Network in network", 2014):
    ``AdaptiveAvgPool1d(1)`` and ``Flatten()`` in one.

    Parameters
    ----------
    keepdims : bool
        Whether the spatial axes stay, with length 1.

    Examples
    --------
    >>> tl.nn.GlobalAvgPool1d()(tl.tensor([[[1.0, 5.0, 3.0]]]))
    tensor([[3.]])
    """

    pool = F.global_avg_pool1d


class GlobalAvgPool2d(_GlobalPoolNd):
    """The mean of each channel of images; as `GlobalAvgPool1d`, with two spatial axes.

    Examples
    --------
    >>> tl.nn.GlobalAvgPool2d()(tl.ones(2, 3, 8, 8)).shape
    (2, 3)
    """

    pool = F.global_avg_pool2d


class GlobalAvgPool3d(_GlobalPoolNd):
    """The mean of each channel of volumes; as `GlobalAvgPool1d`, with three spatial axes.

    Examples
    --------
    >>> tl.nn.GlobalAvgPool3d(keepdims=True)(tl.ones(2, 3, 4, 4, 4)).shape
    (2, 3, 1, 1, 1)
    """

    pool = F.global_avg_pool3d


class GlobalMaxPool1d(_GlobalPoolNd):
    """The greatest element of each channel of signals; as `GlobalAvgPool1d`, tensorlab's own.

    The gradient goes to the first element that is greatest.

    Examples
    --------
    >>> tl.nn.GlobalMaxPool1d()(tl.tensor([[[1.0, 5.0, 3.0]]]))
    tensor([[5.]])
    """

    pool = F.global_max_pool1d


class GlobalMaxPool2d(_GlobalPoolNd):
    """The greatest element of each channel of images; as `GlobalMaxPool1d`, with two spatial axes.

    Examples
    --------
    >>> tl.nn.GlobalMaxPool2d()(tl.ones(2, 3, 8, 8)).shape
    (2, 3)
    """

    pool = F.global_max_pool2d


class GlobalMaxPool3d(_GlobalPoolNd):
    """The greatest element of each channel of volumes; as `GlobalMaxPool1d`, with three spatial axes.

    Examples
    --------
    >>> tl.nn.GlobalMaxPool3d()(tl.ones(2, 3, 4, 4, 4)).shape
    (2, 3)
    """

    pool = F.global_max_pool3d
