"""Functions under PyTorch's names."""

import numpy as np
from helpers import tensor

import tensorlab as tl

from .core import ROWS, scatter_add
from .operands import T3, A, B, V

MASK = np.array([[True, False, True], [False, False, True]])


def put(x, axis, indices, source):
    out = x.copy()
    np.put_along_axis(out, indices, source, axis)
    return out


def replaced(x, index, value):
    out = x.copy()
    out[index] = value
    return out


def added(x, axis, indices, source):
    out = np.moveaxis(x.copy(), axis, 0)
    np.add.at(out, indices, np.moveaxis(source, axis, 0))
    return np.moveaxis(out, 0, axis)


CASES = {
    "mm": (tl.mm, np.matmul, (A, B)),
    "bmm": (lambda x: tl.bmm(x, x.mT), lambda x: x @ x.mT, (T3,)),
    "mv": (tl.mv, np.matmul, (A, V)),
    "dot": (tl.dot, np.dot, (V, V)),
    "addmm": (
        lambda x, y: tl.addmm(y[0], x, y, beta=0.5, alpha=2),
        lambda x, y: 0.5 * y[0] + 2 * x @ y,
        (A, B),
    ),
    "addmv": (lambda x, y: tl.addmv(x[:, 0], x, y), lambda x, y: x[:, 0] + x @ y, (A, V)),
    "baddbmm": (
        lambda x: tl.baddbmm(x[:, :, :3], x, x.mT, alpha=-1),
        lambda x: x[:, :, :3] - x @ x.mT,
        (T3,),
    ),
    "addcmul": (lambda x, y: tl.addcmul(y, x, x, value=0.3), lambda x, y: y + 0.3 * x * x, (A, V)),
    "addcdiv": (lambda x, y: tl.addcdiv(y, x, x + 5, value=2), lambda x, y: y + 2 * x / (x + 5), (A, V)),
    "norm": (tl.norm, np.linalg.norm, (A,)),
    "norm axis": (lambda x: tl.norm(x, 3, 1, True), lambda x: np.linalg.norm(x, 3, 1, True), (A,)),
    "norm nuclear": (lambda x: tl.norm(x, "nuc"), lambda x: np.linalg.norm(x, "nuc"), (A,)),
    "cdist": (
        lambda x, y: tl.cdist(x, y[:1]),
        lambda x, y: np.linalg.norm(x[:, :, None] - y[:1, None], axis=-1),
        (T3, T3),
    ),
    "clamp_min": (lambda x: tl.clamp_min(x, 0.1), lambda x: np.maximum(x, 0.1), (A,)),
    "clamp_max": (lambda x: tl.clamp_max(x, 0.1), lambda x: np.minimum(x, 0.1), (A,)),
    "transpose function": (lambda x: tl.transpose(x, 0, -1), lambda x: x.swapaxes(0, -1), (T3,)),
    "t": (tl.t, np.transpose, (A,)),
    "permute function": (lambda x: tl.permute(x, (2, 0, 1)), lambda x: x.transpose(2, 0, 1), (T3,)),
    "unflatten": (lambda x: tl.unflatten(x, -1, (2, 2)), lambda x: x.reshape(2, 3, 2, 2), (T3,)),
    "chunk": (lambda x: tl.chunk(x, 3, -1), lambda x: (x[..., :2], x[..., 2:]), (T3,)),
    "split_with_sizes": (
        lambda x: tl.split_with_sizes(x, [1, 3], -1),
        lambda x: (x[..., :1], x[..., 1:]),
        (T3,),
    ),
    "narrow": (lambda x: tl.narrow(x, 1, -2, 2), lambda x: x[:, 1:], (T3,)),
    "select": (lambda x: tl.select(x, 1, -1), lambda x: x[:, -1], (T3,)),
    "index_select": (lambda x: tl.index_select(x, 1, tensor(ROWS[0])), lambda x: x[:, ROWS[0]], (T3,)),
    "masked_select": (lambda x: tl.masked_select(x, tensor(MASK)), lambda x: x[MASK], (A,)),
    "masked_fill": (
        lambda x, y: tl.masked_fill(x, tensor(MASK), y[0]),
        lambda x, y: np.where(MASK, y[0], x),
        (A, V),
    ),
    "index_fill": (
        lambda x: tl.index_fill(x, 1, tensor(np.array([2, 0])), 7.0),
        lambda x: replaced(x, (slice(None), [2, 0]), 7.0),
        (T3,),
    ),
    "index_copy": (
        lambda x, y: tl.index_copy(x, 1, tensor(np.array([2, 0])), y[:, :2]),
        lambda x, y: replaced(x, (slice(None), [2, 0]), y[:, :2]),
        (T3, T3),
    ),
    "index_add": (
        lambda x, y: tl.index_add(x, 1, tensor(ROWS[0]), y, alpha=0.5),
        lambda x, y: added(x, 1, ROWS[0], 0.5 * y),
        (T3, T3),
    ),
    "gather": (
        lambda x: tl.gather(x, 0, tensor(ROWS)),
        lambda x: np.take_along_axis(x, ROWS, 0),
        (A,),
    ),
    "gather of fewer": (
        lambda x: tl.gather(x, 1, tensor(ROWS[:1])),
        lambda x: np.take_along_axis(x[:1], ROWS[:1], 1),
        (A,),
    ),
    "scatter": (
        lambda x, y: tl.scatter(x, 1, tensor(np.array([[2, 0]])), y),
        lambda x, y: np.concatenate([put(x[:1], 1, np.array([[2, 0]]), y[:1, :2]), x[1:]]),
        (A, A),
    ),
    "scatter number": (
        lambda x: tl.scatter(x, 0, tensor(ROWS), 3.0),
        lambda x: put(x, 0, ROWS, 3.0),
        (A,),
    ),
    "scatter_add of fewer": (
        lambda x, y: tl.scatter_add(x, 1, tensor(np.array([[2, 2]])), y),
        lambda x, y: np.concatenate([scatter_add(x[:1], 1, np.array([[2, 2]]), y[:1, :2]), x[1:]]),
        (A, A),
    ),
    "repeat_interleave": (
        lambda x: tl.repeat_interleave(x, 2, 1),
        lambda x: np.repeat(x, 2, 1),
        (A,),
    ),
}

REAL_ONLY = {"clamp_max", "clamp_min"}
