"""Layers that leave out parts at random in training; in evaluation they return their input."""

from __future__ import annotations

from typing import Literal

from ...ops import contraction
from ...ops.creation import DeviceLike
from ...options import Count, Fraction, checked, declared
from ...tensor import Tensor
from .. import functional as F
from .base import UnaryLayer
from .learned import FloatingDType
from .linear import Linear


@declared
class _Dropout(UnaryLayer):
    p: Fraction = 0.5
    inplace: bool = False
    _shown = ("p", "inplace")


class Dropout(_Dropout, function=F.dropout):
    """Set elements to zero at random in training, and scale the others (Srivastava et al., 2014).

    Examples
    --------
    >>> tl.nn.Dropout(0.5).eval()(tl.ones(3))
    tensor([1., 1., 1.])
    """


class Dropout1d(_Dropout, function=F.dropout1d):
    """Set channels of signals to zero at random in training, and scale the others (Tompson et al., 2015).

    Examples
    --------
    >>> tl.nn.Dropout1d(0.5).eval()(tl.ones(1, 3))
    tensor([[1., 1., 1.]])
    """


class Dropout2d(_Dropout, function=F.dropout2d):
    """Set channels of images to zero at random in training, and scale the others (Tompson et al., 2015).

    Examples
    --------
    >>> tl.nn.Dropout2d(0.5).eval()(tl.ones(1, 1, 1, 2))
    tensor([[[[1., 1.]]]])
    """


class Dropout3d(_Dropout, function=F.dropout3d):
    """Set channels of volumes to zero at random in training, and scale the others (Tompson et al., 2015).

    Examples
    --------
    >>> tl.nn.Dropout3d(0.5).eval()(tl.ones(1, 1, 1, 2))
    tensor([[[[1., 1.]]]])
    """


class AlphaDropout(_Dropout, function=F.alpha_dropout):
    """Saturate elements at random in training, keeping mean and variance, for `SELU` (Klambauer et al., 2017).

    Examples
    --------
    >>> tl.nn.AlphaDropout(0.5).eval()(tl.ones(3))
    tensor([1., 1., 1.])
    """


class FeatureAlphaDropout(_Dropout, function=F.feature_alpha_dropout):
    """Saturate whole channels at random in training; see `AlphaDropout`.

    Examples
    --------
    >>> tl.nn.FeatureAlphaDropout(0.5).eval()(tl.ones(1, 3))
    tensor([[1., 1., 1.]])
    """


@declared
class StochasticDepth(UnaryLayer, function=F.stochastic_depth):
    """Leave out a residual branch at random in training, and scale it otherwise (Huang et al., 2016).

    Examples
    --------
    >>> tl.nn.StochasticDepth(0.5, "row").eval()(tl.ones(1, 2))
    tensor([[1., 1.]])
    """

    p: Fraction
    mode: Literal["row", "batch"] = "row"


class DropConnectLinear(Linear):
    """A linear map whose weights are left out at random in training (Wan et al., 2013).

    Each weight is zero with probability `p`, and divided by ``1 - p`` otherwise, so that evaluation uses the weights
    unchanged. They are drawn again for each call, once for all samples; the paper draws for each sample, which needs a
    matrix for each, and in evaluation samples from a normal distribution fitted to the masked sums. The bias is never
    left out.

    Parameters
    ----------
    in_features, out_features : int
        Length of the last axis before and after.
    p : float
        In [0, 1].

    Attributes
    ----------
    weight, bias : Parameter
        Those of `Linear`, with its keys in the state dict.

    Examples
    --------
    >>> tl.nn.DropConnectLinear(20, 30, p=0.2)(tl.ones(128, 20)).shape
    (128, 30)
    """

    @checked
    def __init__(
        self,
        in_features: Count,
        out_features: Count,
        p: Fraction = 0.5,
        bias: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        super().__init__(in_features, out_features, bias, device=device, dtype=dtype)
        self.p = p

    def forward(self, input: Tensor) -> Tensor:
        return contraction.linear(input, F.dropout(self.weight, self.p, self.training), self.bias)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, p={self.p}"
