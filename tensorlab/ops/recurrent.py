"""Recurrent layers: all steps of one layer in one direction as one op, and packed sequences.

The ops take what the input contributes to all steps, which is one matrix product, and run the recurrence on rows that
are packed as :mod:`tensorlab.backend.recurrent` says. Their operands go under one name, since one loop gives the
cotangents of all: a loop over arrays, and where derivatives of it are wanted the one that comes of differentiating the
steps written out with public ops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from math import prod
from typing import Any

from ..autodiff.backward import gradients
from ..autodiff.graph import recording
from ..autodiff.op import ShapeError, count_nothing, op, sample
from ..backend import Backend, backend_of
from ..backend import recurrent as kernels
from ..tensor import Tensor
from .activation import relu
from .contraction import linear
from .exponential import sigmoid
from .indexing import getitem
from .joining import concat
from .shapes import Shape, reshape
from .trigonometric import tanh

Sizes = tuple[int, ...]
Steps = Callable[[Any, list[Any]], Sequence[Any]]


# -- what the three share ----------------------------------------------------------------------------------------------


def _pull(
    kernel: Callable[..., list[Any]], step: Steps, states: int, g: Any, operands: Any, out: Any, *options: Any
) -> list[Any]:
    """Return the operands' cotangents: by a kernel, or as tensors with a history from the steps written out."""
    if not isinstance(operands[0], Tensor):
        return kernel(backend_of(operands[0]).xp, g, operands, out, *options)
    with recording(True):
        own = [reshape(x, x.shape) for x in operands]  # one tensor may stand in two places
        results = _written_out(step, own[0], own[1 : 1 + states], *options[:2])
        pairs = [(result, part) for result, part in zip(results, g, strict=False) if part is not None]
        return gradients([x for x, _ in pairs], own, [part for _, part in pairs], create_graph=True)
"""placeholder"""
