r"""The implicit derivative of gamma distributed numbers with respect to the shape parameter.

As a changes, a number z moves so that the distribution function F(a, z) stays constant (Figurnov, Mohamed and Mnih,
"Implicit reparameterization gradients", NeurIPS 2018): ``dz/da = -(dF/da) / p(z)``. This module computes
``d(log z)/da = -(dF/da) / (z p(z))``, which is of moderate size also where z underflows:

- for small z or a, by the series of the incomplete gamma function, differentiated term by term;
- otherwise by an integral over the nearer tail. With ``t = z exp(-s)`` below a and ``t = z exp(s)`` above, it is

  .. math:: \int_0^\infty (s + |\psi(a) - \log z|) \exp(-|z - a| s - z (e^{\pm s} - 1 \mp s)) ds,

  whose integrand is smooth and decreasing; Gauss-Legendre quadrature gives 14 digits.
"""

from __future__ import annotations

from functools import cache
from math import cos, pi
from typing import Any

from ..ops.special.gamma import digamma

SERIES_LIMIT = 10.0
"""The largest `a` for which the series is used for ``z <= a``, where its terms decrease fast."""
SERIES_TERMS = 60
NEAR_ZERO = 1.5
"""The largest `z` for which the series is used for ``z > a``, too."""
NODES = 28
DEPTH = 38.0
"""The integrals are cut off where the integrand is exp(-DEPTH)."""


@cache
def gauss_legendre(count: int) -> tuple[tuple[float, float], ...]:
    """Return the nodes and weights of Gauss-Legendre quadrature on [0, 1], by Newton's method."""
    pairs = []
    for i in range(count):
        x = cos(pi * (i + 0.75) / (count + 0.5))
        for _ in range(8):
            previous, value = 0.0, 1.0
            for n in range(count):
                previous, value = value, ((2 * n + 1) * x * value - n * previous) / (n + 1)
            slope = count * (x * value - previous) / (x * x - 1.0)
            x -= value / slope
        pairs.append((0.5 * (1.0 + x), 1.0 / ((1.0 - x * x) * slope * slope)))
    return tuple(pairs)


def log_gamma_slope(xp: Any, a: Any, log_z: Any, on_host: bool) -> Any:
    """Return ``d(log z)/da`` of gamma distributed numbers z at constant F(a, z), in double precision.

    Parameters
    ----------
    xp : namespace
        The array namespace.
    a, log_z : array of float64, of one shape
        The shape parameter, and the logarithms of the numbers.
    on_host : bool
        Whether elements can be read without waiting for a device; then only the necessary formulas are evaluated.
    """
    z = xp.exp(log_z)
    by_series = ((z <= a) | (z <= NEAR_ZERO)) & (a <= SERIES_LIMIT)
    if on_host and bool(xp.all(by_series)):
        return _series(xp, a, z, log_z, on_host)
    # Harmless numbers where the other formula is used.
    tail = _integral(xp, xp.where(by_series, xp.ones_like(a), a), xp.where(by_series, xp.full_like(a, 2.0), z))
    if on_host and not bool(xp.any(by_series)):
        return tail
    series_a, series_z = (xp.where(by_series, x, xp.ones_like(x)) for x in (a, z))
    series = _series(xp, series_a, series_z, log_z, on_host)
    return xp.where(by_series, series, tail)


def _series(xp: Any, a: Any, z: Any, log_z: Any, on_host: bool) -> Any:
    """Return the derivative of ``F = z**a exp(-z) / Gamma(a + 1) * sum(z**n / ((a + 1) ... (a + n)))``."""
    term, harmonic = xp.ones_like(a), xp.zeros_like(a)
    total, weighted = term, harmonic
    for n in range(1, SERIES_TERMS):
        term = term * z / (a + n)
        harmonic = harmonic + 1.0 / (a + n)
        total = total + term
        weighted = weighted + term * harmonic
        if on_host and n % 8 == 0 and not bool(xp.any(term > 1e-17)):
            break
    return ((digamma(a + 1.0) - log_z) * total + weighted) / a


def _integral(xp: Any, a: Any, z: Any) -> Any:
    """Return the derivative by the integral over the nearer tail."""
    above = z > a
    sign = xp.where(above, xp.ones_like(z), -xp.ones_like(z))
    distance = xp.abs(z - a)
    offset = sign * (xp.log1p((z - a) / a) + (xp.log(a) - digamma(a)))
    # Below: distance * s + z * s**2 / (2 + s) = DEPTH, which bounds the exponent.
    b = 2.0 * distance - DEPTH
    left = (xp.sqrt(b * b + 8.0 * a * DEPTH) - b) / (2.0 * a)
    # Above: by Newton's method from the root of the parabola, which is larger.
    right = (xp.sqrt(distance * distance + 2.0 * z * DEPTH) - distance) / z
    for _ in range(3):
        growth = xp.expm1(xp.minimum(right, 50.0))
        right = right - (distance * right + z * (growth - right) - DEPTH) / (distance + z * growth)
    cutoff = xp.where(above, right, left)
    total = xp.zeros_like(z)
    for node, weight in gauss_legendre(NODES):
        s = node * cutoff
        step = sign * s
        total = total + weight * (offset + s) * xp.exp(-distance * s - z * (xp.expm1(step) - step))
    return total * cutoff
