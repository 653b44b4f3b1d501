"""Norms of vectors and matrices."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from ...tensor import ArrayT
from ..arithmetic import abs as absolute
from ..arithmetic import clip, root, zeros_like
from ..comparison import where
from ..declare import composite, require
from ..reduction import euclidean_norm, max, min, sum
from ..shapes import Axis, expand_dims, normalized_axes
from .common import check_matrices, of_matrices
from .spectral import svdvals

# -- vectors -----------------------------------------------------------------------------------------------------------


def _power_norm(size: Any, ord: float, axis: Axis, keepdims: bool, least: float = 0.0) -> Any:
    """Return ``sum(size**ord) ** (1 / ord)``, with a gradient of zero in zero elements and for zero norms."""
    if ord > 1:
        powers = size**ord
    else:
        zero = size == 0
        powers = where(zero, inf if ord < 0 else 0.0, where(zero, 1.0, size) ** ord)
    total = sum(powers, axis=axis, keepdims=keepdims)
    return root(clip(total, least**ord) if least and ord > 0 else total, p=ord)


def norm_at_least(x: Any, least: float, ord: float, axis: Axis) -> Any:
    """Return norms along an axis of length 1 then, at least `least`; the gradient of smaller norms is zero."""
    if ord == 2:
        return euclidean_norm(x, axis=axis, keepdims=True, least=least)
    if 0 < ord < inf and ord != 1:
        return clip(_power_norm(absolute(x), ord, axis, True, least), least)
    return clip(vector_norm(x, axis=axis, keepdims=True, ord=ord), least)


@composite(x="floating")
def vector_norm(x: ArrayT, /, *, axis: Axis = None, keepdims: bool = False, ord: float | str = 2) -> ArrayT:
    """Norm of vectors, ``sum(abs(x)**ord) ** (1 / ord)``.

    The gradient is zero where the norm is, and for orders below 1 also in elements that are zero. For the orders inf
    and -inf, elements that tie share it equally. A norm of zero has no second derivative: it is NaN.

    Parameters
    ----------
    axis : int, tuple of int or None
        The axes of the vectors; None for all, as if `x` were flattened.
    ord : float
        The order: inf and -inf for the greatest and the smallest absolute value, 0 for the number of nonzero elements.

    Returns
    -------
    Tensor
        The shape without `axis`; real.

    Raises
    ------
    ValueError
        If `ord` is not a number.

    Examples
    --------
    >>> tl.linalg.vector_norm(tl.tensor([3.0, -4.0]))
    tensor(5.)
    >>> tl.linalg.vector_norm(tl.tensor([[3.0, -4.0], [1.0, 1.0]]), axis=1, ord=1)
    tensor([7., 2.])
    """
    require("vector_norm", "floating", x=x)
    if isinstance(ord, str):
        raise ValueError(f"vector_norm: ord must be a number, not {ord!r}; use matrix_norm for 'fro' and 'nuc'")
    normalized_axes(axis, len(x.shape))
    if ord == 2:
        return euclidean_norm(x, axis=axis, keepdims=keepdims)
    size = absolute(x)
    if ord == 0:
        return sum(where(size == 0, 0.0, zeros_like(size) + 1), axis=axis, keepdims=keepdims)
    if ord == 1:
        return sum(size, axis=axis, keepdims=keepdims)
    if abs(ord) == inf:
        return (max if ord > 0 else min)(size, axis=axis, keepdims=keepdims)
    return _power_norm(size, ord, axis, keepdims)


# -- matrices ----------------------------------------------------------------------------------------------------------


def _of_sums(extreme: Callable[..., Any], summed: int) -> Callable[[Any], Any]:
    """Return the norm that is an extreme of the sums of absolute values over rows (-2) or columns (-1)."""
    return lambda x: extreme(sum(absolute(x), axis=summed), axis=-1)


MATRIX_NORMS: dict[Any, Callable[[Any], Any]] = {
    "fro": lambda x: euclidean_norm(x, axis=(-2, -1)),
    "nuc": lambda x: sum(svdvals(x), axis=-1),
    1: _of_sums(max, -2),
    -1: _of_sums(min, -2),
    2: lambda x: max(svdvals(x), axis=-1),
    -2: lambda x: min(svdvals(x), axis=-1),
    inf: _of_sums(max, -1),
    -inf: _of_sums(min, -1),
}


@composite()
@of_matrices
def matrix_norm(x: ArrayT, /, *, keepdims: bool = False, ord: float | str | None = "fro") -> ArrayT:
    """Norm of matrices.

    Parameters
    ----------
    keepdims : bool
        Whether the last two axes stay, with length 1.
    ord : {"fro", "nuc", 1, -1, 2, -2, inf, -inf}
        ``"fro"`` (also None): square root of the sum of squares. ``"nuc"``: sum of the singular values; 2 and -2: the
        greatest and the smallest of them. 1 and -1: the greatest and the smallest sum of absolute values of a column;
        inf and -inf: of a row. Those that tie share the gradient equally; a zero matrix has a subgradient. Matrices
        without elements have norm 0; for the orders below zero they have none.

    Returns
    -------
    Tensor
        Shape ``(...)``; real.

    Raises
    ------
    ValueError
        If `ord` is not one of these.

    Examples
    --------
    >>> tl.linalg.matrix_norm(tl.tensor([[3.0, 0.0], [0.0, 4.0]]))
    tensor(5.)
    >>> tl.linalg.matrix_norm(tl.tensor([[1.0, -2.0], [3.0, 0.0]]), ord=1)
    tensor(4.)
    """
    require("matrix_norm", "floating", x=x)
    check_matrices("matrix_norm", tuple(x.shape))
    if ord not in (None, *MATRIX_NORMS):
        raise ValueError(f"matrix_norm: ord must be one of {', '.join(map(repr, MATRIX_NORMS))}, not {ord!r}")
    if 0 in x.shape[-2:] and ord in (1, 2, inf):  # the maximum of nothing is undefined
        ord = "fro"
    norm = MATRIX_NORMS["fro" if ord is None else ord](x)
    return expand_dims(norm, axis=(-2, -1)) if keepdims else norm
