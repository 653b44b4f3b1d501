"""Reductions over segments of rows, such as the edges of a graph that lead to the same node."""

from __future__ import annotations

from math import prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import Draw, count_operand, sample
from ..backend import Backend
from ..errors import ShapeError
from ..tensor import ArrayT
from .comparison import equal, where
from .indexing import take_add, take_along
from .shapes import Shape, astype


def _reduced(x_shape: Shape, segments_shape: Shape, size: int) -> Shape:
    if not x_shape or tuple(segments_shape) != tuple(x_shape[:1]):
        raise ShapeError(
            f"segment_max: segments must have one number for each of the rows of x of shape {tuple(x_shape)}, not "
            f"shape {tuple(segments_shape)}"
        )
    return (size, *x_shape[1:])


def _pull(g: Any, x: Any, out: Any, segments: Any, size: int) -> Any:
    """Divide each maximum's cotangent among the rows that reach it."""
    reaches = equal(x, take_along(out, segments, 0))
    ties = take_add(astype(reaches, g.dtype), segments, 0, size)
    return where(reaches, take_along(g / where(ties > 0, ties, 1.0), segments, 0), 0.0)


@op(
    vjp={"x": _pull},
    shape=_reduced,
    takes={"x": "real", "segments": "integral"},
    flops=count_operand,
    samples=[
        sample((5, 2), Draw((5,), 0, 3, "integer"), size=3),
        sample((4,), Draw((4,), 0, 2, "integer"), size=4),
        sample((6, 2, 2), Draw((6,), 0, 2, "integer"), size=2),
    ],
    checks_first=True,
)
def segment_max(backend: Backend, x: ArrayT, segments: ArrayT, /, size: int) -> ArrayT:
    """The maxima of the rows of each segment.

    Parameters
    ----------
    x : tensor or array, shape (rows, ...)
        Real.
    segments : tensor or array of integers, shape (rows,)
        The segment of each row, in ``[0, size)``, in any order.
    size : int
        Number of segments.

    Returns
    -------
    Tensor
        Shape ``(size, ...)``; zeros for segments without rows. Rows that tie share the gradient equally.

    Raises
    ------
    ShapeError
        If `segments` does not have one number for each row.

    Examples
    --------
    >>> tl.ops.segment_reduction.segment_max(tl.tensor([1.0, 5.0, 2.0]), tl.tensor([0, 0, 2]), 3)
    tensor([5., 0., 2.])
    """
    xp, rows = backend.xp, x.shape[0]
    shape = (size, *x.shape[1:])
    if not rows or not prod(shape):
        return xp.zeros(shape, dtype=x.dtype, device=x.device)
    flat = xp.reshape(x, (rows, prod(shape[1:])))
    # Sorted by value, then stably by segment: the last of each segment is its maximum.
    by_value = xp.argsort(flat, axis=0)
    owners = xp.reshape(xp.take(segments, xp.reshape(by_value, (-1,)), axis=0), flat.shape)
    order = xp.take_along_axis(by_value, xp.argsort(owners, axis=0), axis=0)
    owners, numbers = xp.sort(segments), xp.arange(size, dtype=segments.dtype, device=x.device)
    ends = xp.searchsorted(owners, numbers, side="right")
    empty = ends == xp.searchsorted(owners, numbers, side="left")
    last = xp.take(order, xp.where(empty, xp.zeros_like(ends), ends - 1), axis=0)
    values = xp.take_along_axis(flat, last, axis=0)
    return xp.reshape(xp.where(xp.reshape(empty, (size, 1)), xp.zeros_like(values), values), shape)
