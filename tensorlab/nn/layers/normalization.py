"""Normalisation layers that need no batch: over layers, groups, instances and neighbouring channels."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from operator import index
from typing import Any

from ...errors import ShapeError
from ...ops.creation import DeviceLike, ones, zeros
from ...ops.declare import channels_last_hint
from ...ops.shapes import expand_dims, squeeze
from ...options import Count, Finite, Fraction, NonNegative, Size, checked, declared
from ...tensor import Tensor
from ...tracebacks import users_stacklevel
from .. import functional as F
from .. import init
from ..functional.normalization import divided_by_neighbours
from ..module.parameter import Parameter
from .base import UnaryLayer
from .batchnorm import _NormBase
from .learned import FloatingDType, LearnedLayer


class _Affine(LearnedLayer):
    """A layer with a learned scale, initially one, and a learned shift, initially zero, or without either.

    Parameters
    ----------
    eps : float
        Added to the variance, which is the population's.
    bias : bool
        Whether a shift is learned if a scale is.
    """

    weight: Parameter | None
    bias: Parameter | None = None

    def _make_affine(self, shape: tuple[int, ...], scale: bool, shift: bool, device: Any, dtype: Any) -> None:
        self.weight = Parameter(ones(shape, device=device, dtype=dtype)) if scale else None
        self.bias = Parameter(zeros(shape, device=device, dtype=dtype)) if scale and shift else None

    def reset_parameters(self) -> None:
        """Set the scale to one and the shift to zero."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _lengths(self, normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
        """Return the lengths of the normalised axes as a tuple.

        Raises
        ------
        TypeError, ValueError
            If there is none, or one is not an integer or negative.
        """
        name = f"{type(self).__name__}: normalized_shape"
        given = normalized_shape if isinstance(normalized_shape, list | tuple) else (normalized_shape,)
        if not given:
            raise ValueError(f"{name} must have at least one length")
        try:
            lengths = tuple(map(index, given))
        except TypeError:
            raise TypeError(f"{name} must be an integer or a tuple of integers, not {normalized_shape!r}") from None
        if min(lengths) < 0:
            raise ValueError(f"{name} must not be negative: {normalized_shape!r}")
        return lengths


class LayerNorm(_Affine, function=F.layer_norm):
    """Layer normalisation (Ba, Kiros and Hinton, 2016): shifts and scales the last axes to mean zero and variance one.

    Then each element is scaled and shifted by learned numbers. The same in training and evaluation.

    Parameters
    ----------
    elementwise_affine : bool
        Whether scale and shift are learned.

    Attributes
    ----------
    weight, bias : Parameter, shape (*normalized_shape,), or None
        The learned scale, initially one, and shift, initially zero.

    Examples
    --------
    >>> tl.nn.LayerNorm(10)(tl.ones(20, 5, 10)).shape
    (20, 5, 10)
    >>> tl.nn.LayerNorm((2,))(tl.tensor([1.0, 3.0])).detach()
    tensor([-0.999995,  0.999995])
    """

    @checked
    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: NonNegative = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        self.normalized_shape = self._lengths(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self._make_affine(self.normalized_shape, elementwise_affine, bias, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(_Affine, function=F.rms_norm):
    """Root-mean-square normalisation (Zhang and Sennrich, 2019): scales the last axes to a mean square of one.

    Then each element is scaled by a learned number. The same in training and evaluation.

    Parameters
    ----------
    eps : float, optional
        Added to the mean square; by default the input's ``finfo(dtype).eps``, see `functional.rms_norm`.
    elementwise_affine : bool
        Whether a scale is learned.

    Attributes
    ----------
    weight : Parameter, shape (*normalized_shape,), or None
        The learned scale, initially one.

    Examples
    --------
    >>> tl.nn.RMSNorm(2)(tl.tensor([1.0, 7.0])).detach()
    tensor([0.2, 1.4])
    """

    @checked
    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: NonNegative | None = None,
        elementwise_affine: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        self.normalized_shape = self._lengths(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self._make_affine(self.normalized_shape, elementwise_affine, False, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Affine, function=F.group_norm):
    """Group normalisation (Wu and He, 2018): shifts and scales groups of channels to mean zero and variance one.

    Each sample is normalised independently; then each channel is scaled and shifted by learned numbers. One group is
    layer normalisation over channels and positions, as many groups as channels are instance normalisation. The same in
    training and evaluation.

    Parameters
    ----------
    num_channels : int
        Length of axis 1; a multiple of `num_groups`.
    affine : bool
        Whether scale and shift are learned.

    Attributes
    ----------
    weight, bias : Parameter, shape (num_channels,), or None
        The learned scale, initially one, and shift, initially zero.

    Examples
    --------
    >>> tl.nn.GroupNorm(3, 6)(tl.ones(20, 6, 10, 10)).shape
    (20, 6, 10, 10)
    """

    @checked
    def __init__(
        self,
        num_groups: Size,
        num_channels: Count,
        eps: NonNegative = 1e-5,
        affine: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
        *,
        bias: bool = True,
    ) -> None:
        if num_channels % num_groups:
            raise ValueError(f"GroupNorm: num_channels {num_channels} does not divide into num_groups {num_groups}")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self._make_affine((num_channels,), affine, bias, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class _InstanceNorm(_NormBase, function=F.instance_norm):
    """Instance normalisation (Ulyanov, Vedaldi and Lempitsky, 2016).

    Parameters
    ----------
    momentum : float or None
        Weight of each batch in the running statistics, in [0, 1]; None leaves them unchanged.

    Attributes
    ----------
    num_batches_tracked : Tensor or None
        Always zero; PyTorch's state dicts have it.

    Raises
    ------
    ShapeError
        If an input has an unexpected number of axes, or of channels if there are parameters or running statistics
        (otherwise a warning says so).
    """

    @checked
    def __init__(
        self,
        num_features: Count,
        eps: NonNegative = 1e-5,
        momentum: Fraction | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Tensor) -> Tensor:
        unbatched = len(input.shape) == self.axes[0]
        self._check(tuple(input.shape), 0 if unbatched else 1)
        y = F.instance_norm(
            expand_dims(input, axis=0) if unbatched else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum or 0.0,
            self.eps,
        )
        return squeeze(y, axis=0) if unbatched else y

    def _check(self, shape: tuple[int, ...], channel_axis: int) -> None:
        kind = type(self).__name__
        if len(shape) not in self.axes:
            raise ShapeError(f"{kind} expects {self.axes[0]} axes, or {self.axes[1]} with a batch, not shape {shape}")
        if shape[channel_axis] == self.num_features:
            return
        message = f"{kind} expects {self.num_features} channels on axis {channel_axis}, not shape {shape}"
        if shape[-1] == self.num_features:
            message += channels_last_hint(len(shape), channel_axis)
        if self.affine or self.track_running_stats:
            raise ShapeError(message)
        message += "; without affine and track_running_stats this does not matter"
        warnings.warn(message, stacklevel=users_stacklevel())


class InstanceNorm1d(_InstanceNorm):
    """Instance normalisation (Ulyanov, Vedaldi and Lempitsky, 2016) of signals, with a batch axis or without.

    Each channel of each sample is shifted and scaled by its own mean and variance; with `track_running_stats`, in
    evaluation by the running statistics.

    Examples
    --------
    >>> tl.nn.InstanceNorm1d(100)(tl.ones(20, 100, 40)).shape
    (20, 100, 40)
    """

    axes = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Instance normalisation of images; see `InstanceNorm1d`.

    Examples
    --------
    >>> tl.nn.InstanceNorm2d(3, affine=True)(tl.ones(2, 3, 4, 4)).shape
    (2, 3, 4, 4)
    """

    axes = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Instance normalisation of volumes; see `InstanceNorm1d`.

    Examples
    --------
    >>> tl.nn.InstanceNorm3d(3)(tl.ones(3, 4, 4, 4)).shape
    (3, 4, 4, 4)
    """

    axes = (4, 5)


@declared
class LocalResponseNorm(UnaryLayer, function=F.local_response_norm):
    """Division by a power of the mean square of neighbouring channels.

    Examples
    --------
    >>> tl.nn.LocalResponseNorm(2)(tl.ones(32, 5, 24, 24)).shape
    (32, 5, 24, 24)
    """

    size: Size
    alpha: Finite = 1e-4
    beta: Finite = 0.75
    k: Finite = 1.0

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


@declared
class CrossMapLRN2d(LocalResponseNorm):
    """Division of images by a power of the mean square of ``(size - 1) // 2`` channels on either side of each.

    The sum is divided by `size` also if that is even and one channel fewer is summed. PyTorch's layer of this name
    keeps the first channel in the sums of later channels that no longer reach it, and its gradient is not that of its
    output; here both follow the formula.

    Parameters
    ----------
    size : int
        Divisor of the sum.

    Raises
    ------
    ShapeError
        If an input does not have four axes.

    Examples
    --------
    >>> tl.nn.CrossMapLRN2d(3)(tl.ones(32, 5, 24, 24)).shape
    (32, 5, 24, 24)
    """

    k: Finite = 1

    def forward(self, input: Tensor) -> Tensor:
        if len(input.shape) != 4:
            raise ShapeError(f"CrossMapLRN2d expects 4 axes, not shape {tuple(input.shape)}")
        reach = (self.size - 1) // 2
        return divided_by_neighbours(input, (reach, reach), self.size, self.alpha, self.beta, self.k)
