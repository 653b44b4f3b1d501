"""Principal components, of vectors and of a kernel's features."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

from ...autodiff.graph import no_grad
from ...features.kernels import linear_kernel
from ...ops.arithmetic import maximum, sign
from ...ops.comparison import where
from ...ops.declare import composite
from ...ops.indexing import take_along_axis
from ...ops.linalg.spectral import eigh, svd
from ...ops.reduction import argmax, mean
from ...options import Size, declared
from ...tensor import Tensor
from .base import Estimator, check_samples


@declared
class PCA(Estimator):
    """Principal component analysis: the directions of the largest variance, by a singular value decomposition.

    Parameters
    ----------
    n_components : int, optional
        Number of components; by default as many as samples and features allow.
    whiten : bool
        Whether `transform` scales the components to variance 1.

    Attributes
    ----------
    mean : Tensor, shape (d,)
        The samples' mean, after `fit`.
    components : Tensor, shape (k, d)
        The directions, of length 1, that of the largest variance first. The element of the largest magnitude is
        positive.
    explained_variance : Tensor, shape (k,)
        The variances along them, estimated with ``n - 1``.
    explained_variance_ratio : Tensor, shape (k,)
        Their fractions of the total variance.

    Examples
    --------
    >>> x = tl.Generator(0).normal((100, 2)) @ tl.tensor([[3.0, 3.0], [0.1, -0.1]])
    >>> model = tl.models.classic.PCA(1).fit(x)
    >>> model.components.round(decimals=1), model.transform(x).shape
    (tensor([[0.7, 0.7]]), (100, 1))
    """

    n_components: Size | None = None
    whiten: bool = False
    mean: ClassVar[Tensor]
    components: ClassVar[Tensor]
    explained_variance: ClassVar[Tensor]
    explained_variance_ratio: ClassVar[Tensor]

    @no_grad()
    @composite(x="real floating")
    def fit(self, x: Tensor, y: None = None) -> Self:  # type: ignore[override]
        """Learn from samples, (n, d), at least two."""
        check_samples(x)
        count, most = x.shape[0], min(x.shape)
        k = component_count(self.n_components, most)
        if count < 2:
            raise ValueError("x must have at least two samples")
        centre = mean(x, axis=0)
        _, values, directions = svd(x - centre, full_matrices=False)
        variance = values.square() / (count - 1)
        return self._store(
            mean=centre,
            components=oriented(directions[:k], axis=1),
            explained_variance=variance[:k],
            explained_variance_ratio=variance[:k] / variance.sum(),
        )

    @composite(x="real floating")
    def transform(self, x: Tensor) -> Tensor:
        """Return the components, (n, k), of samples, (n, d)."""
        self._require_fitted("components")
        return (x - self.mean) @ self.components.mT / self._scale()

    forward = transform

    @composite(z="real floating")
    def inverse_transform(self, z: Tensor) -> Tensor:
        """Return the samples, (n, d), with given components, (n, k)."""
        self._require_fitted("components")
        return z * self._scale() @ self.components + self.mean

    def _scale(self) -> Any:
        return self.explained_variance.sqrt() if self.whiten else 1.0


@declared
class KernelPCA(Estimator):
    """Principal components of a kernel's features (Schölkopf, Smola and Müller, 1998), which are never computed.

    Parameters
    ----------
    n_components : int, optional
        Number of components; by default that of the samples.
    kernel : callable
        A function of two matrices of samples, (n, d) and (m, d), that returns the matrix (n, m) of their similarities,
        such as those of `tensorlab.features`.

    Attributes
    ----------
    samples : Tensor, shape (n, d)
        The samples, after `fit`.
    eigenvalues : Tensor, shape (k,)
        Of the centred matrix of similarities, the largest first.
    eigenvectors : Tensor, shape (n, k)
        Of length 1. The element of the largest magnitude is positive.

    Examples
    --------
    >>> angle = tl.linspace(0.0, 6.28, 20)
    >>> circle = tl.stack([angle.cos(), angle.sin()], axis=1)
    >>> model = tl.models.classic.KernelPCA(1, tl.features.rbf_kernel).fit(tl.concat([circle, 3 * circle]))
    >>> inner, outer = tl.split(model.transform(tl.concat([circle, 3 * circle])), 2)
    >>> (inner.max() < outer.min()) | (inner.min() > outer.max())  # the components separate the circles
    tensor(True)
    """

    n_components: Size | None = None
    kernel: Callable[..., Any] = linear_kernel
    samples: ClassVar[Tensor]
    eigenvalues: ClassVar[Tensor]
    eigenvectors: ClassVar[Tensor]
    column_means: ClassVar[Tensor]

    @no_grad()
    @composite(x="real floating")
    def fit(self, x: Tensor, y: None = None) -> Self:  # type: ignore[override]
        """Learn from samples, (n, d)."""
        check_samples(x)
        k = component_count(self.n_components, x.shape[0])
        gram = self.kernel(x, x)
        means = mean(gram, axis=0)
        values, vectors = eigh(gram - means - means[:, None] + mean(gram))
        values, vectors = values.flip(0)[:k], vectors.flip(1)[:, :k]
        return self._store(
            samples=x,
            column_means=means,
            eigenvalues=maximum(values, 0.0),
            eigenvectors=oriented(vectors, axis=0),
        )

    @composite(x="real floating")
    def transform(self, x: Tensor) -> Tensor:
        """Return the components, (m, k), of samples, (m, d); 0 for eigenvalues that are 0 to rounding."""
        self._require_fitted("eigenvectors")
        similar = self.kernel(x, self.samples)
        centred = similar - mean(similar, axis=1, keepdims=True) - self.column_means + mean(self.column_means)
        positive = self.eigenvalues > 1e-6 * self.eigenvalues.max()
        return centred @ (self.eigenvectors * where(positive, 1 / where(positive, self.eigenvalues, 1.0).sqrt(), 0.0))

    forward = transform


def component_count(wanted: int | None, most: int) -> int:
    """Return the number of components, at most as many as there can be."""
    if wanted is not None and wanted > most:
        raise ValueError(f"n_components must be at most {most} for these samples, not {wanted}")
    return most if wanted is None else wanted


def oriented(vectors: Tensor, axis: int) -> Tensor:
    """Return vectors with the sign that makes their largest element positive."""
    largest = argmax(abs(vectors), axis=axis, keepdims=True)
    return vectors * sign(take_along_axis(vectors, largest, axis=axis))
