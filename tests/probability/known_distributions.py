"""Distributions with drawn parameters, and SciPy's distributions of the same parameters."""

import numpy as np
from helpers import host, tensor
from scipy import stats

from tensorlab import distributions as D

RNG = np.random.default_rng(0)


def real(*shape):
    return RNG.normal(size=shape)


def within(low, high, *shape):
    return RNG.uniform(low, high, shape)


CONTINUOUS = {
    D.Beta: [within(0.5, 3.0, 3, 1), within(0.5, 3.0, 2)],
    D.Cauchy: [real(3, 1), within(0.5, 2.0, 2)],
    D.Chi2: [within(2.0, 6.0, 3)],
    D.Exponential: [within(0.5, 2.0, 3)],
    D.FisherSnedecor: [within(2.5, 6.0, 3, 1), within(9.0, 15.0, 2)],
    D.Gamma: [within(0.5, 4.0, 3, 1), within(0.5, 2.0, 2)],
    D.GeneralizedPareto: [real(3, 1), within(0.5, 2.0, 2), np.array([-0.3, 0.2])],
    D.Gumbel: [real(3, 1), within(0.5, 2.0, 2)],
    D.HalfCauchy: [within(0.5, 2.0, 3)],
    D.HalfNormal: [within(0.5, 2.0, 3)],
    D.InverseGamma: [within(5.0, 8.0, 3, 1), within(0.5, 2.0, 2)],
    D.Kumaraswamy: [within(1.0, 3.0, 3, 1), within(0.5, 3.0, 2)],
    D.Laplace: [real(3, 1), within(0.5, 2.0, 2)],
    D.LogNormal: [real(3, 1), within(0.2, 0.8, 2)],
    D.Normal: [real(3, 1), within(0.5, 2.0, 2)],
    D.Pareto: [within(0.5, 2.0, 3, 1), within(5.0, 8.0, 2)],
    D.StudentT: [within(5.0, 9.0, 3, 1), real(2), within(0.5, 2.0, 2)],
    D.Uniform: [real(3, 1), within(3.0, 5.0, 2)],
    D.Weibull: [within(0.5, 2.0, 3, 1), within(1.0, 3.0, 2)],
}
"""Continuous distributions of numbers, with parameters in order."""


class Kumaraswamy(stats.rv_continuous):
    """SciPy has none: from the distribution function alone."""

    def _cdf(self, x, a, b):
        return 1 - (1 - x**a) ** b

    def _pdf(self, x, a, b):
        return a * b * x ** (a - 1) * (1 - x**a) ** (b - 1)


REFERENCES = {
    D.Beta: stats.beta,
    D.Cauchy: stats.cauchy,
    D.Chi2: stats.chi2,
    D.Exponential: lambda rate: stats.expon(scale=1 / rate),
    D.FisherSnedecor: stats.f,
    D.Gamma: lambda a, rate: stats.gamma(a, scale=1 / rate),
    D.GeneralizedPareto: lambda loc, scale, k: stats.genpareto(k, loc, scale),
    D.Gumbel: stats.gumbel_r,
    D.HalfCauchy: lambda scale: stats.halfcauchy(scale=scale),
    D.HalfNormal: lambda scale: stats.halfnorm(scale=scale),
    D.InverseGamma: lambda a, rate: stats.invgamma(a, scale=rate),
    D.Kumaraswamy: Kumaraswamy(a=0.0, b=1.0, name="kumaraswamy"),
    D.Laplace: stats.laplace,
    D.LogNormal: lambda loc, scale: stats.lognorm(scale, scale=np.exp(loc)),
    D.Normal: stats.norm,
    D.Pareto: lambda scale, alpha: stats.pareto(alpha, scale=scale),
    D.StudentT: stats.t,
    D.Uniform: lambda low, high: stats.uniform(low, high - low),
    D.Weibull: lambda scale, k: stats.weibull_min(k, scale=scale),
}

DISCRETE = {
    D.Bernoulli: ([within(0.1, 0.9, 3)], stats.bernoulli),
    D.Binomial: ([np.array([[3.0], [20.0]]), within(0.1, 0.9, 3)], stats.binom),
    D.Geometric: ([within(0.1, 0.9, 3)], lambda p: stats.geom(p, loc=-1)),
    D.NegativeBinomial: ([within(0.5, 6.0, 2, 1), within(0.1, 0.9, 3)], lambda n, p: stats.nbinom(n, 1 - p)),
    D.Poisson: ([np.array([0.5, 3.0, 40.0])], stats.poisson),
}
"""Discrete distributions of numbers, with parameters in order, and SciPy's."""

ALL = {**{cls: (values, REFERENCES[cls]) for cls, values in CONTINUOUS.items()}, **DISCRETE}


def known(cls, requires_grad=False):
    """Return a distribution, SciPy's, and the parameters of the former."""
    values, reference = ALL[cls]
    leaves = [tensor(x, requires_grad=requires_grad) for x in values]
    return cls(*leaves), reference(*values), leaves


def cell(reference, values, index):
    """Return SciPy's distribution of one element of the batch."""
    shape = np.broadcast_shapes(*(np.shape(x) for x in values))
    return reference(*(np.broadcast_to(x, shape)[index] for x in values))


def drawn(distribution, count, seed=1):
    """Return samples as a NumPy array."""
    from tensorlab import Generator

    return host(distribution.sample((count,), generator=Generator(seed)))


def integral(function, low, high):
    """Return the integral over an interval, by the trapezoidal rule in a variable in which the ends are far away.

    The function is called once, with an array.
    """
    t = np.linspace(-35.0, 35.0, 3001)
    if np.isfinite([low, high]).all():
        x = low + (high - low) / (1 + np.exp(-t))
        slope = (high - low) / (2 + np.exp(t) + np.exp(-t))
    elif np.isfinite(low):
        t = t / 2
        x, slope = low + np.exp(t), np.exp(t)
    else:
        t = t / 2
        x, slope = np.sinh(t), np.cosh(t)
    terms = function(x) * slope
    inside = (x > low) & (x < high)
    return np.where(inside, terms, 0.0).sum() * (t[1] - t[0])
