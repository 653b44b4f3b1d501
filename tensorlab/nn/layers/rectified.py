"""Activation layers made of straight pieces, elementwise; each computes the function of its name in `functional`.

`inplace` is taken for PyTorch's sake: the input is never changed.
"""

from __future__ import annotations

from typing import Any

from ...ops.creation import empty
from .. import functional as F
from .. import init as initial
from ..functional.rectified import check_surrogate
from ..module.module import Module
from ..module.parameter import Parameter
from .activation import InPlace


class ReLU(InPlace):
    """The positive part, elementwise.

    Parameters
    ----------
    inplace : bool
        Taken for PyTorch's sake; the input is never changed.

    Examples
    --------
    >>> tl.nn.ReLU()(tl.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def forward(self, x: Any) -> Any:
        return F.relu(x)


class LeakyReLU(Module):
    """``x``, where it is not positive times a slope, elementwise (Maas et al., 2013).

    Parameters
    ----------
    negative_slope : float
        The slope.
    inplace : bool
        Taken for PyTorch's sake; the input is never changed.

    Examples
    --------
    >>> tl.nn.LeakyReLU(0.5)(tl.tensor([-1.0, 2.0]))
    tensor([-0.5,  2. ])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, x: Any) -> Any:
        return F.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class PReLU(Module):
    """``x``, where it is not positive times a learned slope (He et al., 2015).

    Parameters
    ----------
    num_parameters : int
        1, or the number of channels (axis 1), each of which has a slope of its own then.
    init : float
        What the slopes are at first.
    device : Device or str, optional
        Where the parameter is.
    dtype : dtype, optional
        Its type; float32 by default.

    Attributes
    ----------
    weight : Parameter, shape (num_parameters,)
        The slopes. Weight decay would draw them to zero: leave them out of it.

    Examples
    --------
    >>> tl.nn.PReLU()(tl.tensor([-1.0, 2.0])).tolist()
    [-0.25, 2.0]
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the slopes to what they are at first."""
        initial.constant_(self.weight, self.init)

    def forward(self, x: Any) -> Any:
        return F.prelu(x, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(Module):
    """``x``, where it is not positive times a slope that is random in training (Xu et al., 2015).

    Parameters
    ----------
    lower, upper : float
        Between which the slopes are drawn evenly, one per element; in evaluation all are the mean of the two.
    inplace : bool
        Taken for PyTorch's sake; the input is never changed.

    Examples
    --------
    >>> tl.nn.RReLU(0.25, 0.75).eval()(tl.tensor([-1.0, 2.0]))
    tensor([-0.5,  2. ])
    """

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, x: Any) -> Any:
        return F.rrelu(x, self.lower, self.upper, self.training)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}" + (", inplace=True" if self.inplace else "")


class Threshold(Module):
    """``x`` where it is above a threshold, else a value, elementwise.

    Parameters
    ----------
    threshold, value : float
        The two numbers.
    inplace : bool
        Taken for PyTorch's sake; the input is never changed.

    Examples
    --------
    >>> tl.nn.Threshold(1.0, -5.0)(tl.tensor([0.0, 2.0]))
    tensor([-5.,  2.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        self.threshold, self.value, self.inplace = threshold, value, inplace

    def forward(self, x: Any) -> Any:
        return F.threshold(x, self.threshold, self.value)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")


class Hardtanh(Module):
    """``x`` within two numbers, elementwise.

    Parameters
    ----------
    min_val, max_val : float
        The two numbers.
    inplace : bool
        Taken for PyTorch's sake; the input is never changed.

    Raises
    ------
    ValueError
        If `max_val` is not above `min_val`.

    Examples
    --------
    >>> tl.nn.Hardtanh()(tl.tensor([-2.0, 0.5]))
    tensor([-1. ,  0.5])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        if not max_val > min_val:
            raise ValueError(f"{type(self).__name__}: max_val must be above min_val, but {max_val} <= {min_val}")
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace

    def forward(self, x: Any) -> Any:
        return F.hardtanh(x, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class ReLU6(Hardtanh):
    """``x`` within 0 and 6, elementwise.

    Examples
    --------
    >>> tl.nn.ReLU6()(tl.tensor([-1.0, 8.0]))
    tensor([0., 6.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Hardsigmoid(InPlace):
    """``relu6(x + 3) / 6``, elementwise.

    Examples
    --------
    >>> tl.nn.Hardsigmoid()(tl.tensor([-4.0, 0.0, 4.0]))
    tensor([0. , 0.5, 1. ])
    """

    def forward(self, x: Any) -> Any:
        return F.hardsigmoid(x)

    def extra_repr(self) -> str:
        return ""


class Hardswish(InPlace):
    """``x * relu6(x + 3) / 6``, elementwise (Howard et al., 2019).

    Examples
    --------
    >>> tl.nn.Hardswish()(tl.tensor([0.0, 4.0]))
    tensor([0., 4.])
    """

    def forward(self, x: Any) -> Any:
        return F.hardswish(x)

    def extra_repr(self) -> str:
        return ""


class _Shrink(Module):
    """What makes zero of small numbers."""

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = lambd

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Hardshrink(_Shrink):
    """``x``, zero within ``[-lambd, lambd]``, elementwise.

    Parameters
    ----------
    lambd : float
        The greatest number that becomes zero.

    Examples
    --------
    >>> tl.nn.Hardshrink()(tl.tensor([-0.4, 2.0]))
    tensor([0., 2.])
    """

    def forward(self, x: Any) -> Any:
        return F.hardshrink(x, self.lambd)


class Softshrink(_Shrink):
    """``x`` brought nearer to zero by `lambd`, not beyond, elementwise.

    Parameters
    ----------
    lambd : float
        By how much; not negative.

    Examples
    --------
    >>> tl.nn.Softshrink()(tl.tensor([-0.4, 2.0]))
    tensor([0. , 1.5])
    """

    def forward(self, x: Any) -> Any:
        return F.softshrink(x, self.lambd)


class Heaviside(Module):
    """The step from 0 to 1 at zero, with a derivative to learn by; see `functional.heaviside`.

    Parameters
    ----------
    surrogate : {"none", "straight_through", "sigmoid", "triangle", "arctan"}
        What is taken for the derivative; papers and formulas are named there.
    scale : float
        How narrow the surrogate is; above 0.
    at_zero : float
        The value at zero.

    Raises
    ------
    ValueError
        If the surrogate is not known or the scale is not positive.

    Examples
    --------
    >>> tl.nn.Heaviside("arctan", scale=2.0)(tl.tensor([-1.0, 1.0]))
    tensor([0., 1.])
    """

    def __init__(self, surrogate: str = "none", scale: float = 1.0, at_zero: float = 0.0) -> None:
        check_surrogate("Heaviside", surrogate, scale)
        self.surrogate, self.scale, self.at_zero = surrogate, scale, at_zero

    def forward(self, x: Any) -> Any:
        return F.heaviside(x, self.surrogate, self.scale, self.at_zero)

    def extra_repr(self) -> str:
        return f"surrogate={self.surrogate!r}, scale={self.scale}, at_zero={self.at_zero}"
