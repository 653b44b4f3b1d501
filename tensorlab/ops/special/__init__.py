"""Special functions, elementwise, each differentiable to any order."""

from .bessel import i0, i0e, i1, i1e
from .distributions import erf, erfc, erfcx, erfinv, log_ndtr, ndtr, ndtri
from .elementary import deg2rad, entr, exp2, logaddexp2, logit, rad2deg, rsqrt, sinc, xlog1py, xlogy
from .gamma import digamma, gammainc, gammaincc, lgamma, polygamma
from .piecewise import allclose, fmod, frac, heaviside, isclose, lerp, nan_to_num

__all__ = [
    "allclose", "deg2rad", "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "fmod", "frac", "gammainc",
    "gammaincc", "heaviside", "i0", "i0e", "i1", "i1e", "isclose", "lerp", "lgamma", "log_ndtr", "logaddexp2", "logit",
    "nan_to_num", "ndtr", "ndtri", "polygamma", "rad2deg", "rsqrt", "sinc", "xlog1py", "xlogy",
]  # fmt: skip
