"""Distributions given by the probability of success of one trial, or by its logit."""

from __future__ import annotations

from typing import Any

from ..ops.activation import log_sigmoid
from ..ops.arithmetic import clip
from ..ops.comparison import where
from ..ops.creation import arange
from ..ops.datatypes import finfo
from ..ops.exponential import exp, expm1, sigmoid
from ..ops.loss import sigmoid_cross_entropy
from ..ops.rounding import floor
from ..ops.special import logit
from ..options import declared
from ..random.generator import Generator
from ..tensor import Tensor
from . import constraints
from .constraints import Constraint
from .distribution import Distribution
from .parameters import NonNegative, PositiveProbability, Probability, ProbabilityBelowOne, Real, TrialCount


def clamped(probs: Tensor) -> Tensor:
    """Return probabilities at least the precision of their type away from 0 and 1, where logarithms are finite."""
    eps = float(finfo(probs.dtype).eps)
    return clip(probs, eps, 1 - eps)


class SuccessProbability(Distribution):
    """The base class of distributions of trials.

    Parameters
    ----------
    probs : float or Tensor, optional
        The probability of success, in [0, 1].
    logits : float or Tensor, optional
        Instead of `probs`, the logarithm of its odds.
    """

    alternatives = ("probs", "logits")

    @property
    def probs(self) -> Any:
        """The probability of success."""
        return self._parameter("probs") if "probs" in self._given else sigmoid(self._parameter("logits"))

    @property
    def logits(self) -> Any:
        """The logarithm of the odds of success."""
        return self._parameter("logits") if "logits" in self._given else logit(clamped(self._parameter("probs")))


@declared
class Bernoulli(SuccessProbability):
    """The Bernoulli distribution: 1 with probability `probs`, else 0.

    Examples
    --------
    >>> bernoulli = tl.distributions.Bernoulli(probs=tl.tensor([0.25, 0.5]))
    >>> bernoulli.log_prob(tl.tensor([1.0, 0.0])).exp()
    tensor([0.25, 0.5 ])
    """

    has_enumerate_support = True
    support = constraints.boolean

    probs: Probability = None
    logits: Real = None

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        probs = self.probs
        ones = (probs >= 0.5).astype(probs.dtype)
        return where(probs == 0.5, float("nan"), ones)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def _log_prob(self, value: Tensor) -> Tensor:
        return -sigmoid_cross_entropy(self.logits, value)

    def entropy(self) -> Tensor:
        return sigmoid_cross_entropy(self.logits, self.probs)

    def _values(self) -> Tensor:
        return arange(2, dtype=self._like.dtype, device=self._like.device)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.bernoulli(self.probs, shape)


@declared
class Geometric(SuccessProbability):
    """The geometric distribution: the number of failures before the first success.

    Parameters
    ----------
    probs : float or Tensor, optional
        The probability of success, in (0, 1].

    Examples
    --------
    >>> tl.distributions.Geometric(probs=0.25).mean
    tensor(3.)
    """

    support = constraints.nonnegative_integer

    probs: PositiveProbability = None
    logits: Real = None

    @property
    def mean(self) -> Tensor:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Tensor:
        return self._filled(0.0)

    @property
    def variance(self) -> Tensor:
        return (1 / self.probs - 1) / self.probs

    def _log_prob(self, value: Tensor) -> Tensor:
        logits = self.logits
        return value * log_sigmoid(-logits) + log_sigmoid(logits)

    def _cdf(self, value: Tensor) -> Tensor:
        return -expm1((floor(value) + 1) * log_sigmoid(-self.logits))

    def entropy(self) -> Tensor:
        return sigmoid_cross_entropy(self.logits, self.probs) / self.probs

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.geometric(self.probs, shape, dtype=self._like.dtype) - 1


@declared
class Binomial(SuccessProbability):
    """The binomial distribution: the number of successes in independent trials.

    Parameters
    ----------
    total_count : int or Tensor
        The number of trials.

    Examples
    --------
    >>> binomial = tl.distributions.Binomial(2, probs=0.5)
    >>> binomial.log_prob(binomial.enumerate_support()).exp()
    tensor([0.25, 0.5 , 0.25])
    """

    has_enumerate_support = True

    total_count: TrialCount = 1
    probs: Probability = None
    logits: Real = None

    @property
    def support(self) -> Constraint:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        return clip(floor((self.total_count + 1) * self.probs), max=self.total_count)

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def _log_prob(self, value: Tensor) -> Tensor:
        failures = self.total_count - value
        choices = (self.total_count + 1).lgamma() - (value + 1).lgamma() - (failures + 1).lgamma()
        logits = self.logits
        return choices + value * log_sigmoid(logits) + failures * log_sigmoid(-logits)

    def entropy(self) -> Tensor:
        log_probs = self._log_prob(self.enumerate_support(expand=False))
        return -(exp(log_probs) * log_probs).sum(axis=0)

    def _values(self) -> Tensor:
        total = int(self.total_count.max())
        if int(self.total_count.min()) != total:
            return super()._values()
        return arange(total + 1, dtype=self._like.dtype, device=self._like.device)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return generator.binomial(self.total_count, self.probs, shape, dtype=self._like.dtype)


@declared
class NegativeBinomial(SuccessProbability):
    """The negative binomial distribution: the number of successes before a number of failures.

    Parameters
    ----------
    total_count : float or Tensor
        The number of failures; at least 0, not necessarily whole.
    probs : float or Tensor, optional
        The probability of success, in [0, 1).

    Examples
    --------
    >>> tl.distributions.NegativeBinomial(3.0, probs=0.5).mean
    tensor(3.)
    """

    support = constraints.nonnegative_integer

    total_count: NonNegative
    probs: ProbabilityBelowOne = None
    logits: Real = None

    @property
    def mean(self) -> Tensor:
        return self.total_count * exp(self.logits)

    @property
    def mode(self) -> Tensor:
        return clip(floor((self.total_count - 1) * exp(self.logits)), min=0)

    @property
    def variance(self) -> Tensor:
        return self.mean * (1 + exp(self.logits))

    def _log_prob(self, value: Tensor) -> Tensor:
        failures, logits = self.total_count, self.logits
        certain = failures + value == 0  # without failures there is no success
        shifted = where(certain, 1.0, failures)
        choices = (shifted + value).lgamma() - (value + 1).lgamma() - shifted.lgamma()
        return where(certain, 0.0, choices) + failures * log_sigmoid(-logits) + value * log_sigmoid(logits)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        failure = sigmoid(-self.logits)
        some = self.total_count > 0
        drawn = generator.negative_binomial(where(some, self.total_count, 1.0), failure, shape, dtype=self._like.dtype)
        return where(some, drawn, 0.0)
