"""Kernel ridge regression, networks of radial basis functions, and nearest neighbours as template matchers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

from ...autodiff.graph import no_grad
from ...features.kernels import rbf_kernel, squared_distances
from ...features.radial import RBFFeatures
from ...nn.functional import one_hot
from ...ops.creation import eye
from ...ops.declare import composite
from ...ops.linalg.solving import solve
from ...ops.reduction import mean
from ...ops.sorting import topk
from ...options import NonNegative, Positive, Size, declared
from ...random import Generator, default_generator
from ...tensor import Tensor
from .base import Classifier, Regressor, check_samples, class_count
from .linear import LinearRegression


@declared
class KernelRidge(Regressor):
    """Kernel ridge regression: ``sum_i c_i k(x_i, x)`` with ``(K + alpha * I) c = y``.

    Parameters
    ----------
    alpha : float
        Strength of the penalty. 0 interpolates the targets if ``K`` is regular.
    kernel : callable
        A function of two matrices of samples, (n, d) and (m, d), that returns the matrix (n, m) of their similarities,
        such as those of `tensorlab.features`.

    Attributes
    ----------
    samples : Tensor, shape (n, d)
        The samples, after `fit`.
    coefficients : Tensor, shape (n,) or (n, k)
        Their weights.

    Examples
    --------
    >>> x = tl.linspace(0.0, 6.0, 20).reshape(-1, 1)
    >>> model = tl.models.classic.KernelRidge(alpha=1e-4).fit(x, x.sin()[:, 0])
    >>> model.predict(tl.tensor([[1.5]])).round(decimals=2)
    tensor([1.])
    """

    alpha: NonNegative = 1.0
    kernel: Callable[..., Any] = rbf_kernel
    samples: ClassVar[Tensor]
    coefficients: ClassVar[Tensor]

    @no_grad()
    @composite(x="real floating", y="real floating")
    def fit(self, x: Tensor, y: Tensor) -> Self:
        """Learn from samples, (n, d), with targets, (n,) or (n, k)."""
        check_samples(x, y, targets=True)
        penalty = self.alpha * eye(x.shape[0], dtype=x.dtype, device=x.device)
        return self._store(samples=x, coefficients=solve(self.kernel(x, x) + penalty, y))

    @composite(x="real floating")
    def forward(self, x: Tensor) -> Tensor:
        """Return the predictions for samples, (n, d)."""
        self._require_fitted("samples")
        return self.kernel(x, self.samples) @ self.coefficients


@declared
class RBFNetwork(Regressor):
    """A network of radial basis functions (Broomhead and Lowe, 1988): Gaussian bumps, then ridge regression.

    Parameters
    ----------
    n_centers : int
        Number of bumps, at most that of the samples, from which their centres are drawn.
    gamma : float
        Inverse of twice the variance of the bumps.
    alpha : float
        Strength of the penalty of the output weights.
    generator : Generator, optional
        Source of the choice of centres; the default generator by default.

    Attributes
    ----------
    features : RBFFeatures
        The bumps, after `fit`.
    output : LinearRegression
        The output layer.

    Examples
    --------
    >>> x = tl.linspace(0.0, 6.0, 30).reshape(-1, 1)
    >>> model = tl.models.classic.RBFNetwork(10, generator=tl.Generator(0)).fit(x, x.sin()[:, 0])
    >>> model.score(x, x.sin()[:, 0]) > 0.99
    True
    """

    n_centers: Size
    gamma: Positive = 1.0
    alpha: NonNegative = 1e-6
    generator: Generator | None = None

    def __post_init__(self) -> None:
        self.features: Any = None
        self.output: Any = None

    @no_grad()
    @composite(x="real floating", y="real floating")
    def fit(self, x: Tensor, y: Tensor) -> Self:
        """Learn from samples, (n, d), with targets, (n,) or (n, k)."""
        check_samples(x, y, targets=True)
        if self.n_centers > x.shape[0]:
            raise ValueError(f"n_centers must be at most the number of samples, {x.shape[0]}, not {self.n_centers}")
        chosen = (self.generator or default_generator).permutation(x.shape[0], device=x.device)[: self.n_centers]
        self.features = RBFFeatures(x[chosen], self.gamma)
        self.output = LinearRegression(self.alpha).fit(self.features(x), y)
        return self

    @composite(x="real floating")
    def forward(self, x: Tensor) -> Tensor:
        """Return the predictions for samples, (n, d)."""
        self._require_fitted("features")
        return self.output(self.features(x))


@declared
class KNeighborsClassifier(Classifier):
    """Template matching: a sample gets the label that most of its `n_neighbors` nearest templates have.

    Parameters
    ----------
    n_neighbors : int
        Number of templates that vote. Among labels of equally many votes, the smallest wins.

    Attributes
    ----------
    templates : Tensor, shape (n, d)
        The samples, after `fit`.
    labels : Tensor, shape (n,)
        Their labels.
    n_classes : int
        The largest label plus one.

    Examples
    --------
    >>> x, y = tl.tensor([[0.0], [1.0], [5.0], [6.0]]), tl.tensor([0, 0, 1, 1])
    >>> tl.models.classic.KNeighborsClassifier(1).fit(x, y).predict(tl.tensor([[0.7], [4.0]]))
    tensor([0, 1])
    """

    n_neighbors: Size = 5
    templates: ClassVar[Tensor]
    labels: ClassVar[Tensor]

    @no_grad()
    @composite(x="real floating", y="integral")
    def fit(self, x: Tensor, y: Tensor) -> Self:
        """Keep samples, (n, d), with labels 0, 1, 2, ..., (n,), as templates."""
        self.n_classes = class_count(x, y)
        if self.n_neighbors > x.shape[0]:
            raise ValueError(f"n_neighbors must be at most the number of samples, {x.shape[0]}, not {self.n_neighbors}")
        return self._store(templates=x, labels=y.astype("int64"))

    @composite(x="real floating")
    def forward(self, x: Tensor) -> Tensor:
        """Return the fractions of votes, (n, k), of samples, (n, d)."""
        self._require_fitted("templates")
        # The centre of the templates as the origin keeps distances accurate far from zero.
        centre = mean(self.templates, axis=0)
        _, nearest = topk(squared_distances(x - centre, self.templates - centre), self.n_neighbors, largest=False)
        return mean(one_hot(self.labels[nearest], self.n_classes).astype(x.dtype), axis=1)
