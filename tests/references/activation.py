"""References of the activations: their definitions, by SciPy and NumPy; slopes by the product and chain rules."""

import numpy as np
from scipy.special import expit, ndtr
from scipy.stats import norm

C = np.sqrt(2 / np.pi)


def gelu(x, approximate="none"):
    return x * ndtr(x) if approximate == "none" else x * expit(2 * C * (x + 0.044715 * x**3))


def gelu_slope(x, approximate="none"):
    if approximate == "none":
        return ndtr(x) + x * norm.pdf(x)
    area = expit(2 * C * (x + 0.044715 * x**3))
    return area + x * area * (1 - area) * 2 * C * (1 + 3 * 0.044715 * x**2)


def softplus(x, beta=1.0, threshold=20.0):
    return np.where(beta * x > threshold, x, np.logaddexp(0, beta * x) / beta)


def mish_slope(x):
    t = np.tanh(np.logaddexp(0, x))
    return t + x * (1 - t**2) * expit(x)


def exponential_linear(x, alpha=1.0, scale=1.0, input_scale=1.0):
    return scale * np.where(x > 0, x, alpha * np.expm1(input_scale * x))


def exponential_linear_slope(x, alpha=1.0, scale=1.0, input_scale=1.0):
    return scale * np.where(x > 0, 1.0, alpha * input_scale * np.exp(input_scale * x))


REFERENCES = {
    "exponential_linear": exponential_linear,
    "exponential_linear_slope": exponential_linear_slope,
    "gelu": gelu,
    "gelu_slope": gelu_slope,
    "hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "hardswish_slope": lambda x: np.select([x <= -3, x >= 3], [0.0, 1.0], x / 3 + 0.5),
    "hardtanh": lambda x, min_val=-1.0, max_val=1.0: np.clip(x, min_val, max_val),
    "leaky": lambda x, slope: np.where(x > 0, x, slope * x),
    "leaky_slope": lambda x, slope: np.where(x > 0, 1.0, slope),
    "log_sigmoid": lambda x: np.log(expit(x)),
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
    "mish_slope": mish_slope,
    "silu": lambda x: x * expit(x),
    "silu_slope": lambda x: expit(x) + x * expit(x) * expit(-x),
    "softplus": softplus,
    "softplus_slope": lambda x, beta=1.0, threshold=20.0: np.where(beta * x > threshold, 1.0, expit(beta * x)),
}
