"""Divergences of discrete distributions."""

from __future__ import annotations

from ...errors import ShapeError
from ...ops.comparison import where
from ...ops.loss import sigmoid_cross_entropy
from ...ops.special import xlogy
from ...tensor import Tensor
from ..bernoulli import Bernoulli, Binomial, Geometric
from ..categorical import Categorical, CategoryProbabilities, Multinomial, OneHotCategorical
from ..poisson import Poisson
from .between_families import infinite
from .registry import register_kl


def of_trials(p: Bernoulli | Binomial | Geometric, q: Bernoulli | Binomial | Geometric) -> Tensor:
    """Return the divergence of single trials; infinite where q is certain and p is not."""
    probs = p.probs
    found = sigmoid_cross_entropy(q.logits, probs) - sigmoid_cross_entropy(p.logits, probs)
    impossible = ((q.probs == 0) & (probs > 0)) | ((q.probs == 1) & (probs < 1))
    return where(impossible, float("inf"), found)


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    return of_trials(p, q)


@register_kl(Binomial, Binomial)
def _binomial(p: Binomial, q: Binomial) -> Tensor:
    if bool((p.total_count < q.total_count).any()):
        raise NotImplementedError(
            "kl_divergence: no formula is known for binomial distributions where p has fewer trials than q"
        )
    return where(p.total_count > q.total_count, float("inf"), p.total_count * of_trials(p, q))


@register_kl(Geometric, Geometric)
def _geometric(p: Geometric, q: Geometric) -> Tensor:
    return of_trials(p, q) / p.probs


@register_kl(Poisson, Poisson)
def _poisson(p: Poisson, q: Poisson) -> Tensor:
    return xlogy(p.rate, p.rate) - xlogy(p.rate, q.rate) - (p.rate - q.rate)


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return q.rate - xlogy(p.probs, q.rate) - p.entropy()


register_kl(Poisson, Bernoulli)(infinite)
register_kl(Poisson, Binomial)(infinite)


def of_categories(p: CategoryProbabilities, q: CategoryProbabilities) -> Tensor:
    """Return the divergence of single draws; infinite where a possible category is impossible under q."""
    if p._num_events != q._num_events:
        raise ShapeError(f"kl_divergence: p has {p._num_events} categories, and q has {q._num_events}")
    probs = p.probs
    never, excluded = probs == 0, q.probs == 0
    log_ratio = where(never, 0.0, p.logits) - where(never | excluded, 0.0, q.logits)
    return where(excluded & ~never, float("inf"), probs * log_ratio).sum(axis=-1)


@register_kl(Categorical, Categorical)
@register_kl(OneHotCategorical, OneHotCategorical)
def _categorical(p: CategoryProbabilities, q: CategoryProbabilities) -> Tensor:
    return of_categories(p, q)


@register_kl(Multinomial, Multinomial)
def _multinomial(p: Multinomial, q: Multinomial) -> Tensor:
    if p.total_count != q.total_count:
        raise NotImplementedError(
            f"kl_divergence: p has {p.total_count} trials, and q has {q.total_count}; the formula needs equal numbers"
        )
    return p.total_count * of_categories(p, q)
