"""The logarithm of the gamma function, its derivatives, and the incomplete gamma functions."""

from __future__ import annotations

from math import factorial, pi
from typing import Any

from .coefficients import BINET, DIGAMMA_ROOT, DIGAMMA_SERIES, DIGAMMA_UNIT, LGAMMA_UNIT, LOG1P_REST, TEMME
from .error_functions import ErrorFunctions
from .evaluation import in_single_or_double, polynomial, whole_power

INF = float("inf")
HALF_LOG_2PI = 0.9189385332046728

BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)
"""The Bernoulli numbers B2, B4, ..., B20."""

SERIES_TERMS = {"float32": 36, "float64": 60}
FRACTION_TERMS = {"float32": 24, "float64": 60}
UPPER_SERIES_TERMS = {"float32": 14, "float64": 25}
TEMME_SIZE = {"float32": (4, 11), "float64": (len(TEMME), len(TEMME[0]))}
"""The number of terms in the expansions of the incomplete gamma functions."""


class GammaFunctions(ErrorFunctions):
    """The gamma function and related functions."""

    @in_single_or_double
    def lgamma(self, x: Any) -> Any:
        """Return ``log(abs(gamma(x)))``."""
        return self._piecewise(
            [
                (x >= 0, (1.0,), self._lgamma_of_positive),
                ((x < 0) & (x > -INF), (-0.5,), self._lgamma_of_negative),
                (x == -INF, (-INF,), lambda x: -x),
            ],
            x,
        )

    def _lgamma_of_positive(self, x: Any) -> Any:
        return self._piecewise(
            [(x < 3, (1.0,), self._lgamma_below_three), (x >= 3, (3.0,), self._lgamma_from_three)], x
        )

    def _lgamma_below_three(self, x: Any) -> Any:
        """Return the logarithm by a fit on [1, 2], with its zeros at both ends as factors."""
        offset, steps, factor = self._reduced_argument(x)
        y = offset * (offset - 1) * self._fraction(LGAMMA_UNIT, offset)
        y += steps * self.xp.log(factor)
        return y

    def _reduced_argument(self, x: Any) -> tuple[Any, Any, Any]:
        """Return the fractional part of `x` < 3, the number of recurrence steps from [1, 2), and the factor of each."""
        whole = self.xp.floor(x)
        return x - whole, whole - 1, self.xp.where(x >= 2, x - 1, x)

    def _lgamma_from_three(self, x: Any) -> Any:
        """Return Stirling's formula with a fit of its remainder."""
        inverse = 1 / x
        y = (x - 0.5) * (self.xp.log(x) - 1)
        y += self._fraction(BINET, inverse * inverse) * inverse
        y += HALF_LOG_2PI - 0.5
        return y

    def _lgamma_of_negative(self, x: Any) -> Any:
        """Return the logarithm by reflection; infinite at the integers."""
        xp = self.xp
        sine = xp.sin(pi * (x - xp.round(x)))
        pole = sine == 0
        y = -xp.log(xp.abs(xp.where(pole, 1.0, sine)) / pi) - xp.log(-x) - self._lgamma_of_positive(-x)
        return xp.where(pole, INF, y)

    @in_single_or_double
    def digamma(self, x: Any) -> Any:
        """Return the derivative of `lgamma`."""
        xp = self.xp
        return self._piecewise(
            [
                (x > 0, (1.0,), self._digamma_of_positive),
                (x < 0, (-0.5,), self._digamma_of_negative),
                (x == 0, (0.0,), lambda x: xp.copysign(xp.full_like(x, INF), -x)),
            ],
            x,
        )

    def _digamma_of_positive(self, x: Any) -> Any:
        return self._piecewise(
            [(x < 3, (1.0,), self._digamma_below_three), (x >= 3, (3.0,), self._digamma_from_three)], x
        )

    def _digamma_below_three(self, x: Any) -> Any:
        offset, steps, factor = self._reduced_argument(x)
        root, rest = DIGAMMA_ROOT[self._precision(x)]
        return ((offset - root) - rest) * self._fraction(DIGAMMA_UNIT, offset) + steps / factor

    def _digamma_from_three(self, x: Any) -> Any:
        inverse = 1 / x
        square = inverse * inverse
        return self.xp.log(x) - 0.5 * inverse - square * self._fraction(DIGAMMA_SERIES, square)

    def _digamma_of_negative(self, x: Any) -> Any:
        """Return the function by reflection; NaN at the integers."""
        xp = self.xp
        fraction = x - xp.round(x)
        pole = fraction == 0
        cotangent = self._cotangent_of_pi_times(xp.where(pole, 0.25, fraction))
        return xp.where(pole, float("nan"), self._digamma_of_positive(-x) - 1 / x - pi * cotangent)

    def _cotangent_of_pi_times(self, x: Any) -> Any:
        """Return ``1 / tan(pi * x)`` for 0 < abs(x) <= 0.5, accurate also near its zeros."""
        xp = self.xp
        size = xp.abs(x)
        inverted = size > 0.25
        tangent = xp.tan(pi * xp.where(inverted, 0.5 - size, size))
        return xp.copysign(xp.where(inverted, tangent, 1 / xp.where(inverted, 1.0, tangent)), x)

    @in_single_or_double
    def polygamma_of_order(self, x: Any, *, n: int) -> Any:
        """Return the derivative of `digamma` of order n >= 1."""
        xp = self.xp
        sign = 1 if n % 2 else -1
        return self._piecewise(
            [
                (x > 0, (1.0,), lambda x: sign * self._scaled_zeta(x, n)),
                ((x < 0) & (xp.floor(x) != x), (-0.5,), lambda x: self._polygamma_of_negative(x, n)),
                ((x <= 0) & (xp.floor(x) == x), (0.0,), lambda x: xp.full_like(x, sign * INF)),
            ],
            x,
        )

    def _polygamma_of_negative(self, x: Any, n: int) -> Any:
        """Return the function by reflection; the derivatives of the cotangent are polynomials in it."""
        derivative = [0.0, 1.0]
        for _ in range(n):
            slope = [k * c for k, c in enumerate(derivative)][1:]
            derivative = [-pi * (a + b) for a, b in zip([*slope, 0.0, 0.0], [0.0, 0.0, *slope], strict=True)]
        cotangent = self._cotangent_of_pi_times(x - self.xp.round(x))
        return -self._scaled_zeta(1 - x, n) - pi * polynomial(cotangent, derivative)

    def _scaled_zeta(self, x: Any, n: int) -> Any:
        """Return ``n! * sum over k >= 0 of (x + k) ** -(n + 1)``, Hurwitz's zeta, for x > 0.

        The first terms are summed, the others are given by the Euler-Maclaurin formula. The factorial is distributed
        over the powers, which then do not overflow or underflow before the result does.
        """
        double = self._precision(x) == "float64"
        head, order = (10 + n, 10) if double else (6 + n, 5)
        root = factorial(n) ** (1 / (n + 1))
        inverse = 1 / (x + head)
        rising, corrections = 1.0, []
        for j in range(1, order + 1):
            rising *= (n + 2 * j - 1) * ((n + 2 * j - 2) if j > 1 else 1)
            corrections.append(BERNOULLI[j - 1] * rising / factorial(2 * j))
        rest = inverse * (0.5 + inverse * polynomial(inverse * inverse, corrections)) + 1 / n
        total = root * whole_power(root * inverse, n) * rest
        for k in reversed(range(head)):
            total += whole_power(root / (x + k), n + 1)
        return total

    # -- the incomplete gamma functions ----------------------------------------------------------------------

    @in_single_or_double
    def gammainc(self, a: Any, x: Any) -> Any:
        """Return the regularised lower incomplete gamma function."""
        edge, uniform, below, above = self._gamma_regions(a, x)
        return self._piecewise(
            [
                (edge, (1.0, 0.0), self._gammainc_at_edges),
                (uniform, (30.0, 30.0), lambda a, x: self._uniform_expansion(a, x, upper=False)),
                (below, (1.0, 1.0), self._lower_series),
                (above, (1.0, 3.0), lambda a, x: 1 - self._upper_fraction(a, x)),
            ],
            a,
            x,
        )

    @in_single_or_double
    def gammaincc(self, a: Any, x: Any) -> Any:
        """Return the regularised upper incomplete gamma function."""
        edge, uniform, below, above = self._gamma_regions(a, x)
        near = below & (x <= 2) & (a <= 2)
        return self._piecewise(
            [
                (edge, (1.0, 0.0), lambda a, x: 1 - self._gammainc_at_edges(a, x)),
                (uniform, (30.0, 30.0), lambda a, x: self._uniform_expansion(a, x, upper=True)),
                (near, (1.0, 1.0), self._upper_series),
                (below & ~near, (3.0, 1.0), lambda a, x: 1 - self._lower_series(a, x)),
                (above, (1.0, 3.0), self._upper_fraction),
            ],
            a,
            x,
        )

    def _gamma_regions(self, a: Any, x: Any) -> tuple[Any, Any, Any, Any]:
        """Return the masks of the limits, the uniform expansion, the lower and the upper formulas."""
        inside = (a > 0) & (x > 0) & (a < INF) & (x < INF)
        edge = (a >= 0) & (x >= 0) & ~inside & ((a > 0) | (x > 0)) & ((a < INF) | (x < INF))
        uniform = inside & (a >= 30) & (self.xp.abs(x - a) <= 0.5 * a)
        below = inside & ~uniform & ((x < a + 1) | (x < 2))
        return edge, uniform, below, inside & ~uniform & ~below

    def _gammainc_at_edges(self, a: Any, x: Any) -> Any:
        """Return 1 where `a` is 0 or `x` infinite, 0 where `x` is 0 or `a` infinite."""
        return self.xp.astype((a == 0) | (x == INF), x.dtype)

    def _lower_series(self, a: Any, x: Any) -> Any:
        """Return P by its power series (DLMF 8.7.1), summed from the last term."""
        total = self.xp.ones_like(x)
        for k in range(SERIES_TERMS[self._precision(x)], 0, -1):
            total *= x / (a + k)
            total += 1
        return self._gamma_density(a, x) * total

    def _upper_series(self, a: Any, x: Any) -> Any:
        """Return ``1 - P`` by its power series (DLMF 8.7.1), without cancellation."""
        xp = self.xp
        log_power = a * xp.log(x) - self._log_gamma_of_one_plus(a)
        total, power = xp.zeros_like(x), xp.ones_like(x)
        for k in range(1, UPPER_SERIES_TERMS[self._precision(x)]):
            power *= x * (-1 / k)
            total += power / (a + k)
        return -xp.expm1(log_power) - a * xp.exp(log_power) * total

    def _upper_fraction(self, a: Any, x: Any) -> Any:
        """Return Q by Legendre's continued fraction (DLMF 8.9.2), evaluated from the last term."""
        base = x - a
        steps = FRACTION_TERMS[self._precision(x)]
        level = base + (2 * steps + 1)
        for k in range(steps, 0, -1):
            level = base + (2 * k - 1) - (k * k - k * a) / level
        return self._gamma_density(a, x) * a / level

    def _gamma_density(self, a: Any, x: Any) -> Any:
        """Return ``x ** a * exp(-x) / gamma(a + 1)``."""
        xp = self.xp
        return self._piecewise(
            [
                (a < 3, (1.0, 1.0), lambda a, x: xp.exp(a * xp.log(x) - x - self._log_gamma_of_one_plus(a))),
                (a >= 3, (3.0, 3.0), self._gamma_density_by_stirling),
            ],
            a,
            x,
        )

    def _log_gamma_of_one_plus(self, a: Any) -> Any:
        """Return ``log(gamma(1 + a))`` for a <= 3, accurate also for small `a`."""
        return self._piecewise(
            [
                (a < 1, (0.5,), lambda a: a * (a - 1) * self._fraction(LGAMMA_UNIT, a)),
                (a >= 1, (1.0,), lambda a: self._lgamma_of_positive(a + 1)),
            ],
            a,
        )

    def _gamma_density_by_stirling(self, a: Any, x: Any) -> Any:
        xp = self.xp
        inverse = 1 / a
        binet = self._fraction(BINET, inverse * inverse) * inverse
        return xp.exp(a * self._log_ratio_remainder(a, x) - binet) / xp.sqrt(2 * pi * a)

    def _log_ratio_remainder(self, a: Any, x: Any) -> Any:
        """Return ``log(x / a) - (x - a) / a``, accurate also where `x` is close to `a`."""
        xp = self.xp
        excess = (x - a) / a
        return self._piecewise(
            [
                (xp.abs(excess) <= 0.5, (0.0, 1.0), lambda m, r: m * m * self._fraction(LOG1P_REST, m + 0.5)),
                (xp.abs(excess) > 0.5, (1.0, 2.0), lambda m, r: xp.log(r) - m),
            ],
            excess,
            x / a,
        )

    def _uniform_expansion(self, a: Any, x: Any, upper: bool) -> Any:
        """Return P or Q by Temme's expansion (DLMF 8.12.3), for large `a` and ``abs(x - a) <= a / 2``."""
        xp = self.xp
        remainder = self._log_ratio_remainder(a, x)
        eta = xp.copysign(xp.sqrt(-2 * remainder), x - a)
        rows, columns = TEMME_SIZE[self._precision(x)]
        inverse, total = 1 / a, xp.zeros_like(a)
        for row in TEMME[rows - 1 :: -1]:
            total *= inverse
            total += polynomial(eta, row[:columns])
        total /= xp.sqrt(2 * pi * a)
        half = 0.5 * self._erfcx_of_positive(xp.sqrt(-a * remainder))
        tail = xp.exp(a * remainder) * (half + xp.where(eta < 0, -total, total))
        return xp.where((eta < 0) if upper else (eta >= 0), 1 - tail, tail)
