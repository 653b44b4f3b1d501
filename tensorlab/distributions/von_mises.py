"""The von Mises distribution of angles."""

from __future__ import annotations

from math import log, pi

from ..ops.exponential import log as logarithm
from ..ops.special import i0e, i1e
from ..ops.trigonometric import cos
from ..options import declared
from ..random.generator import Generator
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution
from .parameters import Positive, Real


@declared
class VonMises(Distribution):
    """The von Mises distribution of angles, of density proportional to ``exp(concentration * cos(x - loc))``.

    Angles are in radians; those of samples are in [-π, π].

    Parameters
    ----------
    loc : float or Tensor
        The mean direction.
    concentration : float or Tensor
        The concentration; greater than 0.

    Attributes
    ----------
    variance : Tensor
        The circular variance: 1 minus the length of the mean of unit vectors in the directions.

    Examples
    --------
    >>> tl.distributions.VonMises(0.0, 4.0).variance
    tensor(0.13647741)
    """

    support = constraints.real

    loc: Real
    concentration: Positive

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def mean_resultant_length(self) -> Tensor:
        """The length of the mean of unit vectors in the directions."""
        return i1e(self.concentration) / i0e(self.concentration)

    @property
    def variance(self) -> Tensor:
        return 1 - self.mean_resultant_length

    def _log_normalizer(self) -> Tensor:
        """Return the logarithm of the integral of ``exp(concentration * (cos(x) - 1))``."""
        return log(2 * pi) + logarithm(i0e(self.concentration))

    def _log_prob(self, value: Tensor) -> Tensor:
        return self.concentration * (cos(value - self.loc) - 1) - self._log_normalizer()

    def entropy(self) -> Tensor:
        return self._log_normalizer() + self.concentration * self.variance

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.vonmises(self.loc, self.concentration, shape)
