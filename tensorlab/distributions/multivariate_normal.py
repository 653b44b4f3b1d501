"""Multivariate normal distributions."""

from __future__ import annotations

from math import prod
from typing import Any

from ..errors import ShapeError
from ..ops.arithmetic import square
from ..ops.comparison import where
from ..ops.contraction import matmul
from ..ops.creation import eye
from ..ops.exponential import log, sqrt
from ..ops.joining import flip
from ..ops.linalg.decompositions import cholesky
from ..ops.linalg.solving import solve_triangular
from ..ops.matrices import diagonal
from ..ops.shapes import moveaxis, reshape
from ..options import declared
from ..random.generator import Generator
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .normal import HALF_LOG_2PI
from .parameters import LowerCholesky, PositiveDefinite, PositiveVector, RealMatrix, RealVector, expanded

LOG_2PI = 2 * HALF_LOG_2PI


def precision_of(scale_tril: Tensor) -> Tensor:
    """Return the inverse of the covariance ``L @ L.T``."""
    inverse = inverse_of(scale_tril)
    return matmul(inverse.mT, inverse)


def inverse_of(triangle: Tensor) -> Tensor:
    """Return the inverses of lower triangular matrices."""
    return solve_triangular(
        triangle, eye(triangle.shape[-1], dtype=triangle.dtype, device=triangle.device), upper=False
    )


def scale_tril_of_precision(precision: Tensor) -> Tensor:
    """Return the Cholesky factor of the inverse of a matrix, without inverting that.

    With rows and columns in reverse order the Cholesky factor of the precision is upper triangular, and its inverse,
    transposed, the factor of the covariance.
    """
    reversed_factor = flip(cholesky(flip(precision, axis=(-2, -1))), axis=(-2, -1))
    return inverse_of(reversed_factor.mT)


def half_log_det(scale_tril: Tensor) -> Tensor:
    """Return half the logarithm of the determinant of ``L @ L.T``."""
    return log(diagonal(scale_tril, axis1=-2, axis2=-1)).sum(axis=-1)


def mahalanobis(scale_tril: Tensor, difference: Tensor) -> Tensor:
    """Return ``|L**-1 @ x|**2``, for vectors x of shape ``(*samples, *batch, k)`` and matrices of ``(*batch, k, k)``.

    The samples are the columns of the right-hand sides. Where these are many, the matrices are inverted: one product of
    matrices is much faster than substitution.
    """
    batch, k = tuple(scale_tril.shape)[:-2], scale_tril.shape[-1]
    samples = tuple(difference.shape)[: len(difference.shape) - len(batch) - 1]
    columns = moveaxis(reshape(difference, (prod(samples), *batch, k)), 0, -1)
    if columns.shape[-1] > k:
        whitened = matmul(inverse_of(scale_tril), columns)
    else:
        whitened = solve_triangular(scale_tril, columns, upper=False)
    lengths = square(whitened).sum(axis=-2)
    return reshape(moveaxis(lengths, -1, 0), (*samples, *batch))


def diagonal_matrices(x: Tensor) -> Tensor:
    """Return matrices with the last axis on their diagonals."""
    return where(eye(x.shape[-1], dtype="bool", device=x.device), x[..., None], 0.0)


class NormalVectors(Distribution):
    """The base class of normal distributions over vectors, however their covariance is given.

    Parameters
    ----------
    loc : Tensor, shape (..., k)
        The mean.
    """

    has_rsample = True
    support = constraints.real_vector

    loc: Any

    @property
    def event_shape(self) -> tuple[int, ...]:
        return tuple(self.loc.shape[-1:])

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def _half_log_det(self) -> Tensor:
        """Half the logarithm of the determinant of the covariance."""
        raise NotImplementedError

    @property
    def _factors(self) -> tuple[Tensor, ...]:
        """Matrices A whose ``A @ A.T`` add up to the covariance."""
        raise NotImplementedError

    def _mahalanobis(self, x: Tensor) -> Tensor:
        """Return ``x.T @ inverse(covariance) @ x`` for vectors of shape ``(*samples, *batch_shape, k)``."""
        raise NotImplementedError

    def _log_prob(self, value: Tensor) -> Tensor:
        return -0.5 * (self._mahalanobis(value - self.loc) + self.loc.shape[-1] * LOG_2PI) - self._half_log_det

    def entropy(self) -> Tensor:
        return 0.5 * self.loc.shape[-1] * (1 + LOG_2PI) + self._half_log_det

    def _require_rows(self, name: str, square: bool = False) -> None:
        """Refuse a parameter whose vectors or rows do not match the mean."""
        k, shape = self.loc.shape[-1], tuple(self._given[name].shape)
        event = shape[len(shape) - self.arg_constraints[name].event_dim :]
        if event[0] != k or (square and event != (k, k)):
            raise ShapeError(
                f"{type(self).__name__}: {name} must have {k} rows, as loc has the shape {tuple(self.loc.shape)}, not "
                f"the shape {shape}"
            )


class CovarianceForms(Distribution):
    """Distributions with a positive definite matrix, which is given by itself, its inverse or its Cholesky factor.

    Parameters
    ----------
    covariance_matrix : Tensor, shape (..., k, k), optional
        The matrix; symmetric and positive definite.
    precision_matrix : Tensor, shape (..., k, k), optional
        Its inverse.
    scale_tril : Tensor, shape (..., k, k), optional
        Its Cholesky factor: lower triangular with a positive diagonal.
    """

    alternatives = ("covariance_matrix", "precision_matrix", "scale_tril")

    def __post_init__(self) -> None:
        """Compute the Cholesky factor, once."""
        if "covariance_matrix" in self._given:
            self._factor = cholesky(self._given["covariance_matrix"])
        elif "precision_matrix" in self._given:
            self._factor = scale_tril_of_precision(self._given["precision_matrix"])
        else:
            self._factor = self._given["scale_tril"]

    @property
    def scale_tril(self) -> Any:
        """The Cholesky factor."""
        return expanded(self._factor, self.batch_shape, 2)

    @property
    def covariance_matrix(self) -> Any:
        """The matrix."""
        if "covariance_matrix" in self._given:
            return self._parameter("covariance_matrix")
        return matmul(self.scale_tril, self.scale_tril.mT)

    @property
    def precision_matrix(self) -> Any:
        """The inverse of the matrix."""
        if "precision_matrix" in self._given:
            return self._parameter("precision_matrix")
        return precision_of(self.scale_tril)


@declared
class MultivariateNormal(CovarianceForms, NormalVectors):
    """The multivariate normal distribution.

    Its covariance is given by itself, its inverse or its Cholesky factor. Densities and samples are computed from the
    factor, which is computed once.

    Examples
    --------
    >>> normal = tl.distributions.MultivariateNormal(tl.zeros(2), scale_tril=tl.tensor([[1.0, 0.0], [1.0, 2.0]]))
    >>> normal.covariance_matrix
    tensor([[1., 1.],
            [1., 5.]])
    >>> normal.sample((3,)).shape, normal.log_prob(tl.zeros(2))
    ((3, 2), tensor(-2.5310242))
    """

    loc: RealVector
    covariance_matrix: PositiveDefinite = None
    precision_matrix: PositiveDefinite = None
    scale_tril: LowerCholesky = None

    def __post_init__(self) -> None:
        (name,) = self._given.keys() - {"loc"}
        self._require_rows(name, square=True)
        super().__post_init__()

    @property
    def variance(self) -> Tensor:
        return square(self.scale_tril).sum(axis=-1)

    @property
    def _half_log_det(self) -> Tensor:
        return half_log_det(self.scale_tril)

    @property
    def _factors(self) -> tuple[Tensor, ...]:
        return (self.scale_tril,)

    def _mahalanobis(self, x: Tensor) -> Tensor:
        return mahalanobis(self.scale_tril, x)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.multivariate_normal(self.loc, shape=shape, scale_tril=self.scale_tril)


@declared
class LowRankMultivariateNormal(NormalVectors):
    """The multivariate normal distribution with the covariance ``W @ W.T + diag(d)``, for W of few columns.

    Densities and samples take time linear in k: the matrices that are decomposed have the size r (by the matrix
    determinant lemma and Woodbury's identity).

    Parameters
    ----------
    cov_factor : Tensor, shape (..., k, r)
        The factor W.
    cov_diag : Tensor, shape (..., k)
        The diagonal d; greater than 0.

    Examples
    --------
    >>> normal = tl.distributions.LowRankMultivariateNormal(tl.zeros(2), tl.tensor([[1.0], [0.0]]), tl.ones(2))
    >>> normal.covariance_matrix
    tensor([[2., 0.],
            [0., 1.]])
    """

    loc: RealVector
    cov_factor: RealMatrix
    cov_diag: PositiveVector

    def __post_init__(self) -> None:
        self._require_rows("cov_factor")
        self._require_rows("cov_diag")
        w = self.cov_factor
        capacitance = matmul(w.mT, self._weighted) + eye(w.shape[-1], dtype=w.dtype, device=w.device)
        self._capacitance = cholesky(capacitance)

    @property
    def variance(self) -> Tensor:
        return square(self.cov_factor).sum(axis=-1) + self.cov_diag

    @property
    def covariance_matrix(self) -> Tensor:
        """The covariance, shape (..., k, k)."""
        return matmul(self.cov_factor, self.cov_factor.mT) + diagonal_matrices(self.cov_diag)

    @property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance, shape (..., k, k)."""
        reduced = solve_triangular(self._capacitance_tril, self._weighted.mT, upper=False)
        return diagonal_matrices(1 / self.cov_diag) - matmul(reduced.mT, reduced)

    @property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance, shape (..., k, k)."""
        return cholesky(self.covariance_matrix)

    @property
    def _capacitance_tril(self) -> Tensor:
        """The Cholesky factor of ``I + W.T @ diag(1 / d) @ W``, which is computed once."""
        return expanded(self._capacitance, self.batch_shape, 2)

    @property
    def _weighted(self) -> Tensor:
        """The rows of W, each divided by its d."""
        return self.cov_factor / self.cov_diag[..., None]

    @property
    def _half_log_det(self) -> Tensor:
        return half_log_det(self._capacitance_tril) + 0.5 * log(self.cov_diag).sum(axis=-1)

    @property
    def _factors(self) -> tuple[Tensor, ...]:
        return self.cov_factor, diagonal_matrices(sqrt(self.cov_diag))

    def _mahalanobis(self, x: Tensor) -> Tensor:
        reduced = matmul(self._weighted.mT, x[..., None])[..., 0]
        return (square(x) / self.cov_diag).sum(axis=-1) - mahalanobis(self._capacitance_tril, reduced)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        like, rank = self.loc, self.cov_factor.shape[-1]
        common = generator.normal((*shape, rank, 1), dtype=like.dtype, device=like.device)
        own = generator.normal((*shape, *self.event_shape), dtype=like.dtype, device=like.device)
        return self.loc + matmul(self.cov_factor, common)[..., 0] + sqrt(self.cov_diag) * own
