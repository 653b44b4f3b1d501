"""Batch normalisation layers, and the base that they share with instance normalisation."""

from __future__ import annotations

from typing import ClassVar

from ...backend.dtypes import int64
from ...errors import ShapeError
from ...ops.creation import DeviceLike, ones, zeros
from ...ops.declare import channels_last_hint
from ...options import Count, Fraction, NonNegative, checked
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..module.parameter import Parameter
from .learned import FloatingDType, LearnedLayer


class _NormBase(LearnedLayer):
    """A layer with a learned scale and shift for each channel, and with running statistics.

    Parameters
    ----------
    num_features : int
        Number of channels.
    affine : bool
        Whether a scale, and a shift, are learned.
    track_running_stats : bool
        Whether running statistics are kept.
    bias : bool
        Whether a shift is learned if a scale is.

    Attributes
    ----------
    weight, bias : Parameter, shape (num_features,), or None
        The learned scale, initially one, and shift, initially zero.
    running_mean, running_var : Tensor, shape (num_features,), or None
        The running statistics; the variance is the unbiased one.
    """

    axes: ClassVar[tuple[int, ...]]
    _nonnegative = frozenset({"running_var", "num_batches_tracked"})
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    @checked
    def __init__(
        self,
        num_features: Count,
        eps: NonNegative = 1e-5,
        momentum: Fraction | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
        *,
        bias: bool = True,
    ) -> None:
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.weight = Parameter(ones(num_features, device=device, dtype=dtype)) if affine else None
        self.bias = Parameter(zeros(num_features, device=device, dtype=dtype)) if affine and bias else None
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, device=device, dtype=dtype) if tracked else None)
        self.register_buffer("running_var", ones(num_features, device=device, dtype=dtype) if tracked else None)
        self.register_buffer("num_batches_tracked", zeros((), device=device, dtype=int64) if tracked else None)

    def reset_running_stats(self) -> None:
        """Reset the running mean to zero and the running variance to one."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)

    def reset_parameters(self) -> None:
        """Reset scale and running variance to one, shift and running mean to zero."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_NormBase, function=F.batch_norm):
    """Batch normalisation (Ioffe and Szegedy, 2015).

    Parameters
    ----------
    momentum : float or None
        Weight of each batch in the running statistics, in [0, 1]; None averages all batches equally.
    track_running_stats : bool
        Whether running statistics are kept; without them the batch's are used in evaluation too.

    Attributes
    ----------
    num_batches_tracked : Tensor or None
        How many batches the running statistics come from; int64.

    Raises
    ------
    ShapeError
        If an input has an unexpected number of axes or channels.
    """

    def forward(self, input: Tensor) -> Tensor:
        self._check(tuple(input.shape))
        by_batch = self.training or (self.running_mean is None and self.running_var is None)
        updated = self.training and self.track_running_stats
        momentum = self._next_momentum() if updated else 0.0
        return F.batch_norm(
            input,
            self.running_mean if updated or not self.training else None,
            self.running_var if updated or not self.training else None,
            self.weight,
            self.bias,
            by_batch,
            momentum,
            self.eps,
        )

    def _next_momentum(self) -> float:
        """Count the batch; return its weight in the running statistics."""
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.data = self.num_batches_tracked + 1
            if self.momentum is None:  # the mean of all batches so far
                return 1.0 / int(self.num_batches_tracked)
        return self.momentum or 0.0

    def _check(self, shape: tuple[int, ...]) -> None:
        if len(shape) in self.axes and shape[1] == self.num_features:
            return
        axes = " or ".join(map(str, self.axes))
        message = (
            f"{type(self).__name__} expects {axes} axes with {self.num_features} channels on axis 1, not shape {shape}"
        )
        if len(shape) in self.axes and shape[-1] == self.num_features:
            message += channels_last_hint(len(shape))
        raise ShapeError(message)


class BatchNorm1d(_BatchNorm):
    """Batch normalisation (Ioffe and Szegedy, 2015) of features or signals.

    In training each channel is shifted and scaled by the mean and variance of the batch, and the running statistics are
    updated; in evaluation by the running statistics.

    Examples
    --------
    >>> layer = tl.nn.BatchNorm1d(1)
    >>> _ = layer(tl.tensor([[1.0], [3.0]]))
    >>> layer.running_mean, layer.running_var
    (tensor([0.2]), tensor([1.1]))
    """

    axes = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of images; see `BatchNorm1d`.

    Examples
    --------
    >>> tl.nn.BatchNorm2d(3)(tl.ones(2, 3, 4, 4)).shape
    (2, 3, 4, 4)
    """

    axes = (4,)


class BatchNorm3d(_BatchNorm):
    """Batch normalisation of volumes; see `BatchNorm1d`.

    Examples
    --------
    >>> tl.nn.BatchNorm3d(3)(tl.ones(2, 3, 4, 4, 4)).shape
    (2, 3, 4, 4, 4)
    """

    axes = (5,)
