"""Layers that rearrange images: windows as columns and back, channels as pixels and back."""

from __future__ import annotations

from typing import Any

from .. import functional as F
from ..functional.window_geometry import IntOrInts
from ..module.module import Module


class Unfold(Module):
    """The windows of images as columns; see `functional.unfold`.

    Parameters
    ----------
    kernel_size, dilation, padding, stride : int or tuple of int
        The window, the distance of its elements, zeros at both ends, and by how much the window moves.

    Examples
    --------
    >>> tl.nn.Unfold((2, 3))(tl.ones(2, 5, 3, 4)).shape
    (2, 30, 4)
    """

    def __init__(
        self, kernel_size: IntOrInts, dilation: IntOrInts = 1, padding: IntOrInts = 0, stride: IntOrInts = 1
    ) -> None:
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, x: Any) -> Any:
        return F.unfold(x, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Windows, given as columns, added at their places in images; see `functional.fold`.

    Parameters
    ----------
    output_size : int or tuple of int
        Height and width of the images.
    kernel_size, dilation, padding, stride : int or tuple of int
        As in `Unfold`.

    Examples
    --------
    >>> tl.nn.Fold((4, 5), (2, 2))(tl.ones(1, 3 * 2 * 2, 12)).shape
    (1, 3, 4, 5)
    """

    def __init__(
        self,
        output_size: IntOrInts,
        kernel_size: IntOrInts,
        dilation: IntOrInts = 1,
        padding: IntOrInts = 0,
        stride: IntOrInts = 1,
    ) -> None:
        self.output_size = output_size
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, x: Any) -> Any:
        return F.fold(x, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )


class PixelShuffle(Module):
    """Images made larger with pixels from channels; see `functional.pixel_shuffle`.

    Parameters
    ----------
    upscale_factor : int
        How many times higher and wider the images become.

    Examples
    --------
    >>> tl.nn.PixelShuffle(3)(tl.ones(1, 9, 4, 4)).shape
    (1, 1, 12, 12)
    """

    def __init__(self, upscale_factor: int) -> None:
        self.upscale_factor = upscale_factor

    def forward(self, x: Any) -> Any:
        return F.pixel_shuffle(x, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Images made smaller by giving pixels to channels; see `functional.pixel_unshuffle`.

    Parameters
    ----------
    downscale_factor : int
        How many times lower and narrower the images become.

    Examples
    --------
    >>> tl.nn.PixelUnshuffle(3)(tl.ones(1, 1, 12, 12)).shape
    (1, 9, 4, 4)
    """

    def __init__(self, downscale_factor: int) -> None:
        self.downscale_factor = downscale_factor

    def forward(self, x: Any) -> Any:
        return F.pixel_unshuffle(x, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Groups of channels interleaved; see `functional.channel_shuffle`.

    Parameters
    ----------
    groups : int
        How many.

    Examples
    --------
    >>> tl.nn.ChannelShuffle(2)(tl.tensor([[[1.0], [2.0], [3.0], [4.0]]])).flatten()
    tensor([1., 3., 2., 4.])
    """

    def __init__(self, groups: int) -> None:
        self.groups = groups

    def forward(self, x: Any) -> Any:
        return F.channel_shuffle(x, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
