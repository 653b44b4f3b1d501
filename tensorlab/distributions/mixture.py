"""Mixtures of distributions of one family."""

from __future__ import annotations

from copy import copy
from typing import Self

from ..errors import ShapeError
from ..ops.arithmetic import square
from ..ops.declare import broadcast_shape
from ..ops.indexing import take_along_axis
from ..ops.reduction import logsumexp
from ..ops.shapes import broadcast_to, expand_dims, reshape
from ..options import declared
from ..random.generator import Generator
from ..tensor import Tensor
from .categorical import Categorical
from .constraints import Constraint
from .distribution import Distribution


@declared
class MixtureSameFamily(Distribution):
    """A mixture of k distributions of one family, which are the last axis of a batch.

    Parameters
    ----------
    mixture_distribution : Categorical
        The weights of the k components; its batch shape broadcasts with that of the components but for its last axis.
    component_distribution : Distribution
        The components, batch shape (..., k).

    Raises
    ------
    ShapeError
        If the shapes of the batches do not match.

    Examples
    --------
    >>> from tensorlab.distributions import Categorical, MixtureSameFamily, Normal
    >>> weights = Categorical(probs=tl.tensor([0.25, 0.75]))
    >>> mixture = MixtureSameFamily(weights, Normal(tl.tensor([-2.0, 2.0]), 1.0))
    >>> mixture.mean, mixture.sample((5,)).shape
    (tensor(1.), (5,))
    """

    mixture_distribution: Categorical
    component_distribution: Distribution

    def __post_init__(self) -> None:
        weights, components = self.mixture_distribution, self.component_distribution
        shape, count = components.batch_shape, weights._num_events
        if shape[-1:] != (count,):
            raise ShapeError(
                f"MixtureSameFamily: mixture_distribution has {count} categories, so the batch shape of "
                f"component_distribution must end with {count}; it is {shape}"
            )
        self._set_batch(broadcast_shape(weights.batch_shape, shape[:-1]))

    def _set_batch(self, batch_shape: tuple[int, ...]) -> None:
        """Broadcast both parts to a batch shape."""
        self._batch_shape = batch_shape
        self.mixture_distribution = self.mixture_distribution._expanded(batch_shape)
        count = self.mixture_distribution._num_events
        self.component_distribution = self.component_distribution._expanded((*batch_shape, count))

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.component_distribution.event_shape

    @property
    def support(self) -> Constraint:
        return MixtureConstraint(self.component_distribution.support)

    @property
    def _like(self) -> Tensor:
        return self.component_distribution._like

    @property
    def _usually_validates(self) -> bool:
        return self.component_distribution._validates

    def _prepared(self, value: Tensor) -> Tensor:
        return self.component_distribution._prepared(value)

    def _weighted(self, moments: Tensor) -> Tensor:
        """Return the mean over the components of what is given for each."""
        probs, ones = self.mixture_distribution.probs, (1,) * len(self.event_shape)
        return (reshape(probs, (*probs.shape, *ones)) * moments).sum(axis=-1 - len(ones))

    @property
    def mean(self) -> Tensor:
        return self._weighted(self.component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        mean = self.component_distribution.mean
        deviation = mean - expand_dims(self._weighted(mean), axis=-1 - len(self.event_shape))
        return self._weighted(self.component_distribution.variance + square(deviation))

    def _of_each(self, value: Tensor) -> Tensor:
        """Return a value with an axis that broadcasts with the components."""
        return component_axis(value, len(self.event_shape))

    def _log_prob(self, value: Tensor) -> Tensor:
        log_probs = self.component_distribution._log_prob(self._of_each(value))
        return logsumexp(log_probs + self.mixture_distribution.logits, axis=-1)

    def _cdf(self, value: Tensor) -> Tensor:
        return self._weighted(self.component_distribution._cdf(self._of_each(value)))

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        index = self.mixture_distribution._draw(generator, shape)
        count, event = self.mixture_distribution._num_events, self.event_shape
        drawn = self.component_distribution._draw(generator, (*shape, count))
        chosen = broadcast_to(reshape(index, (*shape, 1, *(1,) * len(event))), (*shape, 1, *event))
        return take_along_axis(drawn, chosen, axis=-1 - len(event)).squeeze(-1 - len(event))

    def _expanded(self, batch_shape: tuple[int, ...]) -> Self:
        new = copy(self)
        new._set_batch(batch_shape)
        return new

    def __repr__(self) -> str:
        return f"MixtureSameFamily({self.mixture_distribution!r}, {self.component_distribution!r})"


@declared
class MixtureConstraint(Constraint):
    """Values that satisfy the constraint of a component.

    Parameters
    ----------
    of_components : Constraint
        Constraints of all components, which are checked along an axis before those of events.
    """

    of_components: Constraint

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        return self.of_components.event_dim

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        return self.of_components.is_discrete

    @property
    def text(self) -> str:
        return self.of_components.text

    def check(self, value: Tensor) -> Tensor:
        fits: Tensor = self.of_components.check(component_axis(value, self.event_dim)).any(axis=-1)
        return fits


def component_axis(value: Tensor, event_dim: int) -> Tensor:
    """Return a value with an axis of length 1 before those of events."""
    return expand_dims(value, axis=-1 - event_dim)
