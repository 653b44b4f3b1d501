"""Recurrent cells: one step of one layer."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import ClassVar

from ...ops.creation import DeviceLike, zeros
from ...ops.shapes import expand_dims
from ...options import Count, Size, checked
from ...options.kinds import kind_of, read
from ...tensor import Tensor
from .. import init
from ..functional.recurrent import GATES, check_features, check_state, run_direction, state_pair
from ..module.parameter import Parameter
from .learned import FloatingDType, LearnedLayer, new_parameter
from .recurrent import Nonlinearity


class RNNCellBase(LearnedLayer):
    """The base class of `RNNCell`, `LSTMCell` and `GRUCell`.

    Parameters
    ----------
    input_size, hidden_size : int
        Number of features of the input, and number of hidden units.
    bias : bool
        Whether biases are learned.
    num_chunks : int
        Rows of the weights for each hidden unit.
    nonlinearity : {"tanh", "relu"}
        The function applied to the sum.

    Attributes
    ----------
    weight_ih : Parameter, shape (gates * hidden_size, input_size)
        Weights of the input, with the gates of `RNNBase`. All parameters are drawn uniformly within
        ``1 / sqrt(hidden_size)``.
    weight_hh : Parameter, shape (gates * hidden_size, hidden_size)
        Weights of the previous state.
    bias_ih, bias_hh : Parameter, shape (gates * hidden_size,), or None
        Both are added.

    Raises
    ------
    ShapeError
        If an input, or a state, does not fit.

    Notes
    -----
    An input of one axis is a single one, without a batch axis; the states then have none either. States are zero by
    default.

    Examples
    --------
    >>> isinstance(tl.nn.GRUCell(2, 3), tl.nn.RNNCellBase)
    True
    """

    states: ClassVar[tuple[str, ...]] = ("hidden states",)
    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    @checked
    def __init__(
        self,
        input_size: Count,
        hidden_size: Count,
        bias: bool,
        num_chunks: Size,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = num_chunks * hidden_size
        self.weight_ih = new_parameter(rows, input_size, device=device, dtype=dtype)
        self.weight_hh = new_parameter(rows, hidden_size, device=device, dtype=dtype)
        self.bias_ih = new_parameter(rows, device=device, dtype=dtype) if bias else None
        self.bias_hh = new_parameter(rows, device=device, dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Redraw all parameters, uniformly within ``1 / sqrt(hidden_size)``."""
        bound = 1 / sqrt(self.hidden_size) if self.hidden_size else 0.0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _step(self, mode: str, x: Tensor, hx: Sequence[Tensor] | None) -> list[Tensor]:
        """Return the states after one step."""
        name = type(self).__name__
        check_features(name, x, ("batch", "features"), self.input_size)
        batch = tuple(x.shape[:-1])
        if hx is None:
            hx = [zeros((*batch, self.hidden_size), dtype=x.dtype, device=x.device)] * len(self.states)
        axes = "batch, hidden_size" if batch else "hidden_size"
        for which, state in zip(self.states, hx, strict=True):
            check_state(name, which, state, (*batch, self.hidden_size), axes)
        if not batch:
            x, hx = expand_dims(x, 0), [expand_dims(state, 0) for state in hx]
        weights = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh, None)
        _, after = run_direction(mode, x, hx, weights, (x.shape[0],))
        return after if batch else [state[0] for state in after]

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(RNNCellBase):
    """One step of `RNN`: ``h = tanh(W_ih x + b_ih + W_hh h + b_hh)``.

    Examples
    --------
    >>> tl.nn.RNNCell(10, 20)(tl.ones(3, 10), tl.zeros(3, 20)).shape
    (3, 20)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: Nonlinearity = "tanh",
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        self.nonlinearity = read("RNNCell", "nonlinearity", kind_of(Nonlinearity), nonlinearity)
        super().__init__(input_size, hidden_size, bias, GATES["RNN_TANH"], device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        (h,) = self._step(f"RNN_{self.nonlinearity.upper()}", input, None if hx is None else (hx,))
        return h

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}")


class LSTMCell(RNNCellBase):
    """One step of `LSTM`: called as ``cell(input, (h, c))``, returns the new ``h, c``.

    Examples
    --------
    >>> h, c = tl.nn.LSTMCell(10, 20)(tl.ones(3, 10))
    >>> h.shape, c.shape
    ((3, 20), (3, 20))
    """

    states = ("hidden states", "cell states")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, GATES["LSTM"], device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        h, c = self._step("LSTM", input, state_pair("LSTMCell", "(h, c)", hx))
        return h, c


class GRUCell(RNNCellBase):
    """One step of `GRU`.

    Examples
    --------
    >>> tl.nn.GRUCell(10, 20)(tl.ones(3, 10), tl.zeros(3, 20)).shape
    (3, 20)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, GATES["GRU"], device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        (h,) = self._step("GRU", input, None if hx is None else (hx,))
        return h
