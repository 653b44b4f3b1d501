"""Transforms of vectors and matrices."""

from __future__ import annotations

from math import isqrt

from ...errors import ShapeError
from ...ops.activation import log_sigmoid
from ...ops.arithmetic import clip, square
from ...ops.contraction import matmul
from ...ops.creation import arange, asarray, eye
from ...ops.cumulative import cumulative_prod, cumulative_sum
from ...ops.datatypes import finfo
from ...ops.exponential import exp, log, sigmoid, sqrt
from ...ops.indexing import take
from ...ops.matrices import diagonal, tril
from ...ops.padding import pad
from ...ops.shapes import reshape
from ...ops.softmax import softmax
from ...ops.trigonometric import atanh, tanh
from ...options import declared
from ...tensor import Tensor
from .. import constraints
from ..multivariate_normal import diagonal_matrices
from .base import Transform
from .elementwise import inside_unit_interval, log_slope_of_tanh


@declared
class SoftmaxTransform(Transform):
    """``y = softmax(x)`` over vectors, whose `inv` returns the logarithms.

    It is not bijective, as vectors that differ by a constant have one result; see `StickBreakingTransform`.

    Examples
    --------
    >>> tl.distributions.transforms.SoftmaxTransform()(tl.tensor([1.0, 1.0]))
    tensor([0.5, 0.5])
    """

    bijective = False
    domain, codomain = constraints.real_vector, constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        return softmax(x, axis=-1)

    def _inverse(self, y: Tensor) -> Tensor:
        return log(y)


@declared
class StickBreakingTransform(Transform):
    """A bijection from vectors of k numbers to those of k + 1 positive numbers that sum to 1.

    Each number is the logit of the fraction that is broken off what is left of a stick of length 1. The logits are
    shifted so that zeros give equal parts.

    Examples
    --------
    >>> tl.distributions.transforms.StickBreakingTransform()(tl.tensor([0.0]))
    tensor([0.5, 0.5])
    """

    domain, codomain = constraints.real_vector, constraints.simplex

    def _shifts(self, x: Tensor) -> Tensor:
        """Return the logarithms of k, ..., 2, 1 for arguments of length k."""
        return log(arange(x.shape[-1], 0, -1, dtype=x.dtype, device=x.device))

    def _call(self, x: Tensor) -> Tensor:
        fraction = inside_unit_interval(sigmoid(x - self._shifts(x)))
        left = cumulative_prod(1 - fraction, axis=-1)
        before, after = [(0, 0)] * (len(x.shape) - 1) + [(1, 0)], [(0, 0)] * (len(x.shape) - 1) + [(0, 1)]
        return pad(fraction, after, constant_values=1.0) * pad(left, before, constant_values=1.0)

    def _inverse(self, y: Tensor) -> Tensor:
        parts = y[..., :-1]
        left = clip(1 - cumulative_sum(parts, axis=-1), float(finfo(y.dtype).smallest_normal), None)
        return log(parts) - log(left) + self._shifts(parts)

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return (log_sigmoid(self._shifts(x) - x) + log(y[..., :-1])).sum(axis=-1)

    def _forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        require_axes("StickBreakingTransform", shape, 1)
        return (*shape[:-1], shape[-1] + 1)

    def _inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        require_axes("StickBreakingTransform", shape, 1)
        return (*shape[:-1], shape[-1] - 1)


def require_axes(name: str, shape: tuple[int, ...], count: int) -> None:
    """Refuse a shape with too few axes.

    Raises
    ------
    ShapeError
        The message names the transform.
    """
    if len(shape) < count:
        raise ShapeError(f"{name}: at least {count} axes are needed, not the shape {shape}")


@declared
class LowerCholeskyTransform(Transform):
    """Square matrices to lower triangular ones with a positive diagonal, which is the exponential of theirs.

    What is above the diagonal is ignored.

    Examples
    --------
    >>> tl.distributions.transforms.LowerCholeskyTransform()(tl.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    bijective = False
    domain, codomain = constraints.independent(constraints.real, 2), constraints.lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return tril(x, -1) + diagonal_matrices(exp(diagonal(x, axis1=-2, axis2=-1)))

    def _inverse(self, y: Tensor) -> Tensor:
        return tril(y, -1) + diagonal_matrices(log(diagonal(y, axis1=-2, axis2=-1)))


@declared
class PositiveDefiniteTransform(Transform):
    """Square matrices to positive definite ones, whose Cholesky factors are those of `LowerCholeskyTransform`.

    Examples
    --------
    >>> tl.distributions.transforms.PositiveDefiniteTransform()(tl.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    bijective = False
    domain, codomain = constraints.independent(constraints.real, 2), constraints.positive_definite

    def _call(self, x: Tensor) -> Tensor:
        factor = LowerCholeskyTransform()._call(x)
        return matmul(factor, factor.mT)

    def _inverse(self, y: Tensor) -> Tensor:
        # Linear algebra is imported when it is first needed.
        from ...ops.linalg.decompositions import cholesky

        return LowerCholeskyTransform()._inverse(cholesky(y))


@declared
class CorrCholeskyTransform(Transform):
    """A bijection from vectors of ``k * (k - 1) / 2`` numbers to Cholesky factors of correlation matrices of size k.

    The hyperbolic tangents of the numbers are canonical partial correlations (Lewandowski, Kurowicka and Joe,
    "Generating random correlation matrices based on vines and extended onion method", 2009).

    Examples
    --------
    >>> tl.distributions.transforms.CorrCholeskyTransform()(tl.zeros(1))
    tensor([[1., 0.],
            [0., 1.]])
    """

    domain, codomain = constraints.real_vector, constraints.corr_cholesky

    def _call(self, x: Tensor) -> Tensor:
        eps = float(finfo(x.dtype).eps)
        partial = below_diagonal(clip(tanh(x), eps - 1, 1 - eps))
        left = sqrt(cumulative_prod(1 - square(partial), axis=-1))
        ones = eye(partial.shape[-1], dtype=x.dtype, device=x.device)
        return (partial + ones) * shifted(left)

    def _inverse(self, y: Tensor) -> Tensor:
        left = shifted(1 - cumulative_sum(square(y), axis=-1))
        return atanh(entries_below(y, 1) / sqrt(entries_below(left, 1)))

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        left = entries_below(1 - cumulative_sum(square(y), axis=-1), 2)
        return 0.5 * log(left).sum(axis=-1) + log_slope_of_tanh(x).sum(axis=-1)

    def _forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        require_axes("CorrCholeskyTransform", shape, 1)
        size = size_of(shape[-1])
        return (*shape[:-1], size, size)

    def _inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        require_axes("CorrCholeskyTransform", shape, 2)
        if shape[-1] != shape[-2]:
            raise ShapeError(f"CorrCholeskyTransform: square matrices are needed, not the shape {shape}")
        return (*shape[:-2], shape[-1] * (shape[-1] - 1) // 2)


def size_of(count: int) -> int:
    """Return the size of matrices with so many entries below the diagonal.

    Raises
    ------
    ShapeError
        If there are none.
    """
    size = (1 + isqrt(1 + 8 * count)) // 2
    if size * (size - 1) // 2 != count:
        raise ShapeError(f"CorrCholeskyTransform: the last axis must have the length k * (k - 1) / 2, not {count}")
    return size


def shifted(x: Tensor) -> Tensor:
    """Return the columns moved to the right by one, after ones."""
    widths = [(0, 0)] * (len(x.shape) - 1) + [(1, 0)]
    return pad(x[..., :-1], widths, constant_values=1.0)


def below_diagonal(x: Tensor) -> Tensor:
    """Return matrices with the entries of vectors below the diagonal, row by row."""
    count = x.shape[-1]
    size = size_of(count)
    places = [i * (i - 1) // 2 + j if j < i else count for i in range(size) for j in range(size)]
    padded = pad(x, [(0, 0)] * (len(x.shape) - 1) + [(0, 1)])
    entries = take(padded, asarray(places, dtype="int64", device=x.device), axis=-1)
    return reshape(entries, (*x.shape[:-1], size, size))


def entries_below(x: Tensor, distance: int) -> Tensor:
    """Return the entries at least so far below the diagonal, row by row."""
    size = x.shape[-1]
    places = [i * size + j for i in range(size) for j in range(i - distance + 1)]
    flat = reshape(x, (*x.shape[:-2], size * size))
    return take(flat, asarray(places, dtype="int64", device=x.device), axis=-1)
