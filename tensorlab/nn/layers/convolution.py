"""Convolution layers: one body, for one to three spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ...errors import ShapeError
from ...ops.creation import empty
from .. import functional as F
from .. import init
from ..functional.convolution import Padding, convolve, transposed_size
from ..functional.window_geometry import IntOrInts, padding_pairs, per_axis, positive_per_axis
from ..module.module import Module
from ..module.parameter import Parameter
from .checks import check_sizes

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """Cross-correlation over `ndim` spatial axes, or its transpose."""

    ndim: ClassVar[int]
    transposed: ClassVar[bool] = False
    output_padding: tuple[int, ...] = ()

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: IntOrInts,
        stride: IntOrInts = 1,
        padding: Padding = 0,
        dilation: IntOrInts = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_sizes(type(self).__name__, in_channels=in_channels, out_channels=out_channels)
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"in_channels {in_channels} and out_channels {out_channels} do not both divide into {groups} groups"
            )
        if padding_mode not in PADDING_MODES:
            raise ValueError(f"padding_mode must be one of {', '.join(PADDING_MODES)}, not {padding_mode!r}")
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size = positive_per_axis(kernel_size, self.ndim, "kernel_size")
        self.stride = positive_per_axis(stride, self.ndim, "stride")
        self.padding = padding if isinstance(padding, str) else per_axis(padding, self.ndim, "padding")
        self.dilation = positive_per_axis(dilation, self.ndim, "dilation")
        self.groups, self.padding_mode = groups, padding_mode
        padding_pairs(self.kernel_size, self.stride, self.padding, self.dilation)  # raises where they do not fit
        channels = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (channels[0], channels[1] // groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, device=device, dtype=dtype))
        self.bias = Parameter(empty(out_channels, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        init.by_fan_in_(self.weight, self.bias)

    def forward(self, x: Any) -> Any:
        padding = self.padding
        if self.padding_mode != "zeros":
            x, padding = F.pad(x, self._ends(), self.padding_mode), "valid"
        return convolve(self.ndim, x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _ends(self) -> list[int]:
        """Return the padding as `functional.pad` takes it: the last axis first."""
        pairs = padding_pairs(self.kernel_size, self.stride, self.padding, self.dilation)
        return [amount for pair in reversed(pairs) for amount in pair]

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if self.padding != (0,) * self.ndim:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self.ndim:
            text += f", dilation={self.dilation}"
        if any(self.output_padding):
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        return text if self.padding_mode == "zeros" else f"{text}, padding_mode={self.padding_mode}"


class Conv1d(_ConvNd):
    """Cross-correlation of signals with learned filters.

    Parameters
    ----------
    in_channels, out_channels : int
        Length of the channel axis before and after.
    kernel_size : int or tuple of int
        The window.
    stride : int or tuple of int
        By how much it moves.
    padding : int, tuple of int, "same" or "valid"
        What is added at both ends; "same" keeps the length, "valid" adds nothing.
    dilation : int or tuple of int
        The distance between the window's elements.
    groups : int
        Into how many groups the channels are divided, each convolved for itself.
    bias : bool
        Whether there is one per output channel.
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
        What is added; see `functional.pad`.
    device : Device or str, optional
        Where the parameters are.
    dtype : dtype, optional
        Their type; float32 by default.

    Attributes
    ----------
    weight : Parameter, shape (out_channels, in_channels / groups, *kernel_size)
        Drawn evenly within ``1 / sqrt(in_channels / groups * prod(kernel_size))``.
    bias : Parameter, shape (out_channels,), or None
        Drawn likewise.

    Raises
    ------
    ValueError
        If a setting is out of range, or channels do not divide into the groups.

    Examples
    --------
    >>> tl.nn.Conv1d(16, 33, 3, stride=2)(tl.ones(20, 16, 50)).shape
    (20, 33, 24)
    """

    ndim = 1


class Conv2d(_ConvNd):
    """Cross-correlation of images with learned filters; as `Conv1d`, with two spatial axes.

    Examples
    --------
    >>> tl.nn.Conv2d(3, 6, 5, padding="same")(tl.ones(2, 3, 32, 32)).shape
    (2, 6, 32, 32)
    """

    ndim = 2


class Conv3d(_ConvNd):
    """Cross-correlation of volumes with learned filters; as `Conv1d`, with three spatial axes.

    Examples
    --------
    >>> tl.nn.Conv3d(1, 2, (1, 2, 2))(tl.ones(1, 3, 4, 4)).shape
    (2, 3, 3, 3)
    """

    ndim = 3


class _ConvTransposeNd(_ConvNd):
    """The transpose of a cross-correlation over `ndim` spatial axes."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: IntOrInts,
        stride: IntOrInts = 1,
        padding: IntOrInts = 0,
        output_padding: IntOrInts = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: IntOrInts = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f"{type(self).__name__} has only the padding_mode 'zeros', not {padding_mode!r}")
        self.output_padding = per_axis(output_padding, self.ndim, "output_padding")
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            per_axis(padding, self.ndim, "padding"),
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, x: Any, output_size: Sequence[int] | None = None) -> Any:
        """Spread `x` over windows; `output_size` names one of the sizes that the stride leaves open.

        Raises
        ------
        ValueError
            If `output_size` is not such a size.
        """
        extra = self.output_padding if output_size is None else self._output_padding(x.shape, output_size)
        spread = getattr(F, f"conv_transpose{self.ndim}d")
        return spread(x, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation)

    def _output_padding(self, shape: Sequence[int], output_size: Sequence[int]) -> tuple[int, ...]:
        if len(shape) not in (self.ndim + 1, self.ndim + 2):
            raise ShapeError(
                f"{type(self).__name__} expects {self.ndim + 2} axes, or one less, not shape {tuple(shape)}"
            )
        if len(output_size) not in (self.ndim, len(shape)):
            raise ValueError(
                f"output_size must have {self.ndim} entries, one per spatial axis, or {len(shape)}, not "
                f"{len(output_size)}: {tuple(output_size)}"
            )
        wanted, size = tuple(output_size)[-self.ndim :], tuple(shape)[-self.ndim :]
        padding, none = per_axis(self.padding, self.ndim, "padding"), (0,) * self.ndim
        least = transposed_size(size, self.kernel_size, self.stride, padding, none, self.dilation)
        if not all(a <= n < a + s for n, a, s in zip(wanted, least, self.stride, strict=True)):
            most = tuple(a + s - 1 for a, s in zip(least, self.stride, strict=True))
            raise ValueError(f"output_size {wanted} must be from {least} to {most} for images of size {size}")
        return tuple(n - a for n, a in zip(wanted, least, strict=True))


class ConvTranspose1d(_ConvTransposeNd):
    """Signals spread over windows with learned filters: the transpose of `Conv1d`, which makes signals longer.

    Parameters
    ----------
    in_channels, out_channels : int
        Length of the channel axis before and after.
    kernel_size : int or tuple of int
        The window.
    stride : int or tuple of int
        The distance of neighbouring elements' windows.
    padding : int, tuple of int
        How much is cut off at both ends.
    output_padding : int, tuple of int
        How much less is cut off at the far end; less than the stride or the dilation.
    groups : int
        Into how many groups the channels are divided, each for itself.
    bias : bool
        Whether there is one per output channel.
    dilation : int or tuple of int
        The distance between the window's elements.
    padding_mode : {"zeros"}
        There is no other.
    device : Device or str, optional
        Where the parameters are.
    dtype : dtype, optional
        Their type; float32 by default.

    Attributes
    ----------
    weight : Parameter, shape (in_channels, out_channels / groups, *kernel_size)
        Drawn evenly within ``1 / sqrt(out_channels / groups * prod(kernel_size))``.
    bias : Parameter, shape (out_channels,), or None
        Drawn likewise.

    Raises
    ------
    ValueError
        If a setting is out of range, or channels do not divide into the groups.

    Examples
    --------
    Signals of 23 and of 24 elements become 12 with a stride of 2; `output_size` says which are wanted back.

    >>> layer = tl.nn.ConvTranspose1d(16, 33, 3, stride=2, padding=1)
    >>> layer(tl.ones(20, 16, 12)).shape, layer(tl.ones(20, 16, 12), output_size=(24,)).shape
    ((20, 33, 23), (20, 33, 24))
    """

    ndim = 1


class ConvTranspose2d(_ConvTransposeNd):
    """Images spread over windows with learned filters; as `ConvTranspose1d`, with two spatial axes.

    Examples
    --------
    >>> tl.nn.ConvTranspose2d(6, 3, 4, stride=2, padding=1)(tl.ones(2, 6, 16, 16)).shape
    (2, 3, 32, 32)
    """

    ndim = 2


class ConvTranspose3d(_ConvTransposeNd):
    """Volumes spread over windows with learned filters; as `ConvTranspose1d`, with three spatial axes.

    Examples
    --------
    >>> tl.nn.ConvTranspose3d(2, 1, (1, 2, 2))(tl.ones(2, 3, 3, 3)).shape
    (1, 3, 4, 4)
    """

    ndim = 3
