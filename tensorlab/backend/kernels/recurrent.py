"""Recurrent layers over whole packed sequences, with functions of the Array API standard only.

Sequences are packed step by step: the rows of step t are the elements t of the ``batch_sizes[t]`` longest sequences.
States have one row per sequence. A step updates the first rows; the others belong to sequences that have ended or, with
`reverse`, have not begun yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

Spans = list[tuple[int, int]]

MANY_STEPS = 8
"""From this number of steps on, copying a transposed weight saves time."""


def spans(batch_sizes: Sequence[int], reverse: bool) -> Spans:
    """Return the rows (start, stop) of each step, in the order of computation."""
    found, start = [], 0
    for size in batch_sizes:
        found.append((start, start + size))
        start += size
    return found[::-1] if reverse else found


def _states_before(xp: Any, states: Any, initial: Any, steps: Spans) -> Any:
    """Return for each row the state before its step."""
    before = xp.empty_like(states)
    start, stop = steps[0]
    before[start:stop, ...] = initial[: stop - start, ...]
    for (last, last_stop), (start, stop) in pairwise(steps):
        known = min(stop - start, last_stop - last)
        before[start : start + known, ...] = states[last : last + known, ...]
        if known < stop - start:
            before[start + known : stop, ...] = initial[known : stop - start, ...]
    return before


def _state_copy(xp: Any, like: Any, given: Any = None) -> Any:
    """Return a copy of a state, or zeros."""
    return xp.zeros_like(like) if given is None else xp.asarray(given, copy=True)


def _transposed(xp: Any, weight: Any) -> Any:
    return xp.permute_dims(weight, (1, 0))


def _transposed_weight(xp: Any, weight: Any, count: int) -> Any:
    """Return a transposed weight; for many steps as a copy, which makes a product a fifth faster."""
    view = _transposed(xp, weight)
    if count < MANY_STEPS:
        return view
    rows = xp.empty(view.shape, dtype=weight.dtype, device=weight.device)
    rows[...] = view
    return rows


# -- the simple layer --------------------------------------------------------------------------------------------------


def rnn_forward(
    xp: Any, projected: Any, h0: Any, w_hh: Any, batch_sizes: Sequence[int], reverse: bool, nonlinearity: str
) -> tuple[Any, ...]:
    """Return all states, and the last state of each sequence."""
    out, h, w = xp.empty_like(projected), _state_copy(xp, h0, h0), _transposed_weight(xp, w_hh, len(batch_sizes))
    for start, stop in spans(batch_sizes, reverse):
        n = stop - start
        a = xp.matmul(h[:n, ...], w)
        a += projected[start:stop, ...]
        new = xp.tanh(a) if nonlinearity == "tanh" else xp.where(a <= 0, xp.zeros_like(a), a)
        out[start:stop, ...] = h[:n, ...] = new
    return out, h


def rnn_backward(
    xp: Any,
    g: Sequence[Any],
    operands: Sequence[Any],
    results: Sequence[Any],
    batch_sizes: Sequence[int],
    reverse: bool,
    nonlinearity: str,
) -> list[Any]:
    """Return the cotangents of the operands of `rnn_forward` from those of its results."""
    (_, h0, w_hh), out = operands, results[0]
    steps = spans(batch_sizes, reverse)
    slope = 1 - out * out if nonlinearity == "tanh" else xp.astype(out != 0, out.dtype)
    g_out, g_h = g[0], _state_copy(xp, h0, g[1])
    for start, stop in reversed(steps):
        n = stop - start
        if g_out is not None:
            g_h[:n, ...] += g_out[start:stop, ...]
        slope[start:stop, ...] *= g_h[:n, ...]
        g_h[:n, ...] = xp.matmul(slope[start:stop, ...], w_hh)
    return [slope, g_h, xp.matmul(_transposed(xp, slope), _states_before(xp, out, h0, steps))]


# -- long short-term memory --------------------------------------------------------------------------------------------


def lstm_forward(
    xp: Any, projected: Any, h0: Any, c0: Any, w_hh: Any, w_hr: Any, batch_sizes: Sequence[int], reverse: bool
) -> tuple[Any, ...]:
    """Return all outputs, the last hidden and cell states and, for the gradient, the gates and all cell states."""
    size = c0.shape[1]
    gates = xp.empty_like(projected)
    cells = xp.empty((projected.shape[0], size), dtype=projected.dtype, device=projected.device)
    out = cells if w_hr is None else cells[:, : w_hr.shape[0]]
    out, h, c, w = (
        xp.empty_like(out),
        _state_copy(xp, h0, h0),
        _state_copy(xp, c0, c0),
        _transposed_weight(xp, w_hh, len(batch_sizes)),
    )
    # sigmoid(x) = tanh(x / 2) / 2 + 1 / 2: one tanh for all gates takes half the time of tanh and sigmoid.
    halves = xp.full((1, 4 * size), 0.5, dtype=projected.dtype, device=projected.device)
    shift = xp.full_like(halves, 0.5)
    halves[:, 2 * size : 3 * size], shift[:, 2 * size : 3 * size] = 1.0, 0.0
    for start, stop in spans(batch_sizes, reverse):
        n = stop - start
        step = xp.matmul(h[:n, ...], w)
        step += projected[start:stop, ...]
        step *= halves
        step = xp.tanh(step)
        step *= halves
        step += shift
        gates[start:stop, ...] = step
        cell = step[:, size : 2 * size] * c[:n, ...]
        cell += step[:, :size] * step[:, 2 * size : 3 * size]
        new = xp.tanh(cell)
        new *= step[:, 3 * size :]
        if w_hr is not None:
            new = xp.matmul(new, _transposed(xp, w_hr))
        cells[start:stop, ...] = c[:n, ...] = cell
        out[start:stop, ...] = h[:n, ...] = new
    return out, h, c, gates, cells


def lstm_backward(
    xp: Any,
    g: Sequence[Any],
    operands: Sequence[Any],
    results: Sequence[Any],
    batch_sizes: Sequence[int],
    reverse: bool,
) -> list[Any]:
    """Return the cotangents of the operands of `lstm_forward` from those of its results."""
    (_, h0, c0, w_hh, *projection), (out, _, _, gates, cells) = operands, results
    steps, size = spans(batch_sizes, reverse), c0.shape[1]
    i, f, m, o = (gates[:, k * size : (k + 1) * size] for k in range(4))
    squashed = xp.tanh(cells)
    # Slopes of the gates, to be multiplied by the cotangent of the cell or, for the output gate, of the hidden state.
    slopes = xp.empty((gates.shape[0], 4, size), dtype=gates.dtype, device=gates.device)
    slopes[:, 0, :] = m * i * (1 - i)
    slopes[:, 1, :] = _states_before(xp, cells, c0, steps) * f * (1 - f)
    slopes[:, 2, :] = i * (1 - m * m)
    slopes[:, 3, :] = squashed * o * (1 - o)
    to_cell = o * (1 - squashed * squashed)
    g_gates = xp.reshape(slopes, gates.shape)
    g_out, g_h, g_c = g[0], _state_copy(xp, h0, g[1]), _state_copy(xp, c0, g[2])
    g_states = xp.empty_like(out)
    for start, stop in reversed(steps):
        n = stop - start
        g_new = g_h[:n, ...]
        if g_out is not None:
            g_new += g_out[start:stop, ...]
        if projection:
            g_states[start:stop, ...] = g_new
            g_new = xp.matmul(g_new, projection[0])
        cell = g_c[:n, ...]
        cell += g_new * to_cell[start:stop, ...]
        slopes[start:stop, :3, :] *= cell[:, None, :]
        slopes[start:stop, 3, :] *= g_new
        cell *= f[start:stop, ...]
        g_h[:n, ...] = xp.matmul(g_gates[start:stop, ...], w_hh)
    pulled = [g_gates, g_h, g_c, xp.matmul(_transposed(xp, g_gates), _states_before(xp, out, h0, steps))]
    return [*pulled, xp.matmul(_transposed(xp, g_states), o * squashed)] if projection else pulled


# -- the gated recurrent unit ------------------------------------------------------------------------------------------


def gru_forward(
    xp: Any, projected: Any, h0: Any, w_hh: Any, b_hh: Any, batch_sizes: Sequence[int], reverse: bool
) -> tuple[Any, ...]:
    """Return all states, the last ones and, for the gradient, gates, candidates and their recurrent parts."""
    rows, size = projected.shape[0], h0.shape[1]
    parts = xp.empty((rows, 4 * size), dtype=projected.dtype, device=projected.device)
    out = xp.empty((rows, size), dtype=projected.dtype, device=projected.device)
    h, w = _state_copy(xp, h0, h0), _transposed_weight(xp, w_hh, len(batch_sizes))
    for start, stop in spans(batch_sizes, reverse):
        n = stop - start
        recurrent = xp.matmul(h[:n, ...], w)
        if b_hh is not None:
            recurrent += b_hh
        # The sigmoid by tanh, as in the LSTM.
        step = projected[start:stop, : 2 * size] + recurrent[:, : 2 * size]
        step *= 0.5
        step = xp.tanh(step)
        step *= 0.5
        step += 0.5
        inner = step[:, :size] * recurrent[:, 2 * size :]
        inner += projected[start:stop, 2 * size :]
        candidate = xp.tanh(inner)
        parts[start:stop, : 2 * size] = step
        parts[start:stop, 2 * size : 3 * size] = candidate
        parts[start:stop, 3 * size :] = recurrent[:, 2 * size :]
        new = h[:n, ...] - candidate
        new *= step[:, size:]
        new += candidate
        out[start:stop, ...] = h[:n, ...] = new
    return out, h, parts


def gru_backward(
    xp: Any,
    g: Sequence[Any],
    operands: Sequence[Any],
    results: Sequence[Any],
    batch_sizes: Sequence[int],
    reverse: bool,
) -> list[Any]:
    """Return the cotangents of the operands of `gru_forward` from those of its results."""
    (_, h0, w_hh, *bias), (out, _, parts) = operands, results
    steps, size = spans(batch_sizes, reverse), h0.shape[1]
    r, z, candidate, recurrent = (parts[:, k * size : (k + 1) * size] for k in range(4))
    before = _states_before(xp, out, h0, steps)
    # Slopes of candidate, reset gate, update gate and recurrent part, to be multiplied by the state's cotangent.
    slopes = xp.empty((parts.shape[0], 4, size), dtype=parts.dtype, device=parts.device)
    slopes[:, 0, :] = inner = (1 - z) * (1 - candidate * candidate)
    slopes[:, 1, :] = inner * recurrent * r * (1 - r)
    slopes[:, 2, :] = (before - candidate) * z * (1 - z)
    slopes[:, 3, :] = inner * r
    flat = xp.reshape(slopes, parts.shape)
    g_out, g_h = g[0], _state_copy(xp, h0, g[1])
    for start, stop in reversed(steps):
        n = stop - start
        state = g_h[:n, ...]
        if g_out is not None:
            state += g_out[start:stop, ...]
        slopes[start:stop, ...] *= state[:, None, :]
        state *= z[start:stop, ...]
        state += xp.matmul(flat[start:stop, size:], w_hh)
    g_recurrent = flat[:, size:]
    g_projected = xp.concat([flat[:, size : 3 * size], flat[:, :size]], axis=1)
    pulled = [g_projected, g_h, xp.matmul(_transposed(xp, g_recurrent), before)]
    return [*pulled, xp.sum(g_recurrent, axis=0)] if bias else pulled
