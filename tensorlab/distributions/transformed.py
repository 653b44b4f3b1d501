"""Distributions of transformed values."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import InitVar
from typing import Any, Self, cast

from ..errors import ShapeError
from ..options import declared
from ..random.generator import Generator
from ..tensor import Tensor
from .constraints import Constraint, independent, simplex
from .distribution import Distribution
from .independent import Independent, sum_rightmost
from .normal import Normal
from .parameters import PositiveVector, RealVector
from .transforms.base import Transform
from .transforms.combinations import ComposeTransform
from .transforms.vectors import StickBreakingTransform


@declared
class TransformedDistribution(Distribution):
    """The distribution of values of another distribution after transforms.

    Parameters
    ----------
    base_distribution : Distribution
        The distribution of the values before.
    transforms : Transform or sequence of Transform
        The transforms, the first one first.

    Attributes
    ----------
    base_dist : Distribution
        The distribution of the values before, broadcast, and with such axes of its batch as a transform joins.

    Raises
    ------
    ShapeError
        If the values have fewer axes than a transform needs.

    Examples
    --------
    >>> from tensorlab.distributions import Normal, TransformedDistribution
    >>> from tensorlab.distributions.transforms import AffineTransform, ExpTransform
    >>> log_normal = TransformedDistribution(Normal(0.0, 1.0), [AffineTransform(1.0, 2.0), ExpTransform()])
    >>> log_normal.log_prob(tl.tensor([1.0, 2.0]))
    tensor([-1.7370857, -2.3170028])
    """

    base_distribution: InitVar[Distribution]
    transforms: Transform | Sequence[Transform]

    def __post_init__(self, base_distribution: Distribution) -> None:
        given = self.transforms
        self.transforms = [given] if isinstance(given, Transform) else list(given)
        whole, base = self._whole, base_distribution
        shape, event_dim = base._extended_shape(), len(base.event_shape)
        domain, codomain = whole.domain, whole.codomain
        if len(shape) < domain.event_dim:
            raise ShapeError(
                f"TransformedDistribution: base_distribution must have values with at least {domain.event_dim} axes, "
                f"not the shape {shape}"
            )
        after = whole._forward_shape(shape)
        before = whole._inverse_shape(after)
        if before != shape:
            base = base.expand(before[: len(before) - event_dim])
        if domain.event_dim > event_dim:
            base = Independent(base, domain.event_dim - event_dim)
        self.base_dist = base
        event_dim = max(codomain.event_dim, event_dim + codomain.event_dim - domain.event_dim)
        self._batch_shape, self._event_shape = after[: len(after) - event_dim], after[len(after) - event_dim :]

    @property
    def _whole(self) -> ComposeTransform:
        """All transforms together."""
        return ComposeTransform(self._steps)

    @property
    def _steps(self) -> list[Transform]:
        return cast("list[Transform]", self.transforms)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether gradients flow through samples."""
        return self.base_dist.has_rsample

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self._event_shape

    @property
    def support(self) -> Constraint:
        if not self._steps:
            return self.base_dist.support
        support = self._steps[-1].codomain
        missing = len(self.event_shape) - support.event_dim
        return independent(support, missing) if missing > 0 else support

    @property
    def _like(self) -> Tensor:
        return self.base_dist._like

    @property
    def _usually_validates(self) -> bool:
        return self.base_dist._validates

    def _log_prob(self, value: Tensor) -> Tensor:
        event_dim, total = len(self.event_shape), None
        for transform in reversed(self._steps):
            before = transform._inv_call(value)
            slope_dim = event_dim - transform.codomain.event_dim
            slope = sum_rightmost(transform._log_abs_det_jacobian(before, value), slope_dim)
            total = -slope if total is None else total - slope
            event_dim += transform.domain.event_dim - transform.codomain.event_dim
            value = before
        base = sum_rightmost(self.base_dist._log_prob(value), event_dim - len(self.base_dist.event_shape))
        return base if total is None else base + total

    def _cdf(self, value: Tensor) -> Tensor:
        for transform in reversed(self._steps):
            value = transform._inv_call(value)
        return self._oriented(self.base_dist._cdf(value))

    def _icdf(self, value: Tensor) -> Tensor:
        value = self.base_dist._icdf(self._oriented(value))
        for transform in self._steps:
            value = transform(value)
        return value

    def _oriented(self, level: Tensor) -> Tensor:
        """Return levels, or where the transforms decrease, one minus them."""
        sign: Any = self._whole.sign
        return level if isinstance(sign, int) and sign == 1 else sign * (level - 0.5) + 0.5

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        value = self.base_dist._draw(generator, shape)
        for transform in self._steps:
            value = transform(value)
        return value

    def _expanded(self, batch_shape: tuple[int, ...]) -> Self:
        new = copy(self)
        shape = (*batch_shape, *self.event_shape)
        before = self._whole._inverse_shape(shape)
        new.base_dist = self.base_dist.expand(before[: len(before) - len(self.base_dist.event_shape)])
        new._batch_shape = batch_shape
        return new

    def __repr__(self) -> str:
        return f"TransformedDistribution({self.base_dist!r}, {self.transforms!r})"


@declared
class LogisticNormal(Distribution):
    """The logistic-normal distribution over vectors of k + 1 numbers that sum to 1.

    It is that of vectors of normal numbers after `StickBreakingTransform`.

    Parameters
    ----------
    loc : Tensor, shape (..., k)
        The means of the normal numbers.
    scale : Tensor, shape (..., k)
        Their standard deviations; greater than 0.

    Examples
    --------
    >>> tl.distributions.LogisticNormal(tl.zeros(2), tl.ones(2)).sample((5,)).shape
    (5, 3)
    """

    has_rsample = True
    support = simplex

    loc: RealVector
    scale: PositiveVector

    @property
    def base_dist(self) -> Independent:
        """The distribution of the vectors before the transform."""
        return Independent(Normal(self.loc, self.scale, validate_args=False), 1)

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (self.loc.shape[-1] + 1,)

    @property
    def _transformed(self) -> TransformedDistribution:
        return TransformedDistribution(self.base_dist, [StickBreakingTransform()])

    def _log_prob(self, value: Tensor) -> Tensor:
        return self._transformed._log_prob(value)

    def _draw(self, generator: Generator, shape: tuple[int, ...]) -> Tensor:
        return self._transformed._draw(generator, shape)
