"""Layers that take their input size from the first batch, and are ordinary layers from then on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, ClassVar

from ...errors import ShapeError
from ...ops.creation import DeviceLike
from ...options import Count, Fraction, NonNegative, checked
from ...tensor import Tensor
from ...tracebacks import full_tracebacks
from ..module.error_path import clearer_error, note_module
from ..module.module import Module
from ..module.parameter import Parameter, Uninitialized, UninitializedBuffer, UninitializedParameter
from .batchnorm import BatchNorm1d, BatchNorm2d, BatchNorm3d, _NormBase
from .convolution import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, _ConvNd
from .learned import FloatingDType, LearnedLayer
from .linear import Linear
from .normalization import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d

Sized = list[tuple[Any, tuple[int, ...]]]
"""The tensors of a layer, with their shapes."""


class _Lazy(LearnedLayer):
    """A layer without its input size, which the first call finds out.

    Notes
    -----
    The first call makes it an ordinary layer. Until then its parameters have no shape: they can be moved, cast and
    loaded from a state dict, which sets their shapes; everything else is an error. Make optimizers after the first
    call.
    """

    becomes: ClassVar[type[Module]]
    """The class of the ordinary layer: the last base class."""

    reset_parameters: Callable[[], None]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.becomes = cls.__bases__[-1]

    @classmethod
    def _documented_arguments(cls) -> Mapping[str, Any]:
        return dict(list(signature(cls.becomes).parameters.items())[1:])

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        try:
            self.initialize_parameters(*args, **kwargs)
            self.__class__ = self.becomes  # type: ignore[assignment]
            return self(*args, **kwargs)
        except Exception as error:
            if (clearer := clearer_error(self, error, args, kwargs)) is not None:
                note_module(self, clearer)
                raise clearer from (error if full_tracebacks() else None)
            note_module(self, error)
            raise

    def initialize_parameters(self, x: Tensor, *args: Any, **kwargs: Any) -> None:
        """Take the input size from a batch, and draw the parameters unless a state dict has been loaded."""
        undrawn = self.has_uninitialized_params()
        for tensor, shape in self._sized(tuple(x.shape)):
            if isinstance(tensor, Uninitialized):
                tensor.materialize(shape)
        if undrawn:
            self.reset_parameters()

    def has_uninitialized_params(self) -> bool:
        """Return whether a parameter or a buffer has no shape yet."""
        return any(isinstance(tensor, Uninitialized) for tensor in (*self.parameters(), *self.buffers()))

    def _sized(self, shape: tuple[int, ...]) -> Sized:
        """Set the input size from the shape of a batch; return the layer's tensors with their shapes."""
        raise NotImplementedError


class LazyLinear(_Lazy, Linear):
    """A `Linear` whose `in_features` is the length of the last axis of the first batch.

    Examples
    --------
    >>> layer = tl.nn.LazyLinear(3)
    >>> layer(tl.ones(2, 5)).shape
    (2, 3)
    >>> layer
    Linear(in_features=5, out_features=3, bias=True)
    """

    @checked
    def __init__(
        self, out_features: Count, bias: bool = True, device: DeviceLike = None, dtype: FloatingDType = None
    ) -> None:
        self.in_features, self.out_features = 0, out_features
        self.weight = UninitializedParameter(device, dtype)
        self.bias = UninitializedParameter(device, dtype) if bias else None

    def _sized(self, shape: tuple[int, ...]) -> Sized:
        if not shape:
            raise ShapeError(f"{type(self).__name__} needs at least 1 axis, not shape {shape}")
        self.in_features = shape[-1]
        return [(self.weight, (self.out_features, shape[-1])), (self.bias, (self.out_features,))]


class _LazyConvNd(_Lazy, _ConvNd):
    """A convolution whose `in_channels` is taken from the first batch."""

    def __init__(self, out_channels: int, kernel_size: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(0, out_channels, kernel_size, *args, **kwargs)
        place = {"device": self.weight.device, "dtype": self.weight.dtype}
        self.weight = UninitializedParameter(**place)
        if self.bias is not None:
            self.bias = UninitializedParameter(**place)

    def _sized(self, shape: tuple[int, ...]) -> Sized:
        if len(shape) not in (self.ndim + 1, self.ndim + 2):
            raise ShapeError(
                f"{type(self).__name__} expects (batch, channels, *spatial) with {self.ndim} spatial axes, with or "
                f"without the batch, not shape {shape}"
            )
        channels = shape[-self.ndim - 1]
        if not channels or channels % self.groups:
            raise ShapeError(f"{type(self).__name__}: {channels} channels of shape {shape} for {self.groups} groups")
        self.in_channels = channels
        ends = (channels, self.out_channels) if self.transposed else (self.out_channels, channels)
        weight = (ends[0], ends[1] // self.groups, *self.kernel_size)
        return [(self.weight, weight), (self.bias, (self.out_channels,))]


class LazyConv1d(_LazyConvNd, Conv1d):
    """A `Conv1d` whose `in_channels` is that of the first batch.

    Examples
    --------
    >>> layer = tl.nn.LazyConv1d(4, kernel_size=1)
    >>> _ = layer(tl.ones(1, 3, 8))
    >>> layer
    Conv1d(3, 4, kernel_size=(1,), stride=(1,))
    """


class LazyConv2d(_LazyConvNd, Conv2d):
    """A `Conv2d` whose `in_channels` is that of the first batch.

    Examples
    --------
    >>> layer = tl.nn.LazyConv2d(4, kernel_size=1)
    >>> _ = layer(tl.ones(1, 3, 8, 8))
    >>> layer
    Conv2d(3, 4, kernel_size=(1, 1), stride=(1, 1))
    """


class LazyConv3d(_LazyConvNd, Conv3d):
    """A `Conv3d` whose `in_channels` is that of the first batch.

    Examples
    --------
    >>> layer = tl.nn.LazyConv3d(4, kernel_size=1)
    >>> _ = layer(tl.ones(1, 3, 8, 8, 8))
    >>> layer
    Conv3d(3, 4, kernel_size=(1, 1, 1), stride=(1, 1, 1))
    """


class LazyConvTranspose1d(_LazyConvNd, ConvTranspose1d):
    """A `ConvTranspose1d` whose `in_channels` is that of the first batch.

    Examples
    --------
    >>> layer = tl.nn.LazyConvTranspose1d(4, kernel_size=1)
    >>> _ = layer(tl.ones(1, 3, 8))
    >>> layer
    ConvTranspose1d(3, 4, kernel_size=(1,), stride=(1,))
    """


class LazyConvTranspose2d(_LazyConvNd, ConvTranspose2d):
    """A `ConvTranspose2d` whose `in_channels` is that of the first batch.

    Examples
    --------
    >>> layer = tl.nn.LazyConvTranspose2d(4, kernel_size=1)
    >>> _ = layer(tl.ones(1, 3, 8, 8))
    >>> layer
    ConvTranspose2d(3, 4, kernel_size=(1, 1), stride=(1, 1))
    """


class LazyConvTranspose3d(_LazyConvNd, ConvTranspose3d):
    """A `ConvTranspose3d` whose `in_channels` is that of the first batch.

    Examples
    --------
    >>> layer = tl.nn.LazyConvTranspose3d(4, kernel_size=1)
    >>> _ = layer(tl.ones(1, 3, 8, 8, 8))
    >>> layer
    ConvTranspose3d(3, 4, kernel_size=(1, 1, 1), stride=(1, 1, 1))
    """


class _LazyNorm(_Lazy, _NormBase):
    """A batch or instance normalisation whose `num_features` is taken from the first batch."""

    @checked
    def __init__(
        self,
        eps: NonNegative = 1e-5,
        momentum: Fraction | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        for name in ("weight", "bias", "running_mean", "running_var"):
            tensor = getattr(self, name)
            if tensor is not None:
                kind = UninitializedParameter if isinstance(tensor, Parameter) else UninitializedBuffer
                setattr(self, name, kind(tensor.device, tensor.dtype))

    def _sized(self, shape: tuple[int, ...]) -> Sized:
        if len(shape) not in self.axes:
            axes = " or ".join(map(str, self.axes))
            raise ShapeError(f"{type(self).__name__} expects {axes} axes with their channels, not shape {shape}")
        channels = shape[self._channel_axis(len(shape))]
        self.num_features = channels
        tensors = (self.weight, self.bias, self.running_mean, self.running_var)
        return [(tensor, (channels,)) for tensor in tensors]

    def _channel_axis(self, axes: int) -> int:
        return 1


class _LazyInstanceNorm(_LazyNorm):
    """An instance normalisation whose `num_features` is taken from the first batch, which may lack a batch axis."""

    def _channel_axis(self, axes: int) -> int:
        return 0 if axes == self.axes[0] else 1


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """A `BatchNorm1d` whose `num_features` is that of the first batch.

    Examples
    --------
    >>> layer = tl.nn.LazyBatchNorm1d()
    >>> _ = layer(tl.ones(2, 3, 4))
    >>> type(layer).__name__, layer.num_features
    ('BatchNorm1d', 3)
    """


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """A `BatchNorm2d` whose `num_features` is that of the first batch.

    Examples
    --------
    >>> layer = tl.nn.LazyBatchNorm2d()
    >>> _ = layer(tl.ones(2, 3, 4, 4))
    >>> type(layer).__name__, layer.num_features
    ('BatchNorm2d', 3)
    """


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """A `BatchNorm3d` whose `num_features` is that of the first batch.

    Examples
    --------
    >>> layer = tl.nn.LazyBatchNorm3d()
    >>> _ = layer(tl.ones(2, 3, 4, 4, 4))
    >>> type(layer).__name__, layer.num_features
    ('BatchNorm3d', 3)
    """


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """An `InstanceNorm1d` whose `num_features` is that of the first batch.

    `affine` and `track_running_stats` are True by default, as in PyTorch's class; in the ordinary one they are False.

    Examples
    --------
    >>> layer = tl.nn.LazyInstanceNorm1d()
    >>> _ = layer(tl.ones(2, 3, 4))
    >>> type(layer).__name__, layer.num_features
    ('InstanceNorm1d', 3)
    """


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """An `InstanceNorm2d` whose `num_features` is that of the first batch.

    `affine` and `track_running_stats` are True by default, as in PyTorch's class; in the ordinary one they are False.

    Examples
    --------
    >>> layer = tl.nn.LazyInstanceNorm2d()
    >>> _ = layer(tl.ones(2, 3, 4, 4))
    >>> type(layer).__name__, layer.num_features
    ('InstanceNorm2d', 3)
    """


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """An `InstanceNorm3d` whose `num_features` is that of the first batch.

    `affine` and `track_running_stats` are True by default, as in PyTorch's class; in the ordinary one they are False.

    Examples
    --------
    >>> layer = tl.nn.LazyInstanceNorm3d()
    >>> _ = layer(tl.ones(2, 3, 4, 4, 4))
    >>> type(layer).__name__, layer.num_features
    ('InstanceNorm3d', 3)
    """
