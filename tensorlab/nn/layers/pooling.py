"""Pooling layers with windows of a given size: one body each for maxima, means and norms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from .. import functional as F
from ..functional.window_geometry import IntOrInts, per_axis
from ..module.module import Module


class _MaxPoolNd(Module):
    """The greatest element of each window."""

    pool: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        kernel_size: IntOrInts,
        stride: IntOrInts | None = None,
        padding: IntOrInts = 0,
        dilation: IntOrInts = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, x: Any) -> Any:
        return type(self).pool(
            x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The greatest element of each window of signals.

    Parameters
    ----------
    kernel_size : int or tuple of int
        The window.
    stride : int or tuple of int, optional
        By how much it moves; by its own size where none is given.
    padding : int or tuple of int
        What is added at both ends; it never wins. At most half a window.
    dilation : int or tuple of int
        The distance between the window's elements.
    return_indices : bool
        Whether to return the places of the maxima too.
    ceil_mode : bool
        Whether a last window may hang over the end.

    Examples
    --------
    >>> tl.nn.MaxPool1d(2)(tl.tensor([[[1.0, 5.0, 3.0, 2.0]]]))
    tensor([[[5., 3.]]])
    """

    pool = F.max_pool1d


class MaxPool2d(_MaxPoolNd):
    """The greatest element of each window of images; as `MaxPool1d`, with two spatial axes.

    Examples
    --------
    >>> tl.nn.MaxPool2d(3, stride=2, padding=1)(tl.ones(1, 3, 8, 8)).shape
    (1, 3, 4, 4)
    """

    pool = F.max_pool2d


class MaxPool3d(_MaxPoolNd):
    """The greatest element of each window of volumes; as `MaxPool1d`, with three spatial axes.

    Examples
    --------
    >>> tl.nn.MaxPool3d(2)(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 2, 2, 2)
    """

    pool = F.max_pool3d


class _AvgPoolNd(Module):
    """The mean of each window."""

    pool: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        kernel_size: IntOrInts,
        stride: IntOrInts | None = None,
        padding: IntOrInts = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.ceil_mode, self.count_include_pad = padding, ceil_mode, count_include_pad

    def forward(self, x: Any) -> Any:
        return type(self).pool(*self._arguments(x))

    def _arguments(self, x: Any) -> tuple[Any, ...]:
        return x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AvgPoolWithDivisor(_AvgPoolNd):
    """What two and three axes have and one has not in PyTorch: a divisor of one's own."""

    def __init__(
        self,
        kernel_size: IntOrInts,
        stride: IntOrInts | None = None,
        padding: IntOrInts = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        self.divisor_override = divisor_override

    def _arguments(self, x: Any) -> tuple[Any, ...]:
        return (*super()._arguments(x), self.divisor_override)


class AvgPool1d(_AvgPoolNd):
    """The mean of each window of signals.

    Parameters
    ----------
    kernel_size : int or tuple of int
        The window.
    stride : int or tuple of int, optional
        By how much it moves; by its own size where none is given.
    padding : int or tuple of int
        Zeros at both ends; at most half a window.
    ceil_mode : bool
        Whether a last window may hang over the end; what hangs over does not count as elements.
    count_include_pad : bool
        Whether the zeros at the ends do.

    Examples
    --------
    >>> tl.nn.AvgPool1d(2)(tl.tensor([[[1.0, 5.0, 3.0, 2.0]]]))
    tensor([[[3. , 2.5]]])
    """

    pool = F.avg_pool1d

    def __init__(
        self,
        kernel_size: IntOrInts,
        stride: IntOrInts | None = None,
        padding: IntOrInts = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        # As tuples, as PyTorch's ``repr`` shows them with one axis.
        for name in ("kernel_size", "stride", "padding"):
            setattr(self, name, per_axis(getattr(self, name), 1, name))


class AvgPool2d(_AvgPoolWithDivisor):
    """The mean of each window of images; as `AvgPool1d`, with two spatial axes.

    Its last argument, `divisor_override`, is what each window's sum is divided by instead of its size.

    Examples
    --------
    >>> tl.nn.AvgPool2d(2)(tl.ones(1, 3, 8, 8)).shape
    (1, 3, 4, 4)
    """

    pool = F.avg_pool2d


class AvgPool3d(_AvgPoolWithDivisor):
    """The mean of each window of volumes; as `AvgPool2d`, with three spatial axes.

    Examples
    --------
    >>> tl.nn.AvgPool3d(2)(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 2, 2, 2)
    """

    pool = F.avg_pool3d


class _LPPoolNd(Module):
    """The norm of each window."""

    pool: ClassVar[Callable[..., Any]]

    def __init__(
        self, norm_type: float, kernel_size: IntOrInts, stride: IntOrInts | None = None, ceil_mode: bool = False
    ) -> None:
        if norm_type == 0:
            raise ValueError(f"{type(self).__name__}: norm_type must not be zero")
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode

    def forward(self, x: Any) -> Any:
        return type(self).pool(x, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """The root of the sum of powers over each window of signals: ``sum(x**p) ** (1 / p)``.

    Parameters
    ----------
    norm_type : float
        The power p, not zero; see `functional.lp_pool1d` for negative elements. Infinity gives the greatest absolute
        value.
    kernel_size : int or tuple of int
        The window.
    stride : int or tuple of int, optional
        By how much it moves; by its own size where none is given.
    ceil_mode : bool
        Whether a last window may hang over the end.

    Raises
    ------
    ValueError
        If `norm_type` is zero.

    Examples
    --------
    >>> tl.nn.LPPool1d(2, 2)(tl.tensor([[[3.0, 4.0, 0.0, 2.0]]]))
    tensor([[[5., 2.]]])
    """

    pool = F.lp_pool1d


class LPPool2d(_LPPoolNd):
    """The root of the sum of powers over each window of images; as `LPPool1d`, with two spatial axes.

    Examples
    --------
    >>> tl.nn.LPPool2d(2, 3, stride=2)(tl.ones(1, 3, 7, 7)).shape
    (1, 3, 3, 3)
    """

    pool = F.lp_pool2d


class LPPool3d(_LPPoolNd):
    """The root of the sum of powers over each window of volumes; as `LPPool1d`, with three spatial axes.

    Examples
    --------
    >>> tl.nn.LPPool3d(1, 2)(tl.ones(1, 3, 4, 4, 4)).shape
    (1, 3, 2, 2, 2)
    """

    pool = F.lp_pool3d


class ChannelMaxPool(Module):
    """The greatest element of each group of neighbouring channels; tensorlab's own, as PyTorch has none.

    What follows the linear map in Goodfellow et al., "Maxout networks", 2013; `Maxout` is the two together.

    Parameters
    ----------
    kernel_size : int
        How many channels a group has.
    axis : int
        Which axis holds the channels; 0 for images without a batch axis, -1 for features that come last.

    Examples
    --------
    >>> tl.nn.ChannelMaxPool(2)(tl.ones(1, 6, 4, 4)).shape
    (1, 3, 4, 4)
    """

    def __init__(self, kernel_size: int, axis: int = 1) -> None:
        if not isinstance(kernel_size, int) or kernel_size < 1:
            raise ValueError(f"ChannelMaxPool: kernel_size must be a positive integer, not {kernel_size!r}")
        self.kernel_size, self.axis = kernel_size, axis

    def forward(self, x: Any) -> Any:
        return F.channel_max_pool(x, self.kernel_size, self.axis)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, axis={self.axis}"
