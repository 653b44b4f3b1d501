r"""Divergences of different continuous distributions of numbers.

They are all computed as :math:`KL(p \| q) = -H(p) - E_p[\log q(x)]`. The logarithm of a density such as that of the
normal or the gamma distribution is linear in a few functions of x; what is needed of p is its entropy and the means of
these. Where the support of p is not part of that of q, the divergence is infinite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from math import inf, log, pi, sqrt
from typing import Any

from ...ops.arithmetic import clip, square
from ...ops.comparison import where
from ...ops.creation import full
from ...ops.declare import broadcast_shape
from ...ops.exponential import exp, expm1
from ...ops.exponential import log as logarithm
from ...ops.special import digamma, erf, lgamma, xlogy
from ...tensor import Tensor
from ..beta import EULER, Beta, Kumaraswamy, log_beta
from ..constraints import Constraint, greater_than, greater_than_eq, interval
from ..continuous_bernoulli import ContinuousBernoulli
from ..distribution import Distribution
from ..gamma import Exponential, GammaForm, InverseGamma
from ..location_scale import Gumbel, Laplace, StudentT, Uniform
from ..normal import HALF_LOG_2PI, HalfNormal, LogNormal, Normal
from ..positive import Pareto, Weibull
from .registry import register_kl

# -- means of functions ------------------------------------------------------------------------------------------------

MEAN_LOG: dict[type, Callable[[Any], Tensor]] = {
    Beta: lambda p: digamma(p.concentration1) - digamma(p.concentration1 + p.concentration0),
    Exponential: lambda p: -EULER - logarithm(p.rate),
    GammaForm: lambda p: digamma(p.concentration) - logarithm(p.rate),
    InverseGamma: lambda p: logarithm(p.rate) - digamma(p.concentration),
    Kumaraswamy: lambda p: -(digamma(p.concentration0 + 1) + EULER) / p.concentration1,
    LogNormal: lambda p: p.loc,
    Pareto: lambda p: logarithm(p.scale) + 1 / p.alpha,
    Uniform: lambda p: _mean_log_of_interval(p.low, p.high),
    Weibull: lambda p: logarithm(p.scale) - EULER / p.concentration,
}
"""The mean of ``log(x)``, for distributions of positive numbers."""

MEAN_LOG_REST: dict[type, Callable[[Any], Tensor]] = {
    Beta: lambda p: digamma(p.concentration0) - digamma(p.concentration1 + p.concentration0),
    Uniform: lambda p: _mean_log_of_interval(1 - p.high, 1 - p.low),
}
"""The mean of ``log(1 - x)``, for distributions on the unit interval."""

MEAN_EXP: dict[type, Callable[[Any, Tensor], Tensor]] = {
    Exponential: lambda p, t: p.rate / (p.rate + t),
    GammaForm: lambda p, t: (1 + t / p.rate) ** -p.concentration,
    Gumbel: lambda p, t: exp(lgamma(1 + t * p.scale) - t * p.loc),
    Normal: lambda p, t: exp(0.5 * square(t * p.scale) - t * p.loc),
    Uniform: lambda p, t: -exp(-t * p.low) * expm1(-t * (p.high - p.low)) / (t * (p.high - p.low)),
}
"""The mean of ``exp(-t * x)`` for t > 0."""

MEAN_DISTANCE: dict[type, Callable[[Any, Tensor], Tensor]] = {
    Normal: lambda p, x: _mean_distance_of_normal(p.loc - x, p.scale),
}
"""The mean distance from x."""


def _mean_log_of_interval(low: Tensor, high: Tensor) -> Tensor:
    """Return the mean of ``log(x)`` over an interval; its part below 0 counts nothing."""
    above = [clip(x, min=0.0) for x in (low, high)]
    return (xlogy(above[1], above[1]) - xlogy(above[0], above[0])) / (high - low) - 1


def _mean_distance_of_normal(loc: Tensor, scale: Tensor) -> Tensor:
    """Return the mean of the magnitudes of normal numbers."""
    z = loc / scale
    return sqrt(2 / pi) * scale * exp(-0.5 * square(z)) + loc * erf(z / sqrt(2))


# -- mean log-densities ------------------------------------------------------------------------------------------------


def mean_of(table: Mapping[type, Callable[..., Tensor]], p: Distribution, *args: Tensor) -> Tensor:
    """Return the mean of a function under p, from the table of the classes for which it is known."""
    return next(table[cls] for cls in type(p).__mro__ if cls in table)(p, *args)


def _under_normal(p: Distribution, q: Normal) -> Tensor:
    return -0.5 * (p.variance + square(p.mean - q.loc)) / square(q.scale) - logarithm(q.scale) - HALF_LOG_2PI


def _under_half_normal(p: Distribution, q: HalfNormal) -> Tensor:
    return log(2) - 0.5 * (p.variance + square(p.mean)) / square(q.scale) - logarithm(q.scale) - HALF_LOG_2PI


def _under_uniform(p: Distribution, q: Uniform) -> Tensor:
    return -logarithm(q.high - q.low)


def _under_exponential(p: Distribution, q: Exponential) -> Tensor:
    return logarithm(q.rate) - q.rate * p.mean


def _under_continuous_bernoulli(p: Distribution, q: ContinuousBernoulli) -> Tensor:
    return q.logits * p.mean - q._log_normalizer()


def _under_gamma(p: Distribution, q: GammaForm) -> Tensor:
    a = q.concentration
    return a * logarithm(q.rate) - lgamma(a) + (a - 1) * mean_of(MEAN_LOG, p) - q.rate * p.mean


def _under_beta(p: Distribution, q: Beta) -> Tensor:
    a, b = q.concentration1, q.concentration0
    return (a - 1) * mean_of(MEAN_LOG, p) + (b - 1) * mean_of(MEAN_LOG_REST, p) - log_beta(a, b)


def _under_pareto(p: Distribution, q: Pareto) -> Tensor:
    return logarithm(q.alpha) + q.alpha * logarithm(q.scale) - (q.alpha + 1) * mean_of(MEAN_LOG, p)


def _under_gumbel(p: Distribution, q: Gumbel) -> Tensor:
    scaled = exp(q.loc / q.scale) * mean_of(MEAN_EXP, p, 1 / q.scale)
    return (q.loc - p.mean) / q.scale - scaled - logarithm(q.scale)


def _under_laplace(p: Distribution, q: Laplace) -> Tensor:
    return -logarithm(2 * q.scale) - mean_of(MEAN_DISTANCE, p, q.loc) / q.scale


# -- registration ------------------------------------------------------------------------------------------------------

ON_REAL_LINE = (Gumbel, Laplace, Normal, StudentT)
ON_HALF_LINE = (Exponential, GammaForm, HalfNormal, InverseGamma, LogNormal, Pareto, Weibull)
ON_INTERVAL = (Beta, ContinuousBernoulli, Kumaraswamy, Uniform)
EVERY = (*ON_REAL_LINE, *ON_HALF_LINE, *ON_INTERVAL)


def bounds(support: Constraint) -> tuple[Any, Any]:
    """Return the ends of an interval of numbers."""
    if isinstance(support, interval):
        return support.lower_bound, support.upper_bound
    return (support.lower_bound if isinstance(support, greater_than | greater_than_eq) else -inf), inf


def infinite(p: Distribution, q: Distribution) -> Tensor:
    """Return infinity: p has values outside the support of q."""
    like = p._like
    return full(broadcast_shape(p.batch_shape, q.batch_shape), inf, dtype=like.dtype, device=like.device)


def register_means(type_q: type, log_density: Callable[..., Tensor], types_p: Iterable[type]) -> None:
    """Register the divergence from distributions of a class, given the mean of its log-density under p."""

    def divergence(p: Distribution, q: Distribution) -> Tensor:
        (low_p, high_p), (low_q, high_q) = bounds(p.support), bounds(q.support)
        inside = (low_q <= low_p) & (high_p <= high_q)
        if inside is False:
            return infinite(p, q)
        found = -p.entropy() - log_density(p, q)
        return found if inside is True else where(inside, found, inf)

    for type_p in types_p:
        register_kl(type_p, type_q)(divergence)


for pair in (*product((*ON_REAL_LINE, *ON_HALF_LINE), ON_INTERVAL), *product(ON_REAL_LINE, ON_HALF_LINE)):
    register_kl(*pair)(infinite)
register_kl(ContinuousBernoulli, Pareto)(infinite)  # from 0 on, where no Pareto distribution begins

register_means(Normal, _under_normal, {*EVERY} - {Normal})
register_means(HalfNormal, _under_half_normal, {*ON_HALF_LINE, *ON_INTERVAL} - {HalfNormal})
register_means(Uniform, _under_uniform, ON_INTERVAL)
register_means(Exponential, _under_exponential, {*ON_HALF_LINE, *ON_INTERVAL} - {Exponential})
register_means(ContinuousBernoulli, _under_continuous_bernoulli, ON_INTERVAL)
register_means(GammaForm, _under_gamma, {*MEAN_LOG} - {GammaForm})
register_means(Pareto, _under_pareto, {*MEAN_LOG} - {Pareto})
register_means(Beta, _under_beta, {*MEAN_LOG_REST} - {Beta})
register_means(Gumbel, _under_gumbel, MEAN_EXP)
register_means(Laplace, _under_laplace, MEAN_DISTANCE)
