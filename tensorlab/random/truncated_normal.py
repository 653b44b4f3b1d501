"""The truncated standard normal distribution, by the inverse of its distribution function."""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Any

from ..autodiff.custom import custom_gradient
from ..autodiff.graph import current_mode
from ..ops.exponential import exp
from ..ops.shapes import broadcast_to
from ..ops.special.distributions import erfcx, log_ndtr, ndtr
from ..tensor import Tensor, array_of
from .arguments import Call

SQRT_HALF, SQRT_HALF_PI, HALF_LOG_TAU = sqrt(0.5), sqrt(0.5 * pi), 0.5 * log(2 * pi)


def inverse_log_tail(xp: Any, level: Any) -> Any:
    """Return the `x` >= 0 with an upper tail area of ``exp(level)``, which is at most one half."""
    t = xp.sqrt(-2.0 * level)
    # Abramowitz and Stegun, 26.2.23: within 5e-4. Two steps of Halley's method reduce this to rounding errors.
    x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
    x = xp.maximum(x, 0.0)
    for _ in range(2):
        ratio = SQRT_HALF_PI * erfcx(SQRT_HALF * x)  # Mills's ratio: tail area to density
        excess = xp.log(ratio) - 0.5 * x * x - HALF_LOG_TAU - level
        # The first derivative of the logarithm is -1 / ratio, the second (x - 1 / ratio) / ratio.
        step = excess * ratio
        x = xp.maximum(x + step / (1.0 - 0.5 * step * (x - 1.0 / ratio)), 0.0)
    return x


def quantile(xp: Any, levels: Any, low: Any, high: Any) -> Any:
    """Return the quantiles of `levels`, in (0, 1), of the distribution truncated to an interval.

    All areas are tail areas, which are accurate where they are small. If both bounds are on one side of the mean, the
    logarithms of the areas are used, as the areas may underflow.
    """
    # Both bounds on one side of the mean, mirrored to the right.
    right = low > 0
    near, far = xp.where(right, low, -high), xp.where(right, high, -low)
    log_near = log_ndtr(-near)
    ratio = xp.exp(log_ndtr(-far) - log_near)
    one_sided = log_near + xp.log1p(-(1.0 - ratio) * xp.where(right, levels, 1.0 - levels))
    # The mean between the bounds: from the nearer one.
    below, above = ndtr(low), ndtr(-high)
    inside = 1.0 - below - above
    from_left, from_right = below + levels * inside, above + (1.0 - levels) * inside
    spans = (low <= 0) & (high >= 0)
    smaller = xp.minimum(from_left, from_right)
    smaller = xp.where(spans & (smaller < 0.5), smaller, xp.full_like(smaller, 0.5))
    x = inverse_log_tail(xp, xp.where(spans, xp.log(smaller), one_sided))
    return xp.where(xp.where(spans, from_right < from_left, right), x, -x)


def standard_truncated(call: Call, levels: Any, low: Any, high: Any) -> Any:
    """Return truncated standard normal numbers from uniform ones; differentiable in the bounds.

    The level u of a number x is independent of the bounds, so that the derivatives of x are
    ``(1 - u) * exp((x**2 - low**2) / 2)`` and ``u * exp((x**2 - high**2) / 2)``.
    """
    bounds = [x if isinstance(x, Tensor) else Tensor(call.array(x, call.precision)) for x in (low, high)]
    drawn = quantile(call.xp, levels, *map(array_of, bounds))
    if not call.has_tensors:
        return drawn
    return _between(Tensor(drawn), Tensor(levels), *(broadcast_to(x, call.shape) for x in bounds))


@custom_gradient
def _between(drawn: Tensor, levels: Tensor, low: Tensor, high: Tensor) -> Any:
    """Return the numbers drawn between two bounds, whose gradient is that of the bounds."""

    def gradient(g: Tensor) -> Any:
        # For second derivatives, x depends on the bounds too.
        x = _between(drawn, levels, low, high) if current_mode.get().recording else drawn
        by_low = g * (1.0 - levels) * exp((x - low) * (x + low) * 0.5)
        by_high = g * levels * exp((x - high) * (x + high) * 0.5)
        return None, None, by_low, by_high

    return drawn, gradient
