"""Padding layers: one body for all ways to continue an array."""

from __future__ import annotations

from typing import ClassVar, cast

from ...errors import ShapeError
from ...options import Integers, Scalar, declared
from ...tensor import Tensor
from .. import functional as F
from ..functional.padding import PadMode
from .base import UnaryLayer


@declared
class _PadNd(UnaryLayer):
    """Padding before and after each of the last `ndim` axes.

    Parameters
    ----------
    padding : int or tuple of int
        Number of elements added at both ends of each axis, or before and after each axis, the last axis first: (left,
        right, top, bottom, front, back). Negative numbers cut off.

    Raises
    ------
    ValueError
        If there are not two numbers per spatial axis.
    """

    ndim: ClassVar[int]
    mode: ClassVar[PadMode]
    padding: Integers

    def __post_init__(self) -> None:
        if isinstance(self.padding, int):
            self.padding = (self.padding,) * (2 * self.ndim)
        if len(self.padding) != 2 * self.ndim:
            raise ValueError(
                f"{type(self).__name__}: padding must be a number or have {2 * self.ndim}, two per spatial axis, not "
                f"{self.padding!r}"
            )

    def forward(self, input: Tensor) -> Tensor:
        if len(input.shape) not in (self.ndim + 1, self.ndim + 2):
            raise ShapeError(
                f"{type(self).__name__} expects (batch, channels, *spatial) or (channels, *spatial) with {self.ndim} "
                f"spatial axes, not shape {tuple(input.shape)}"
            )
        return self._padded(input)

    def _padded(self, input: Tensor, value: complex | None = None) -> Tensor:
        return F.pad(input, cast("tuple[int, ...]", self.padding), self.mode, value)

    def extra_repr(self) -> str:
        return f"{self.padding}"


@declared
class _ConstantPadNd(_PadNd):
    """A constant around the array, which may have any number of axes before the last `ndim`.

    Parameters
    ----------
    value : float
        The constant.
    """

    value: Scalar
    mode = "constant"

    def forward(self, input: Tensor) -> Tensor:
        return self._padded(input, self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPadNd(_PadNd):
    """Zeros around the array, which may have any number of axes before the last `ndim`."""

    mode = "constant"

    def forward(self, input: Tensor) -> Tensor:
        return self._padded(input)


class _ReflectionPadNd(_PadNd):
    """The mirror image of the array, without its ends.

    Parameters
    ----------
    padding : int or tuple of int
        Number of elements added at both ends of each axis, or before and after each axis, the last axis first: (left,
        right, top, bottom, front, back). It must be less than the length of the axis. Negative numbers cut off.
    """

    mode = "reflect"


class _ReplicationPadNd(_PadNd):
    """Copies of the outermost elements."""

    mode = "replicate"


class _CircularPadNd(_PadNd):
    """The elements of the opposite end.

    Parameters
    ----------
    padding : int or tuple of int
        Number of elements added at both ends of each axis, or before and after each axis, the last axis first: (left,
        right, top, bottom, front, back). It must be at most the length of the axis. Negative numbers cut off.
    """

    mode = "circular"


class ConstantPad1d(_ConstantPadNd):
    """Surround signals with a constant.

    Examples
    --------
    >>> tl.nn.ConstantPad1d((1, 2), 7.0)(tl.tensor([[1.0, 2.0]]))
    tensor([[7., 1., 2., 7., 7.]])
    """

    ndim = 1


class ConstantPad2d(_ConstantPadNd):
    """Surround images with a constant.

    Examples
    --------
    >>> tl.nn.ConstantPad2d((1, 1, 2, 0), 7.0)(tl.ones(1, 3, 4, 4)).shape
    (1, 3, 6, 6)
    """

    ndim = 2


class ConstantPad3d(_ConstantPadNd):
    """Surround volumes with a constant.

    Examples
    --------
    >>> tl.nn.ConstantPad3d(1, 7.0)(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 6, 6, 6)
    """

    ndim = 3


class ZeroPad1d(_ZeroPadNd):
    """Surround signals with zeros.

    Examples
    --------
    >>> tl.nn.ZeroPad1d((1, 2))(tl.tensor([[1.0, 2.0, 3.0]]))
    tensor([[0., 1., 2., 3., 0., 0.]])
    """

    ndim = 1


class ZeroPad2d(_ZeroPadNd):
    """Surround images with zeros.

    Examples
    --------
    >>> tl.nn.ZeroPad2d((1, 1, 1, 0))(tl.ones(1, 3, 4, 4)).shape
    (1, 3, 5, 6)
    """

    ndim = 2


class ZeroPad3d(_ZeroPadNd):
    """Surround volumes with zeros.

    Examples
    --------
    >>> tl.nn.ZeroPad3d((1, 1, 1, 0, 0, 0))(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 4, 5, 6)
    """

    ndim = 3


class ReflectionPad1d(_ReflectionPadNd):
    """Continue signals by their mirror images; the ends are not repeated.

    Examples
    --------
    >>> tl.nn.ReflectionPad1d((1, 2))(tl.tensor([[1.0, 2.0, 3.0]]))
    tensor([[2., 1., 2., 3., 2., 1.]])
    """

    ndim = 1


class ReflectionPad2d(_ReflectionPadNd):
    """Continue images by their mirror images; the ends are not repeated.

    Examples
    --------
    >>> tl.nn.ReflectionPad2d((1, 1, 1, 0))(tl.ones(1, 3, 4, 4)).shape
    (1, 3, 5, 6)
    """

    ndim = 2


class ReflectionPad3d(_ReflectionPadNd):
    """Continue volumes by their mirror images; the ends are not repeated.

    Examples
    --------
    >>> tl.nn.ReflectionPad3d((1, 1, 1, 0, 0, 0))(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 4, 5, 6)
    """

    ndim = 3


class ReplicationPad1d(_ReplicationPadNd):
    """Continue signals with their outermost elements.

    Examples
    --------
    >>> tl.nn.ReplicationPad1d((1, 2))(tl.tensor([[1.0, 2.0, 3.0]]))
    tensor([[1., 1., 2., 3., 3., 3.]])
    """

    ndim = 1


class ReplicationPad2d(_ReplicationPadNd):
    """Continue images with their outermost elements.

    Examples
    --------
    >>> tl.nn.ReplicationPad2d((1, 1, 1, 0))(tl.ones(1, 3, 4, 4)).shape
    (1, 3, 5, 6)
    """

    ndim = 2


class ReplicationPad3d(_ReplicationPadNd):
    """Continue volumes with their outermost elements.

    Examples
    --------
    >>> tl.nn.ReplicationPad3d((1, 1, 1, 0, 0, 0))(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 4, 5, 6)
    """

    ndim = 3


class CircularPad1d(_CircularPadNd):
    """Continue signals with the elements of their opposite ends.

    Examples
    --------
    >>> tl.nn.CircularPad1d((1, 2))(tl.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 1., 2., 3., 1., 2.]])
    """

    ndim = 1


class CircularPad2d(_CircularPadNd):
    """Continue images with the elements of their opposite ends.

    Examples
    --------
    >>> tl.nn.CircularPad2d((1, 1, 1, 0))(tl.ones(1, 3, 4, 4)).shape
    (1, 3, 5, 6)
    """

    ndim = 2


class CircularPad3d(_CircularPadNd):
    """Continue volumes with the elements of their opposite ends.

    Examples
    --------
    >>> tl.nn.CircularPad3d((1, 1, 1, 0, 0, 0))(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 4, 5, 6)
    """

    ndim = 3
