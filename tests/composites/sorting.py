"""Sorting, searching and sets; draws are continuous, so nothing is near a tie."""

import numpy as np
from helpers import tensor

import tensorlab as tl

from .operands import T3, A, B, V


def chosen(x, k, axis, largest):
    order = np.flip(np.argsort(x, axis=axis), axis) if largest else np.argsort(x, axis=axis)
    return np.take_along_axis(x, np.take(order, range(k), axis=axis), axis)


ROWS = np.array([2, 0, 2, 1, 0])
CASES = {
    "topk": (lambda x: tl.topk(x, 2).values, lambda x: chosen(x, 2, -1, True), (T3,)),
    "topk smallest": (
        lambda x: tl.topk(x, 2, axis=1, largest=False, sorted=False).values,
        lambda x: chosen(x, 2, 1, False),
        (T3,),
    ),
    "kthvalue": (lambda x: tl.kthvalue(x, 2).values, lambda x: np.sort(x)[..., 1], (T3,)),
    "kthvalue axis": (
        lambda x: tl.kthvalue(x, 3, axis=0, keepdims=True).values,
        lambda x: np.sort(x, axis=0)[2:],
        (B,),
    ),
    "unique": (tl.unique, np.unique, (A,)),
    "unique rows": (
        lambda x: tl.unique(x[tensor(ROWS)], axis=0),
        lambda x: np.unique(x[ROWS], axis=0),
        (B,),
    ),
    "unique columns": (
        lambda x: tl.unique(x[:, :, tensor(ROWS)], axis=-1),
        lambda x: np.unique(x[:, :, ROWS], axis=-1),
        (T3,),
    ),
    "unique_all": (lambda x: tl.unique_all(x[tensor(ROWS)]).values, lambda x: np.unique(x[ROWS]), (V,)),
    "unique_counts": (lambda x: tl.unique_counts(x[tensor(ROWS)]).values, lambda x: np.unique(x[ROWS]), (B,)),
    "unique_inverse": (lambda x: tl.unique_inverse(x).values, np.unique, (A,)),
    "unique_values": (lambda x: tl.unique_values(x[tensor(ROWS)]), lambda x: np.unique(x[ROWS]), (B,)),
    "union1d": (tl.union1d, np.union1d, (A, V)),
    "intersect1d": (lambda x: tl.intersect1d(x, x[1:]), lambda x: np.unique(x[1:]), (B,)),
    "setdiff1d": (lambda x: tl.setdiff1d(x, x[1:]), lambda x: np.unique(x[:1]), (B,)),
    "bincount": (
        lambda x: tl.bincount(tensor(np.array([3, 0, 3])), x, minlength=6),
        lambda x: np.array([x[1], 0, 0, x[0] + x[2], 0, 0]),
        (V,),
    ),
}
REAL_ONLY = {"topk", "kthvalue"}
