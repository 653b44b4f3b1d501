"""Fractional max pooling, and unpooling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ...tensor import Tensor
from .. import functional as F
from ..functional.fractional_pooling import Ratio, windows_wanted
from ..functional.unpooling import unpooling_geometry
from ..functional.window_geometry import IntOrInts, positive_per_axis
from ..module.module import Module


class _FractionalMaxPoolNd(Module):
    """The greatest element of each of the windows at random places."""

    ndim: ClassVar[int]
    pool: ClassVar[Callable[..., Any]]
    _random_samples: Tensor | None

    def __init__(
        self,
        kernel_size: IntOrInts,
        output_size: IntOrInts | None = None,
        output_ratio: Ratio | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        name = type(self).__name__
        if output_size is not None and output_ratio is not None:
            raise ValueError(f"{name}: give output_size or output_ratio, not both")
        try:
            self.kernel_size = positive_per_axis(kernel_size, self.ndim, "kernel_size")
            wanted = windows_wanted(self.ndim, None, output_size, output_ratio)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        self.output_size = wanted or None
        self.output_ratio = (output_ratio,) * self.ndim if isinstance(output_ratio, int | float) else output_ratio
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)

    def forward(self, x: Any) -> Any:
        return type(self).pool(
            x, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples
        )


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """The greatest element of each of the windows at random places, which makes images smaller by a fraction.

    Graham, "Fractional max-pooling", 2014. The places are drawn anew at each call, for every channel, in training and
    in evaluation.

    Parameters
    ----------
    kernel_size : int or tuple of int
        The windows.
    output_size : int or tuple of int
        How many there are along each spatial axis; give this or the ratio.
    output_ratio : float or tuple of float
        How many in proportion to the length of the axis, between 0 and 1.
    return_indices : bool
        Whether to return the places of the maxima too.
    _random_samples : Tensor, shape (batch, channels, 2), optional
        Numbers in [0, 1) to take at every call; the same ones give the same windows as in PyTorch. A buffer.

    Raises
    ------
    ValueError
        If a setting is out of range, or size and ratio are given both or not at all.

    Examples
    --------
    >>> tl.nn.FractionalMaxPool2d(3, output_ratio=0.7)(tl.ones(1, 3, 10, 20)).shape
    (1, 3, 7, 14)
    """

    ndim, pool = 2, F.fractional_max_pool2d


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """The greatest element of each of the windows at random places in volumes; as `FractionalMaxPool2d`.

    Examples
    --------
    >>> tl.nn.FractionalMaxPool3d(2, output_size=(3, 4, 5))(tl.ones(1, 3, 6, 6, 8)).shape
    (1, 3, 3, 4, 5)
    """

    ndim, pool = 3, F.fractional_max_pool3d


class _MaxUnpoolNd(Module):
    """Zeros with maxima put back to their places."""

    ndim: ClassVar[int]
    unpool: ClassVar[Callable[..., Any]]

    def __init__(self, kernel_size: IntOrInts, stride: IntOrInts | None = None, padding: IntOrInts = 0) -> None:
        self.kernel_size, self.stride, self.padding = unpooling_geometry(self.ndim, kernel_size, stride, padding)

    def forward(self, x: Any, indices: Any, output_size: IntOrInts | None = None) -> Any:
        return type(self).unpool(x, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """Zeros with the maxima of signals put back to where `MaxPool1d` found them.

    It is called with the maxima, their places and, if the usual one is not meant, the size of what was pooled; see
    `functional.max_unpool1d`.

    Parameters
    ----------
    kernel_size, stride, padding : int or tuple of int
        As in pooling.

    Examples
    --------
    >>> x = tl.tensor([[[1.0, 5.0, 3.0, 2.0]]])
    >>> tl.nn.MaxUnpool1d(2)(*tl.nn.MaxPool1d(2, return_indices=True)(x))
    tensor([[[0., 5., 3., 0.]]])
    """

    ndim, unpool = 1, F.max_unpool1d


class MaxUnpool2d(_MaxUnpoolNd):
    """Zeros with the maxima of images put back to their places; as `MaxUnpool1d`, with two spatial axes.

    Examples
    --------
    >>> pooled, places = tl.nn.MaxPool2d(2, return_indices=True)(tl.ones(1, 3, 5, 5))
    >>> tl.nn.MaxUnpool2d(2)(pooled, places, output_size=(5, 5)).shape
    (1, 3, 5, 5)
    """

    ndim, unpool = 2, F.max_unpool2d


class MaxUnpool3d(_MaxUnpoolNd):
    """Zeros with the maxima of volumes put back to their places; as `MaxUnpool1d`, with three spatial axes.

    Examples
    --------
    >>> tl.nn.MaxUnpool3d(2)(*tl.nn.MaxPool3d(2, return_indices=True)(tl.ones(1, 3, 4, 4, 4))).shape
    (1, 3, 4, 4, 4)
    """

    ndim, unpool = 3, F.max_unpool3d
