"""Kernels: matrices of the similarities of all pairs of vectors."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError
from ..ops.arithmetic import abs, maximum
from ..ops.contraction import matmul
from ..ops.declare import composite
from ..ops.exponential import exp
from ..ops.reduction import sum
from ..ops.shapes import expand_dims, matrix_transpose
from ..options import Finite, Positive, Size
from ..tensor import ArrayT


@composite(x="real floating", y="real floating")
def linear_kernel(x: ArrayT, y: ArrayT | None = None) -> ArrayT:
    """Inner products of all pairs of rows, ``x @ y.T``.

    Parameters
    ----------
    x : Tensor, shape (n, d)
        Vectors.
    y : Tensor, shape (m, d), optional
        Other vectors; `x` by default.

    Returns
    -------
    Tensor
        Shape (n, m).

    Raises
    ------
    ShapeError
        If the vectors differ in length.

    Examples
    --------
    >>> tl.features.linear_kernel(tl.tensor([[1.0, 2.0]]), tl.tensor([[3.0, 4.0], [1.0, 0.0]]))
    tensor([[11.,  1.]])
    """
    x, y = _pair(x, y)
    return matmul(x, matrix_transpose(y))


@composite(x="real floating", y="real floating")
def polynomial_kernel(
    x: ArrayT, y: ArrayT | None = None, degree: Size = 3, gamma: Positive | None = None, coef0: Finite = 1.0
) -> ArrayT:
    """Polynomial kernel, ``(gamma * x @ y.T + coef0) ** degree``.

    Parameters
    ----------
    x : Tensor, shape (n, d)
        Vectors.
    y : Tensor, shape (m, d), optional
        Other vectors; `x` by default.
    degree : int
        Degree of the polynomial.
    gamma : float, optional
        Scale of the inner product; ``1 / d`` by default.
    coef0 : float
        Weight of the lower degrees. With 0 the kernel is homogeneous.

    Returns
    -------
    Tensor
        Shape (n, m).

    Raises
    ------
    ShapeError
        If the vectors differ in length.

    Examples
    --------
    >>> tl.features.polynomial_kernel(tl.tensor([[1.0, 2.0]]), tl.tensor([[3.0, 4.0]]), degree=2, gamma=1.0)
    tensor([[144.]])
    """
    x, y = _pair(x, y)
    return (_scale(gamma, x) * matmul(x, matrix_transpose(y)) + coef0) ** degree


@composite(x="real floating", y="real floating")
def rbf_kernel(x: ArrayT, y: ArrayT | None = None, gamma: Positive | None = None) -> ArrayT:
    """Gaussian kernel, ``exp(-gamma * ||x - y||**2)``.

    Parameters
    ----------
    x : Tensor, shape (n, d)
        Vectors.
    y : Tensor, shape (m, d), optional
        Other vectors; `x` by default.
    gamma : float, optional
        Inverse of twice the variance, ``1 / (2 * sigma**2)``; ``1 / d`` by default.

    Returns
    -------
    Tensor
        Shape (n, m); in (0, 1].

    Raises
    ------
    ShapeError
        If the vectors differ in length.

    Examples
    --------
    >>> tl.features.rbf_kernel(tl.tensor([[0.0, 0.0], [3.0, 4.0]]), gamma=0.1).round(decimals=3)
    tensor([[1.   , 0.082],
            [0.082, 1.   ]])
    """
    x, y = _pair(x, y)
    return exp(-_scale(gamma, x) * squared_distances(x, y))


@composite(x="real floating", y="real floating")
def laplacian_kernel(x: ArrayT, y: ArrayT | None = None, gamma: Positive | None = None) -> ArrayT:
    """Laplacian kernel, ``exp(-gamma * ||x - y||_1)``.

    Parameters
    ----------
    x : Tensor, shape (n, d)
        Vectors. All differences are held in memory.
    y : Tensor, shape (m, d), optional
        Other vectors; `x` by default.
    gamma : float, optional
        Inverse of the length scale; ``1 / d`` by default.

    Returns
    -------
    Tensor
        Shape (n, m); in (0, 1].

    Raises
    ------
    ShapeError
        If the vectors differ in length.

    Examples
    --------
    >>> tl.features.laplacian_kernel(tl.tensor([[0.0, 0.0]]), tl.tensor([[1.0, 1.0]]), gamma=0.5).round(decimals=4)
    tensor([[0.3679]])
    """
    x, y = _pair(x, y)
    return exp(-_scale(gamma, x) * sum(abs(expand_dims(x, -2) - expand_dims(y, -3)), axis=-1))


def squared_distances(x: Any, y: Any) -> Any:
    """Return the squared Euclidean distances of all pairs of rows, by one product of matrices.

    Rounding is relative to the squared lengths, not to the distance.
    """
    lengths = [sum(points * points, axis=-1, keepdims=True) for points in (x, y)]
    return maximum(lengths[0] + matrix_transpose(lengths[1]) - 2 * matmul(x, matrix_transpose(y)), 0.0)


def _pair(x: Any, y: Any) -> tuple[Any, Any]:
    y = x if y is None else y
    shapes = tuple(x.shape), tuple(y.shape)
    if not (len(shapes[0]) >= 2 <= len(shapes[1]) and shapes[0][-1] == shapes[1][-1]):
        raise ShapeError(f"x and y must have rows of one length, but their shapes are {shapes[0]} and {shapes[1]}")
    return x, y


def _scale(gamma: float | None, x: Any) -> float:
    return 1 / max(x.shape[-1], 1) if gamma is None else gamma
