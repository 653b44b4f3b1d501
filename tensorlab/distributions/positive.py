"""Distributions of positive numbers by inversion: Weibull's and Pareto's."""

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
from .parameters import Positive


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
