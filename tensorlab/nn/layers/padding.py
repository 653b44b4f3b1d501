"""Padding layers: one body for all ways to continue an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ...errors import ShapeError
from .. import functional as F
from ..functional.window_geometry import per_axis
from ..module.module import Module

Padding = int | Sequence[int]


class _PadNd(Module):
    """`padding` before and after each of the last `ndim` axes, the last axis first."""

    ndim: ClassVar[int]
    mode: ClassVar[str]
    value: float | None = None

    def __init__(self, padding: Padding) -> None:
        self.padding = _ends(padding, self.ndim, type(self).__name__)

    def forward(self, x: Any) -> Any:
        if len(x.shape) not in (self.ndim + 1, self.ndim + 2):
            raise ShapeError(
                f"{type(self).__name__} expects (batch, channels, *spatial) or (channels, *spatial) with {self.ndim} "
                f"spatial axes, not shape {tuple(x.shape)}"
            )
        return F.pad(x, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


def _ends(padding: Padding, ndim: int, name: str) -> tuple[int, ...]:
    """Return two numbers for each axis of what may be one for all."""
    ends = (padding,) * (2 * ndim) if isinstance(padding, int) else tuple(padding)
    if len(ends) != 2 * ndim:
        raise ValueError(f"{name}: padding must be a number or have {2 * ndim}, two per spatial axis, not {padding!r}")
    return per_axis(ends, 2 * ndim, "padding")


class _ConstantPadNd(_PadNd):
    """One number around the array; any number of axes before the last `ndim`."""

    mode = "constant"

    def __init__(self, padding: Padding, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, x: Any) -> Any:
        return F.pad(x, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """One number before and after the last axis.

    Parameters
    ----------
    padding : int or tuple of int
        How much at both ends, or before and after; of a negative number, so many elements are cut off.
    value : float
        What is added.

    Raises
    ------
    ValueError
        If there are not two numbers per spatial axis.

    Examples
    --------
    >>> tl.nn.ConstantPad1d((1, 2), 7.0)(tl.tensor([[1.0, 2.0]]))
    tensor([[7., 1., 2., 7., 7.]])
    """

    ndim = 1


class ConstantPad2d(_ConstantPadNd):
    """One number around images; as `ConstantPad1d`, with (left, right, top, bottom).

    Examples
    --------
    >>> tl.nn.ConstantPad2d((1, 1, 2, 0), 7.0)(tl.ones(1, 3, 4, 4)).shape
    (1, 3, 6, 6)
    """

    ndim = 2


class ConstantPad3d(_ConstantPadNd):
    """One number around volumes; as `ConstantPad1d`, with (left, right, top, bottom, front, back).

    Examples
    --------
    >>> tl.nn.ConstantPad3d(1, 7.0)(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 6, 6, 6)
    """

    ndim = 3


class _ZeroPadNd(_ConstantPadNd):
    """Zeros around the array."""

    def __init__(self, padding: Padding) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad1d(_ZeroPadNd):
    """Zeros before and after the last axis.

    Parameters
    ----------
    padding : int or tuple of int
        How much at both ends, or before and after; of a negative number, so many elements are cut off.

    Raises
    ------
    ValueError
        If there are not two numbers per spatial axis.

    Examples
    --------
    >>> tl.nn.ZeroPad1d((1, 2))(tl.tensor([[1.0, 2.0, 3.0]]))
    tensor([[0., 1., 2., 3., 0., 0.]])
    """

    ndim = 1


class ZeroPad2d(_ZeroPadNd):
    """Zeros around images; as `ZeroPad1d`, with (left, right, top, bottom).

    Examples
    --------
    >>> tl.nn.ZeroPad2d((1, 1, 1, 0))(tl.ones(1, 3, 4, 4)).shape
    (1, 3, 5, 6)
    """

    ndim = 2


class ZeroPad3d(_ZeroPadNd):
    """Zeros around volumes; as `ZeroPad1d`, with (left, right, top, bottom, front, back).

    Examples
    --------
    >>> tl.nn.ZeroPad3d((1, 1, 1, 0, 0, 0))(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 4, 5, 6)
    """

    ndim = 3


class ReflectionPad1d(_PadNd):
    """Continue signals with what lies on the other side of the end, the end itself not repeated.

    Parameters
    ----------
    padding : int or tuple of int
        How much at both ends, or before and after: less than the axis has. Negative numbers cut off.

    Raises
    ------
    ValueError
        If there are not two numbers per spatial axis.

    Examples
    --------
    >>> tl.nn.ReflectionPad1d((1, 2))(tl.tensor([[1.0, 2.0, 3.0]]))
    tensor([[2., 1., 2., 3., 2., 1.]])
    """

    ndim, mode = 1, "reflect"


class ReflectionPad2d(_PadNd):
    """Continue images by their mirror images; as `ReflectionPad1d`, with (left, right, top, bottom).

    Examples
    --------
    >>> tl.nn.ReflectionPad2d((1, 1, 1, 0))(tl.ones(1, 3, 4, 4)).shape
    (1, 3, 5, 6)
    """

    ndim, mode = 2, "reflect"


class ReflectionPad3d(_PadNd):
    """Continue volumes by their mirror images; as `ReflectionPad1d`, with (left, right, top, bottom, front, back).

    Examples
    --------
    >>> tl.nn.ReflectionPad3d((1, 1, 1, 0, 0, 0))(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 4, 5, 6)
    """

    ndim, mode = 3, "reflect"


class ReplicationPad1d(_PadNd):
    """Continue signals with their first and last elements.

    Parameters
    ----------
    padding : int or tuple of int
        How much at both ends, or before and after. Negative numbers cut off.

    Raises
    ------
    ValueError
        If there are not two numbers per spatial axis.

    Examples
    --------
    >>> tl.nn.ReplicationPad1d((1, 2))(tl.tensor([[1.0, 2.0, 3.0]]))
    tensor([[1., 1., 2., 3., 3., 3.]])
    """

    ndim, mode = 1, "replicate"


class ReplicationPad2d(_PadNd):
    """Continue images with their outermost elements; as `ReplicationPad1d`, with (left, right, top, bottom).

    Examples
    --------
    >>> tl.nn.ReplicationPad2d((1, 1, 1, 0))(tl.ones(1, 3, 4, 4)).shape
    (1, 3, 5, 6)
    """

    ndim, mode = 2, "replicate"


class ReplicationPad3d(_PadNd):
    """Continue volumes with their outermost elements; as `ReplicationPad2d`, with (..., front, back).

    Examples
    --------
    >>> tl.nn.ReplicationPad3d((1, 1, 1, 0, 0, 0))(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 4, 5, 6)
    """

    ndim, mode = 3, "replicate"


class CircularPad1d(_PadNd):
    """Continue signals with what lies at the other end.

    Parameters
    ----------
    padding : int or tuple of int
        How much at both ends, or before and after: at most what the axis has. Negative numbers cut off.

    Raises
    ------
    ValueError
        If there are not two numbers per spatial axis.

    Examples
    --------
    >>> tl.nn.CircularPad1d((1, 2))(tl.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 1., 2., 3., 1., 2.]])
    """

    ndim, mode = 1, "circular"


class CircularPad2d(_PadNd):
    """Continue images with what lies at their other ends; as `CircularPad1d`, with (left, right, top, bottom).

    Examples
    --------
    >>> tl.nn.CircularPad2d((1, 1, 1, 0))(tl.ones(1, 3, 4, 4)).shape
    (1, 3, 5, 6)
    """

    ndim, mode = 2, "circular"


class CircularPad3d(_PadNd):
    """Continue volumes with what lies at their other ends; as `CircularPad2d`, with (..., front, back).

    Examples
    --------
    >>> tl.nn.CircularPad3d((1, 1, 1, 0, 0, 0))(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 4, 5, 6)
    """

    ndim, mode = 3, "circular"
