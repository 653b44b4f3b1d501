"""Random numbers from seeded generators: the same bits on every backend.

The bits come from the counter-based generator Philox4x64-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2,
3", SC 2011), which is a function of a key and a position; a `Generator` is just the two. What is made of the bits is
written once, in the array namespace, so that numbers differ between backends only by what their libraries' logarithms
and the like differ in the last digits.

Every distribution is a method of `Generator` and a function of this module, which draws from `default_generator`
unless it is given another. Parameters that must be given stand before the shape, those that have defaults behind it.
They are numbers or tensors that broadcast; draws are made where the tensors are. Gradients flow to the parameters
of the continuous distributions (reparameterisation); what comes from the discrete ones carries none.

What is wrong is refused before anything is drawn, and leaves the stream where it was. Values of tensors are only
looked at where that does not mean waiting for a device; on a GPU, NaN comes out of parameters without meaning.
"""

from .functions import (
    bernoulli,
    beta,
    binomial,
    categorical,
    cauchy,
    chisquare,
    choice,
    dirichlet,
    exponential,
    gamma,
    geometric,
    gumbel,
    integers,
    laplace,
    logistic,
    lognormal,
    manual_seed,
    multinomial,
    multivariate_normal,
    negative_binomial,
    normal,
    pareto,
    permutation,
    poisson,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    rayleigh,
    seed,
    student_t,
    truncated_normal,
    uniform,
    weibull,
)
from .generator import Generator, default_generator

__all__ = [
    "Generator",
    "bernoulli",
    "beta",
    "binomial",
    "categorical",
    "cauchy",
    "chisquare",
    "choice",
    "default_generator",
    "dirichlet",
    "exponential",
    "gamma",
    "geometric",
    "gumbel",
    "integers",
    "laplace",
    "logistic",
    "lognormal",
    "manual_seed",
    "multinomial",
    "multivariate_normal",
    "negative_binomial",
    "normal",
    "pareto",
    "permutation",
    "poisson",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "rayleigh",
    "seed",
    "student_t",
    "truncated_normal",
    "uniform",
    "weibull",
]
