"""The continuous Bernoulli distribution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial

from ..ops.arithmetic import clip, square
from ..ops.comparison import where
from ..ops.exponential import exp, expm1, log, log1p
from ..options import declared
from ..random.generator import Generator
from ..tensor import Tensor
from . import constraints
from .bernoulli import SuccessProbability
from .parameters import Probability, Real

BERNOULLI_NUMBERS = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)
"""The Bernoulli numbers of index 2, 4, ..., 16."""
SERIES_LIMIT = 1.0
"""Below this logit moments are computed from their series, of which 8 terms give 13 digits."""
QUANTILE_LIMIT = 1e-2
"""The same for distribution function and quantiles, of which only the gradients need it."""


@declared
class ContinuousBernoulli(SuccessProbability):
    r"""The continuous Bernoulli distribution on [0, 1], of density proportional to ``probs**x * (1 - probs)**(1 - x)``.

    In terms of the logit λ the density is :math:`\exp(λ x - A(λ))` with :math:`A(λ) = \log((e^λ - 1) / λ)`, whose
    derivatives are the mean and the variance. Near 0 they are computed from their series, so that there is no interval
    in which the distribution is taken to be uniform (`lims` in PyTorch).

    Parameters
    ----------
    probs : float or Tensor, optional
        In (0, 1). It is not the mean.

    References
    ----------
    Loaiza-Ganem and Cunningham, "The continuous Bernoulli: fixing a pervasive error in variational autoencoders",
    NeurIPS 2019.

    Examples
    --------
    >>> tl.distributions.ContinuousBernoulli(probs=0.5).mean
    tensor(0.5)
    """

    has_rsample = True
    support = constraints.unit_interval

    probs: Probability = None
    logits: Real = None

    @property
    def mean(self) -> Tensor:
        series = [number / factorial(2 * k) for k, number in enumerate(BERNOULLI_NUMBERS, 1)]

        def formula(x: Tensor) -> Tensor:
            of_size = -1 / expm1(-x.abs()) - 1 / x.abs()
            return where(x > 0, of_size, 1 - of_size)

        return self._of_logits(lambda x: 0.5 + x * polynomial(series, square(x)), formula)

    @property
    def variance(self) -> Tensor:
        series = [(2 * k - 1) * number / factorial(2 * k) for k, number in enumerate(BERNOULLI_NUMBERS, 1)]

        def formula(x: Tensor) -> Tensor:
            size = x.abs()
            return 1 / square(size) - exp(-size) / square(expm1(-size))

        return self._of_logits(lambda x: polynomial(series, square(x)), formula)

    def entropy(self) -> Tensor:
        return self._log_normalizer() - self.logits * self.mean

    def _log_normalizer(self) -> Tensor:
        """Return A(λ), of which the positive λ are added to what is finite."""
        series = [number / (2 * k * factorial(2 * k)) for k, number in enumerate(BERNOULLI_NUMBERS, 1)]

        def formula(x: Tensor) -> Tensor:
            return clip(x, min=0.0) + log(-expm1(-x.abs()) / x.abs())

        return self._of_logits(lambda x: x / 2 + square(x) * polynomial(series, square(x)), formula)

    def _of_logits(self, series: Callable[[Tensor], Tensor], formula: Callable[[Tensor], Tensor]) -> Tensor:
        """Return a function of the logits, by its series near 0."""
        logits = self.logits
        near = logits.abs() < SERIES_LIMIT
        return where(near, series(where(near, logits, 0.0)), formula(where(near, 1.0, logits)))

    def _log_prob(self, value: Tensor) -> Tensor:
        return value * self.logits - self._log_normalizer()

    def _cdf(self, value: Tensor) -> Tensor:
        def series(x: Tensor, logits: Tensor) -> Tensor:
            mirrored = x * (1 - x)
            return x - logits * mirrored * (0.5 - logits * ((1 - 2 * x) / 12 + logits * mirrored / 24))

        return self._of_mirrored(value, series, lambda x, falling: expm1(falling * x) / expm1(falling))

    def _icdf(self, value: Tensor) -> Tensor:
        def series(x: Tensor, logits: Tensor) -> Tensor:
            mirrored = x * (1 - x)
            tail = (1 - 2 * x) / 6 + logits * (1 - 6 * mirrored) / 24
            return x + logits * mirrored * (0.5 + logits * tail)

        return self._of_mirrored(value, series, lambda x, falling: log1p(x * expm1(falling)) / falling)

    def _of_mirrored(
        self, x: Tensor, series: Callable[[Tensor, Tensor], Tensor], formula: Callable[[Tensor, Tensor], Tensor]
    ) -> Tensor:
        """Return a function of numbers and logits, by a formula for falling densities; rising ones are mirrored."""
        logits = self.logits
        near, rising = logits.abs() < QUANTILE_LIMIT, logits > 0
        found = formula(where(rising, 1 - x, x), -where(near, 1.0, logits).abs())
        return where(near, series(x, where(near, logits, 0.0)), where(rising, 1 - found, found))

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return self._icdf(generator.uniform(shape, dtype=self._like.dtype, device=self._like.device))


def polynomial(coefficients: Sequence[float], x: Tensor) -> Tensor:
    """Return a polynomial whose constant term comes first."""
    total = x * coefficients[-1]
    for coefficient in coefficients[-2:0:-1]:
        total = (total + coefficient) * x
    return total + coefficients[0]
