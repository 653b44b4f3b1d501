"""Quotients that are defined where the denominator is zero, and means of them."""

from __future__ import annotations

from math import nan

from ..backend.dtypes import float64
from ..ops.comparison import isnan, where
from ..ops.creation import full_like
from ..tensor import Tensor


def ratio(numerator: Tensor, denominator: Tensor | float, undefined: float = nan) -> Tensor:
    """Return the float64 quotient, and `undefined` where the denominator is zero."""
    numerator = numerator.astype(float64)
    below = denominator.astype(float64) if isinstance(denominator, Tensor) else full_like(numerator, denominator)
    zero = below == 0
    return where(zero, undefined, numerator / where(zero, 1.0, below))


def average_of(scores: Tensor, weights: Tensor) -> Tensor:
    """Return the mean of the scores that are not NaN: weighted, or plain where the weights are 0; NaN without any."""
    left_out = isnan(scores)
    weights = where(left_out, 0.0, weights)
    weights = where(weights.sum() == 0, (~left_out).astype(float64), weights)
    return ratio((where(left_out, 0.0, scores) * weights).sum(), weights.sum())
