"""Points with Gaussian distributions: blobs and mixtures."""

from __future__ import annotations

from math import isclose, tau
from typing import Annotated, Any

from ..ops.creation import arange, asarray, eye, full
from ..ops.declare import composite
from ..ops.indexing import take
from ..ops.linalg.decompositions import cholesky
from ..options import Count, NonNegative, Size
from ..options.kinds import Ordered
from ..random import Generator, default_generator
from ..tensor import Tensor
from .points import labelled_points, on_circle

Matrix = Annotated[Any, Ordered("a matrix of numbers")]
Numbers = Annotated[Any, Ordered("a tensor or nested sequences of numbers")]


@composite()
def make_blobs(
    n_samples: Count = 100,
    n_features: Size = 2,
    centers: Size | Matrix = 3,
    cluster_std: NonNegative = 1.0,
    center_box: tuple[float, float] = (-10.0, 10.0),
    *,
    shuffle: bool = True,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Make isotropic Gaussian blobs, one for each class.

    Parameters
    ----------
    n_samples : int
        The number of points, divided among the blobs as evenly as possible.
    n_features : int
        The number of coordinates, unless `centers` says where they are.
    centers : int, or matrix of shape (classes, n_features)
        The number of blobs, whose centres are drawn, or the centres.
    cluster_std : float
        The standard deviation of each coordinate.
    center_box : two float
        The bounds of the centres that are drawn.
    shuffle : bool
        Whether the points come in random order; otherwise they are sorted by class.
    generator : Generator, optional
        The source of the random numbers; the default generator if not given.

    Returns
    -------
    tuple of Tensor
        The points, float32 of shape ``(n_samples, n_features)``, and their classes, int64 of shape ``(n_samples,)``.

    Raises
    ------
    ValueError
        If an argument is out of range, or the centres are not a matrix.

    Examples
    --------
    >>> x, y = tl.datasets.make_blobs(6, centers=[[-5.0, 0.0], [5.0, 0.0]], generator=tl.Generator(0))
    >>> (x[:, 0] > 0).astype("int64") == y
    tensor([ True,  True,  True,  True,  True,  True])
    """
    source = generator or default_generator
    low, high = center_box
    if isinstance(centers, int):
        places = source.uniform((centers, n_features), low, high)
    else:
        places = _numbers("make_blobs", "centers", centers)
    if places.ndim != 2 or not len(places):
        raise ValueError(f"make_blobs: centers must be a matrix with a row for each blob, not of shape {places.shape}")
    counts = [(n_samples + len(places) - 1 - blob) // len(places) for blob in range(len(places))]
    points = [places[blob] + full((count, places.shape[1]), 0.0) for blob, count in enumerate(counts)]
    return labelled_points(points, cluster_std, shuffle, source)


@composite()
def make_gaussian_mixture(
    n_samples: Count = 100,
    means: Matrix | None = None,
    covariances: Numbers | None = None,
    weights: Numbers | None = None,
    *,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Draw from a mixture of Gaussian distributions.

    Parameters
    ----------
    n_samples : int
        The number of points.
    means : matrix of shape (components, features), optional
        The means; by default eight on a circle of radius 2.
    covariances : array of shape (components, features, features), optional
        The covariances, positive definite; by default 0.04 times the identity.
    weights : sequence of float, optional
        The probability of each component; by default they are equal.
    generator : Generator, optional
        The source of the random numbers; the default generator if not given.

    Returns
    -------
    tuple of Tensor
        The points, float32 of shape ``(n_samples, features)``, and their components, int64 of shape ``(n_samples,)``.

    Raises
    ------
    ValueError
        If shapes do not fit, a covariance is not positive definite, or the weights are not probabilities.

    Examples
    --------
    >>> means, weights = [[0.0, 0.0], [9.0, 9.0]], [0.9, 0.1]
    >>> x, y = tl.datasets.make_gaussian_mixture(500, means, weights=weights, generator=tl.Generator(0))
    >>> x.shape, abs(y.astype("float32").mean().item() - 0.1) < 0.05
    ((500, 2), True)
    """
    source = generator or default_generator
    places = (
        2 * on_circle(arange(8) * (tau / 8)) if means is None else _numbers("make_gaussian_mixture", "means", means)
    )
    if places.ndim != 2 or not len(places):
        raise ValueError(
            f"make_gaussian_mixture: means must be a matrix with a row for each component, not of shape {places.shape}"
        )
    count, features = places.shape
    if covariances is None:
        factors = 0.2 * (eye(features) + full((count, 1, 1), 0.0))
    else:
        given = _numbers("make_gaussian_mixture", "covariances", covariances)
        if given.shape != (count, features, features):
            raise ValueError(
                f"make_gaussian_mixture: covariances must have shape {(count, features, features)}, not {given.shape}"
            )
        factors = cholesky(given)
    components = _components(weights, count, n_samples, source)
    steps = take(factors, components, axis=0) @ source.normal((n_samples, features, 1))
    return take(places, components, axis=0) + steps[..., 0], components


def _components(weights: Any, count: int, n_samples: int, generator: Generator) -> Tensor:
    """Draw a component for each sample."""
    p = None if weights is None else _numbers("make_gaussian_mixture", "weights", weights, "float64")
    if p is not None and not (p.shape == (count,) and (p >= 0).all() and isclose(p.sum().item(), 1, abs_tol=1e-6)):
        raise ValueError(f"make_gaussian_mixture: weights must be {count} numbers of at least 0 that sum to 1")
    return generator.choice(count, (n_samples,), p=p)


def _numbers(function: str, name: str, values: Any, dtype: str = "float32") -> Tensor:
    """Return numbers as a tensor; errors name the function and the argument."""
    try:
        return asarray(values, dtype=dtype)
    except (TypeError, ValueError, OverflowError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{function}: {name} must be real numbers in sequences of equal lengths: {error}") from error
