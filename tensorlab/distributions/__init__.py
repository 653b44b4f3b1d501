"""Probability distributions, as in `torch.distributions`: samples with gradients, densities, entropies, divergences.

A distribution is a batch of distributions with parameters that broadcast. The shape of its samples is ``(*sample_shape,
*batch_shape, *event_shape)``. Samples come from the generators of `tensorlab.random`: the same seed gives the same
samples on every backend.

A class declares each parameter once, with the constraint that it satisfies (`parameters`); the constructor, its checks,
the broadcast of the parameters and `expand` follow from that, and what remains of a distribution are its formulas:

>>> from tensorlab.distributions import Distribution, constraints
>>> from tensorlab.distributions.parameters import Positive
>>> from tensorlab.options import declared
>>> @declared
... class Rayleigh(Distribution):
...     support, has_rsample = constraints.positive, True
...     scale: Positive
...     def _log_prob(self, value):
...         return tl.log(value) - 2 * tl.log(self.scale) - 0.5 * (value / self.scale) ** 2
...     def _draw(self, generator, shape):
...         return generator.rayleigh(shape, self.scale)
>>> rayleigh = Rayleigh(tl.tensor([1.0, 2.0]))
>>> rayleigh.log_prob(1.0)
tensor([-0.5      , -1.5112944])
>>> rayleigh.rsample((5,)).shape
(5, 2)
"""

from . import constraints, transforms
from .bernoulli import Bernoulli, Binomial, Geometric, NegativeBinomial
from .beta import Beta, Dirichlet, Kumaraswamy
from .categorical import Categorical, Multinomial, OneHotCategorical, OneHotCategoricalStraightThrough
from .constraint_registry import biject_to, transform_to
from .continuous_bernoulli import ContinuousBernoulli
from .distribution import Distribution
from .gamma import Chi2, Exponential, FisherSnedecor, Gamma, InverseGamma
from .independent import Independent
from .kl import kl_divergence, register_kl
from .location_scale import Cauchy, Gumbel, HalfCauchy, Laplace, StudentT, Uniform
from .matrices import LKJCholesky, Wishart
from .mixture import MixtureSameFamily
from .multivariate_normal import LowRankMultivariateNormal, MultivariateNormal
from .normal import HalfNormal, LogNormal, Normal
from .poisson import Poisson
from .positive import GeneralizedPareto, Pareto, Weibull
from .relaxed import RelaxedBernoulli, RelaxedOneHotCategorical
from .transformed import LogisticNormal, TransformedDistribution
from .von_mises import VonMises

__all__ = [
    "Bernoulli", "Beta", "Binomial", "Categorical", "Cauchy", "Chi2", "ContinuousBernoulli", "Dirichlet",
    "Distribution", "Exponential", "FisherSnedecor", "Gamma", "GeneralizedPareto", "Geometric", "Gumbel", "HalfCauchy",
    "HalfNormal", "Independent", "InverseGamma", "Kumaraswamy", "LKJCholesky", "Laplace", "LogNormal", "LogisticNormal",
    "LowRankMultivariateNormal", "MixtureSameFamily", "Multinomial", "MultivariateNormal", "NegativeBinomial", "Normal",
    "OneHotCategorical", "OneHotCategoricalStraightThrough", "Pareto", "Poisson", "RelaxedBernoulli",
    "RelaxedOneHotCategorical", "StudentT", "TransformedDistribution", "Uniform", "VonMises", "Weibull", "Wishart",
    "biject_to", "constraints", "kl_divergence", "register_kl", "transform_to", "transforms",
]  # fmt: skip
