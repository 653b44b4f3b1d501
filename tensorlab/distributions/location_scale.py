"""Distributions of the real line given by location and scale, and the uniform distribution."""

from __future__ import annotations

from math import inf, log, nan, pi, sqrt

from ..ops.arithmetic import sign, square
from ..ops.comparison import where
from ..ops.creation import full_like
from ..ops.exponential import exp, expm1, log1p
from ..ops.exponential import log as logarithm
from ..ops.special import digamma, lgamma
from ..ops.trigonometric import atan, tan
from ..options import declared
from ..random.generator import Generator
from ..tensor import Tensor
from . import constraints
from .beta import EULER, log_beta
from .constraints import Constraint
from .distribution import Distribution
from .parameters import Positive, Real


@declared
class LocationScale(Distribution):
    """The base class of distributions of ``loc + scale * z``, where z has the standard form.

    Parameters
    ----------
    loc : float or Tensor
        The location.
    scale : float or Tensor
        The scale; greater than 0.
    """

    has_rsample = True
    support = constraints.real

    loc: Real
    scale: Positive

    def _standardized(self, value: Tensor) -> Tensor:
        return (value - self.loc) / self.scale

    @property
    def mode(self) -> Tensor:
        return self.loc


@declared
class Laplace(LocationScale):
    """The Laplace distribution, of density ``exp(-|x - loc| / scale) / (2 * scale)``.

    Parameters
    ----------
    loc : float or Tensor
        The mean.
    scale : float or Tensor
        The mean distance from `loc`; greater than 0.

    Examples
    --------
    >>> tl.distributions.Laplace(0.0, 1.0).cdf(0.0)
    tensor(0.5)
    """

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return sqrt(2) * self.scale

    @property
    def variance(self) -> Tensor:
        return 2 * square(self.scale)

    def _log_prob(self, value: Tensor) -> Tensor:
        return -logarithm(2 * self.scale) - self._standardized(value).abs()

    def _cdf(self, value: Tensor) -> Tensor:
        z = self._standardized(value)
        return 0.5 - 0.5 * sign(z) * expm1(-z.abs())

    def _icdf(self, value: Tensor) -> Tensor:
        centred = value - 0.5
        return self.loc - self.scale * sign(centred) * log1p(-2 * centred.abs())

    def entropy(self) -> Tensor:
        return 1 + logarithm(2 * self.scale)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.laplace(shape, self.loc, self.scale)


@declared
class Cauchy(LocationScale):
    """The Cauchy distribution, of density ``1 / (pi * scale * (1 + ((x - loc) / scale)**2))``.

    Its mean is undefined and its variance infinite.

    Parameters
    ----------
    loc : float or Tensor
        The median.
    scale : float or Tensor
        The median distance from `loc`; greater than 0.

    Examples
    --------
    >>> tl.distributions.Cauchy(0.0, 1.0).cdf(1.0)
    tensor(0.75)
    """

    @property
    def mean(self) -> Tensor:
        return self._filled(nan)

    @property
    def variance(self) -> Tensor:
        return self._filled(inf)

    def _log_prob(self, value: Tensor) -> Tensor:
        return -log(pi) - logarithm(self.scale) - log1p(square(self._standardized(value)))

    def _cdf(self, value: Tensor) -> Tensor:
        return atan(self._standardized(value)) / pi + 0.5

    def _icdf(self, value: Tensor) -> Tensor:
        return self.loc + self.scale * tan(pi * (value - 0.5))

    def entropy(self) -> Tensor:
        return log(4 * pi) + logarithm(self.scale)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.cauchy(shape, self.loc, self.scale)


@declared
class HalfCauchy(Distribution):
    """The half-Cauchy distribution: that of the magnitudes of numbers of a Cauchy distribution around 0.

    Parameters
    ----------
    scale : float or Tensor
        The median; greater than 0.

    Examples
    --------
    >>> tl.distributions.HalfCauchy(2.0).cdf(2.0)
    tensor(0.5)
    """

    has_rsample = True
    support = constraints.nonnegative

    scale: Positive

    @property
    def mean(self) -> Tensor:
        return self._filled(inf)

    @property
    def mode(self) -> Tensor:
        return self._filled(0.0)

    @property
    def variance(self) -> Tensor:
        return self._filled(inf)

    def _log_prob(self, value: Tensor) -> Tensor:
        density = log(2 / pi) - logarithm(self.scale) - log1p(square(value / self.scale))
        return where(value >= 0, density, -inf)

    def _cdf(self, value: Tensor) -> Tensor:
        return atan(value / self.scale) * (2 / pi)

    def _icdf(self, value: Tensor) -> Tensor:
        return self.scale * tan(0.5 * pi * value)

    def entropy(self) -> Tensor:
        return log(2 * pi) + logarithm(self.scale)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.cauchy(shape, 0.0, self.scale).abs()


@declared
class Gumbel(LocationScale):
    """The Gumbel distribution, of distribution function ``exp(-exp(-(x - loc) / scale))``.

    Parameters
    ----------
    loc : float or Tensor
        The mode.

    Examples
    --------
    >>> tl.distributions.Gumbel(0.0, 1.0).mean
    tensor(0.5772157)
    """

    @property
    def mean(self) -> Tensor:
        return self.loc + EULER * self.scale

    @property
    def stddev(self) -> Tensor:
        return pi / sqrt(6) * self.scale

    @property
    def variance(self) -> Tensor:
        return pi**2 / 6 * square(self.scale)

    def _log_prob(self, value: Tensor) -> Tensor:
        z = self._standardized(value)
        return -z - exp(-z) - logarithm(self.scale)

    def _cdf(self, value: Tensor) -> Tensor:
        return exp(-exp(-self._standardized(value)))

    def _icdf(self, value: Tensor) -> Tensor:
        return self.loc - self.scale * logarithm(-logarithm(value))

    def entropy(self) -> Tensor:
        return logarithm(self.scale) + 1 + EULER

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.gumbel(shape, self.loc, self.scale)


@declared
class StudentT(Distribution):
    """Student's t distribution: that of normal numbers divided by ``sqrt(x / df)``, where x is chi-squared.

    Parameters
    ----------
    df : float or Tensor
        The degrees of freedom; greater than 0.
    loc : float or Tensor
        The median.
    scale : float or Tensor
        The scale; greater than 0.

    Examples
    --------
    >>> tl.distributions.StudentT(4.0).variance
    tensor(2.)
    """

    has_rsample = True
    support = constraints.real

    df: Positive
    loc: Real = 0.0
    scale: Positive = 1.0

    @property
    def mean(self) -> Tensor:
        return where(self.df > 1, self.loc, nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        df = where(self.df > 2, self.df, 3.0)
        return where(self.df > 2, square(self.scale) * df / (df - 2), where(self.df > 1, inf, nan))

    def _log_prob(self, value: Tensor) -> Tensor:
        half = 0.5 * self.df
        normalizer = lgamma(half + 0.5) - lgamma(half) - 0.5 * logarithm(pi * self.df) - logarithm(self.scale)
        return normalizer - (half + 0.5) * log1p(square((value - self.loc) / self.scale) / self.df)

    def entropy(self) -> Tensor:
        half = 0.5 * self.df
        return (
            logarithm(self.scale)
            + (half + 0.5) * (digamma(half + 0.5) - digamma(half))
            + 0.5 * logarithm(self.df)
            + log_beta(half, full_like(half, 0.5))
        )

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.student_t(self.df, self.loc, self.scale, shape)


@declared
class Uniform(Distribution):
    """The uniform distribution on ``[low, high)``.

    Parameters
    ----------
    low, high : float or Tensor
        The bounds; ``low < high``.

    Examples
    --------
    >>> tl.distributions.Uniform(0.0, 4.0).mean
    tensor(2.)
    """

    has_rsample = True

    low: Real
    high: Real

    def __post_init__(self) -> None:
        if self._validates and not bool((self.low < self.high).all()):
            raise ValueError("Uniform: low must be less than high")

    @property
    def support(self) -> Constraint:
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Tensor:
        return 0.5 * (self.low + self.high)

    @property
    def mode(self) -> Tensor:
        return self._filled(nan)

    @property
    def stddev(self) -> Tensor:
        return (self.high - self.low) / sqrt(12)

    @property
    def variance(self) -> Tensor:
        return square(self.high - self.low) / 12

    def _log_prob(self, value: Tensor) -> Tensor:
        inside = (value >= self.low) & (value < self.high)
        return where(inside, -logarithm(self.high - self.low), -inf)

    def _cdf(self, value: Tensor) -> Tensor:
        return ((value - self.low) / (self.high - self.low)).clip(0, 1)

    def _icdf(self, value: Tensor) -> Tensor:
        return self.low + value * (self.high - self.low)

    def entropy(self) -> Tensor:
        return logarithm(self.high - self.low)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.uniform(shape, self.low, self.high)
