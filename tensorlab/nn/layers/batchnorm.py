"""Batch normalisation layers: one body, which checks the number of axes; and what instance normalisation shares."""

from __future__ import annotations

from typing import Any, ClassVar

from ...backend.dtypes import int64
from ...errors import ShapeError
from ...ops.creation import ones, zeros
from ...ops.declare import channels_last_hint
from ...tensor import Tensor
from .. import functional as F
from .. import init
from ..module.module import Module
from ..module.parameter import Parameter
from .checks import check_sizes


class _NormBase(Module):
    """What batch and instance normalisation have: a scale and a shift per channel, and running statistics."""

    axes: ClassVar[tuple[int, ...]]
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        check_sizes(type(self).__name__, num_features=num_features)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.weight = Parameter(ones(num_features, device=device, dtype=dtype)) if affine else None
        self.bias = Parameter(zeros(num_features, device=device, dtype=dtype)) if affine and bias else None
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, device=device, dtype=dtype) if tracked else None)
        self.register_buffer("running_var", ones(num_features, device=device, dtype=dtype) if tracked else None)
        self.register_buffer("num_batches_tracked", zeros((), device=device, dtype=int64) if tracked else None)

    def reset_running_stats(self) -> None:
        """Forget the running mean and variance."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            init.zeros_(self.running_mean)
            init.ones_(self.running_var)
            init.zeros_(self.num_batches_tracked)

    def reset_parameters(self) -> None:
        """Forget everything: scale one, shift zero, no running statistics."""
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


class _BatchNorm(_NormBase):
    """Each channel shifted and scaled to mean zero and variance one, then by learned numbers."""

    def forward(self, x: Any) -> Any:
        self._check(tuple(x.shape))
        by_batch = self.training or (self.running_mean is None and self.running_var is None)
        followed = self.training and self.track_running_stats
        momentum = self._next_momentum() if followed else 0.0
        return F.batch_norm(
            x,
            self.running_mean if followed or not self.training else None,
            self.running_var if followed or not self.training else None,
            self.weight,
            self.bias,
            by_batch,
            momentum,
            self.eps,
        )

    def _next_momentum(self) -> float:
        """Count the batch; return how far the running statistics follow it."""
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
    """Batch normalisation (Ioffe and Szegedy, 2015) of features, or of signals.

    In training each channel is shifted and scaled by the batch's mean and variance, and the running ones follow;
    in evaluation by the running ones.

    Parameters
    ----------
    num_features : int
        Length of axis 1.
    eps : float
        Added to the variance.
    momentum : float or None
        How far the running statistics follow each batch; None keeps the mean of all batches.
    affine : bool
        Whether scale and shift are learned.
    track_running_stats : bool
        Whether there are running statistics; without them the batch's are used in evaluation too.
    device : Device or str, optional
        Where parameters and buffers are.
    dtype : dtype, optional
        Their type; float32 by default.
    bias : bool
        Whether a shift is learned where a scale is.

    Attributes
    ----------
    weight, bias : Parameter, shape (num_features,), or None
        The learned scale and shift.
    running_mean, running_var : Tensor, shape (num_features,), or None
        The running statistics; the variance is the unbiased one.
    num_batches_tracked : Tensor or None
        How many batches they come from; int64.

    Raises
    ------
    ShapeError
        If an input has another number of axes or channels.

    Examples
    --------
    >>> layer = tl.nn.BatchNorm1d(1)
    >>> _ = layer(tl.tensor([[1.0], [3.0]]))
    >>> layer.running_mean, layer.running_var
    (tensor([0.2]), tensor([1.1]))
    """

    axes = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of images; as `BatchNorm1d`, with four axes.

    Examples
    --------
    >>> tl.nn.BatchNorm2d(3)(tl.ones(2, 3, 4, 4)).shape
    (2, 3, 4, 4)
    """

    axes = (4,)


class BatchNorm3d(_BatchNorm):
    """Batch normalisation of volumes; as `BatchNorm1d`, with five axes.

    Examples
    --------
    >>> tl.nn.BatchNorm3d(3)(tl.ones(2, 3, 4, 4, 4)).shape
    (2, 3, 4, 4, 4)
    """

    axes = (5,)
