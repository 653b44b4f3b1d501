"""Divergences of distributions of vectors and of distributions made of others."""

from __future__ import annotations

from ...errors import ShapeError
from ...ops.arithmetic import square
from ...ops.declare import broadcast_shape
from ...ops.linalg.solving import solve_triangular
from ...ops.shapes import moveaxis
from ...ops.special import digamma
from ...tensor import Tensor
from ..beta import Dirichlet
from ..distribution import Distribution
from ..independent import Independent, sum_rightmost
from ..matrices import Wishart, log_multigamma, multidigamma
from ..multivariate_normal import NormalVectors, half_log_det
from ..transformed import LogisticNormal, TransformedDistribution
from .registry import kl_divergence, register_kl


def require_same_event(p: Distribution, q: Distribution) -> None:
    """Refuse distributions over values of different shapes.

    Raises
    ------
    ShapeError
        The message names the shapes.
    """
    if p.event_shape != q.event_shape:
        raise ShapeError(f"kl_divergence: p has the event shape {p.event_shape}, and q has {q.event_shape}")


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Dirichlet, q: Dirichlet) -> Tensor:
    require_same_event(p, q)
    a = p.concentration
    mean_log = digamma(a) - digamma(a.sum(axis=-1, keepdims=True))
    return ((a - q.concentration) * mean_log).sum(axis=-1) + q._log_normalizer() - p._log_normalizer()


@register_kl(NormalVectors, NormalVectors)
def _normal_vectors(p: NormalVectors, q: NormalVectors) -> Tensor:
    require_same_event(p, q)
    batch = broadcast_shape(p.batch_shape, q.batch_shape)
    p, q = p._expanded(batch), q._expanded(batch)
    # The trace of inverse(covariance of q) @ A @ A.T is the sum over the columns of A.
    trace = sum((q._mahalanobis(moveaxis(factor, -1, 0)).sum(axis=0) for factor in p._factors), start=0.0)
    distance = q._mahalanobis(p.loc - q.loc)
    return 0.5 * (trace + distance - p.loc.shape[-1]) + q._half_log_det - p._half_log_det


@register_kl(Wishart, Wishart)
def _wishart(p: Wishart, q: Wishart) -> Tensor:
    require_same_event(p, q)
    k, log_det = p.event_shape[-1], half_log_det(q.scale_tril) - half_log_det(p.scale_tril)
    trace = square(solve_triangular(q.scale_tril, p.scale_tril, upper=False)).sum(axis=(-2, -1))
    gammas = log_multigamma(0.5 * q.df, k) - log_multigamma(0.5 * p.df, k)
    excess = 0.5 * (p.df - q.df) * multidigamma(0.5 * p.df, k)
    return q.df * log_det + 0.5 * p.df * (trace - k) + gammas + excess


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("kl_divergence: p and q join different numbers of axes of their batches")
    require_same_event(p, q)
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: TransformedDistribution, q: TransformedDistribution) -> Tensor:
    if p.transforms != q.transforms:
        raise NotImplementedError("kl_divergence: p and q have different transforms")
    require_same_event(p, q)
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(LogisticNormal, LogisticNormal)
def _logistic_normal(p: LogisticNormal, q: LogisticNormal) -> Tensor:
    require_same_event(p, q)
    return kl_divergence(p.base_dist, q.base_dist)
