"""Modified Bessel functions of the first kind, of integer order."""

from __future__ import annotations

from math import factorial
from typing import Any

from .coefficients import I0_LARGE, I0_SMALL, I1_LARGE, I1_SMALL
from .evaluation import PiecewiseEvaluation, in_single_or_double, polynomial, whole_power

OVERFLOW = 1500.0
"""Beyond this argument the unscaled functions overflow, in both precisions."""


class BesselFunctions(PiecewiseEvaluation):
    """Modified Bessel functions."""

    @in_single_or_double
    def i0(self, x: Any) -> Any:
        """Return the function of order 0."""
        return self._unscaled(self._i0_near, self._i0_far, x)

    @in_single_or_double
    def i1(self, x: Any) -> Any:
        """Return the function of order 1."""
        return self._unscaled(self._i1_near, self._i1_far, x)

    @in_single_or_double
    def i0e(self, x: Any) -> Any:
        """Return the function of order 0 times ``exp(-abs(x))``."""
        return self._scaled(self._i0_near, self._i0_far, x)

    @in_single_or_double
    def i1e(self, x: Any) -> Any:
        """Return the function of order 1 times ``exp(-abs(x))``."""
        return self._scaled(self._i1_near, self._i1_far, x)

    @in_single_or_double
    def bessel_i(self, x: Any, *, n: int, scaled: bool) -> Any:
        """Return the function of order n >= 2, times ``exp(-abs(x))`` if `scaled`."""
        kernel = self._scaled if scaled else self._unscaled
        return kernel(lambda x: self._power_series(x, n), lambda x: self._recurrence(x, n), x, border=8.0 + 2 * n)

    def _unscaled(self, near: Any, far: Any, x: Any, border: float = 8.0) -> Any:
        xp = self.xp

        def unscaled_far(x: Any) -> Any:
            x = xp.clip(x, -OVERFLOW, OVERFLOW)
            half = xp.exp(0.5 * xp.abs(x))  # exp(abs(x)) overflows before the function does
            return half * far(x) * half

        size = xp.abs(x)
        return self._piecewise([(size <= border, (0.0,), near), (size > border, (border,), unscaled_far)], x)

    def _scaled(self, near: Any, far: Any, x: Any, border: float = 8.0) -> Any:
        xp = self.xp
        size = xp.abs(x)
        return self._piecewise(
            [(size <= border, (0.0,), lambda x: near(x) * xp.exp(-xp.abs(x))), (size > border, (border,), far)], x
        )

    # Each function near zero; far from zero, times exp(-abs(x)).

    def _i0_near(self, x: Any) -> Any:
        return self._fraction(I0_SMALL, x * x)

    def _i1_near(self, x: Any) -> Any:
        return 0.5 * x * self._fraction(I1_SMALL, x * x)

    def _i0_far(self, x: Any) -> Any:
        size = self.xp.abs(x)
        return self._fraction(I0_LARGE, 1 / size - 0.0625) / self.xp.sqrt(size)

    def _i1_far(self, x: Any) -> Any:
        size = self.xp.abs(x)
        return self.xp.copysign(self._fraction(I1_LARGE, 1 / size - 0.0625) / self.xp.sqrt(size), x)

    def _power_series(self, x: Any, n: int) -> Any:
        """Return the power series (DLMF 10.25.2), whose terms all have the same sign."""
        terms = 28 + 3 * n if self._precision(x) == "float64" else 20 + 3 * n
        half = 0.5 * x
        series = polynomial(half * half, [1 / (factorial(k) * factorial(k + n)) for k in range(terms)])
        return whole_power(half, n) * series

    def _recurrence(self, x: Any, n: int) -> Any:
        """Return the function from orders 0 and 1 by upward recurrence (DLMF 10.29.1)."""
        before, here = self._i0_far(x), self._i1_far(x)
        for k in range(1, n):
            before, here = here, before - (2 * k / x) * here
        return here
