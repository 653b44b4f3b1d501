"""Recurrent layers; single steps are in `recurrent_cells`."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any, ClassVar, Literal, overload
from warnings import warn

from ...backend.memory import require_memory
from ...errors import ShapeError
from ...ops.creation import DeviceLike, zeros
from ...ops.indexing import take
from ...ops.shapes import expand_dims, reshape, swapaxes
from ...options import Count, Fraction, Size, checked
from ...options.kinds import kind_of, read
from ...tensor import Tensor
from ...tracebacks import users_stacklevel
from .. import init
from ..functional.packed_sequence import PackedSequence
from ..functional.recurrent import GATES, check_features, check_state, run_layers, state_pair
from ..module.parameter import Parameter
from .learned import FloatingDType, LearnedLayer, new_parameter

ROLES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
Nonlinearity = Literal["tanh", "relu"]


class RNNBase(LearnedLayer):
    """The base class of `RNN`, `LSTM` and `GRU`.

    Parameters
    ----------
    mode : {"RNN_TANH", "RNN_RELU", "LSTM", "GRU"}
        The kind of step.
    input_size : int
        Length of the input's last axis.
    hidden_size : int
        Number of hidden units of each layer and direction.
    num_layers : int
        Number of layers; each is given the output of the one before.
    nonlinearity : {"tanh", "relu"}
        The function applied to the sum.
    bias : bool
        Whether biases are learned.
    batch_first : bool
        Whether inputs and outputs have shape (batch, steps, features) rather than (steps, batch, features). States
        always have shape (layers * directions, batch, size).
    dropout : float
        Probability with which elements between layers are set to zero in training.
    bidirectional : bool
        Whether each layer also runs from the last step to the first; the two outputs are concatenated on the last axis.
    proj_size : int
        If not 0, the size to which the hidden state is projected (Sak et al., 2014); `LSTM` only.

    Attributes
    ----------
    weight_ih_l0 : Parameter, shape (gates * hidden_size, input_size)
        Weights of the input. `gates` is 1 for `RNN`, 3 for `GRU` (reset, update, candidate) and 4 for `LSTM` (input,
        forget, candidate, output). Later layers' are called ``weight_ih_l1`` and so on, those of the other direction
        ``weight_ih_l0_reverse``. All parameters are drawn uniformly within ``1 / sqrt(hidden_size)``.
    weight_hh_l0 : Parameter, shape (gates * hidden_size, hidden_size or proj_size)
        Weights of the previous state.
    bias_ih_l0, bias_hh_l0 : Parameter, shape (gates * hidden_size,)
        Both are added.

    Raises
    ------
    ShapeError
        If an input, or an initial state, does not fit.

    Notes
    -----
    An input of two axes is one sequence without a batch axis; outputs and states then have none either. A
    `PackedSequence` gives a packed output. Initial states are zero by default.

    Examples
    --------
    >>> isinstance(tl.nn.GRU(2, 3), tl.nn.RNNBase)
    True
    """

    states: ClassVar[tuple[str, ...]] = ("hidden states",)

    @checked
    def __init__(
        self,
        mode: Literal["RNN_TANH", "RNN_RELU", "LSTM", "GRU"],
        input_size: Size,
        hidden_size: Size,
        num_layers: Size = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: Fraction = 0.0,
        bidirectional: bool = False,
        proj_size: Count = 0,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        name = type(self).__name__
        if proj_size >= hidden_size:
            raise ValueError(
                f"{name}: proj_size must be smaller than hidden_size {hidden_size}, or 0 for no projection, not "
                f"{proj_size}"
            )
        require_memory(name, f"num_layers={num_layers} layers", num_layers)
        if dropout and num_layers == 1:
            message = f"{name}: dropout={dropout} comes between layers, and there is only one (num_layers=1)"
            warn(message, stacklevel=users_stacklevel())
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        rows, out = GATES[mode] * hidden_size, proj_size or hidden_size
        for names, layer_input in zip(self._names(), self._input_sizes(), strict=True):
            shapes = [(rows, layer_input), (rows, out), (rows,), (rows,), (proj_size, hidden_size)]
            for parameter, shape in zip(names, shapes, strict=True):
                if parameter is not None:
                    setattr(self, parameter, new_parameter(*shape, device=device, dtype=dtype))
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
        """Return the number of input features of each layer and direction."""
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
        """Redraw all parameters, uniformly within ``1 / sqrt(hidden_size)``."""
        bound = 1 / sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Do nothing; it is here for programs written for PyTorch, whose weights must be contiguous."""

    # -- forward ---------------------------------------------------------------------------------------------

    def _run_sequences(self, x: Tensor | PackedSequence, hx: Sequence[Tensor] | None) -> tuple[Any, list[Tensor]]:
        """Return the output and the last states, with the axes of the input: batch first, packed or without a batch."""
        if isinstance(x, PackedSequence):
            return self._run_packed(x, hx)
        batched = ("batch", "steps", "features") if self.batch_first else ("steps", "batch", "features")
        check_features(type(self).__name__, x, batched, self.input_size)
        unbatched = len(x.shape) == 2
        x = expand_dims(x, 1) if unbatched else swapaxes(x, 0, 1) if self.batch_first else x
        steps, batch, features = x.shape
        if not steps:
            raise ShapeError(f"{type(self).__name__} expects at least one step, not an input of shape {tuple(x.shape)}")
        if hx is not None and unbatched:
            self._check_states(hx, ())
            hx = [expand_dims(state, 1) for state in hx]
        rows, after = self._run_rows(reshape(x, (steps * batch, features)), hx, (batch,) * steps)
        out = reshape(rows, (steps, batch, rows.shape[1]))
        if unbatched:
            return out[:, 0], [state[:, 0] for state in after]
        return (swapaxes(out, 0, 1) if self.batch_first else out), after

    def _run_packed(self, x: PackedSequence, hx: Sequence[Tensor] | None) -> tuple[PackedSequence, list[Tensor]]:
        check_features(type(self).__name__, x.data, ("rows", "features"), self.input_size)
        batch_sizes = tuple(x.batch_sizes.tolist())
        if hx is not None and x.sorted_indices is not None:
            self._check_states(hx, batch_sizes[:1])
            hx = [take(state, x.sorted_indices, axis=1) for state in hx]
        rows, after = self._run_rows(x.data, hx, batch_sizes)
        if x.unsorted_indices is not None:
            after = [take(state, x.unsorted_indices, axis=1) for state in after]
        return PackedSequence(rows, x.batch_sizes, x.sorted_indices, x.unsorted_indices), after

    def _run_rows(
        self, rows: Tensor, hx: Sequence[Tensor] | None, batch_sizes: tuple[int, ...]
    ) -> tuple[Tensor, list[Tensor]]:
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
        values = {name: getattr(self, name) for name in usual}
        return text + "".join(f", {name}={value}" for name, value in values.items() if value != usual[name])


class RNN(RNNBase):
    """Layers of simple recurrent units (Elman, 1990): ``h = tanh(W_ih x + b_ih + W_hh h + b_hh)``.

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
        nonlinearity: Nonlinearity = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        self.nonlinearity = read("RNN", "nonlinearity", kind_of(Nonlinearity), nonlinearity)
        mode: Any = f"RNN_{nonlinearity.upper()}"
        super().__init__(
            mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )

    @overload
    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]: ...
    @overload
    def forward(self, input: PackedSequence, hx: Tensor | None = None) -> tuple[PackedSequence, Tensor]: ...
    def forward(self, input: Tensor | PackedSequence, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        output, (h,) = self._run_sequences(input, None if hx is None else (hx,))
        return output, h


class GRU(RNNBase):
    """Layers of gated recurrent units (Cho et al., 2014).

    With the gates ``r`` and ``z`` a step is ``n = tanh(W_in x + b_in + r * (W_hn h + b_hn))`` and
    ``h = (1 - z) * n + z * h``: the reset gate multiplies the product, as in cuDNN and PyTorch, not the previous state.

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
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )

    @overload
    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]: ...
    @overload
    def forward(self, input: PackedSequence, hx: Tensor | None = None) -> tuple[PackedSequence, Tensor]: ...
    def forward(self, input: Tensor | PackedSequence, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        output, (h,) = self._run_sequences(input, None if hx is None else (hx,))
        return output, h


class LSTM(RNNBase):
    """Layers of long short-term memory (Hochreiter and Schmidhuber, 1997; with forget gates, Gers et al., 2000).

    With the input, forget and output gates ``i``, ``f`` and ``o`` and the candidate ``g``, a step is
    ``c = f * c + i * g`` and ``h = o * tanh(c)``. Called as ``layer(input)`` or ``layer(input, (h_0, c_0))``; returns
    ``output, (h_n, c_n)``.

    Attributes
    ----------
    weight_hr_l0 : Parameter, shape (proj_size, hidden_size)
        The projection, with `proj_size` only.

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
        device: DeviceLike = None,
        dtype: FloatingDType = None,
    ) -> None:
        options = (bias, batch_first, dropout, bidirectional, proj_size, device, dtype)
        super().__init__("LSTM", input_size, hidden_size, num_layers, *options)

    @overload
    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]: ...
    @overload
    def forward(
        self, input: PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[PackedSequence, tuple[Tensor, Tensor]]: ...
    def forward(
        self, input: Tensor | PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Any, tuple[Tensor, Tensor]]:
        output, (h, c) = self._run_sequences(input, state_pair("LSTM", "(h_0, c_0)", hx))
        return output, (h, c)
