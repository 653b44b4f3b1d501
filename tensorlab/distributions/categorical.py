"""Distributions over categories."""

from __future__ import annotations

from math import lgamma, nan
from typing import Any

from ..ops.comparison import where
from ..ops.creation import arange, eye, ones_like, zeros
from ..ops.declare import broadcast_shape
from ..ops.exponential import exp, log
from ..ops.indexing import take_along_axis
from ..ops.reduction import argmax
from ..ops.shapes import astype, broadcast_to, expand_dims, moveaxis
from ..ops.softmax import log_softmax, softmax
from ..options import Count, declared
from ..random.generator import Generator
from ..tensor import Tensor
from . import constraints
from .bernoulli import Binomial, clamped
from .constraints import Constraint
from .distribution import Distribution
from .parameters import RealVector, Weights


class CategoryProbabilities(Distribution):
    """The base class of distributions over k categories.

    Parameters
    ----------
    probs : Tensor, shape (..., k), optional
        The probabilities of the categories: numbers of at least 0, which are divided by their sum.
    logits : Tensor, shape (..., k), optional
        Instead of `probs`, unnormalised logarithms of the probabilities.

    Attributes
    ----------
    probs, logits : Tensor
        The probabilities and their logarithms, normalised.
    """

    alternatives = ("probs", "logits")

    @property
    def probs(self) -> Any:
        """The probabilities."""
        if "probs" not in self._given:
            return softmax(self._parameter("logits"), axis=-1)
        probs = self._parameter("probs")
        return probs / probs.sum(axis=-1, keepdims=True)

    @property
    def logits(self) -> Any:
        """The logarithms of the probabilities."""
        if "logits" not in self._given:
            return log(clamped(self.probs))
        return log_softmax(self._parameter("logits"), axis=-1)

    @property
    def _like(self) -> Tensor:
        """The probabilities, or the logits if these were given."""
        return self._given["probs" if "probs" in self._given else "logits"]

    @property
    def _num_events(self) -> int:
        """The number of categories."""
        return self._like.shape[-1]

    @property
    def param_shape(self) -> tuple[int, ...]:
        """The shape of the probabilities."""
        return (*self.batch_shape, self._num_events)

    def _drawn_category(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        """Return indices of categories."""
        if "probs" in self._given:
            return generator.categorical(probs=self._given["probs"], shape=shape)
        return generator.categorical(self._given["logits"], shape=shape)

    def _entropy_of_one(self) -> Tensor:
        """Return the entropy of the category that is drawn; an impossible one counts nothing."""
        probs = self.probs
        return -(probs * where(probs == 0, 0.0, self.logits)).sum(axis=-1)

    def _indicated(self, index: Tensor) -> Tensor:
        """Return vectors of zeros with a one at each index."""
        found = expand_dims(index, axis=-1) == arange(self._num_events, device=index.device)
        return astype(found, self._like.dtype)


@declared
class Categorical(CategoryProbabilities):
    """The categorical distribution, whose values are the indices 0 to k - 1.

    Examples
    --------
    >>> categorical = tl.distributions.Categorical(logits=tl.zeros(4))
    >>> categorical.log_prob(tl.tensor([0, 3])).exp()
    tensor([0.25, 0.25])
    """

    has_enumerate_support = True

    probs: Weights = None
    logits: RealVector = None

    @property
    def support(self) -> Constraint:
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Tensor:
        return self._filled(nan)

    @property
    def mode(self) -> Tensor:
        return argmax(self.probs, axis=-1)

    @property
    def variance(self) -> Tensor:
        return self._filled(nan)

    def _prepared(self, value: Tensor) -> Tensor:
        return value

    def _log_prob(self, value: Tensor) -> Tensor:
        shape = broadcast_shape(tuple(value.shape), self.batch_shape)
        index = expand_dims(broadcast_to(astype(value, "int64"), shape), axis=-1)
        return take_along_axis(broadcast_to(self.logits, (*shape, self._num_events)), index, axis=-1)[..., 0]

    def entropy(self) -> Tensor:
        return self._entropy_of_one()

    def _values(self) -> Tensor:
        return arange(self._num_events, device=self._like.device)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return self._drawn_category(generator, shape)


@declared
class OneHotCategorical(CategoryProbabilities):
    """The categorical distribution, whose values are vectors of zeros with a one at the category.

    Examples
    --------
    >>> one_hot = tl.distributions.OneHotCategorical(probs=tl.tensor([0.0, 1.0, 0.0]))
    >>> one_hot.sample()
    tensor([0., 1., 0.])
    """

    has_enumerate_support = True
    support = constraints.one_hot

    probs: Weights = None
    logits: RealVector = None

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (self._num_events,)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return self._indicated(argmax(self.probs, axis=-1))

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def _log_prob(self, value: Tensor) -> Tensor:
        return where(value == 1, self.logits, 0.0).sum(axis=-1)

    def entropy(self) -> Tensor:
        return self._entropy_of_one()

    def _values(self) -> Tensor:
        return eye(self._num_events, dtype=self._like.dtype, device=self._like.device)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return self._indicated(self._drawn_category(generator, shape))


@declared
class OneHotCategoricalStraightThrough(OneHotCategorical):
    """`OneHotCategorical` with a biased gradient for `rsample`: that of the probabilities.

    The straight-through estimator of Bengio, Léonard and Courville, "Estimating or propagating gradients through
    stochastic neurons for conditional computation" (2013).

    Examples
    --------
    >>> probs = tl.tensor([0.25, 0.75], requires_grad=True)
    >>> tl.distributions.OneHotCategoricalStraightThrough(probs).rsample()[0].backward()
    >>> probs.grad
    tensor([ 0.75, -0.25])
    """

    has_rsample = True

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        probs = self.probs
        return super()._draw(generator, shape) + (probs - probs.detach())


@declared
class Multinomial(CategoryProbabilities):
    """The multinomial distribution: how often each category is drawn in independent trials.

    Parameters
    ----------
    total_count : int
        The number of trials.

    Examples
    --------
    >>> multinomial = tl.distributions.Multinomial(3, probs=tl.tensor([0.5, 0.5]))
    >>> multinomial.log_prob(tl.tensor([1.0, 2.0])).exp()
    tensor(0.375)
    """

    total_count: Count = 1
    probs: Weights = None
    logits: RealVector = None

    @property
    def support(self) -> Constraint:
        return constraints.multinomial(self.total_count)

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (self._num_events,)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def _log_prob(self, value: Tensor) -> Tensor:
        terms = value * where(value == 0, 0.0, self.logits) - (value + 1).lgamma()
        return (value.sum(axis=-1) + 1).lgamma() + terms.sum(axis=-1)

    def entropy(self) -> Tensor:
        count = self.total_count
        one = Binomial(count, probs=self.probs, validate_args=False)
        values = one.enumerate_support(expand=False)
        orders = (exp(one._log_prob(values)) * (values + 1).lgamma()).sum(axis=0)
        return count * self._entropy_of_one() - lgamma(count + 1) + orders.sum(axis=-1)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        counts = zeros((*shape, self._num_events), dtype=self._like.dtype, device=self._like.device)
        if not self.total_count:
            return counts
        trials = moveaxis(self._drawn_category(generator, (self.total_count, *shape)), 0, -1)
        return counts.scatter_add(-1, trials, ones_like(astype(trials, self._like.dtype)))
