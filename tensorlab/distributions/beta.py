"""The beta and the Dirichlet distribution, and others on the unit interval."""

from __future__ import annotations

from math import nan

from ..ops.arithmetic import square
from ..ops.comparison import where
from ..ops.exponential import exp, expm1, log, log1p
from ..ops.special import digamma, lgamma, xlog1py, xlogy
from ..options import declared
from ..random.generator import Generator
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .parameters import Positive, PositiveVector

EULER = 0.5772156649015329
"""Euler's constant."""


@declared
class Beta(Distribution):
    """The beta distribution, of density proportional to ``x**(concentration1 - 1) * (1 - x)**(concentration0 - 1)``.

    Parameters
    ----------
    concentration1, concentration0 : float or Tensor
        The exponents, plus 1, of x and of 1 - x; greater than 0.

    Examples
    --------
    >>> tl.distributions.Beta(1.0, 3.0).mean
    tensor(0.25)
    """

    has_rsample = True
    support = constraints.unit_interval

    concentration1: Positive
    concentration0: Positive

    @property
    def mean(self) -> Tensor:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Tensor:
        above1, above0 = ((a - 1).clip(min=0) for a in (self.concentration1, self.concentration0))
        total = above1 + above0
        return above1 / where(total > 0, total, nan)

    @property
    def variance(self) -> Tensor:
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (square(total) * (total + 1))

    def _log_prob(self, value: Tensor) -> Tensor:
        a, b = self.concentration1, self.concentration0
        return xlogy(a - 1, value) + xlog1py(b - 1, -value) - log_beta(a, b)

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        return log_beta(a, b) - (a - 1) * digamma(a) - (b - 1) * digamma(b) + (a + b - 2) * digamma(a + b)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.beta(self.concentration1, self.concentration0, shape)


def log_beta(a: Tensor, b: Tensor) -> Tensor:
    """Return the logarithm of the beta function."""
    return lgamma(a) + lgamma(b) - lgamma(a + b)


@declared
class Dirichlet(Distribution):
    """The Dirichlet distribution over vectors of numbers that sum to 1.

    Its density is proportional to the product of ``x**(concentration - 1)``.

    Parameters
    ----------
    concentration : Tensor, shape (..., k)
        The exponents plus 1; greater than 0.

    Examples
    --------
    >>> dirichlet = tl.distributions.Dirichlet(tl.tensor([1.0, 3.0]))
    >>> dirichlet.event_shape, dirichlet.mean
    ((2,), tensor([0.25, 0.75]))
    """

    has_rsample = True
    support = constraints.simplex

    concentration: PositiveVector

    @property
    def event_shape(self) -> tuple[int, ...]:
        return tuple(self.concentration.shape[-1:])

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(axis=-1, keepdims=True)

    @property
    def mode(self) -> Tensor:
        above = (self.concentration - 1).clip(min=0)
        total = above.sum(axis=-1, keepdims=True)
        return above / where(total > 0, total, nan)

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(axis=-1, keepdims=True)
        return self.concentration * (total - self.concentration) / (square(total) * (total + 1))

    def _log_normalizer(self) -> Tensor:
        """Return the logarithm of the beta function of several arguments."""
        return lgamma(self.concentration).sum(axis=-1) - lgamma(self.concentration.sum(axis=-1))

    def _log_prob(self, value: Tensor) -> Tensor:
        return xlogy(self.concentration - 1, value).sum(axis=-1) - self._log_normalizer()

    def entropy(self) -> Tensor:
        a = self.concentration
        total = a.sum(axis=-1)
        return self._log_normalizer() + (total - a.shape[-1]) * digamma(total) - ((a - 1) * digamma(a)).sum(axis=-1)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.dirichlet(self.concentration, shape)


@declared
class Kumaraswamy(Distribution):
    """The Kumaraswamy distribution, of distribution function ``1 - (1 - x**concentration1)**concentration0``.

    Parameters
    ----------
    concentration1, concentration0 : float or Tensor
        The exponents; greater than 0.

    Examples
    --------
    >>> tl.distributions.Kumaraswamy(1.0, 2.0).icdf(0.75)
    tensor(0.5)
    """

    has_rsample = True
    support = constraints.unit_interval

    concentration1: Positive
    concentration0: Positive

    def _moment(self, order: int) -> Tensor:
        """Return the mean of a power."""
        a, b = self.concentration1, self.concentration0
        return b * exp(log_beta(1 + order / a, b))

    @property
    def mean(self) -> Tensor:
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        single = (a >= 1) & (b >= 1) & (a * b > 1)
        a = where(single, a, nan)
        return exp(log((a - 1) / (a * b - 1)) / a)

    @property
    def variance(self) -> Tensor:
        return self._moment(2) - square(self._moment(1))

    def _log_prob(self, value: Tensor) -> Tensor:
        a, b = self.concentration1, self.concentration0
        return log(a) + log(b) + xlogy(a - 1, value) + xlog1py(b - 1, -(value**a))

    def _cdf(self, value: Tensor) -> Tensor:
        a, b = self.concentration1, self.concentration0
        return -expm1(xlog1py(b, -(value**a)))

    def _icdf(self, value: Tensor) -> Tensor:
        return self._of_exponential(-log1p(-value))

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        return 1 - 1 / b + (1 - 1 / a) * (digamma(b + 1) + EULER) - log(a) - log(b)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        like = self._like
        return self._of_exponential(generator.exponential(shape, dtype=like.dtype, device=like.device))

    def _of_exponential(self, x: Tensor) -> Tensor:
        """Return the quantiles at the levels of exponentially distributed numbers."""
        return (-expm1(-x / self.concentration0)) ** (1 / self.concentration1)
