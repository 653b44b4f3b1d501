"""Shapes, joining, products, reductions and creation."""

import numpy as np
from helpers import tensor

import tensorlab as tl

from .operands import T3, V4, A, B, M, V


def scatter_add(x, axis, indices, source):
    out = x.copy()
    for place in np.ndindex(*source.shape):
        out[(*place[:axis], indices[place], *place[axis + 1 :])] += source[place]
    return out


ROWS = np.array([[0, 1, 0], [1, 1, 0]])
CASES = {
    # name: (tensorlab's function, NumPy's, names of the operands)
    "var": (tl.var, np.var, (A,)),
    "var axis": (lambda x: tl.var(x, axis=1), lambda x: np.var(x, axis=1), (A,)),
    "var corrected": (
        lambda x: tl.var(x, axis=(0, 2), correction=1, keepdims=True),
        lambda x: np.var(x, axis=(0, 2), ddof=1, keepdims=True),
        (T3,),
    ),
    "std": (lambda x: tl.std(x, axis=0), lambda x: np.std(x, axis=0), (T3,)),
    "stack": (lambda x, y: tl.stack([x, y]), lambda x, y: np.stack([x, y]), (A, A)),
    "stack last": (lambda x, y: tl.stack([x, y], axis=-1), lambda x, y: np.stack([x, y], axis=-1), (A, A)),
    "stack middle": (lambda x, y: tl.stack([x, y], axis=1), lambda x, y: np.stack([x, y], axis=1), (A, A)),
    "concat": (lambda x, y: tl.concat([x, y], axis=1), lambda x, y: np.concatenate([x, y], axis=1), (A, A)),
    "concat one operand twice": (lambda x: tl.concat([x, x]), lambda x: np.concatenate([x, x]), (A,)),
    "roll": (lambda x: tl.roll(x, 2), lambda x: np.roll(x, 2), (A,)),
    "roll axis": (lambda x: tl.roll(x, -1, axis=-1), lambda x: np.roll(x, -1, axis=-1), (T3,)),
    "roll axes": (lambda x: tl.roll(x, (1, 5), axis=(0, 2)), lambda x: np.roll(x, (1, 5), axis=(0, 2)), (T3,)),
    "repeat": (lambda x: tl.repeat(x, 2, axis=1), lambda x: np.repeat(x, 2, axis=1), (A,)),
    "repeat by slice": (
        lambda x: tl.repeat(x, tl.tensor([2, 0]), axis=0),
        lambda x: np.repeat(x, [2, 0], axis=0),
        (A,),
    ),
    "repeat flat": (lambda x: tl.repeat(x, 3), lambda x: np.repeat(x, 3), (A,)),
    "tile": (lambda x: tl.tile(x, (2, 1, 3)), lambda x: np.tile(x, (2, 1, 3)), (A,)),
    "tile fewer": (lambda x: tl.tile(x, (2,)), lambda x: np.tile(x, (2,)), (A,)),
    "split": (lambda x: tl.split(x, 2, axis=2), lambda x: tuple(np.split(x, 2, axis=2)), (T3,)),
    "split at": (lambda x: tl.split(x, (1, 3), axis=-1), lambda x: tuple(np.split(x, (1, 3), axis=-1)), (T3,)),
    "split beyond": (lambda x: tl.split(x, (1, 9)), lambda x: tuple(np.split(x, (1, 9))), (A,)),
    "unstack": (lambda x: tl.unstack(x, axis=1), lambda x: tuple(np.moveaxis(x, 1, 0)), (T3,)),
    "tensordot": (lambda x, y: tl.tensordot(x, y, axes=1), lambda x, y: np.tensordot(x, y, 1), (A, B)),
    "tensordot of none": (lambda x, y: tl.tensordot(x, y, axes=0), lambda x, y: np.tensordot(x, y, 0), (A, V)),
    "tensordot axes": (
        lambda x, y: tl.tensordot(x, y, axes=((1, 2), (0, 1))),
        lambda x, y: np.tensordot(x, y, ((1, 2), (0, 1))),
        (T3, B),
    ),
    "tensordot negative axes": (
        lambda x, y: tl.tensordot(x, y, axes=((-1,), (-1,))),
        lambda x, y: np.tensordot(x, y, ((-1,), (-1,))),
        (T3, B),
    ),
    "outer": (tl.outer, np.outer, (V, V)),
    "vecdot": (tl.vecdot, np.vecdot, (A, V)),
    "vecdot axis": (lambda x, y: tl.vecdot(x, y, axis=-2), lambda x, y: np.vecdot(x, y, axis=-2), (T3, T3)),
    "expand_dims": (lambda x: tl.expand_dims(x, axis=(0, -1)), lambda x: np.expand_dims(x, (0, -1)), (A,)),
    "squeeze": (lambda x: tl.squeeze(x[:, :1]), lambda x: np.squeeze(x[:, :1]), (A,)),
    "squeeze axis": (lambda x: tl.squeeze(x[:1, :1], axis=-1), lambda x: np.squeeze(x[:1, :1], -1), (A,)),
    "moveaxis": (lambda x: tl.moveaxis(x, (0, 1), (-1, 0)), lambda x: np.moveaxis(x, (0, 1), (-1, 0)), (T3,)),
    "swapaxes": (lambda x: tl.swapaxes(x, 0, -1), lambda x: np.swapaxes(x, 0, -1), (T3,)),
    "matrix_transpose": (tl.matrix_transpose, np.matrix_transpose, (T3,)),
    "flatten": (lambda x: tl.flatten(x, 1), lambda x: x.reshape(2, -1), (T3,)),
    "flatten front": (lambda x: tl.flatten(x, 0, 1), lambda x: x.reshape(6, 4), (T3,)),
    "flip": (lambda x: tl.flip(x, axis=(0, -1)), lambda x: np.flip(x, (0, -1)), (T3,)),
    "broadcast_arrays": (
        lambda x, y: tuple(tl.broadcast_arrays(x, y)),
        lambda x, y: tuple(np.broadcast_arrays(x, y)),
        (A, V),
    ),
    "take": (
        lambda x: tl.take(x, tensor(ROWS), axis=1),
        lambda x: np.take(x, ROWS, axis=1),
        (T3,),
    ),
    "take of a vector": (lambda x: tl.take(x, tensor(ROWS[0])), lambda x: np.take(x, ROWS[0]), (V,)),
    "embedding": (lambda w: tl.embedding(tensor(ROWS), w), lambda w: w[ROWS], (B,)),
    "scatter_add": (
        lambda x, y: tl.scatter_add(x, 0, tensor(ROWS), y),
        lambda x, y: scatter_add(x, 0, ROWS, y),
        (M, A),
    ),
    "tril": (tl.tril, np.tril, (M,)),
    "tril off": (lambda x: tl.tril(x, k=-1), lambda x: np.tril(x, -1), (T3,)),
    "triu": (tl.triu, np.triu, (T3,)),
    "triu off": (lambda x: tl.triu(x, k=1), lambda x: np.triu(x, 1), (M,)),
    "meshgrid": (
        lambda x, y: tuple(tl.meshgrid(x, y[:2])),
        lambda x, y: tuple(np.meshgrid(x, y[:2])),
        (V, V),
    ),
    "meshgrid ij": (
        lambda x, y: tuple(tl.meshgrid(x, y[:2], x, indexing="ij")),
        lambda x, y: tuple(np.meshgrid(x, y[:2], x, indexing="ij")),
        (V, V),
    ),
    "clip": (lambda x: tl.clip(x, -0.5, 1), lambda x: np.clip(x, -0.5, 1), (A,)),
    "clip between arrays": (
        lambda x, y, z: tl.clip(x, y - 1, z + 1),
        lambda x, y, z: np.clip(x, y - 1, z + 1),
        (T3, V4, V4),
    ),
    "clone": (lambda x: x.clone(), np.copy, (A,)),
    "T": (lambda x: x.T, lambda x: x.T, (A,)),
    "mT": (lambda x: x.mT, lambda x: x.mT, (T3,)),
    "expand": (lambda x: x[:, :1].expand(4, -1, 3), lambda x: np.broadcast_to(x[:, :1], (4, 2, 3)), (A,)),
    "unsqueeze": (lambda x: x.unsqueeze(-1), lambda x: x[..., None], (A,)),
    "permute": (lambda x: x.permute(2, 0, 1), lambda x: x.transpose(2, 0, 1), (T3,)),
    "transpose": (lambda x: x.transpose(0, -1), lambda x: x.swapaxes(0, -1), (T3,)),
    "view": (lambda x: x.view(-1, 2), lambda x: x.reshape(-1, 2), (T3,)),
}
