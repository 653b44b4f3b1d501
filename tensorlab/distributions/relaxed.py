"""Continuous relaxations of discrete distributions."""

from __future__ import annotations

from ..ops.activation import log_sigmoid
from ..ops.creation import full_like
from ..ops.exponential import log, sigmoid
from ..ops.reduction import logsumexp
from ..ops.softmax import softmax
from ..ops.special import lgamma, logit
from ..options import declared
from ..random.generator import Generator
from ..tensor import Tensor
from . import constraints
from .bernoulli import SuccessProbability
from .categorical import CategoryProbabilities
from .parameters import Positive, Probability, Real, RealVector, Weights
from .transforms.elementwise import inside_unit_interval


@declared
class RelaxedBernoulli(SuccessProbability):
    """A distribution on (0, 1) whose values, rounded, are those of a Bernoulli distribution.

    The lower the temperature, the closer are the values to 0 and 1. Gradients flow through the samples (Maddison, Mnih
    and Teh, "The concrete distribution", 2017; Jang, Gu and Poole, "Categorical reparameterization with
    Gumbel-softmax", 2017).

    Parameters
    ----------
    temperature : float or Tensor
        The temperature; greater than 0.

    Examples
    --------
    >>> relaxed = tl.distributions.RelaxedBernoulli(0.5, probs=tl.tensor([0.25, 0.75]))
    >>> relaxed.rsample((3,)).shape
    (3, 2)
    """

    has_rsample = True
    support = constraints.unit_interval

    temperature: Positive
    probs: Probability = None
    logits: Real = None

    def _log_prob(self, value: Tensor) -> Tensor:
        value = inside_unit_interval(value)
        shift = self.logits - self.temperature * logit(value)
        return log(self.temperature) + log_sigmoid(shift) + log_sigmoid(-shift) - log(value * (1 - value))

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        like = self._like
        noise = generator.logistic(shape, dtype=like.dtype, device=like.device)
        return inside_unit_interval(sigmoid((self.logits + noise) / self.temperature))


@declared
class RelaxedOneHotCategorical(CategoryProbabilities):
    """A distribution on the simplex whose values, rounded, are those of a one-hot categorical distribution.

    See `RelaxedBernoulli`, and `tensorlab.nn.functional.gumbel_softmax`.

    Parameters
    ----------
    temperature : float or Tensor
        The temperature; greater than 0.

    Examples
    --------
    >>> relaxed = tl.distributions.RelaxedOneHotCategorical(0.5, probs=tl.tensor([0.25, 0.75]))
    >>> relaxed.rsample((3,)).shape
    (3, 2)
    """

    has_rsample = True
    support = constraints.simplex

    temperature: Positive
    probs: Weights = None
    logits: RealVector = None

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (self._num_events,)

    def _log_prob(self, value: Tensor) -> Tensor:
        k, log_value = self._num_events, log(inside_unit_interval(value))
        score = self.logits - self.temperature[..., None] * log_value
        normalized = score - logsumexp(score, axis=-1, keepdims=True)
        log_scale = lgamma(full_like(self.temperature, float(k))) + (k - 1) * log(self.temperature)
        return log_scale + (normalized - log_value).sum(axis=-1)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        like = self._like
        noise = generator.gumbel((*shape, self._num_events), dtype=like.dtype, device=like.device)
        return softmax((self.logits + noise) / self.temperature[..., None], axis=-1)
