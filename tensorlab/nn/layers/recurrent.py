"""Recurrent layers: one body, which keeps the weights and runs the layers; the cells are in `cells`."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any, ClassVar
from warnings import warn

from ...errors import ShapeError
from ...ops.creation import empty, zeros
from ...ops.indexing import take
from ...ops.shapes import expand_dims, reshape, swapaxes
from .. import init
from ..functional.recurrent import GATES, check_features, check_state, run_layers
from ..module.module import Module
from ..module.parameter import Parameter
from ..utils.rnn import PackedSequence
from .checks import check_sizes

ROLES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")


class RNNBase(Module):
    """The body of `RNN`, `LSTM` and `GRU`: their weights, and the way through the layers.

    Parameters
    ----------
    mode : {"RNN_TANH", "RNN_RELU", "LSTM", "GRU"}
        What a step computes.
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype
        As in `LSTM`.

    Examples
    --------
    >>> isinstance(tl.nn.GRU(2, 3), tl.nn.RNNBase)
    True
    """

    states: ClassVar[tuple[str, ...]] = ("hidden states",)

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        name = type(self).__name__
        _check_settings(name, mode, input_size, hidden_size, num_layers, dropout, proj_size)
        if dropout and num_layers == 1:
            warn(f"{name}: dropout={dropout} comes between layers, and there is only one (num_layers=1)", stacklevel=3)
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        for names, layer_input in zip(self._names(), self._input_sizes(), strict=True):
            rows, out = GATES[mode] * hidden_size, proj_size or hidden_size
            shapes = [(rows, layer_input), (rows, out), (rows,), (rows,), (proj_size, hidden_size)]
            for parameter, shape in zip(names, shapes, strict=True):
                if parameter is not None:
                    setattr(self, parameter, Parameter(empty(shape, device=device, dtype=dtype)))
        self.reset_parameters()

    def _names(self) -> list[list[str | None]]:
        """Return the parameters' names for each layer and direction, None where there is none."""
        left_out = {"bias_ih": not self.bias, "bias_hh": not self.bias, "weight_hr": not self.proj_size}
        return [
            [None if left_out.get(role) else f"{role}_l{layer}{suffix}" for role in ROLES]
            for layer in range(self.num_layers)
            for suffix in ("", "_reverse")[: self._directions]
        ]

    def _input_sizes(self) -> list[int]:
        """Return the number of features that each layer and direction is given."""
        later = (self.proj_size or self.hidden_size) * self._directions
        sizes = [self.input_size] + [later] * (self.num_layers - 1)
        return [size for size in sizes for _ in range(self._directions)]

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction, in the order of the state dict."""
        return [[getattr(self, name) for name in names if name is not None] for names in self._names()]

    def reset_parameters(self) -> None:
        """Draw all parameters anew: evenly within ``1 / sqrt(hidden_size)``."""
        bound = 1 / sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Do nothing: weights need not lie together here. PyTorch's programs may call it."""

    # -- forward ---------------------------------------------------------------------------------------------

    def _run(self, x: Any, hx: Sequence[Any] | None) -> tuple[Any, list[Any]]:
        """Return the output and the last states, in the form in which the input and the states were given."""
        if isinstance(x, PackedSequence):
            return self._run_packed(x, hx)
        batched = ("batch", "steps", "features") if self.batch_first else ("steps", "batch", "features")
        check_features(type(self).__name__, x, batched, self.input_size)
        alone = len(x.shape) == 2
        x = expand_dims(x, 1) if alone else swapaxes(x, 0, 1) if self.batch_first else x
        steps, batch, features = x.shape
        if not steps:
            raise ShapeError(f"{type(self).__name__} expects at least one step, not an input of shape {tuple(x.shape)}")
        if hx is not None and alone:
            self._check_states(hx, ())
            hx = [expand_dims(state, 1) for state in hx]
        rows, after = self._run_rows(reshape(x, (steps * batch, features)), hx, (batch,) * steps)
        out = reshape(rows, (steps, batch, rows.shape[1]))
        if alone:
            return out[:, 0], [state[:, 0] for state in after]
        return (swapaxes(out, 0, 1) if self.batch_first else out), after

    def _run_packed(self, x: PackedSequence, hx: Sequence[Any] | None) -> tuple[PackedSequence, list[Any]]:
        check_features(type(self).__name__, x.data, ("rows", "features"), self.input_size)
        batch_sizes = tuple(x.batch_sizes.tolist())
        if hx is not None and x.sorted_indices is not None:
            self._check_states(hx, batch_sizes[:1])
            hx = [take(state, x.sorted_indices, axis=1) for state in hx]
        rows, after = self._run_rows(x.data, hx, batch_sizes)
        if x.unsorted_indices is not None:
            after = [take(state, x.unsorted_indices, axis=1) for state in after]
        return PackedSequence(rows, x.batch_sizes, x.sorted_indices, x.unsorted_indices), after

    def _run_rows(self, rows: Any, hx: Sequence[Any] | None, batch_sizes: tuple[int, ...]) -> tuple[Any, list[Any]]:
        if hx is None:
            hx = [zeros(shape, dtype=rows.dtype, device=rows.device) for shape in self._state_shapes(batch_sizes[:1])]
        self._check_states(hx, batch_sizes[:1])
        weights = [[None if name is None else getattr(self, name) for name in names] for names in self._names()]
        p = self.dropout if self.training else 0.0
        return run_layers(self.mode, rows, hx, weights, batch_sizes, self._directions, p)

    def _state_shapes(self, batch: tuple[int, ...]) -> list[tuple[int, ...]]:
        sizes = (self.proj_size or self.hidden_size, self.hidden_size)[: len(self.states)]
        return [(self.num_layers * self._directions, *batch, size) for size in sizes]

    def _check_states(self, hx: Sequence[Any], batch: tuple[int, ...]) -> None:
        for state in hx:
            if not hasattr(state, "shape"):
                raise TypeError(f"{type(self).__name__} expects a tensor as initial state, not {type(state).__name__}")
        axes = "layers * directions, batch, size" if batch else "layers * directions, size"
        for which, state, shape in zip(self.states, hx, self._state_shapes(batch), strict=True):
            check_state(type(self).__name__, which, state, shape, axes)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        usual = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0.0,
            "bidirectional": False,
        }
        set_ = {name: getattr(self, name) for name in usual}
        return text + "".join(f", {name}={value}" for name, value in set_.items() if value != usual[name])


def _check_settings(
    name: str, mode: str, input_size: int, hidden_size: int, num_layers: int, dropout: float, proj_size: int
) -> None:
    """Refuse what no recurrent layer can be made with."""
    if mode not in GATES:
        raise ValueError(f"{name}: mode must be one of {', '.join(GATES)}, not {mode!r}")
    check_sizes(name, least=1, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
    if isinstance(dropout, bool) or not isinstance(dropout, int | float) or not 0 <= dropout <= 1:
        raise ValueError(f"{name}: dropout is a probability in [0, 1], not {dropout!r}")
    if not 0 <= proj_size < hidden_size:
        raise ValueError(
            f"{name}: proj_size must be smaller than hidden_size {hidden_size}, or 0 for no projection, not {proj_size}"
        )


class RNN(RNNBase):
    """Layers of simple recurrent units (Elman, 1990): ``h = tanh(W_ih x + b_ih + W_hh h + b_hh)``.

    Parameters
    ----------
    input_size, hidden_size, num_layers
        As in `LSTM`.
    nonlinearity : {"tanh", "relu"}
        In place of ``tanh``.
    bias, batch_first, dropout, bidirectional, device, dtype
        As in `LSTM`.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, ... : Parameter
        As in `LSTM`, with one row per hidden unit.

    Raises
    ------
    ValueError
        If a setting is out of range.
    ShapeError
        If an input, or an initial state, does not fit.

    Examples
    --------
    >>> output, h = tl.nn.RNN(10, 20, num_layers=2)(tl.ones(5, 3, 10), tl.zeros(2, 3, 20))
    >>> output.shape, h.shape
    ((5, 3, 20), (2, 3, 20))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNN: nonlinearity must be 'tanh' or 'relu', not {nonlinearity!r}")
        self.nonlinearity = nonlinearity
        mode = f"RNN_{nonlinearity.upper()}"
        super().__init__(
            mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        output, (h,) = self._run(input, None if hx is None else (hx,))
        return output, h


class GRU(RNNBase):
    """Layers of gated recurrent units (Cho et al., 2014).

    With gates ``r`` and ``z`` a step is ``n = tanh(W_in x + b_in + r * (W_hn h + b_hn))`` and
    ``h = (1 - z) * n + z * h``: the reset gate acts on the product, as in cuDNN and PyTorch, not on the state before.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, device, dtype
        As in `LSTM`.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, ... : Parameter
        As in `LSTM`, with three rows per hidden unit: of the reset gate, the update gate and the candidate.

    Raises
    ------
    ValueError
        If a setting is out of range.
    ShapeError
        If an input, or an initial state, does not fit.

    Examples
    --------
    >>> output, h = tl.nn.GRU(10, 20, bidirectional=True)(tl.ones(5, 3, 10))
    >>> output.shape, h.shape
    ((5, 3, 40), (2, 3, 20))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        output, (h,) = self._run(input, None if hx is None else (hx,))
        return output, h


class LSTM(RNNBase):
    """Layers of long short-term memory (Hochreiter and Schmidhuber, 1997; with forget gates, Gers et al., 2000).

    With the input, forget and output gates ``i``, ``f`` and ``o`` and the candidate ``g``, a step is
    ``c = f * c + i * g`` and ``h = o * tanh(c)``. Called as ``layer(input)`` or ``layer(input, (h_0, c_0))``; returns
    ``output, (h_n, c_n)``.

    Parameters
    ----------
    input_size : int
        Length of the input's last axis.
    hidden_size : int
        Hidden units of each layer and direction.
    num_layers : int
        Each layer is given the output of the one before.
    bias : bool
        Whether there are biases.
    batch_first : bool
        Whether inputs and outputs are ``(batch, steps, features)`` and not ``(steps, batch, features)``. The states
        are not concerned.
    dropout : float
        With what probability elements between layers are set to zero in training.
    bidirectional : bool
        Whether each layer also runs from the last step to the first; its output follows the other one's on the last
        axis.
    proj_size : int
        If not 0, to how many numbers the hidden state is projected (Sak et al., 2014).
    device : Device or str, optional
        Where the parameters are.
    dtype : dtype, optional
        Their type; float32 by default.

    Attributes
    ----------
    weight_ih_l0 : Parameter, shape (4 * hidden_size, input_size)
        Of the gates ``i, f, g, o``, one below the other; drawn evenly within ``1 / sqrt(hidden_size)`` like all others.
        Later layers' are called ``weight_ih_l1`` and so on, the other direction's ``weight_ih_l0_reverse``.
    weight_hh_l0 : Parameter, shape (4 * hidden_size, hidden_size or proj_size)
        For the state before.
    bias_ih_l0, bias_hh_l0 : Parameter, shape (4 * hidden_size,)
        Both are added.
    weight_hr_l0 : Parameter, shape (proj_size, hidden_size)
        With `proj_size` only.

    Raises
    ------
    ValueError
        If a setting is out of range.
    ShapeError
        If an input, or an initial state, does not fit.

    Notes
    -----
    Inputs of two axes are one sequence without a batch axis; outputs and states then have none either. A
    `PackedSequence` gives a packed output. Initial states are zero where they are not given.

    Examples
    --------
    >>> output, (h, c) = tl.nn.LSTM(10, 20, num_layers=2, batch_first=True)(tl.ones(3, 5, 10))
    >>> output.shape, h.shape, c.shape
    ((3, 5, 20), (2, 3, 20), (2, 3, 20))
    """

    states = ("hidden states", "cell states")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, tuple[Any, Any]]:
        if hx is not None and not (isinstance(hx, list | tuple) and len(hx) == 2):
            raise TypeError(f"LSTM expects the initial states as a pair (h_0, c_0), not {type(hx).__name__}")
        output, (h, c) = self._run(input, hx)
        return output, (h, c)
