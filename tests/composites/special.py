"""Special functions."""

import numpy as np
import scipy.special

import tensorlab as tl

from .operands import A, V

CASES = {
    "allclose": (lambda x, y: x + tl.allclose(x, y), lambda x, y: x + np.allclose(x, y), (A, V)),
    "lerp": (lambda x, y: tl.lerp(x, y, 0.3), lambda x, y: 0.7 * x + 0.3 * y, (A, V)),
    "lerp far": (lambda x, y: tl.lerp(x, y, 1.5), lambda x, y: -0.5 * x + 1.5 * y, (A, V)),
    "lerp by arrays": (lambda x, y, z: tl.lerp(x, y, z), lambda x, y, z: (1 - z) * x + z * y, (A, V, A)),
    "nan_to_num": (tl.nan_to_num, np.nan_to_num, (A,)),
    "polygamma": (lambda x: tl.polygamma(0, x * x + 1), lambda x: scipy.special.polygamma(0, x * x + 1), (A,)),
    "polygamma of order 2": (
        lambda x: tl.polygamma(2, x * x + 1),
        lambda x: scipy.special.polygamma(2, x * x + 1),
        (A,),
    ),
}
REAL_ONLY = {"allclose", "polygamma"}
