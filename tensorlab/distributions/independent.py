"""Batches of independent distributions as one distribution."""

from __future__ import annotations

from copy import copy
from dataclasses import InitVar
from math import prod
from typing import Self

from ..errors import ShapeError
from ..ops.shapes import reshape
from ..options import Count, declared
from ..random.generator import Generator
from ..tensor import Tensor
from . import constraints
from .constraints import Constraint
from .distribution import Distribution


@declared
class Independent(Distribution):
    """The joint distribution of the independent values along the last axes of a batch.

    Those axes become part of the event, and log-probabilities are summed over them. A diagonal normal distribution over
    vectors is ``Independent(Normal(loc, scale), 1)``.

    Parameters
    ----------
    base_distribution : Distribution
        The batch.
    reinterpreted_batch_ndims : int
        The number of axes.

    Attributes
    ----------
    base_dist : Distribution
        The batch.

    Raises
    ------
    ShapeError
        If the batch has fewer axes.

    Examples
    --------
    >>> from tensorlab.distributions import Independent, Normal
    >>> normal = Independent(Normal(tl.zeros(2, 3), 1.0), 1)
    >>> normal.batch_shape, normal.event_shape, normal.log_prob(tl.zeros(2, 3)).shape
    ((2,), (3,), (2,))
    """

    base_distribution: InitVar[Distribution]
    reinterpreted_batch_ndims: Count

    def __post_init__(self, base_distribution: Distribution) -> None:
        self.base_dist, count = base_distribution, self.reinterpreted_batch_ndims
        if count > len(base_distribution.batch_shape):
            raise ShapeError(
                f"Independent: reinterpreted_batch_ndims is {count}, but the batch shape is "
                f"{base_distribution.batch_shape}"
            )

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether gradients flow through samples."""
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """Whether `enumerate_support` returns the possible values."""
        return self.base_dist.has_enumerate_support and not self.reinterpreted_batch_ndims

    @property
    def batch_shape(self) -> tuple[int, ...]:
        shape = self.base_dist.batch_shape
        return shape[: len(shape) - self.reinterpreted_batch_ndims]

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.base_dist._extended_shape()[len(self.batch_shape) :]

    @property
    def support(self) -> Constraint:
        support, count = self.base_dist.support, self.reinterpreted_batch_ndims
        return constraints.independent(support, count) if count else support

    @property
    def mean(self) -> Tensor:
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    @property
    def _like(self) -> Tensor:
        return self.base_dist._like

    @property
    def _usually_validates(self) -> bool:
        return self.base_dist._validates

    def _prepared(self, value: Tensor) -> Tensor:
        return self.base_dist._prepared(value)

    def _log_prob(self, value: Tensor) -> Tensor:
        return sum_rightmost(self.base_dist._log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Tensor:
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def _values(self) -> Tensor:
        return super()._values() if self.reinterpreted_batch_ndims else self.base_dist._values()

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        joined = self.base_dist.batch_shape[len(self.batch_shape) :]
        return self.base_dist._draw(generator, (*shape, *joined))

    def _expanded(self, batch_shape: tuple[int, ...]) -> Self:
        new = copy(self)
        joined = self.base_dist.batch_shape[len(self.batch_shape) :]
        new.base_dist = self.base_dist._expanded((*batch_shape, *joined))
        return new

    def __repr__(self) -> str:
        return f"Independent({self.base_dist!r}, {self.reinterpreted_batch_ndims})"


def sum_rightmost(x: Tensor, count: int) -> Tensor:
    """Return the sum over the last axes."""
    shape = tuple(x.shape)
    kept = shape[: len(shape) - count]
    return reshape(x, (*kept, prod(shape[len(kept) :]))).sum(axis=-1) if count else x
