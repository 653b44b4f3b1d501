"""Recurrent cells: one step of one layer."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any, ClassVar

from ...ops.creation import empty, zeros
from ...ops.shapes import expand_dims
from .. import init
from ..functional.recurrent import GATES, check_features, check_state, run_direction
from ..module.module import Module
from ..module.parameter import Parameter


class RNNCellBase(Module):
    """The body of `RNNCell`, `LSTMCell` and `GRUCell`.

    Parameters
    ----------
    input_size, hidden_size, bias, device, dtype
        As in `LSTMCell`.
    num_chunks : int
        How many rows of the weights there are for each hidden unit.

    Examples
    --------
    >>> isinstance(tl.nn.GRUCell(2, 3), tl.nn.RNNCellBase)
    True
    """

    states: ClassVar[tuple[str, ...]] = ("hidden states",)

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty(rows, input_size, device=device, dtype=dtype))
        self.weight_hh = Parameter(empty(rows, hidden_size, device=device, dtype=dtype))
        self.bias_ih = Parameter(empty(rows, device=device, dtype=dtype)) if bias else None
        self.bias_hh = Parameter(empty(rows, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters anew: evenly within ``1 / sqrt(hidden_size)``."""
        bound = 1 / sqrt(self.hidden_size) if self.hidden_size else 0.0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _step(self, mode: str, x: Any, hx: Sequence[Any] | None) -> list[Any]:
        """Return the states after one step."""
        name = type(self).__name__
        check_features(name, x, ("batch", "features"), self.input_size)
        batch = tuple(x.shape[:-1])
        if hx is None:
            hx = [zeros((*batch, self.hidden_size), dtype=x.dtype, device=x.device)] * len(self.states)
        for which, state in zip(self.states, hx, strict=True):
            check_state(
                name, which, state, (*batch, self.hidden_size), "batch, hidden_size" if batch else "hidden_size"
            )
        if not batch:
            x, hx = expand_dims(x, 0), [expand_dims(state, 0) for state in hx]
        weights = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh, None)
        _, after = run_direction(mode, x, hx, weights, (x.shape[0],))
        return after if batch else [state[0] for state in after]

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(RNNCellBase):
    """One step of `RNN`: ``h = tanh(W_ih x + b_ih + W_hh h + b_hh)``.

    Parameters
    ----------
    input_size, hidden_size, bias
        As in `LSTMCell`.
    nonlinearity : {"tanh", "relu"}
        In place of ``tanh``.
    device, dtype
        As in `LSTMCell`.

    Attributes
    ----------
    weight_ih, weight_hh, bias_ih, bias_hh : Parameter
        As in `LSTMCell`, with one row per hidden unit.

    Raises
    ------
    ValueError
        If the nonlinearity is not known.
    ShapeError
        If an input, or a state, does not fit.

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
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNNCell: nonlinearity must be 'tanh' or 'relu', not {nonlinearity!r}")
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Any = None) -> Any:
        (h,) = self._step(f"RNN_{self.nonlinearity.upper()}", input, None if hx is None else (hx,))
        return h

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}")


class LSTMCell(RNNCellBase):
    """One step of `LSTM`: called as ``cell(input, (h, c))``, returns the new ``h, c``.

    Parameters
    ----------
    input_size, hidden_size : int
        Features of the input, and hidden units.
    bias : bool
        Whether there are biases.
    device : Device or str, optional
        Where the parameters are.
    dtype : dtype, optional
        Their type; float32 by default.

    Attributes
    ----------
    weight_ih : Parameter, shape (4 * hidden_size, input_size)
        Of the gates ``i, f, g, o``, one below the other; drawn evenly within ``1 / sqrt(hidden_size)`` like all others.
    weight_hh : Parameter, shape (4 * hidden_size, hidden_size)
        For the state before.
    bias_ih, bias_hh : Parameter, shape (4 * hidden_size,), or None
        Both are added.

    Raises
    ------
    ShapeError
        If an input, or a state, does not fit.

    Notes
    -----
    An input of one axis is a single one, without a batch axis; the states then have none either. They are zero where
    they are not given.

    Examples
    --------
    >>> h, c = tl.nn.LSTMCell(10, 20)(tl.ones(3, 10))
    >>> h.shape, c.shape
    ((3, 20), (3, 20))
    """

    states = ("hidden states", "cell states")

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, GATES["LSTM"], device, dtype)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        if hx is not None and not (isinstance(hx, list | tuple) and len(hx) == 2):
            raise TypeError(f"LSTMCell expects the states as a pair (h, c), not {type(hx).__name__}")
        h, c = self._step("LSTM", input, hx)
        return h, c


class GRUCell(RNNCellBase):
    """One step of `GRU`.

    Parameters
    ----------
    input_size, hidden_size, bias, device, dtype
        As in `LSTMCell`.

    Attributes
    ----------
    weight_ih, weight_hh, bias_ih, bias_hh : Parameter
        As in `LSTMCell`, with three rows per hidden unit: of the reset gate, the update gate and the candidate.

    Raises
    ------
    ShapeError
        If an input, or a state, does not fit.

    Examples
    --------
    >>> tl.nn.GRUCell(10, 20)(tl.ones(3, 10), tl.zeros(3, 20)).shape
    (3, 20)
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, GATES["GRU"], device, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        (h,) = self._step("GRU", input, None if hx is None else (hx,))
        return h
