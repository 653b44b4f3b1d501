"""Packed sequences: the steps of sequences of different lengths, without padding."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import count_nothing, sample
from ..backend import Backend
from ..errors import ShapeError
from ..tensor import ArrayT
from .shapes import Shape

Sizes = tuple[int, ...]


def inverse(order: Sizes | None) -> Sizes | None:
    """Return the permutation that undoes another; None, which stands for no change, for None.

    Examples
    --------
    >>> tl.ops.packed_sequence.inverse((2, 0, 1))
    (1, 2, 0)
    """
    return None if order is None else tuple(sorted(range(len(order)), key=order.__getitem__))


def _equal_runs(batch_sizes: Sizes) -> Iterator[tuple[slice, slice, int]]:
    """Yield slices of steps and of rows, and the number of sequences, for each run of steps with the same number."""
    step = row = 0
    for size, steps in groupby(batch_sizes):
        count = len(list(steps))
        yield slice(step, step + count), slice(row, row + count * size), size
        step, row = step + count, row + count * size


def _reordered(xp: Any, x: Any, order: Sizes | None) -> Any:
    """Return `x` with the sequences, along axis 1, in another order."""
    return x if order is None else xp.take(x, xp.asarray(order, device=x.device), axis=1)


def _packed(x: Shape, batch_sizes: Sizes, order: Sizes | None = None) -> Shape:
    if len(x) < 2 or x[0] < len(batch_sizes) or x[1] != batch_sizes[0]:
        raise ShapeError(
            f"pack_steps: shape {x} must be (steps, sequences, ...) with at least {len(batch_sizes)} steps and "
            f"{batch_sizes[0]} sequences"
        )
    return (sum(batch_sizes), *x[2:])


@op(
    vjp={"x": lambda g, x_shape, batch_sizes, order: unpack_steps(g, batch_sizes, x_shape[0], inverse(order))},
    jvp={"x": lambda t, batch_sizes, order: pack_steps(t, batch_sizes, order)},
    shape=_packed,
    flops=count_nothing,
    samples=[
        sample((3, 4, 2), batch_sizes=(4, 4, 4), order=None),
        sample((4, 3), batch_sizes=(3, 2, 2), order=(1, 2, 0)),
    ],
)
def pack_steps(backend: Backend, x: ArrayT, /, batch_sizes: Sizes, order: Sizes | None = None) -> ArrayT:
    """The rows of each step that belong to sequences, concatenated step by step.

    Parameters
    ----------
    x : tensor or array, shape (steps, sequences, ...)
        Sequences along axis 0.
    batch_sizes : tuple of int
        Number of sequences, the first ones, that reach each step; non-increasing.
    order : tuple of int, optional
        Permutation of the sequences, applied before packing.

    Returns
    -------
    Tensor
        Shape ``(sum(batch_sizes), ...)``.

    Examples
    --------
    >>> tl.ops.packed_sequence.pack_steps(tl.tensor([[1.0, 10.0], [2.0, 0.0]]), (2, 1))
    tensor([ 1., 10.,  2.])
    """
    xp, rest = backend.xp, x.shape[2:]
    x = _reordered(xp, x, order)
    rows = [xp.reshape(x[steps, :size, ...], (-1, *rest)) for steps, _, size in _equal_runs(batch_sizes) if size]
    if not rows or 0 in rest:
        return xp.empty((sum(batch_sizes), *rest), dtype=x.dtype, device=x.device)
    return rows[0] if len(rows) == 1 else xp.concat(rows, axis=0)


def _unpacked(
    data: Shape, batch_sizes: Sizes, length: int, order: Sizes | None = None, padding_value: float = 0.0
) -> Shape:
    if not data or data[0] != sum(batch_sizes):
        raise ShapeError(f"unpack_steps: shape {data} does not have the {sum(batch_sizes)} rows of {batch_sizes}")
    return (length, batch_sizes[0], *data[1:])


@op(
    vjp={"data": lambda g, batch_sizes, order: pack_steps(g, batch_sizes, inverse(order))},
    jvp={"data": lambda t, batch_sizes, length, order: unpack_steps(t, batch_sizes, length, order)},
    shape=_unpacked,
    flops=count_nothing,
    samples=[
        sample((12, 2), batch_sizes=(4, 4, 4), length=3, order=None, padding_value=0.0),
        sample((7,), batch_sizes=(3, 2, 2), length=4, order=(1, 2, 0), padding_value=-1.5),
    ],
)
def unpack_steps(
    backend: Backend,
    data: ArrayT,
    /,
    batch_sizes: Sizes,
    length: int,
    order: Sizes | None = None,
    padding_value: float = 0.0,
) -> ArrayT:
    """Inverse of `pack_steps`: the rows in their places, and padding elsewhere.

    Parameters
    ----------
    data : tensor or array, shape (sum(batch_sizes), ...)
        The result of `pack_steps`.
    batch_sizes : tuple of int
        Number of sequences that reach each step.
    length : int
        Number of steps of the result.
    order : tuple of int, optional
        Permutation of the sequences, applied after unpacking.
    padding_value : float
        Value of the padding.

    Returns
    -------
    Tensor
        Shape ``(length, batch_sizes[0], ...)``.

    Examples
    --------
    >>> tl.ops.packed_sequence.unpack_steps(tl.tensor([1.0, 10.0, 2.0]), (2, 1), 2)
    tensor([[ 1., 10.],
            [ 2.,  0.]])
    """
    xp, rest = backend.xp, data.shape[1:]
    value = padding_value if xp.isdtype(data.dtype, ("real floating", "complex floating")) else int(padding_value)
    if xp.isdtype(data.dtype, "bool"):
        value = bool(padding_value)
    out = xp.full((length, batch_sizes[0], *rest), value, dtype=data.dtype, device=data.device)
    for steps, rows, size in _equal_runs(batch_sizes):
        count = steps.stop - steps.start
        out[steps, :size, ...] = xp.reshape(data[rows, ...], (count, size, *rest))
    return _reordered(xp, out, order)
