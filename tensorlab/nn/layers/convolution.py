"""Convolution layers: one body for one to three spatial axes, and one for the transposes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from ...errors import ShapeError
from ...ops.creation import DeviceLike
from ...options import Count, Counts, Size, Sizes, checked
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..functional.convolution import convolve, transposed_size
from ..functional.window_geometry import padding_pairs, per_axis
from ..module.parameter import Parameter
from .learned import FloatingDType, LearnedLayer, new_parameter


class _ConvNd(LearnedLayer):
    """Cross-correlation over `ndim` spatial axes, or its transpose.

    Parameters
    ----------
    in_channels, out_channels : int
        Lengths of the channel axis of input and output.
    kernel_size : int or tuple of int
        Size of the window.
    bias : bool
        Whether a bias is learned for each output channel.
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
        What the input is padded with; see `functional.pad`.

    Attributes
    ----------
    weight : Parameter, shape (out_channels, in_channels / groups, *kernel_size)
        Drawn uniformly within ``1 / sqrt(in_channels / groups * prod(kernel_size))``.
    bias : Parameter, shape (out_channels,), or None
        Drawn likewise.
    """

    ndim: ClassVar[int]
    transposed: ClassVar[bool] = False
    output_padding: tuple[int, ...] = ()
    weight: Parameter
    bias: Parameter | None

    @checked
    def __init__(
        self,
        in_channels: Count,
        out_channels: Count,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Counts | Literal["same", "valid"] = 0,
        dilation: Sizes = 1,
        groups: Size = 1,
        bias: bool = True,
        padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros",
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{type(self).__name__}: in_channels {in_channels} and out_channels {out_channels} do not both divide "
                f"into {groups} groups"
            )
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size = self._per_axis("kernel_size", kernel_size)
        self.stride = self._per_axis("stride", stride)
        self.padding = padding if isinstance(padding, str) else self._per_axis("padding", padding)
        self.dilation = self._per_axis("dilation", dilation)
        self.groups, self.padding_mode = groups, padding_mode
        padding_pairs(self.kernel_size, self.stride, self.padding, self.dilation)  # raises where they do not fit
        channels = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = new_parameter(channels[0], channels[1] // groups, *self.kernel_size, device=device, dtype=dtype)
        self.bias = new_parameter(out_channels, device=device, dtype=dtype) if bias else None
        self.reset_parameters()

    def _per_axis(self, name: str, value: Any) -> tuple[int, ...]:
        return per_axis(value, self.ndim, f"{type(self).__name__}: {name}")

    def reset_parameters(self) -> None:
        """Redraw weight and bias."""
        init.by_fan_in_(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._padding_at_ends(), self.padding_mode), "valid"
        return convolve(self.ndim, input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _padding_at_ends(self) -> list[int]:
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


class Conv1d(_ConvNd, function=F.conv1d):
    """Cross-correlation of signals with learned filters.

    Examples
    --------
    >>> tl.nn.Conv1d(16, 33, 3, stride=2)(tl.ones(20, 16, 50)).shape
    (20, 33, 24)
    """

    ndim = 1


class Conv2d(_ConvNd, function=F.conv2d):
    """Cross-correlation of images with learned filters.

    Examples
    --------
    >>> tl.nn.Conv2d(3, 6, 5, padding="same")(tl.ones(2, 3, 32, 32)).shape
    (2, 6, 32, 32)
    """

    ndim = 2


class Conv3d(_ConvNd, function=F.conv3d):
    """Cross-correlation of volumes with learned filters.

    Examples
    --------
    >>> tl.nn.Conv3d(1, 2, (1, 2, 2))(tl.ones(1, 3, 4, 4)).shape
    (2, 3, 3, 3)
    """

    ndim = 3


class _ConvTransposeNd(_ConvNd):
    """The transpose of a cross-correlation over `ndim` spatial axes.

    Parameters
    ----------
    padding_mode : {"zeros"}
        There is no other.

    Attributes
    ----------
    weight : Parameter, shape (in_channels, out_channels / groups, *kernel_size)
        Drawn uniformly within ``1 / sqrt(out_channels / groups * prod(kernel_size))``.
    """

    transposed = True

    @checked
    def __init__(
        self,
        in_channels: Count,
        out_channels: Count,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Counts = 0,
        output_padding: Counts = 0,
        groups: Size = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        padding_mode: Literal["zeros"] = "zeros",
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        self.output_padding = self._per_axis("output_padding", output_padding)
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Spread `input` over windows; `output_size` selects one of the sizes that the stride leaves open.

        Raises
        ------
        ValueError
            If `output_size` is not such a size.
        """
        output_padding = self.output_padding
        if output_size is not None:
            output_padding = self._output_padding(input.shape, output_size)
        spread = getattr(F, f"conv_transpose{self.ndim}d")
        return spread(
            input, self.weight, self.bias, self.stride, self.padding, output_padding, self.groups, self.dilation
        )

    def _output_padding(self, shape: Sequence[int], output_size: Sequence[int]) -> tuple[int, ...]:
        """Return the output padding that gives the spatial size at the end of `output_size`."""
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
        padding, none = self._per_axis("padding", self.padding), (0,) * self.ndim
        least = transposed_size(size, self.kernel_size, self.stride, padding, none, self.dilation)
        if not all(a <= n < a + s for n, a, s in zip(wanted, least, self.stride, strict=True)):
            most = tuple(a + s - 1 for a, s in zip(least, self.stride, strict=True))
            raise ValueError(f"output_size {wanted} must be from {least} to {most} for images of size {size}")
        return tuple(n - a for n, a in zip(wanted, least, strict=True))


class ConvTranspose1d(_ConvTransposeNd, function=F.conv_transpose1d):
    """Signals spread over windows with learned filters: the transpose of `Conv1d`, which makes signals longer.

    Examples
    --------
    With a stride of 2, signals of 23 and of 24 elements become 12; `output_size` selects one of the two.

    >>> layer = tl.nn.ConvTranspose1d(16, 33, 3, stride=2, padding=1)
    >>> layer(tl.ones(20, 16, 12)).shape, layer(tl.ones(20, 16, 12), output_size=(24,)).shape
    ((20, 33, 23), (20, 33, 24))
    """

    ndim = 1


class ConvTranspose2d(_ConvTransposeNd, function=F.conv_transpose2d):
    """Images spread over windows with learned filters: the transpose of `Conv2d`.

    Examples
    --------
    >>> tl.nn.ConvTranspose2d(6, 3, 4, stride=2, padding=1)(tl.ones(2, 6, 16, 16)).shape
    (2, 3, 32, 32)
    """

    ndim = 2


class ConvTranspose3d(_ConvTransposeNd, function=F.conv_transpose3d):
    """Volumes spread over windows with learned filters: the transpose of `Conv3d`.

    Examples
    --------
    >>> tl.nn.ConvTranspose3d(2, 1, (1, 2, 2))(tl.ones(2, 3, 3, 3)).shape
    (1, 3, 4, 4)
    """

    ndim = 3
