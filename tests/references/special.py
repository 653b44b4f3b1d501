"""References of the special functions: SciPy's, and NumPy's."""

import numpy as np
import scipy.special


def sinc_derivative(x, n):
    """The integral of t**n * cos(pi x t + n pi / 2) * pi**n over t from 0 to 1: differentiated under the integral."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    t, weights = (nodes + 1) / 2, weights / 2
    return np.sum(weights * (np.pi * t) ** n * np.cos(np.pi * x[..., None] * t + n * np.pi / 2), axis=-1)


def logcumsumexp(x, axis=None):
    return np.logaddexp.accumulate(x, axis=0 if axis is None else axis)


REFERENCES = {
    "bessel_i": lambda x, n, scaled: (scipy.special.ive if scaled else scipy.special.iv)(n, x),
    "divide_or_zero": lambda x1, x2, n=1: x1 / x2**n,
    "digamma": scipy.special.digamma,
    "entr": scipy.special.entr,
    "erf": scipy.special.erf,
    "erfc": scipy.special.erfc,
    "erfcx": scipy.special.erfcx,
    "erfinv": scipy.special.erfinv,
    "frac": lambda x: np.modf(x)[0],
    "gammainc": scipy.special.gammainc,
    "gammaincc": scipy.special.gammaincc,
    "i0": scipy.special.i0,
    "i0e": scipy.special.i0e,
    "i1": scipy.special.i1,
    "i1e": scipy.special.i1e,
    "lgamma": scipy.special.gammaln,
    "log_ratio": np.subtract,
    "log_ndtr": scipy.special.log_ndtr,
    "logcumsumexp": logcumsumexp,
    "logit": lambda x, eps=None: scipy.special.logit(x if eps is None else np.clip(x, eps, 1 - eps)),
    "ndtr": scipy.special.ndtr,
    "ndtri": scipy.special.ndtri,
    "polygamma_of_order": lambda x, n: scipy.special.polygamma(n, x),
    "multiply_or_zero": np.multiply,
    "reciprocal_or_zero": np.reciprocal,
    "replace_nonfinite": lambda x, nan, posinf, neginf: np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf),
    "root": lambda x, p=2.0: x ** (1 / p),
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "sinc_derivative": sinc_derivative,
    "xlog1py": scipy.special.xlog1py,
    "xlogy": scipy.special.xlogy,
}
