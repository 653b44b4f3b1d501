"""Distances and similarities of vectors."""

from __future__ import annotations

from typing import Any

from ...errors import ShapeError
from ...ops.arithmetic import zeros_like
from ...ops.declare import broadcast_shape, composite
from ...ops.indexing import take
from ...ops.matrices import triu_indices
from ...ops.reduction import euclidean_norm, sum
from ...ops.shapes import broadcast_to, expand_dims, normalized_axis
from ...tensor import ArrayT, Tensor


def norm(x: Any, p: float = 2.0, axis: int = -1, keepdims: bool = False) -> Any:
    """Return the p-norm along an axis; its gradient is zero where the norm is zero."""
    # Imported when first used: linear algebra is a third of the time that the rest of tensorlab takes to import.
    from ...ops.linalg.norms import vector_norm

    return vector_norm(x, axis=axis, keepdims=keepdims, ord=p)


@composite(x1="real floating", x2="real floating")
def cosine_similarity(x1: ArrayT, x2: ArrayT, axis: int = 1, eps: float = 1e-8) -> ArrayT:
    """Cosine of the angle between vectors, ``sum(x1 * x2) / (max(norm(x1), eps) * max(norm(x2), eps))``.

    Parameters
    ----------
    x1, x2 : Tensor
        Shapes that broadcast.
    axis : int
        The axis of the vectors in the broadcast shape.
    eps : float
        Lower bound of the lengths, so that zero vectors have a similarity of zero.

    Returns
    -------
    Tensor
        The broadcast shape without `axis`; in [-1, 1].

    Raises
    ------
    ShapeError
        If the shapes do not broadcast, or the axis does not exist.

    Examples
    --------
    >>> tl.nn.functional.cosine_similarity(tl.tensor([[1.0, 0.0]]), tl.tensor([[2.0, 2.0]]))
    tensor([0.70710677])
    """
    shape = broadcast_shape(tuple(x1.shape), tuple(x2.shape))
    normalized_axis(axis, len(shape))
    x1, x2 = (x if tuple(x.shape) == shape else broadcast_to(x, shape) for x in (x1, x2))
    lengths = [euclidean_norm(x, axis=axis, keepdims=True, least=eps) for x in (x1, x2)]
    return sum((x1 / lengths[0]) * (x2 / lengths[1]), axis=axis)


@composite(x1="real floating", x2="real floating")
def pairwise_distance(x1: ArrayT, x2: ArrayT, p: float = 2.0, eps: float = 1e-6, keepdims: bool = False) -> ArrayT:
    """Distance of vectors: the p-norm of ``x1 - x2 + eps`` along the last axis.

    Parameters
    ----------
    x1, x2 : Tensor, shape (..., features)
        Shapes that broadcast.
    p : float
        The order of the norm; also 0, negative, inf and -inf.
    eps : float
        Added to the differences, as the gradient of the norm is discontinuous at zero.
    keepdims : bool
        Whether to keep the last axis with length 1.

    Returns
    -------
    Tensor
        The broadcast shape without its last axis.

    Raises
    ------
    ShapeError
        If the shapes do not broadcast.

    Examples
    --------
    >>> tl.nn.functional.pairwise_distance(tl.tensor([[0.0, 0.0]]), tl.tensor([[3.0, 4.0]]), eps=0.0)
    tensor([5.])
    """
    return norm(x1 - x2 + eps, p, keepdims=keepdims)


@composite(input="real floating")
def pdist(input: ArrayT, p: float = 2.0) -> ArrayT:
    """Distances of all pairs of rows, each once: (0, 1), (0, 2), ..., (1, 2), ...

    Parameters
    ----------
    input : Tensor, shape (rows, features)
        Vectors.
    p : float
        The order of the norm, non-negative; 0 counts the features that differ, inf gives the greatest difference.

    Returns
    -------
    Tensor
        Shape ``(rows * (rows - 1) / 2,)``. The gradient is zero where a distance is zero.

    Raises
    ------
    ShapeError
        If the input does not have two axes.
    ValueError
        If `p` is negative.

    Examples
    --------
    >>> tl.nn.functional.pdist(tl.tensor([[0.0, 0.0], [3.0, 4.0], [3.0, 0.0]]))
    tensor([5., 3., 4.])
    """
    if len(input.shape) != 2:
        raise ShapeError(f"pdist: input must have shape (rows, features), not {tuple(input.shape)}")
    if p < 0:
        raise ValueError(f"pdist: p must not be negative, not {p}")
    if input.shape[1] == 0:  # an empty axis has no greatest difference
        rows: Any = expand_dims(zeros_like(sum(input, axis=1)), axis=1)
    else:
        rows = input
    device = (rows if isinstance(rows, Tensor) else Tensor(rows)).device
    pairs = triu_indices(rows.shape[0], 1, device=device)
    first, second = (take(rows, i if isinstance(rows, Tensor) else i.array, axis=0) for i in pairs)
    return norm(first - second, p)
