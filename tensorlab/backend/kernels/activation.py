"""Activations and their derivatives. Each method is the kernel of the op of the same name.

Intermediate results do not overflow. Undefined limits such as ``-inf * 0`` give NaN, as in PyTorch.
"""

from __future__ import annotations

from typing import Any

SQRT_HALF = 0.7071067811865476
INVERSE_SQRT_2PI = 0.3989422804014327
TANH_SCALE = 0.7978845608028654
TANH_CUBE = 0.044715
"""The constants of the tanh approximation of GELU: sqrt(2 / pi), and the coefficient of the cube."""

MISH_SATURATION = 22.0
"""From here on ``tanh(softplus(x))`` and the slope round to one, in double precision too."""


class ActivationKernels:
    """Kernels of the common activations."""

    xp: Any
    erf: Any

    def gelu(self, x: Any, approximate: str = "none") -> Any:
        """Return ``x * Phi(x)``, with the normal distribution function Phi or its tanh approximation."""
        if approximate == "tanh":
            return 0.5 * x * (1.0 + self._gelu_tanh(x))
        return 0.5 * x * (1.0 + self.erf(x * SQRT_HALF))

    def gelu_slope(self, x: Any, approximate: str = "none") -> Any:
        """Return the derivative of `gelu`."""
        if approximate == "tanh":
            t = self._gelu_tanh(x)
            inner = TANH_SCALE + (3 * TANH_SCALE * TANH_CUBE) * (x * x)
            return 0.5 * (1.0 + t) + 0.5 * x * ((1.0 - t) * (1.0 + t)) * inner
        return 0.5 * (1.0 + self.erf(x * SQRT_HALF)) + INVERSE_SQRT_2PI * x * self.xp.exp(-0.5 * (x * x))

    def _gelu_tanh(self, x: Any) -> Any:
        return self.xp.tanh(TANH_SCALE * x * (1.0 + TANH_CUBE * (x * x)))

    def sigmoid(self, x: Any) -> Any:
        """Return the logistic function of x."""
        return self._logistic(x)

    def _logistic(self, x: Any) -> Any:
        return self._complex_logistic(x) if self.xp.isdtype(x.dtype, "complex floating") else self._real_logistic(x)

    def _complex_logistic(self, x: Any) -> Any:
        xp = self.xp
        left = xp.real(x) < 0
        power = xp.exp(xp.where(left, x, -x))  # of the half-plane where it cannot overflow
        return xp.where(left, power, xp.ones_like(power)) / (1.0 + power)

    def _real_logistic(self, x: Any) -> Any:
        xp = self.xp
        # A second exponential takes less time than selecting by sign, and neither can overflow.
        return xp.exp(self._minimum(x, 0.0)) / (1.0 + xp.exp(-xp.abs(x)))

    def _minimum(self, x: Any, bound: float) -> Any:
        return self.xp.minimum(x, bound)

    def _maximum(self, x: Any, bound: float) -> Any:
        return self.xp.maximum(x, bound)

    def _where_rarely(self, condition: Any, x1: Any, x2: Any) -> Any:
        """Return `x1` where the condition holds, else `x2`; the condition rarely holds."""
        return self.xp.where(condition, x1, x2)

    def silu(self, x: Any) -> Any:
        """Return x times the logistic function of x."""
        return x * self._logistic(x)

    def silu_slope(self, x: Any) -> Any:
        """Return the derivative of `silu`."""
        s = self._logistic(x)
        return s * (1.0 + x * (1.0 - s))

    def mish(self, x: Any) -> Any:
        """Return ``x * tanh(softplus(x))``; with w = exp(x) the factor is ``w (w + 2) / (w (w + 2) + 2)``."""
        w = self.xp.exp(self._minimum(x, MISH_SATURATION))
        n = w * (w + 2.0)
        return x * (n / (n + 2.0))

    def mish_slope(self, x: Any) -> Any:
        """Return the derivative of `mish`."""
        x = self._minimum(x, MISH_SATURATION)
        w = self.xp.exp(x)
        n = w * (w + 2.0)
        d = n + 2.0
        return n / d + 4.0 * x * (w / d) * ((w + 1.0) / d)

    def softplus(self, x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
        """Return ``log(1 + exp(beta * x)) / beta``, and `x` where ``beta * x`` is above the threshold."""
        xp = self.xp
        z = x if beta == 1 else beta * x
        y = self._maximum(z, 0.0) + xp.log1p(xp.exp(-xp.abs(z)))
        return self._where_rarely(z > threshold, x, y if beta == 1 else y / beta)

    def softplus_slope(self, x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
        """Return the derivative of `softplus`."""
        z = x if beta == 1 else beta * x
        return self._where_rarely(z > threshold, 1.0, self._logistic(z))

    def log_sigmoid(self, x: Any) -> Any:
        """Return the logarithm of the logistic function."""
        xp = self.xp
        return self._minimum(x, 0.0) - xp.log1p(xp.exp(-xp.abs(x)))

    def exponential_linear(self, x: Any, alpha: float, scale: float, input_scale: float) -> Any:
        """Return ``scale * x``, and ``scale * alpha * (exp(input_scale * x) - 1)`` where x is negative."""
        xp = self.xp
        below = xp.expm1(input_scale * self._minimum(x, 0.0))
        return scale * self._maximum(x, 0.0) + (scale * alpha) * below

    def exponential_linear_slope(self, x: Any, alpha: float, scale: float, input_scale: float) -> Any:
        """Return the derivative of `exponential_linear`; at zero, the left derivative."""
        xp = self.xp
        below = (scale * alpha * input_scale) * xp.exp(input_scale * self._minimum(x, 0.0))
        if alpha * input_scale == 1:
            return below  # exp(0) is one: no case distinction is needed
        positive = xp.astype(x > 0, x.dtype)  # arithmetic is faster than branches on irregular signs
        return below * (1.0 - positive) + scale * positive

    def hardtanh(self, x: Any, min_val: float, max_val: float) -> Any:
        """Return `x` clipped to an interval."""
        return self._minimum(self._maximum(x, min_val), max_val)

    def hardswish(self, x: Any) -> Any:
        """Return ``x * relu6(x + 3) / 6``."""
        return x * (self._minimum(self._maximum(x + 3.0, 0.0), 6.0) * (1 / 6))

    def hardswish_slope(self, x: Any) -> Any:
        """Return the derivative of `hardswish`: 0 for x <= -3, 1 for x >= 3."""
        xp = self.xp
        below, above = xp.astype(x <= -3.0, x.dtype), xp.astype(x >= 3.0, x.dtype)
        return self._minimum(self._maximum(x, -3.0), 3.0) * (1 / 3) + 0.5 * (1.0 + below - above)

    def leaky(self, x: Any, slope: Any) -> Any:
        """Return `x`, multiplied by the slope where it is negative."""
        x = self._as_array(x, slope)
        return self._maximum(x, 0.0) + slope * self._minimum(x, 0.0)

    def leaky_slope(self, x: Any, slope: Any) -> Any:
        """Return one where `x` is positive, else the slope, without branches on irregular signs."""
        x = self._as_array(x, slope)
        positive = self.xp.astype(x > 0, x.dtype)
        return positive + slope * (1.0 - positive)

    def _as_array(self, x: Any, other: Any) -> Any:
        """Return `x`, which may be a Python number, as an array of the type of `other`."""
        return x if hasattr(x, "dtype") else self.xp.asarray(x, dtype=other.dtype)
