"""Random numbers from seeded generators: the same bits on every backend.

The bits come from the counter-based generator Philox4x64-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2,
3", SC 2011), which is a function of a key and a position; these two are the state of a `Generator`. The distributions
are computed from the bits with functions of the array namespace, so that backends differ only by the rounding errors of
their logarithms and similar functions.

Every distribution is a method of `Generator` and a function of this module, which draws from `default_generator` unless
it is given another generator. Required parameters come before the shape, optional ones after it. Parameters are numbers
or tensors that broadcast; numbers are drawn on the device of the tensors. Gradients flow to the parameters of
continuous distributions (reparameterisation), but not to those of discrete ones.

Invalid arguments are refused before anything is drawn; the stream does not advance. The elements of tensors are checked
only if that does not require waiting for a device; on a GPU, invalid parameters give NaN.
"""

from .functions import (
    bernoulli, beta, binomial, categorical, cauchy, chisquare, choice, dirichlet, exponential, gamma, geometric, gumbel,
    integers, laplace, logistic, lognormal, manual_seed, multinomial, multivariate_normal, negative_binomial, normal,
    pareto, permutation, poisson, rand, rand_like, randint, randint_like, randn, randn_like, randperm, rayleigh, seed,
    student_t, truncated_normal, uniform, vonmises, weibull,
)  # fmt: skip
from .generator import Generator, default_generator
from .seeding import seed_everything

__all__ = [
    "Generator", "bernoulli", "beta", "binomial", "categorical", "cauchy", "chisquare", "choice", "default_generator",
    "dirichlet", "exponential", "gamma", "geometric", "gumbel", "integers", "laplace", "logistic", "lognormal",
    "manual_seed", "multinomial", "multivariate_normal", "negative_binomial", "normal", "pareto", "permutation",
    "poisson", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "rayleigh", "seed",
    "seed_everything", "student_t", "truncated_normal", "uniform", "vonmises", "weibull",
]  # fmt: skip
