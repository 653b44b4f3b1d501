"""Unpooling layers: maxima returned to their places."""

from __future__ import annotations

from collections.abc import Sequence

from ...options import Counts, Sizes, declared
from ...tensor import Tensor
from .. import functional as F
from .base import SpatialLayer


@declared
class _MaxUnpoolNd(SpatialLayer):
    kernel_size: Sizes
    stride: Sizes | None = None
    padding: Counts = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.stride = self.kernel_size if self.stride is None else self.stride
        self._make_tuples("kernel_size", "stride", "padding")

    def forward(self, input: Tensor, indices: Tensor, output_size: int | Sequence[int] | None = None) -> Tensor:
        raise NotImplementedError


class MaxUnpool1d(_MaxUnpoolNd, function=F.max_unpool1d):
    """Zeros with the maxima of signals at the places where `MaxPool1d` found them.

    The layer is called with the maxima, their indices and, if it is not the default, the size of what was pooled.

    Examples
    --------
    >>> x = tl.tensor([[[1.0, 5.0, 3.0, 2.0]]])
    >>> tl.nn.MaxUnpool1d(2)(*tl.nn.MaxPool1d(2, return_indices=True)(x))
    tensor([[[0., 5., 3., 0.]]])
    """

    ndim = 1


class MaxUnpool2d(_MaxUnpoolNd, function=F.max_unpool2d):
    """Zeros with the maxima of images at the places where `MaxPool2d` found them; see `MaxUnpool1d`.

    Examples
    --------
    >>> pooled, places = tl.nn.MaxPool2d(2, return_indices=True)(tl.ones(1, 3, 5, 5))
    >>> tl.nn.MaxUnpool2d(2)(pooled, places, output_size=(5, 5)).shape
    (1, 3, 5, 5)
    """

    ndim = 2


class MaxUnpool3d(_MaxUnpoolNd, function=F.max_unpool3d):
    """Zeros with the maxima of volumes at the places where `MaxPool3d` found them; see `MaxUnpool1d`.

    Examples
    --------
    >>> tl.nn.MaxUnpool3d(2)(*tl.nn.MaxPool3d(2, return_indices=True)(tl.ones(1, 3, 4, 4, 4))).shape
    (1, 3, 4, 4, 4)
    """

    ndim = 3
