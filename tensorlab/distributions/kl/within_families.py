"""Divergences of two distributions of numbers of one family."""

from __future__ import annotations

from ...ops.arithmetic import square
from ...ops.comparison import where
from ...ops.exponential import exp, log
from ...ops.special import digamma, lgamma
from ...ops.trigonometric import cos
from ...tensor import Tensor
from ..beta import EULER, Beta, log_beta
from ..gamma import Exponential, GammaForm, InverseGamma
from ..location_scale import Cauchy, Laplace
from ..normal import HalfNormal, LogNormal, Normal
from ..positive import Pareto, Weibull
from ..von_mises import VonMises
from .registry import register_kl


def of_scale_ratio(ratio: Tensor) -> Tensor:
    """Return the divergence of centred normal distributions with this ratio of standard deviations."""
    return 0.5 * (square(ratio) - 1) - log(ratio)


@register_kl(LogNormal, LogNormal)
@register_kl(Normal, Normal)
def _normal(p: Normal, q: Normal) -> Tensor:
    return of_scale_ratio(p.scale / q.scale) + 0.5 * square((p.loc - q.loc) / q.scale)


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: HalfNormal, q: HalfNormal) -> Tensor:
    return of_scale_ratio(p.scale / q.scale)


@register_kl(Laplace, Laplace)
def _laplace(p: Laplace, q: Laplace) -> Tensor:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return ratio * exp(-distance / p.scale) + distance / q.scale - log(ratio) - 1


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Cauchy, q: Cauchy) -> Tensor:
    return log((square(p.scale + q.scale) + square(p.loc - q.loc)) / (4 * p.scale * q.scale))


@register_kl(Exponential, Exponential)
def _exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - log(ratio) - 1


@register_kl(InverseGamma, InverseGamma)
@register_kl(GammaForm, GammaForm)
def _gamma(p: GammaForm, q: GammaForm) -> Tensor:
    a, b, ratio = p.concentration, q.concentration, q.rate / p.rate
    return lgamma(b) - lgamma(a) - b * log(ratio) + (a - b) * digamma(a) + a * (ratio - 1)


@register_kl(Beta, Beta)
def _beta(p: Beta, q: Beta) -> Tensor:
    a, b, c, d = p.concentration1, p.concentration0, q.concentration1, q.concentration0
    excess = (a - c) * digamma(a) + (b - d) * digamma(b) + (c - a + d - b) * digamma(a + b)
    return log_beta(c, d) - log_beta(a, b) + excess


@register_kl(Pareto, Pareto)
def _pareto(p: Pareto, q: Pareto) -> Tensor:
    ratio = q.alpha / p.alpha
    inside = p.scale >= q.scale
    return where(inside, q.alpha * log(p.scale / q.scale) - log(ratio) + ratio - 1, float("inf"))


@register_kl(Weibull, Weibull)
def _weibull(p: Weibull, q: Weibull) -> Tensor:
    ratio = q.concentration / p.concentration
    log_scales = q.concentration * log(p.scale / q.scale)
    return exp(log_scales + lgamma(1 + ratio)) - log(ratio) - log_scales + EULER * (ratio - 1) - 1


@register_kl(VonMises, VonMises)
def _von_mises(p: VonMises, q: VonMises) -> Tensor:
    aligned = p.concentration * p.variance - q.concentration * (1 - p.mean_resultant_length * cos(p.loc - q.loc))
    return q._log_normalizer() - p._log_normalizer() - aligned
