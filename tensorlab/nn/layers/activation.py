"""Activation layers: smooth ones, those of straight pieces, and gates. Each computes the function of its name.

`inplace` is accepted wherever PyTorch has it: the input is never changed, and the output is a tensor of its own.
"""

from __future__ import annotations

from typing import Literal

from ...ops import contraction
from ...ops.creation import DeviceLike, empty, full
from ...ops.reduction import max
from ...ops.shapes import reshape
from ...options import Finite, NonNegative, Scalar, Size, checked, declared
from ...tensor import Tensor
from .. import functional as F
from .. import init as initial
from ..module.parameter import Parameter
from .base import UnaryLayer
from .learned import FloatingDType, LearnedLayer

# -- smooth activations ------------------------------------------------------------------------------------------------


class Tanh(UnaryLayer, function=F.tanh):
    """The hyperbolic tangent, elementwise.

    Examples
    --------
    >>> tl.nn.Tanh()(tl.zeros(1))
    tensor([0.])
    """


class Tanhshrink(UnaryLayer, function=F.tanhshrink):
    """``x - tanh(x)``, elementwise.

    Examples
    --------
    >>> tl.nn.Tanhshrink()(tl.tensor([100.0]))
    tensor([99.])
    """


class Sigmoid(UnaryLayer, function=F.sigmoid):
    """``1 / (1 + exp(-x))``, elementwise.

    Examples
    --------
    >>> tl.nn.Sigmoid()(tl.zeros(1))
    tensor([0.5])
    """


class LogSigmoid(UnaryLayer, function=F.logsigmoid):
    """The logarithm of `Sigmoid`, elementwise, accurate also where that underflows.

    Examples
    --------
    >>> tl.nn.LogSigmoid()(tl.tensor([-1000.0]))
    tensor([-1000.])
    """


@declared
class GELU(UnaryLayer, function=F.gelu):
    """``x`` times the cumulative distribution function of the normal distribution (Hendrycks and Gimpel, 2016).

    Examples
    --------
    >>> tl.nn.GELU()(tl.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """

    approximate: Literal["none", "tanh"] = "none"


@declared
class SiLU(UnaryLayer, function=F.silu):
    """``x * sigmoid(x)``, elementwise; also called swish (Elfwing et al., 2017).

    Examples
    --------
    >>> tl.nn.SiLU()(tl.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """

    inplace: bool = False


class Swish(LearnedLayer):
    """``x * sigmoid(beta * x)``, elementwise, with a learned `beta` (Ramachandran et al., 2017).

    Parameters
    ----------
    init : float
        Initial value of `beta`; 1 gives `SiLU`.

    Attributes
    ----------
    beta : Parameter, shape (1,)
        One number for all elements.

    Examples
    --------
    >>> tl.nn.Swish()(tl.tensor([[0.0, 100.0]])).tolist()
    [[0.0, 100.0]]
    """

    @checked
    def __init__(self, init: Finite = 1.0, device: DeviceLike = None, dtype: FloatingDType = None) -> None:
        self.init = init
        self.beta = Parameter(full((1,), float(init), device=device, dtype=dtype))

    def forward(self, input: Tensor) -> Tensor:
        return F.swish(input, self.beta if input.shape else self.beta[0])

    def extra_repr(self) -> str:
        return f"init={self.init}"


@declared
class Mish(UnaryLayer, function=F.mish):
    """``x * tanh(softplus(x))``, elementwise (Misra, 2019).

    Examples
    --------
    >>> tl.nn.Mish()(tl.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """

    inplace: bool = False


@declared
class Softplus(UnaryLayer, function=F.softplus):
    """``log(1 + exp(beta * x)) / beta``, elementwise.

    Examples
    --------
    >>> tl.nn.Softplus()(tl.tensor([-1000.0, 1000.0]))
    tensor([   0., 1000.])
    """

    beta: float = 1.0
    threshold: float = 20.0


class Softsign(UnaryLayer, function=F.softsign):
    """``x / (1 + abs(x))``, elementwise.

    Examples
    --------
    >>> tl.nn.Softsign()(tl.tensor([-1.0, 3.0]))
    tensor([-0.5 ,  0.75])
    """


class Gaussian(UnaryLayer, function=F.gaussian):
    """``exp(-x**2)``, elementwise (Broomhead and Lowe, 1988).

    Examples
    --------
    >>> tl.nn.Gaussian()(tl.tensor([0.0, 100.0]))
    tensor([1., 0.])
    """


@declared
class ELU(UnaryLayer, function=F.elu):
    """``x``, where it is not positive ``alpha * (exp(x) - 1)``, elementwise (Clevert et al., 2015).

    Examples
    --------
    >>> tl.nn.ELU(0.5)(tl.tensor([-1000.0, 2.0]))
    tensor([-0.5,  2. ])
    """

    alpha: float = 1.0
    inplace: bool = False


@declared
class CELU(UnaryLayer, function=F.celu):
    """``x``, where it is not positive ``alpha * (exp(x / alpha) - 1)``, elementwise (Barron, 2017).

    Examples
    --------
    >>> tl.nn.CELU(0.5)(tl.tensor([-1000.0, 2.0]))
    tensor([-0.5,  2. ])
    """

    alpha: float = 1.0
    inplace: bool = False


@declared
class SELU(UnaryLayer, function=F.selu):
    """``1.0507 * elu(x, 1.6733)``, elementwise: drives mean and variance to 0 and 1 (Klambauer et al., 2017).

    Examples
    --------
    >>> tl.nn.SELU()(tl.tensor([0.0, 1.0]))
    tensor([0.      , 1.050701])
    """

    inplace: bool = False


# -- activations of straight pieces ------------------------------------------------------------------------------------


@declared
class ReLU(UnaryLayer, function=F.relu):
    """The positive part, elementwise.

    Examples
    --------
    >>> tl.nn.ReLU()(tl.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    inplace: bool = False


@declared
class LeakyReLU(UnaryLayer, function=F.leaky_relu):
    """``x``, multiplied by a slope where it is not positive, elementwise (Maas et al., 2013).

    Examples
    --------
    >>> tl.nn.LeakyReLU(0.5)(tl.tensor([-1.0, 2.0]))
    tensor([-0.5,  2. ])
    """

    negative_slope: float = 0.01
    inplace: bool = False


class PReLU(LearnedLayer):
    """``x``, multiplied by a learned slope where it is not positive (He et al., 2015).

    Parameters
    ----------
    num_parameters : int
        1, or the number of channels (axis 1) for one slope per channel.
    init : float
        Initial value of the slopes.

    Attributes
    ----------
    weight : Parameter, shape (num_parameters,)
        The slopes. Exclude them from weight decay, which would pull them to zero.

    Examples
    --------
    >>> tl.nn.PReLU()(tl.tensor([-1.0, 2.0])).tolist()
    [-0.25, 2.0]
    """

    @checked
    def __init__(
        self, num_parameters: Size = 1, init: Finite = 0.25, device: DeviceLike = None, dtype: FloatingDType = None
    ) -> None:
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the slopes to their initial value."""
        initial.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


@declared
class RReLU(UnaryLayer, function=F.rrelu):
    """``x``, multiplied by a slope that is random in training where it is not positive (Xu et al., 2015).

    Examples
    --------
    >>> tl.nn.RReLU(0.25, 0.75).eval()(tl.tensor([-1.0, 2.0]))
    tensor([-0.5,  2. ])
    """

    lower: Finite = 1 / 8
    upper: Finite = 1 / 3
    inplace: bool = False


@declared
class Threshold(UnaryLayer, function=F.threshold):
    """``x`` where it is above a threshold, otherwise a value, elementwise.

    Examples
    --------
    >>> tl.nn.Threshold(1.0, -5.0)(tl.tensor([0.0, 2.0]))
    tensor([-5.,  2.])
    """

    threshold: float
    value: Scalar
    inplace: bool = False


@declared
class Hardtanh(UnaryLayer, function=F.hardtanh):
    """``x`` clamped to an interval, elementwise.

    Raises
    ------
    ValueError
        If `max_val` is not above `min_val`.

    Examples
    --------
    >>> tl.nn.Hardtanh()(tl.tensor([-2.0, 0.5]))
    tensor([-1. ,  0.5])
    """

    min_val: float = -1.0
    max_val: float = 1.0
    inplace: bool = False

    def __post_init__(self) -> None:
        if not self.max_val > self.min_val:
            raise ValueError(
                f"{type(self).__name__}: max_val must be above min_val, but {self.max_val} <= {self.min_val}"
            )


class ReLU6(Hardtanh, function=F.relu6):
    """``x`` clamped to the interval from 0 to 6, elementwise.

    Examples
    --------
    >>> tl.nn.ReLU6()(tl.tensor([-1.0, 8.0]))
    tensor([0., 6.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


@declared
class Hardsigmoid(UnaryLayer, function=F.hardsigmoid):
    """``relu6(x + 3) / 6``, elementwise.

    Examples
    --------
    >>> tl.nn.Hardsigmoid()(tl.tensor([-4.0, 0.0, 4.0]))
    tensor([0. , 0.5, 1. ])
    """

    inplace: bool = False
    _shown = ()


@declared
class Hardswish(UnaryLayer, function=F.hardswish):
    """``x * relu6(x + 3) / 6``, elementwise (Howard et al., 2019).

    Examples
    --------
    >>> tl.nn.Hardswish()(tl.tensor([0.0, 4.0]))
    tensor([0., 4.])
    """

    inplace: bool = False
    _shown = ()


@declared
class Hardshrink(UnaryLayer, function=F.hardshrink):
    """``x``, zero within ``[-lambd, lambd]``, elementwise.

    Examples
    --------
    >>> tl.nn.Hardshrink()(tl.tensor([-0.4, 2.0]))
    tensor([0., 2.])
    """

    lambd: float = 0.5

    def extra_repr(self) -> str:
        return f"{self.lambd}"


@declared
class Softshrink(UnaryLayer, function=F.softshrink):
    """``x`` moved towards zero by `lambd`, but not past it, elementwise.

    Examples
    --------
    >>> tl.nn.Softshrink()(tl.tensor([-0.4, 2.0]))
    tensor([0. , 1.5])
    """

    lambd: NonNegative = 0.5

    def extra_repr(self) -> str:
        return f"{self.lambd}"


# -- gates and maxima --------------------------------------------------------------------------------------------------


@declared
class GLU(UnaryLayer, function=F.glu):
    """The first half along an axis, times the sigmoid of the second (Dauphin et al., 2016).

    Examples
    --------
    >>> tl.nn.GLU()(tl.tensor([3.0, 0.0]))
    tensor([1.5])
    """

    axis: int = -1


class Maxout(LearnedLayer):
    """The greatest of several linear maps, for each output feature (Goodfellow et al., 2013).

    Parameters
    ----------
    in_features, out_features : int
        Length of the last axis before and after.
    pieces : int
        Number of linear maps for each output feature.

    Attributes
    ----------
    weight : Parameter, shape (out_features * pieces, in_features)
        Drawn uniformly within ``1 / sqrt(in_features)``; the pieces of one output feature are adjacent.
    bias : Parameter, shape (out_features * pieces,), or None
        Drawn likewise.

    Notes
    -----
    Several pieces that are the greatest share the gradient evenly, as in `max`.

    Examples
    --------
    >>> tl.nn.Maxout(20, 30, pieces=4)(tl.ones(128, 20)).shape
    (128, 30)
    """

    @checked
    def __init__(
        self,
        in_features: Size,
        out_features: Size,
        pieces: Size = 2,
        bias: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        self.in_features, self.out_features, self.pieces = in_features, out_features, pieces
        self.weight = Parameter(empty(out_features * pieces, in_features, device=device, dtype=dtype))
        self.bias = Parameter(empty(out_features * pieces, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias again."""
        initial.by_fan_in_(self.weight, self.bias)

    def forward(self, input: Tensor) -> Tensor:
        maps = contraction.linear(input, self.weight, self.bias)
        return max(reshape(maps, (*maps.shape[:-1], self.out_features, self.pieces)), axis=-1)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, pieces={self.pieces}, "
            f"bias={self.bias is not None}"
        )
