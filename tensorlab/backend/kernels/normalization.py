"""Standardization over axes, also of numbers that are too large to be squared."""

from __future__ import annotations

from typing import Any

LARGE = {24: 2.0**48, 53: 2.0**496}
SHRINK = {24: 2.0**-72, 53: 2.0**-520}
"""From which size on numbers are divided before they are squared, and by what, by the digits of the type."""

LEAST = 2.0**-100
"""What is added to the variance of such numbers in place of `eps`, which is far less than its rounding error."""


def shrinking_factors(xp: Any, x: Any, axes: tuple[int, ...], eps: float) -> tuple[Any, Any]:
    """Return powers of two by which to multiply `x`, and what to add to the variances then, with axes of length 1."""
    if 0 in x.shape:  # the maximum of nothing is undefined
        return 1.0, eps
    digits = 24 if float(xp.finfo(x.dtype).eps) > 1e-10 else 53
    large = xp.max(xp.abs(x), axis=axes, keepdims=True) > LARGE[digits]
    one = xp.ones_like(large, dtype=x.dtype)
    return xp.where(large, SHRINK[digits], one), xp.where(large, LEAST, one * eps)


def standardized(xp: Any, x: Any, axes: tuple[int, ...], eps: float) -> tuple[Any, Any, Any, Any]:
    """Return `x` with mean zero and variance one, its mean and variance, and the slope of the result."""
    factors, eps = shrinking_factors(xp, x, axes, eps)
    average = xp.mean(x * factors, axis=axes, keepdims=True)
    centred = x * factors - average
    variance = xp.mean(centred * centred, axis=axes, keepdims=True)
    scale = (variance + eps) ** -0.5
    return centred * scale, average / factors, variance / factors / factors, scale * factors
