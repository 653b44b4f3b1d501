"""The error function, the normal distribution function, and their inverses."""

from __future__ import annotations

from typing import Any

from .coefficients import ERF, ERFCX, ERFINV_CENTRE, ERFINV_FAR_TAIL, ERFINV_TAIL
from .evaluation import PiecewiseEvaluation, in_single_or_double

SQRT2 = 1.4142135623730951
SQRT_HALF = 0.7071067811865476
INF = float("inf")

ERF_SATURATION = {"float32": 4.0, "float64": 6.0}
"""From here on the error function rounds to one; so does the formula used here."""

ERFC_UNDERFLOW = {"float32": 10.6, "float64": 27.5}
"""From here on the complementary error function underflows to zero, and exp(x^2) overflows."""

FAR_TAIL = {"float32": 4.1, "float64": 6.1}
"""Where the formula for the far tail of the inverse begins."""

SPLITTER = {"float32": 4097.0, "float64": 134217729.0}
"""``2**s + 1``, with s half the number of bits: the factor of Veltkamp's splitting."""


class ErrorFunctions(PiecewiseEvaluation):
    """The error function, the normal distribution function, and related functions."""

    @in_single_or_double
    def erf(self, x: Any) -> Any:
        """Return the error function, as x times a rational function of x^2."""
        end = ERF_SATURATION[self._precision(x)]
        x = self._clipped(x, -end, end)
        return self._clipped(x * self._fraction(ERF, x * x), -1.0, 1.0)

    @in_single_or_double
    def erfc(self, x: Any) -> Any:
        """Return the complementary error function, as ``exp(-x^2)`` times the scaled one."""
        xp = self.xp
        size = self._clipped(xp.abs(x), 0.0, ERFC_UNDERFLOW[self._precision(x)])
        y = self._exp_of_square(size, -1) * self._erfcx_of_positive(size)
        return self._mirrored(y, x, 2)

    @in_single_or_double
    def erfcx(self, x: Any) -> Any:
        """Return the complementary error function scaled by ``exp(x^2)``."""
        return self._piecewise([(x >= 0, (0.0,), self._erfcx_of_positive), (x < 0, (0.0,), self._erfcx_of_negative)], x)

    def _erfcx_of_negative(self, x: Any) -> Any:
        size = self._clipped(-x, 0.0, ERFC_UNDERFLOW[self._precision(x)])
        return 2 * self._exp_of_square(size, 1) - self._erfcx_of_positive(size)

    def _erfcx_of_positive(self, x: Any) -> Any:
        """Return the scaled function for x >= 0, by one polynomial for all x.

        M. M. Shepherd and J. G. Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x in 0 <= x < inf",
        Math. Comp. 36 (1981); the coefficients are our own.
        """
        return self._fraction(ERFCX, 1 - 7.5 / (x + 3.75)) * 0.5 / (x + 0.5)

    def _exp_of_square(self, x: Any, scale: float) -> Any:
        """Return ``exp(scale * x^2)`` without the rounding error of the square; `scale` is a power of two."""
        spread = SPLITTER[self._precision(x)] * x
        high = spread - (spread - x)
        return self.xp.exp(scale * high * high) * self.xp.exp(scale * ((x - high) * (x + high)))

    @in_single_or_double
    def ndtr(self, x: Any) -> Any:
        """Return the normal distribution function."""
        xp = self.xp
        size = self._clipped(xp.abs(x), 0.0, SQRT2 * ERFC_UNDERFLOW[self._precision(x)])
        y = 0.5 * self._exp_of_square(size, -0.5) * self._erfcx_of_positive(SQRT_HALF * size)
        return self._mirrored(y, -x, 1)

    def _mirrored(self, y: Any, x: Any, total: float) -> Any:
        """Return `y` where ``x >= 0``, else ``total - y``, without branches on irregular signs."""
        xp = self.xp
        return xp.copysign(y, x + 0.0) + total * xp.astype(x < 0, y.dtype)

    @in_single_or_double
    def log_ndtr(self, x: Any) -> Any:
        """Return the logarithm of `ndtr`; where that is small, from the scaled function."""
        xp = self.xp
        return self._piecewise(
            [
                (x < -1, (-2.0,), lambda x: xp.log(0.5 * self._erfcx_of_positive(-SQRT_HALF * x)) - 0.5 * x * x),
                (x >= -1, (0.0,), lambda x: xp.log1p(-self.ndtr(-x))),
            ],
            x,
        )

    @in_single_or_double
    def erfinv(self, x: Any) -> Any:
        """Return the inverse of the error function."""
        xp = self.xp
        size = xp.abs(x)
        return self._piecewise(
            [
                (size <= 0.75, (0.0,), self._erfinv_in_the_centre),
                ((size > 0.75) & (size < 1), (0.8,), lambda x: xp.copysign(self._erfcinv(1 - xp.abs(x)), x)),
                (size == 1, (1.0,), lambda x: x * INF),
            ],
            x,
        )

    @in_single_or_double
    def ndtri(self, p: Any) -> Any:
        """Return the quantile function of the normal distribution."""
        return self._piecewise(
            [
                ((p >= 0.125) & (p <= 0.875), (0.5,), lambda p: SQRT2 * self._erfinv_in_the_centre(2 * p - 1)),
                ((p > 0) & (p < 0.125), (0.1,), lambda p: -SQRT2 * self._erfcinv(2 * p)),
                ((p > 0.875) & (p < 1), (0.9,), lambda p: SQRT2 * self._erfcinv(2 * (1 - p))),
                ((p == 0) | (p == 1), (1.0,), lambda p: (2 * p - 1) * INF),
            ],
            p,
        )

    def _erfinv_in_the_centre(self, x: Any) -> Any:
        return x * self._fraction(ERFINV_CENTRE, x * x - 0.5625)

    def _erfcinv(self, q: Any) -> Any:
        """Return the inverse of the complementary error function for q in (0, 0.25]."""
        w = self.xp.sqrt(-self.xp.log(q))
        end = FAR_TAIL[self._precision(q)]
        return self._piecewise(
            [
                (w <= end, (2.0,), lambda w: self._fraction(ERFINV_TAIL, w)),
                (w > end, (8.0,), lambda w: self._fraction(ERFINV_FAR_TAIL, w)),
            ],
            w,
        )
