"""References of the recurrent ops: one sequence after the other, one gate after the other."""

import numpy as np
from scipy.special import expit


def by_sequence(step, rows, states, batch_sizes, reverse):
    """Run `step(row, *states)`, which returns what is kept of a row and the new states, over each sequence alone."""
    starts = np.concatenate([[0], np.cumsum(batch_sizes)]).astype(int)
    kept, last = {}, [state.copy() for state in states]
    for sequence in range(batch_sizes[0]):
        places = [start + sequence for start, size in zip(starts, batch_sizes, strict=False) if sequence < size]
        current = [state[sequence] for state in states]
        for place in places[::-1] if reverse else places:
            kept[place], current = step(rows[place], *current)
        for state, value in zip(last, current, strict=True):
            state[sequence] = value
    return [np.stack(part) for part in zip(*(kept[i] for i in range(len(rows))), strict=True)], last


def rnn_steps(rows, h0, w_hh, *, batch_sizes, reverse, nonlinearity):
    def step(row, h):
        new = np.tanh(row + w_hh @ h) if nonlinearity == "tanh" else np.maximum(row + w_hh @ h, 0)
        return (new,), [new]

    (out,), (h,) = by_sequence(step, rows, [h0], batch_sizes, reverse)
    return out, h


def lstm_steps(rows, h0, c0, w_hh, w_hr=None, *, batch_sizes, reverse):
    def step(row, h, c):
        i, f, m, o = np.split(row + w_hh @ h, 4)
        i, f, m, o = expit(i), expit(f), np.tanh(m), expit(o)
        c = f * c + i * m
        h = o * np.tanh(c) if w_hr is None else w_hr @ (o * np.tanh(c))
        return (h, np.concatenate([i, f, m, o]), c), [h, c]

    (out, gates, cells), (h, c) = by_sequence(step, rows, [h0, c0], batch_sizes, reverse)
    return out, h, c, gates, cells


def gru_steps(rows, h0, w_hh, b_hh=None, *, batch_sizes, reverse):
    def step(row, h):
        a = np.split(w_hh @ h + (0 if b_hh is None else b_hh), 3)
        x = np.split(row, 3)
        r, z = expit(x[0] + a[0]), expit(x[1] + a[1])
        n = np.tanh(x[2] + r * a[2])
        h = (1 - z) * n + z * h
        return (h, np.concatenate([r, z, n, a[2]])), [h]

    (out, parts), (h,) = by_sequence(step, rows, [h0], batch_sizes, reverse)
    return out, h, parts


def places(batch_sizes):
    """Yield step and sequence of each packed row."""
    for step, size in enumerate(batch_sizes):
        for sequence in range(size):
            yield step, sequence


def pack_steps(x, batch_sizes, order):
    order = order or range(x.shape[1])
    return np.stack([x[step, order[sequence]] for step, sequence in places(batch_sizes)])


def unpack_steps(data, batch_sizes, length, order, padding_value):
    order = list(order or range(batch_sizes[0]))
    out = np.full((length, batch_sizes[0], *data.shape[1:]), padding_value)
    for row, (step, sequence) in zip(data, places(batch_sizes), strict=True):
        out[step, order.index(sequence)] = row
    return out


REFERENCES = {
    "gru_steps": gru_steps,
    "lstm_steps": lstm_steps,
    "pack_steps": pack_steps,
    "rnn_steps": rnn_steps,
    "unpack_steps": unpack_steps,
}
