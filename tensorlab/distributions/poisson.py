"""The Poisson distribution."""

from __future__ import annotations

from ..ops.rounding import floor
from ..ops.special import gammaincc, lgamma, xlogy
from ..options import declared
from ..random.generator import Generator
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .parameters import NonNegative


@declared
class Poisson(Distribution):
    """The Poisson distribution: the number of events that occur at a constant rate.

    Parameters
    ----------
    rate : float or Tensor
        The mean; at least 0.

    Examples
    --------
    >>> tl.distributions.Poisson(2.0).log_prob(0.0)
    tensor(-2.)
    """

    support = constraints.nonnegative_integer

    rate: NonNegative

    @property
    def mean(self) -> Tensor:
        return self.rate

    @property
    def mode(self) -> Tensor:
        return floor(self.rate)

    @property
    def variance(self) -> Tensor:
        return self.rate

    def _log_prob(self, value: Tensor) -> Tensor:
        return xlogy(value, self.rate) - self.rate - lgamma(value + 1)

    def _cdf(self, value: Tensor) -> Tensor:
        return gammaincc(floor(value.detach()) + 1, self.rate)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.poisson(self.rate, shape, dtype=self.rate.dtype)
