"""The gamma distribution and those of its functions."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from ..ops.arithmetic import reciprocal, square
from ..ops.comparison import where
from ..ops.exponential import expm1, log, log1p
from ..ops.special import digamma, gammainc, gammaincc, lgamma, xlogy
from ..options import declared
from ..random.generator import Generator
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .parameters import Positive


class GammaForm(Distribution):
    """Gamma distributions in terms of concentration and rate, however these are given."""

    has_rsample = True
    support = constraints.nonnegative

    concentration: Any
    rate: Any

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        return (self.concentration - 1).clip(min=0) / self.rate

    @property
    def variance(self) -> Tensor:
        return self.concentration / square(self.rate)

    def _log_prob(self, value: Tensor) -> Tensor:
        a, rate = self.concentration, self.rate
        return a * log(rate) + xlogy(a - 1, value) - rate * value - lgamma(a)

    def _cdf(self, value: Tensor) -> Tensor:
        return gammainc(self.concentration, self.rate * value)

    def entropy(self) -> Tensor:
        a = self.concentration
        return a - log(self.rate) + lgamma(a) + (1 - a) * digamma(a)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.gamma(self.concentration, reciprocal(self.rate), shape)


@declared
class Gamma(GammaForm):
    """The gamma distribution, of density proportional to ``x**(concentration - 1) * exp(-rate * x)``.

    Gradients of `cdf` with respect to `concentration` are not implemented.

    Parameters
    ----------
    concentration : float or Tensor
        The shape parameter; greater than 0.
    rate : float or Tensor
        The inverse of the scale; greater than 0.

    Examples
    --------
    >>> tl.distributions.Gamma(3.0, 2.0).mean
    tensor(1.5)
    """

    concentration: Positive
    rate: Positive


@declared
class Chi2(GammaForm):
    """The chi-squared distribution: that of the sum of the squares of `df` standard normal numbers.

    Parameters
    ----------
    df : float or Tensor
        The degrees of freedom; greater than 0, not necessarily whole.

    Examples
    --------
    >>> tl.distributions.Chi2(4.0).variance
    tensor(8.)
    """

    df: Positive

    @property
    def concentration(self) -> Tensor:
        """Half the degrees of freedom."""
        return 0.5 * self.df

    @property
    def rate(self) -> Tensor:
        """One half."""
        return self._filled(0.5)


@declared
class Exponential(Distribution):
    """The exponential distribution, of density ``rate * exp(-rate * x)``.

    Parameters
    ----------
    rate : float or Tensor
        The inverse of the mean; greater than 0.

    Examples
    --------
    >>> tl.distributions.Exponential(4.0).mean
    tensor(0.25)
    """

    has_rsample = True
    support = constraints.nonnegative

    rate: Positive

    @property
    def mean(self) -> Tensor:
        return reciprocal(self.rate)

    @property
    def mode(self) -> Tensor:
        return self._filled(0.0)

    @property
    def stddev(self) -> Tensor:
        return reciprocal(self.rate)

    @property
    def variance(self) -> Tensor:
        return self.rate**-2

    def _log_prob(self, value: Tensor) -> Tensor:
        return log(self.rate) - self.rate * value

    def _cdf(self, value: Tensor) -> Tensor:
        return -expm1(-self.rate * value)

    def _icdf(self, value: Tensor) -> Tensor:
        return -log1p(-value) / self.rate

    def entropy(self) -> Tensor:
        return 1 - log(self.rate)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.exponential(shape, reciprocal(self.rate))


@declared
class InverseGamma(Distribution):
    """The inverse gamma distribution: that of the inverses of gamma distributed numbers; see `Gamma`.

    Parameters
    ----------
    concentration : float or Tensor
        The shape parameter; greater than 0.
    rate : float or Tensor
        The rate of the gamma distribution, which is the scale of this one; greater than 0.

    Examples
    --------
    >>> tl.distributions.InverseGamma(3.0, 2.0).mean
    tensor(1.)
    """

    has_rsample = True
    support = constraints.positive

    concentration: Positive
    rate: Positive

    @property
    def mean(self) -> Tensor:
        a = self.concentration
        return where(a > 1, self.rate / (where(a > 1, a, 2.0) - 1), inf)

    @property
    def mode(self) -> Tensor:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Tensor:
        a = where(self.concentration > 2, self.concentration, 3.0)
        return where(self.concentration > 2, square(self.rate / (a - 1)) / (a - 2), inf)

    def _log_prob(self, value: Tensor) -> Tensor:
        a, rate = self.concentration, self.rate
        return a * log(rate) - lgamma(a) - (a + 1) * log(value) - rate / value

    def _cdf(self, value: Tensor) -> Tensor:
        return gammaincc(self.concentration, self.rate / value)

    def entropy(self) -> Tensor:
        a = self.concentration
        return a + log(self.rate) + lgamma(a) - (1 + a) * digamma(a)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return self.rate / generator.gamma(self.concentration, 1.0, shape)


@declared
class FisherSnedecor(Distribution):
    """The F distribution: that of the ratio of two chi-squared numbers, each divided by its degrees of freedom.

    Parameters
    ----------
    df1, df2 : float or Tensor
        The degrees of freedom of the numerator and of the denominator; greater than 0.

    Examples
    --------
    >>> tl.distributions.FisherSnedecor(2.0, 4.0).mean
    tensor(2.)
    """

    has_rsample = True
    support = constraints.positive

    df1: Positive
    df2: Positive

    @property
    def mean(self) -> Tensor:
        df2 = where(self.df2 > 2, self.df2, nan)
        return df2 / (df2 - 2)

    @property
    def mode(self) -> Tensor:
        df1 = where(self.df1 > 2, self.df1, nan)
        return (df1 - 2) / df1 * self.df2 / (self.df2 + 2)

    @property
    def variance(self) -> Tensor:
        df2 = where(self.df2 > 4, self.df2, nan)
        return 2 * square(df2) * (self.df1 + df2 - 2) / (self.df1 * square(df2 - 2) * (df2 - 4))

    def _log_prob(self, value: Tensor) -> Tensor:
        a, b, ratio = 0.5 * self.df1, 0.5 * self.df2, self.df1 / self.df2
        log_beta = lgamma(a) + lgamma(b) - lgamma(a + b)
        return a * log(ratio) + (a - 1) * log(value) - (a + b) * log1p(ratio * value) - log_beta

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        a, b = 0.5 * self.df1, 0.5 * self.df2
        return generator.gamma(a, reciprocal(a), shape) / generator.gamma(b, reciprocal(b), shape)
