"""Distributions over matrices: Wishart's, and that of Lewandowski, Kurowicka and Joe over correlations."""

from __future__ import annotations

from math import log, pi
from typing import Annotated

from ..errors import ShapeError
from ..ops.arithmetic import square
from ..ops.comparison import where
from ..ops.contraction import matmul
from ..ops.creation import arange, ones
from ..ops.exponential import log as logarithm
from ..ops.exponential import sqrt
from ..ops.joining import concat
from ..ops.linalg.decompositions import cholesky
from ..ops.linalg.solving import solve_triangular
from ..ops.matrices import diagonal, tril
from ..ops.special import digamma, lgamma
from ..options import declared
from ..options.kinds import Whole
from ..random.generator import Generator
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .multivariate_normal import CovarianceForms, diagonal_matrices, half_log_det
from .parameters import LowerCholesky, Positive, PositiveDefinite


def log_multigamma(a: Tensor, p: int) -> Tensor:
    """Return the logarithm of the multivariate gamma function of order p."""
    return 0.25 * p * (p - 1) * log(pi) + lgamma(_halves_below(a, p)).sum(axis=-1)


def multidigamma(a: Tensor, p: int) -> Tensor:
    """Return the derivative of `log_multigamma`."""
    return digamma(_halves_below(a, p)).sum(axis=-1)


def _halves_below(a: Tensor, p: int) -> Tensor:
    """Return ``a, a - 1 / 2, ..., a - (p - 1) / 2`` along a new last axis."""
    return a[..., None] - 0.5 * arange(p, dtype=a.dtype, device=a.device)


@declared
class Wishart(CovarianceForms):
    """The Wishart distribution over positive definite matrices.

    With n whole degrees of freedom it is that of ``X.T @ X`` for n normal vectors of mean 0, the rows of X.

    Parameters
    ----------
    df : float or Tensor
        The degrees of freedom; greater than k - 1.
    covariance_matrix : Tensor, shape (..., k, k), optional
        The covariance of the vectors; symmetric and positive definite.

    Examples
    --------
    >>> wishart = tl.distributions.Wishart(3.0, tl.eye(2))
    >>> wishart.mean
    tensor([[3., 0.],
            [0., 3.]])
    """

    has_rsample = True
    support = constraints.positive_definite

    df: Positive
    covariance_matrix: PositiveDefinite = None
    precision_matrix: PositiveDefinite = None
    scale_tril: LowerCholesky = None

    def __post_init__(self) -> None:
        (matrix,) = (self._given[name] for name in self.alternatives if name in self._given)
        if matrix.shape[-1] != matrix.shape[-2]:
            raise ShapeError(f"Wishart: the matrix must be square, not of the shape {tuple(matrix.shape)}")
        super().__post_init__()
        if self._validates and not bool((self.df > self._size - 1).all()):
            raise ValueError(f"Wishart: df must be greater than {self._size - 1} for matrices of size {self._size}")

    @property
    def _size(self) -> int:
        return self._factor.shape[-1]

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (self._size, self._size)

    @property
    def mean(self) -> Tensor:
        return self.df[..., None, None] * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        factor = self.df - self._size - 1
        return where(factor > 0, factor, float("nan"))[..., None, None] * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        matrix = self.covariance_matrix
        variances = diagonal(matrix, axis1=-2, axis2=-1)
        return self.df[..., None, None] * (square(matrix) + variances[..., :, None] * variances[..., None, :])

    def _log_normalizer(self) -> Tensor:
        half, k = 0.5 * self.df, self._size
        return half * k * log(2) + self.df * half_log_det(self.scale_tril) + log_multigamma(half, k)

    def _log_prob(self, value: Tensor) -> Tensor:
        factor = cholesky(value)
        trace = square(solve_triangular(self.scale_tril, factor, upper=False)).sum(axis=(-2, -1))
        return (self.df - self._size - 1) * half_log_det(factor) - 0.5 * trace - self._log_normalizer()

    def entropy(self) -> Tensor:
        k = self._size
        mean_log_det = multidigamma(0.5 * self.df, k) + k * log(2) + 2 * half_log_det(self.scale_tril)
        return self._log_normalizer() - 0.5 * (self.df - k - 1) * mean_log_det + 0.5 * k * self.df

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        # Bartlett's decomposition: normal numbers below a diagonal of roots of chi-squared numbers.
        like, k = self._like, self._size
        below = tril(generator.normal((*shape, k, k), dtype=like.dtype, device=like.device), -1)
        halves = _halves_below(0.5 * self.df, k)
        factor = below + diagonal_matrices(sqrt(2 * generator.gamma(halves, 1.0, (*shape, k))))
        root = matmul(self.scale_tril, factor)
        return matmul(root, root.mT)


@declared
class LKJCholesky(Distribution):
    """The LKJ distribution over Cholesky factors of correlation matrices.

    The density of a correlation matrix is proportional to the power ``concentration - 1`` of its determinant.

    Parameters
    ----------
    dim : int
        The size of the matrices; at least 2.
    concentration : float or Tensor
        The exponent plus 1; greater than 0. With 1 all correlation matrices have the same density.

    References
    ----------
    Lewandowski, Kurowicka and Joe, "Generating random correlation matrices based on vines and extended onion method",
    2009.

    Examples
    --------
    >>> tl.distributions.LKJCholesky(3, 0.5).sample().shape
    (3, 3)
    """

    support = constraints.corr_cholesky

    dim: Annotated[int, Whole(2)]
    concentration: Positive = 1.0

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (self.dim, self.dim)

    def _log_normalizer(self) -> Tensor:
        count = self.dim - 1
        alpha = self.concentration + 0.5 * count
        return 0.5 * count * log(pi) + log_multigamma(alpha - 0.5, count) - count * lgamma(alpha)

    def _log_prob(self, value: Tensor) -> Tensor:
        row = arange(2, self.dim + 1, dtype=value.dtype, device=value.device)
        exponents = 2 * (self.concentration - 1)[..., None] + self.dim - row
        log_diagonal = logarithm(diagonal(value, axis1=-2, axis2=-1)[..., 1:])
        return (exponents * log_diagonal).sum(axis=-1) - self._log_normalizer()

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        # The onion method: row by row, a direction and a squared length of what is left of the diagonal.
        like, k = self._like, self.dim
        offset = arange(k - 1, dtype=like.dtype, device=like.device)
        rest = (self.concentration + 0.5 * (k - 2))[..., None] - 0.5 * offset
        squares = generator.beta(0.5 * (offset + 1), rest, (*shape, k - 1))
        below = tril(generator.normal((*shape, k - 1, k), dtype=like.dtype, device=like.device), 0)
        below = below / sqrt(square(below).sum(axis=-1, keepdims=True)) * sqrt(squares)[..., None]
        first = ones((*shape, 1), dtype=like.dtype, device=like.device)
        zeros_above = 0.0 * below[..., :1, :]
        diagonals = concat([first, sqrt(1 - squares)], axis=-1)
        return concat([zeros_above, below], axis=-2) + diagonal_matrices(diagonals)
