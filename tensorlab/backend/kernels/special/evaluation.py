"""Evaluation of special functions: polynomials, rational functions, piecewise definitions, precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

Piece = tuple[Any, Sequence[float], Callable[..., Any]]
Rational = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True, eq=False)
class Table:
    """Coefficients of a rational function for both precisions; compares by identity, as it is a dictionary key."""

    float32: Rational
    float64: Rational


def polynomial(x: Any, coefficients: Sequence[float]) -> Any:
    """Evaluate a polynomial by Horner's rule: at least two coefficients, the lowest power first."""
    *lower, highest = coefficients
    y = x * highest
    for coefficient in lower[:0:-1]:
        y += coefficient
        y *= x
    y += lower[0]
    return y


def rational(x: Any, fraction: Rational) -> Any:
    """Evaluate a rational function."""
    above, below = fraction
    y = polynomial(x, above)
    if len(below) > 1:
        y /= polynomial(x, below)
    return y


def whole_power(x: Any, n: int) -> Any:
    """Return ``x ** n`` for n >= 1 by squaring."""
    if n == 1:
        return x
    half = whole_power(x, n // 2)
    half = half * half
    return half * x if n % 2 else half


def in_single_or_double(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a kernel for single and double precision: half precision is computed in single.

    One of two operands may be a Python number or an array of integers.
    """

    @wraps(kernel)
    def compute(self: Any, *operands: Any, **params: Any) -> Any:
        xp = self.xp
        like = next(x for x in operands if hasattr(x, "dtype") and not xp.isdtype(x.dtype, "integral"))
        given = like.dtype
        wide = given if given in (xp.float32, xp.float64) else xp.float32
        result = kernel(
            self,
            *(
                xp.astype(x, wide, copy=False) if hasattr(x, "dtype") else xp.asarray(x, dtype=wide, device=like.device)
                for x in operands
            ),
            **params,
        )
        return xp.astype(result, given, copy=False)

    return compute


class PiecewiseEvaluation:
    """Evaluation of piecewise functions."""

    xp: Any

    def _precision(self, x: Any) -> str:
        return "float64" if x.dtype == self.xp.float64 else "float32"

    def _fraction(self, table: Table, x: Any) -> Any:
        """Evaluate the rational function of a table in the precision of `x`."""
        return rational(x, getattr(table, self._precision(x)))

    def _clipped(self, x: Any, low: float, high: float) -> Any:
        return self.xp.clip(x, low, high)

    def _piecewise(self, pieces: Sequence[Piece], *operands: Any) -> Any:
        """Compute each piece where its mask holds; NaN elsewhere.

        A piece is (mask, a harmless number for each operand, function). Every function is computed for all elements,
        with the harmless numbers outside its mask, so that no device is waited for. A backend with arrays in host
        memory computes each function only where its mask holds.
        """
        xp = self.xp
        out = xp.full_like(operands[0], float("nan"))
        for mask, harmless, function in pieces:
            inside = [xp.where(mask, x, number) for x, number in zip(operands, harmless, strict=True)]
            out = xp.where(mask, function(*inside), out)
        return out
