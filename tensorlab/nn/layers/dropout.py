"""Layers that leave out parts at random in training; in evaluation they return their input."""

from __future__ import annotations

from typing import Any

from ...ops import contraction
from .. import functional as F
from ..functional.dropout import check_probability
from ..module.module import Module
from .linear import Linear


class _Dropout(Module):
    """What the layers share: a probability, and `inplace`, which changes nothing.

    Parameters
    ----------
    p : float
        In [0, 1].
    inplace : bool
        Taken for PyTorch's sake; the input is never changed.

    Raises
    ------
    ValueError
        If `p` is no probability.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        check_probability(type(self).__name__, p)
        self.p, self.inplace = p, inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Sets elements to zero with probability `p` in training and scales the others; see `functional.dropout`.

    Parameters
    ----------
    p : float
        In [0, 1].
    inplace : bool
        Taken for PyTorch's sake; the input is never changed.

    Raises
    ------
    ValueError
        If `p` is no probability.

    Examples
    --------
    >>> tl.nn.Dropout(0.5).eval()(tl.ones(3))
    tensor([1., 1., 1.])
    """

    def forward(self, x: Any) -> Any:
        return F.dropout(x, self.p, self.training)


class Dropout1d(_Dropout):
    """Sets whole channels to zero in training, and scales the others; see `functional.dropout1d`.

    Examples
    --------
    >>> tl.nn.Dropout1d(0.5).eval()(tl.ones(1, 3))
    tensor([[1., 1., 1.]])
    """

    def forward(self, x: Any) -> Any:
        return F.dropout1d(x, self.p, self.training)


class Dropout2d(_Dropout):
    """Sets whole channels of images to zero in training, and scales the others; see `functional.dropout2d`.

    Examples
    --------
    >>> tl.nn.Dropout2d(0.5).eval()(tl.ones(1, 1, 1, 2))
    tensor([[[[1., 1.]]]])
    """

    def forward(self, x: Any) -> Any:
        return F.dropout2d(x, self.p, self.training)


class Dropout3d(_Dropout):
    """Sets whole channels of volumes to zero in training, and scales the others; see `functional.dropout3d`.

    Examples
    --------
    >>> tl.nn.Dropout3d(0.5).eval()(tl.ones(1, 1, 1, 2))
    tensor([[[[1., 1.]]]])
    """

    def forward(self, x: Any) -> Any:
        return F.dropout3d(x, self.p, self.training)


class AlphaDropout(_Dropout):
    """Lets elements saturate in training, keeping mean and variance, for `SELU`; see `functional.alpha_dropout`.

    Examples
    --------
    >>> tl.nn.AlphaDropout(0.5).eval()(tl.ones(3))
    tensor([1., 1., 1.])
    """

    def forward(self, x: Any) -> Any:
        return F.alpha_dropout(x, self.p, self.training)


class FeatureAlphaDropout(_Dropout):
    """Lets whole channels saturate in training; see `functional.feature_alpha_dropout`.

    Examples
    --------
    >>> tl.nn.FeatureAlphaDropout(0.5).eval()(tl.ones(1, 3))
    tensor([[1., 1., 1.]])
    """

    def forward(self, x: Any) -> Any:
        return F.feature_alpha_dropout(x, self.p, self.training)


class StochasticDepth(Module):
    """Leaves out a residual branch at random in training; see `functional.stochastic_depth`.

    Parameters
    ----------
    p : float
        With which probability it is left out.
    mode : {"row", "batch"}
        Whether each sample is drawn for itself, or the batch as a whole.

    Raises
    ------
    ValueError
        If `p` is no probability or the mode is not known.

    Examples
    --------
    >>> tl.nn.StochasticDepth(0.5, "row").eval()(tl.ones(1, 2))
    tensor([[1., 1.]])
    """

    def __init__(self, p: float, mode: str = "row") -> None:
        check_probability("StochasticDepth", p)
        if mode not in ("row", "batch"):
            raise ValueError(f"StochasticDepth: mode must be 'row' or 'batch', not {mode!r}")
        self.p, self.mode = p, mode

    def forward(self, x: Any) -> Any:
        return F.stochastic_depth(x, self.p, self.mode, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}, mode={self.mode}"


class DropConnectLinear(Linear):
    """A linear map whose weights are left out at random in training (Wan et al., 2013).

    Each weight is zero with probability `p`, and divided by ``1 - p`` otherwise, so that evaluation takes the weights
    as they are. They are drawn anew for each call, and once for all samples of it; the paper draws for each sample,
    which takes a matrix for each, and in evaluation samples from a normal distribution fitted to the masked sums. The
    bias is never left out.

    Parameters
    ----------
    in_features, out_features : int
        Length of the last axis before and after.
    p : float
        In [0, 1].
    bias : bool
        Whether there is one.
    device : Device or str, optional
        Where the parameters are.
    dtype : dtype, optional
        Their type; float32 by default.

    Attributes
    ----------
    weight, bias : Parameter
        Those of `Linear`, with its keys in the state dict.

    Raises
    ------
    ValueError
        If `p` is no probability.

    Examples
    --------
    >>> tl.nn.DropConnectLinear(20, 30, p=0.2)(tl.ones(128, 20)).shape
    (128, 30)
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        p: float = 0.5,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        check_probability("DropConnectLinear", p)
        super().__init__(in_features, out_features, bias, device=device, dtype=dtype)
        self.p = p

    def forward(self, x: Any) -> Any:
        return contraction.linear(x, F.dropout(self.weight, self.p, self.training), self.bias)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, p={self.p}"
