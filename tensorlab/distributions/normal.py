"""The normal distribution and those of its functions."""

from __future__ import annotations

from math import e, log, pi, sqrt

from ..ops.arithmetic import square
from ..ops.comparison import where
from ..ops.exponential import exp, expm1
from ..ops.exponential import log as logarithm
from ..ops.special import ndtr, ndtri
from ..options import declared
from ..random.generator import Generator
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .parameters import Positive, Real

HALF_LOG_2PI = 0.5 * log(2 * pi)


@declared
class Normal(Distribution):
    """The normal distribution.

    Parameters
    ----------
    loc : float or Tensor
        The mean.
    scale : float or Tensor
        The standard deviation; greater than 0.

    Examples
    --------
    >>> normal = tl.distributions.Normal(tl.tensor([0.0, 1.0]), 2.0)
    >>> normal.batch_shape, normal.stddev
    ((2,), tensor([2., 2.]))
    >>> normal.log_prob(1.0)
    tensor([-1.7370857, -1.6120857])
    """

    has_rsample = True
    support = constraints.real

    loc: Real
    scale: Positive

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        return square(self.scale)

    def _log_prob(self, value: Tensor) -> Tensor:
        return -0.5 * square((value - self.loc) / self.scale) - logarithm(self.scale) - HALF_LOG_2PI

    def _cdf(self, value: Tensor) -> Tensor:
        return ndtr((value - self.loc) / self.scale)

    def _icdf(self, value: Tensor) -> Tensor:
        return self.loc + self.scale * ndtri(value)

    def entropy(self) -> Tensor:
        return logarithm(self.scale) + 0.5 + HALF_LOG_2PI

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.normal(shape, self.loc, self.scale)


@declared
class LogNormal(Distribution):
    """The log-normal distribution: the logarithms of values are normally distributed.

    Parameters
    ----------
    loc : float or Tensor
        The mean of the logarithms.
    scale : float or Tensor
        The standard deviation of the logarithms; greater than 0.

    Examples
    --------
    >>> tl.distributions.LogNormal(0.0, 1.0).mean
    tensor(1.6487212)
    """

    has_rsample = True
    support = constraints.positive

    loc: Real
    scale: Positive

    @property
    def base_dist(self) -> Normal:
        """The distribution of the logarithms."""
        return Normal(self.loc, self.scale, validate_args=False)

    @property
    def mean(self) -> Tensor:
        return exp(self.loc + 0.5 * square(self.scale))

    @property
    def mode(self) -> Tensor:
        return exp(self.loc - square(self.scale))

    @property
    def variance(self) -> Tensor:
        return expm1(square(self.scale)) * exp(2.0 * self.loc + square(self.scale))

    def _log_prob(self, value: Tensor) -> Tensor:
        log_value = logarithm(value)
        return self.base_dist._log_prob(log_value) - log_value

    def _cdf(self, value: Tensor) -> Tensor:
        return self.base_dist._cdf(logarithm(value))

    def _icdf(self, value: Tensor) -> Tensor:
        return exp(self.base_dist._icdf(value))

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() + self.loc

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.lognormal(shape, self.loc, self.scale)


@declared
class HalfNormal(Distribution):
    """The half-normal distribution: that of the magnitudes of normal numbers of mean 0.

    Parameters
    ----------
    scale : float or Tensor
        The standard deviation of the normal distribution; greater than 0.

    Examples
    --------
    >>> tl.distributions.HalfNormal(1.0).mean
    tensor(0.7978846)
    """

    has_rsample = True
    support = constraints.nonnegative

    scale: Positive

    @property
    def mean(self) -> Tensor:
        return self.scale * sqrt(2 / pi)

    @property
    def mode(self) -> Tensor:
        return self._filled(0.0)

    @property
    def variance(self) -> Tensor:
        return square(self.scale) * (1 - 2 / pi)

    def _log_prob(self, value: Tensor) -> Tensor:
        density = -0.5 * square(value / self.scale) - logarithm(self.scale) - HALF_LOG_2PI + log(2)
        return where(value >= 0, density, -float("inf"))

    def _cdf(self, value: Tensor) -> Tensor:
        return (value / (self.scale * sqrt(2))).erf()

    def _icdf(self, value: Tensor) -> Tensor:
        return self.scale * sqrt(2) * value.erfinv()

    def entropy(self) -> Tensor:
        return logarithm(self.scale) + 0.5 * log(pi * e / 2)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.normal(shape, 0.0, self.scale).abs()
