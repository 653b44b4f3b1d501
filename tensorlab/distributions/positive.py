"""Distributions of tails: Weibull's and Pareto's."""

from __future__ import annotations

from math import inf

from ..ops.arithmetic import square
from ..ops.comparison import where
from ..ops.exponential import exp, expm1, log, log1p
from ..ops.special import lgamma
from ..options import declared
from ..random.generator import Generator
from ..tensor import Tensor
from . import constraints
from .beta import EULER
from .constraints import Constraint
from .distribution import Distribution
from .parameters import Positive, Real

SERIES_LIMIT = 1e-3
"""Series of four terms replace quotients whose numerator and denominator are nearly 0."""


@declared
class Weibull(Distribution):
    """The Weibull distribution, of distribution function ``1 - exp(-(x / scale)**concentration)``.

    Parameters
    ----------
    scale : float or Tensor
        The scale; greater than 0.
    concentration : float or Tensor
        The exponent; greater than 0.

    Examples
    --------
    >>> tl.distributions.Weibull(2.0, 1.0).mean
    tensor(2.)
    """

    has_rsample = True
    support = constraints.positive

    scale: Positive
    concentration: Positive

    def _moment(self, order: int) -> Tensor:
        """Return the mean of a power, for the scale 1."""
        return exp(lgamma(1 + order / self.concentration))

    @property
    def mean(self) -> Tensor:
        return self.scale * self._moment(1)

    @property
    def mode(self) -> Tensor:
        k = where(self.concentration > 1, self.concentration, 2.0)
        return where(self.concentration > 1, self.scale * ((k - 1) / k) ** (1 / k), 0.0)

    @property
    def variance(self) -> Tensor:
        return square(self.scale) * (self._moment(2) - square(self._moment(1)))

    def _log_prob(self, value: Tensor) -> Tensor:
        k, log_ratio = self.concentration, log(value / self.scale)
        return log(k / self.scale) + (k - 1) * log_ratio - exp(k * log_ratio)

    def _cdf(self, value: Tensor) -> Tensor:
        return -expm1(-((value / self.scale) ** self.concentration))

    def _icdf(self, value: Tensor) -> Tensor:
        return self.scale * (-log1p(-value)) ** (1 / self.concentration)

    def entropy(self) -> Tensor:
        return EULER * (1 - 1 / self.concentration) + log(self.scale / self.concentration) + 1

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.weibull(self.concentration, self.scale, shape)


@declared
class Pareto(Distribution):
    """The Pareto distribution of numbers of at least `scale`, of distribution function ``1 - (scale / x)**alpha``.

    Parameters
    ----------
    scale : float or Tensor
        The smallest value; greater than 0.
    alpha : float or Tensor
        The exponent; greater than 0.

    Examples
    --------
    >>> tl.distributions.Pareto(1.0, 3.0).mean
    tensor(1.5)
    """

    has_rsample = True

    scale: Positive
    alpha: Positive

    @property
    def support(self) -> Constraint:
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self) -> Tensor:
        alpha = where(self.alpha > 1, self.alpha, 2.0)
        return where(self.alpha > 1, self.scale * alpha / (alpha - 1), inf)

    @property
    def mode(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        alpha = where(self.alpha > 2, self.alpha, 3.0)
        return where(self.alpha > 2, square(self.scale / (alpha - 1)) * alpha / (alpha - 2), inf)

    def _log_prob(self, value: Tensor) -> Tensor:
        return log(self.alpha / value) + self.alpha * log(self.scale / value)

    def _cdf(self, value: Tensor) -> Tensor:
        return -expm1(self.alpha * log(self.scale / value))

    def _icdf(self, value: Tensor) -> Tensor:
        return self.scale * exp(-log1p(-value) / self.alpha)

    def entropy(self) -> Tensor:
        return log(self.scale / self.alpha) + 1 + 1 / self.alpha

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return self.scale * (1 + generator.pareto(self.alpha, shape))


@declared
class GeneralizedPareto(Distribution):
    """The generalized Pareto distribution of what exceeds a threshold.

    Its distribution function is ``1 - (1 + concentration * z) ** (-1 / concentration)`` with ``z = (x - loc) / scale``:
    the tail is longer than the exponential one for positive concentrations, and ends for negative ones.

    Parameters
    ----------
    loc : float or Tensor
        The smallest value.
    scale : float or Tensor
        The scale; greater than 0.
    concentration : float or Tensor
        The shape of the tail; any real number.

    Examples
    --------
    >>> tl.distributions.GeneralizedPareto(0.0, 2.0, 0.0).mean
    tensor(2.)
    """

    has_rsample = True

    loc: Real
    scale: Positive
    concentration: Real

    @property
    def support(self) -> Constraint:
        ends = self.concentration < 0
        length = self.scale / where(ends, -self.concentration, 1.0)
        return constraints.interval(self.loc, where(ends, self.loc + length, inf))

    @property
    def mean(self) -> Tensor:
        k = where(self.concentration < 1, self.concentration, 0.0)
        return where(self.concentration < 1, self.loc + self.scale / (1 - k), inf)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        k = where(self.concentration < 0.5, self.concentration, 0.0)
        return where(self.concentration < 0.5, square(self.scale / (1 - k)) / (1 - 2 * k), inf)

    def _log_survival(self, value: Tensor) -> Tensor:
        """Return the logarithm of the probability of larger values, ``-log1p(k * z) / k``; by its series near k = 0."""
        z, k = (value - self.loc) / self.scale, self.concentration
        near = (k * z).abs() < SERIES_LIMIT
        small = where(near, k * z, 0.0)
        series = z * (1 - small * (1 / 2 - small * (1 / 3 - small / 4)))
        return -where(near, series, log1p(where(near, 1.0, k * z)) / where(near, 1.0, k))

    def _log_prob(self, value: Tensor) -> Tensor:
        return (1 + self.concentration) * self._log_survival(value) - log(self.scale)

    def _cdf(self, value: Tensor) -> Tensor:
        return -expm1(self._log_survival(value))

    def _icdf(self, value: Tensor) -> Tensor:
        return self._of_exponential(-log1p(-value))

    def entropy(self) -> Tensor:
        return log(self.scale) + self.concentration + 1

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return self._of_exponential(generator.exponential(shape, dtype=self._like.dtype, device=self._like.device))

    def _of_exponential(self, x: Tensor) -> Tensor:
        """Return the values that are exceeded with the probability ``exp(-x)``: ``expm1(k * x) / k``, scaled."""
        k = self.concentration
        near = (k * x).abs() < SERIES_LIMIT
        small = where(near, k * x, 0.0)
        series = x * (1 + small * (1 / 2 + small * (1 / 6 + small / 24)))
        return self.loc + self.scale * where(near, series, expm1(where(near, 1.0, k * x)) / where(near, 1.0, k))
