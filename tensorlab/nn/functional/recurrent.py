"""Recurrent layers: the steps of one layer and direction, and stacks of layers."""

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
"""Rows of the weights for each hidden unit, by PyTorch's name of the mode."""


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
        Initial hidden states, and for ``"LSTM"`` cell states, one row per sequence.
    weights : sequence of tensors or None
        ``w_ih, w_hh, b_ih, b_hh, w_hr``; the biases, and the projection ``w_hr``, may be None.
    batch_sizes : tuple of int
        Number of sequences that reach each step.
    reverse : bool
        Whether to run from the last step to the first.

    Returns
    -------
    rows : tensor, shape (sum(batch_sizes), hidden)
        The state after each row's step.
    states : list of tensors
        The last states of each sequence.
    """
    w_ih, w_hh, b_ih, b_hh, w_hr = weights
    steps: dict[str, Any] = {"batch_sizes": batch_sizes, "reverse": reverse}
    if mode == "GRU":  # its reset gate multiplies the second bias too, so the two biases are not added
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
    """Run a stack of layers, in one direction or two, with dropout of probability `p` between layers.

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
    """Check the number of axes of an input, named by `batched`, with or without ``"batch"``, and its features.

    Raises
    ------
    ShapeError
        If they do not fit; the message names the axes.
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
    """Check the shape of an initial state.

    Raises
    ------
    ShapeError
        If it is not the expected shape; the message names the state and its axes.
    """
    if tuple(state.shape) != expected:
        raise ShapeError(f"{name} expects initial {which} of shape {expected} ({axes}), not {tuple(state.shape)}")


def state_pair(name: str, states: str, hx: Any) -> Any:
    """Return the states of an LSTM unchanged.

    Raises
    ------
    TypeError
        If they are given and not a pair.
    """
    if hx is not None and not (isinstance(hx, list | tuple) and len(hx) == 2):
        raise TypeError(f"{name}: hx must be a pair {states}, not {type(hx).__name__}")
    return hx
