"""Recurrent layers: the steps of one layer and direction, and layers upon layers of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import ShapeError
from ...ops.contraction import linear
from ...ops.joining import concat, stack
from ...ops.recurrent import gru_steps, lstm_steps, rnn_steps
from .dropout import dropout

Sizes = tuple[int, ...]

GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}
"""How many rows of the weights each hidden unit has, by the mode's name in PyTorch."""


def run_direction(
    mode: str, rows: Any, states: Sequence[Any], weights: Sequence[Any], batch_sizes: Sizes, reverse: bool = False
) -> tuple[Any, list[Any]]:
    """Run one layer in one direction.

    Parameters
    ----------
    mode : str
        A key of `GATES`.
    rows : tensor, shape (sum(batch_sizes), features)
        Sequences packed step by step.
    states : sequence of tensors
        What to begin with: hidden states, and for ``"LSTM"`` cells, one row per sequence.
    weights : sequence of tensors or None
        ``w_ih, w_hh, b_ih, b_hh, w_hr``; the biases, and the projection ``w_hr``, may be None.
    batch_sizes : tuple of int
        How many sequences reach each step.
    reverse : bool
        Whether the last step comes first.

    Returns
    -------
    rows : tensor, shape (sum(batch_sizes), hidden)
        The state after each row's step.
    states : list of tensors
        The last ones of each sequence.
    """
    w_ih, w_hh, b_ih, b_hh, w_hr = weights
    steps: dict[str, Any] = {"batch_sizes": batch_sizes, "reverse": reverse}
    if mode == "GRU":  # its reset gate multiplies the second bias too, which is why that is not added to the first
        operands = [linear(rows, w_ih, b_ih), *states, w_hh, b_hh]
        out, *after = gru_steps(*(x for x in operands if x is not None), **steps)
        return out, after[:1]
    projected = linear(rows, w_ih, b_ih if b_hh is None else b_ih + b_hh)
    if mode == "LSTM":
        out, *after = lstm_steps(*(x for x in (projected, *states, w_hh, w_hr) if x is not None), **steps)
        return out, after[:2]
    nonlinearity = mode.removeprefix("RNN_").lower()
    out, *after = rnn_steps(projected, *states, w_hh, nonlinearity=nonlinearity, **steps)
    return out, after


def run_layers(
    mode: str,
    rows: Any,
    states: Sequence[Any],
    weights: Sequence[Sequence[Any]],
    batch_sizes: Sizes,
    directions: int,
    p: float,
) -> tuple[Any, list[Any]]:
    """Run layers upon one another, each in both directions where there are two; drop out with `p` between them.

    `states` have shape ``(layers * directions, sequences, hidden)``, and `weights` one entry per layer and direction.
    """
    after = []
    for first in range(0, len(weights), directions):
        rows = dropout(rows, p) if first and p else rows
        outputs = []
        for i in range(first, first + directions):
            out, new = run_direction(mode, rows, [x[i] for x in states], weights[i], batch_sizes, i > first)
            outputs.append(out)
            after.append(new)
        rows = outputs[0] if directions == 1 else concat(outputs, axis=-1)
    return rows, [stack(parts) for parts in zip(*after, strict=True)]


def check_features(name: str, x: Any, batched: tuple[str, ...], input_size: int) -> None:
    """Refuse an input with other axes than `batched` names, or without the one called ``"batch"``, or other features.

    Raises
    ------
    ShapeError
        The message names the axes, and what is wrong with them.
    """
    shape, alone = tuple(x.shape), tuple(axis for axis in batched if axis != "batch")
    if len(shape) not in (len(batched), len(alone)):
        raise ShapeError(
            f"{name} expects an input of {len(batched)} axes ({', '.join(batched)}), or of {len(alone)} without a "
            f"batch axis, not shape {shape}"
        )
    if shape[-1] != input_size:
        hint = "; is its feature axis another one?" if input_size in shape else ""
        raise ShapeError(f"{name} expects {input_size} features on the last axis of the input, not shape {shape}{hint}")


def check_state(name: str, which: str, state: Any, expected: Sizes, axes: str) -> None:
    """Refuse an initial state of another shape than the expected one.

    Raises
    ------
    ShapeError
        The message names the state, and says what its axes are.
    """
    if tuple(state.shape) != expected:
        raise ShapeError(f"{name} expects initial {which} of shape {expected} ({axes}), not {tuple(state.shape)}")
