"""Smooth activation layers, elementwise; each computes the function of its name in `functional`.

`inplace` is taken for PyTorch's sake wherever PyTorch has it, here and in the other families: the input is never
changed, and the output is a tensor of its own.
"""

from __future__ import annotations

from typing import Any

from ...ops.creation import full
from .. import functional as F
from ..module.module import Module
from ..module.parameter import Parameter


class InPlace(Module):
    """What has the option `inplace` and no other."""

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Tanh(Module):
    """The hyperbolic tangent, elementwise.

    Examples
    --------
    >>> tl.nn.Tanh()(tl.zeros(1))
    tensor([0.])
    """

    def forward(self, x: Any) -> Any:
        return F.tanh(x)


class Tanhshrink(Module):
    """``x - tanh(x)``, elementwise.

    Examples
    --------
    >>> tl.nn.Tanhshrink()(tl.tensor([100.0]))
    tensor([99.])
    """

    def forward(self, x: Any) -> Any:
        return F.tanhshrink(x)


class Sigmoid(Module):
    """``1 / (1 + exp(-x))``, elementwise.

    Examples
    --------
    >>> tl.nn.Sigmoid()(tl.zeros(1))
    tensor([0.5])
    """

    def forward(self, x: Any) -> Any:
        return F.sigmoid(x)


class LogSigmoid(Module):
    """The logarithm of `Sigmoid`, elementwise, exact also where that underflows.

    Examples
    --------
    >>> tl.nn.LogSigmoid()(tl.tensor([-1000.0]))
    tensor([-1000.])
    """

    def forward(self, x: Any) -> Any:
        return F.logsigmoid(x)


class GELU(Module):
    """``x`` times the area under the normal distribution left of it, elementwise (Hendrycks and Gimpel, 2016).

    Parameters
    ----------
    approximate : {"none", "tanh"}
        See `functional.gelu`.

    Raises
    ------
    ValueError
        If the approximation is not known.

    Examples
    --------
    >>> tl.nn.GELU()(tl.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """

    def __init__(self, approximate: str = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ValueError(f"GELU: approximate must be 'none' or 'tanh', not {approximate!r}")
        self.approximate = approximate

    def forward(self, x: Any) -> Any:
        return F.gelu(x, self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(InPlace):
    """``x * sigmoid(x)``, elementwise; also called swish.

    Examples
    --------
    >>> tl.nn.SiLU()(tl.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """

    def forward(self, x: Any) -> Any:
        return F.silu(x)


class Swish(Module):
    """``x * sigmoid(beta * x)``, elementwise, with a learned `beta` (Ramachandran et al., 2017).

    Parameters
    ----------
    init : float
        What `beta` is at first; with 1 this is `SiLU`.
    device : Device or str, optional
        Where the parameter is.
    dtype : dtype, optional
        Its type; float32 by default.

    Attributes
    ----------
    beta : Parameter, shape (1,)
        One number for all elements.

    Examples
    --------
    >>> tl.nn.Swish()(tl.tensor([[0.0, 100.0]])).tolist()
    [[0.0, 100.0]]
    """

    def __init__(self, init: float = 1.0, device: Any = None, dtype: Any = None) -> None:
        self.init = init
        self.beta = Parameter(full((1,), init, device=device, dtype=dtype))

    def forward(self, x: Any) -> Any:
        return F.swish(x, self.beta if x.shape else self.beta[0])

    def extra_repr(self) -> str:
        return f"init={self.init}"


class Mish(InPlace):
    """``x * tanh(softplus(x))``, elementwise (Misra, 2019).

    Examples
    --------
    >>> tl.nn.Mish()(tl.tensor([0.0, 100.0]))
    tensor([  0., 100.])
    """

    def forward(self, x: Any) -> Any:
        return F.mish(x)


class Softplus(Module):
    """``log(1 + exp(beta * x)) / beta``, elementwise; see `functional.softplus`.

    Parameters
    ----------
    beta : float
        How sharply it bends at zero.
    threshold : float
        Where ``beta * x`` is above it, the result is the input.

    Examples
    --------
    >>> tl.nn.Softplus()(tl.tensor([-1000.0, 1000.0]))
    tensor([   0., 1000.])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Any) -> Any:
        return F.softplus(x, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Softsign(Module):
    """``x / (1 + abs(x))``, elementwise.

    Examples
    --------
    >>> tl.nn.Softsign()(tl.tensor([-1.0, 3.0]))
    tensor([-0.5 ,  0.75])
    """

    def forward(self, x: Any) -> Any:
        return F.softsign(x)


class Gaussian(Module):
    """``exp(-x**2)``, elementwise.

    Examples
    --------
    >>> tl.nn.Gaussian()(tl.tensor([0.0, 100.0]))
    tensor([1., 0.])
    """

    def forward(self, x: Any) -> Any:
        return F.gaussian(x)


class _WithAlpha(Module):
    """What has the options `alpha` and `inplace`."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        self.alpha, self.inplace = alpha, inplace

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class ELU(_WithAlpha):
    """``x``, where it is not positive ``alpha * (exp(x) - 1)``, elementwise (Clevert et al., 2015).

    Parameters
    ----------
    alpha : float
        What it falls to, but for the sign.
    inplace : bool
        Taken for PyTorch's sake; the input is never changed.

    Examples
    --------
    >>> tl.nn.ELU(0.5)(tl.tensor([-1000.0, 2.0]))
    tensor([-0.5,  2. ])
    """

    def forward(self, x: Any) -> Any:
        return F.elu(x, self.alpha)


class CELU(_WithAlpha):
    """``x``, where it is not positive ``alpha * (exp(x / alpha) - 1)``, elementwise (Barron, 2017).

    Parameters
    ----------
    alpha : float
        What it falls to, but for the sign.
    inplace : bool
        Taken for PyTorch's sake; the input is never changed.

    Examples
    --------
    >>> tl.nn.CELU(0.5)(tl.tensor([-1000.0, 2.0]))
    tensor([-0.5,  2. ])
    """

    def forward(self, x: Any) -> Any:
        return F.celu(x, self.alpha)


class SELU(InPlace):
    """``1.0507 * elu(x, 1.6733)``, elementwise: it draws mean and variance to 0 and 1 (Klambauer et al., 2017).

    Examples
    --------
    >>> tl.nn.SELU()(tl.tensor([0.0, 1.0]))
    tensor([0.      , 1.050701])
    """

    def forward(self, x: Any) -> Any:
        return F.selu(x)
