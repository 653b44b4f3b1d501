"""Transforms of numbers, elementwise."""

from __future__ import annotations

from math import log
from typing import Any

from ...ops.activation import log_sigmoid, softplus
from ...ops.arithmetic import clip
from ...ops.arithmetic import sign as sign_of
from ...ops.datatypes import finfo
from ...ops.declare import broadcast_shape
from ...ops.exponential import exp, expm1, sigmoid
from ...ops.exponential import log as logarithm
from ...ops.shapes import broadcast_to
from ...ops.special import logit
from ...ops.trigonometric import atanh, tanh
from ...options import Count, declared
from ...tensor import Tensor
from .. import constraints
from ..constraints import Constraint, NumberOrTensor
from ..distribution import Distribution
from ..independent import sum_rightmost
from .base import Transform


@declared
class ExpTransform(Transform):
    """``y = exp(x)``.

    Examples
    --------
    >>> tl.distributions.transforms.ExpTransform()(tl.tensor([0.0]))
    tensor([1.])
    """

    domain, codomain, sign = constraints.real, constraints.positive, 1

    def _call(self, x: Tensor) -> Tensor:
        return exp(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return logarithm(y)

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x


@declared
class PowerTransform(Transform):
    """``y = x**exponent``, for positive numbers.

    Parameters
    ----------
    exponent : float or Tensor
        The exponent; not 0.

    Examples
    --------
    >>> tl.distributions.transforms.PowerTransform(2.0)(tl.tensor([3.0]))
    tensor([9.])
    """

    domain, codomain = constraints.positive, constraints.positive

    exponent: NumberOrTensor

    @property
    def sign(self) -> Any:
        return sign_of_parameter(self.exponent)

    def _call(self, x: Tensor) -> Tensor:
        return x**self.exponent

    def _inverse(self, y: Tensor) -> Tensor:
        return y ** (1 / self.exponent)

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return logarithm(abs(self.exponent * y / x))


def sign_of_parameter(x: Any) -> Any:
    """Return the sign of a number or a tensor."""
    return sign_of(x) if hasattr(x, "shape") else (x > 0) - (x < 0)


@declared
class SigmoidTransform(Transform):
    """``y = 1 / (1 + exp(-x))``, at least the precision of the type away from 0 and 1.

    Examples
    --------
    >>> tl.distributions.transforms.SigmoidTransform()(tl.tensor([0.0]))
    tensor([0.5])
    """

    domain, codomain, sign = constraints.real, constraints.unit_interval, 1

    def _call(self, x: Tensor) -> Tensor:
        return inside_unit_interval(sigmoid(x))

    def _inverse(self, y: Tensor) -> Tensor:
        return logit(inside_unit_interval(y))

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return log_sigmoid(x) + log_sigmoid(-x)


def inside_unit_interval(x: Tensor) -> Tensor:
    """Return numbers clipped to the open interval from 0 to 1."""
    info = finfo(x.dtype)
    return clip(x, float(info.smallest_normal), 1 - float(info.eps))


@declared
class TanhTransform(Transform):
    """``y = tanh(x)``.

    Near 1 and -1 the inverse loses digits; ``cache_size=1`` avoids it for samples whose density is computed next.

    Examples
    --------
    >>> tl.distributions.transforms.TanhTransform()(tl.tensor([0.0]))
    tensor([0.])
    """

    domain, codomain, sign = constraints.real, constraints.interval(-1.0, 1.0), 1

    def _call(self, x: Tensor) -> Tensor:
        return tanh(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return atanh(y)

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return log_slope_of_tanh(x)


def log_slope_of_tanh(x: Tensor) -> Tensor:
    """Return ``log(1 - tanh(x)**2)``."""
    return 2 * (log(2) + log_sigmoid(2 * x) - x)


@declared
class SoftplusTransform(Transform):
    """``y = log(1 + exp(x))``.

    Examples
    --------
    >>> tl.distributions.transforms.SoftplusTransform()(tl.tensor([0.0]))
    tensor([0.6931472])
    """

    domain, codomain, sign = constraints.real, constraints.positive, 1

    def _call(self, x: Tensor) -> Tensor:
        return softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return y + logarithm(-expm1(-y))

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return log_sigmoid(x)


@declared
class AbsTransform(Transform):
    """``y = abs(x)``, whose `inv` returns the positive argument.

    Examples
    --------
    >>> tl.distributions.transforms.AbsTransform()(tl.tensor([-1.0]))
    tensor([1.])
    """

    bijective = False
    domain, codomain = constraints.real, constraints.nonnegative

    def _call(self, x: Tensor) -> Tensor:
        return x.abs()

    def _inverse(self, y: Tensor) -> Tensor:
        return y


@declared
class AffineTransform(Transform):
    """``y = loc + scale * x``.

    Parameters
    ----------
    loc, scale : float or Tensor
        The numbers; `scale` is not 0.
    event_dim : int
        The number of axes of one element: 0 for numbers, 1 for vectors.

    Examples
    --------
    >>> tl.distributions.transforms.AffineTransform(1.0, 2.0)(tl.tensor([3.0]))
    tensor([7.])
    """

    loc: NumberOrTensor
    scale: NumberOrTensor
    event_dim: Count = 0

    @property
    def domain(self) -> Constraint:
        return constraints.independent(constraints.real, self.event_dim) if self.event_dim else constraints.real

    @property
    def codomain(self) -> Constraint:
        return self.domain

    @property
    def sign(self) -> Any:
        return sign_of_parameter(self.scale)

    def _call(self, x: Tensor) -> Tensor:
        return self.loc + self.scale * x

    def _inverse(self, y: Tensor) -> Tensor:
        return (y - self.loc) / self.scale

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        slopes = broadcast_to(logarithm(abs(0.0 * y.detach() + self.scale)), y.shape)
        return sum_rightmost(slopes, self.event_dim)

    def _forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return broadcast_shape(shape, *(tuple(getattr(x, "shape", ())) for x in (self.loc, self.scale)))

    def _inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return self._forward_shape(shape)


@declared
class CumulativeDistributionTransform(Transform):
    """The distribution function of a distribution of numbers, whose inverse are the quantiles.

    Parameters
    ----------
    distribution : Distribution
        The distribution.

    Examples
    --------
    >>> uniform = tl.distributions.Uniform(0.0, 4.0)
    >>> tl.distributions.transforms.CumulativeDistributionTransform(uniform)(tl.tensor([1.0]))
    tensor([0.25])
    """

    codomain, sign = constraints.unit_interval, 1

    distribution: Distribution

    @property
    def domain(self) -> Constraint:
        return self.distribution.support

    def _call(self, x: Tensor) -> Tensor:
        return self.distribution.cdf(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self.distribution.icdf(y)

    def _log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return self.distribution.log_prob(x)
