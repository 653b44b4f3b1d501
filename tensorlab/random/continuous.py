"""Continuous distributions, computed from uniform or normal numbers and differentiable in their parameters."""

from __future__ import annotations

from math import pi
from typing import Any

from ..autodiff.custom import custom_gradient
from ..backend import DTypeLike
from ..ops.arithmetic import maximum, minimum
from ..ops.creation import DeviceLike
from ..ops.exponential import exp, expm1
from ..options import ShapeLike
from ..tensor import Tensor, array_of
from .arguments import NOT_NEGATIVE, POSITIVE, Call, checked
from .bit_stream import PRECISION_BITS, Stream, blocks_for, words_for
from .documented import distribution
from .truncated_normal import standard_truncated

LARGEST_BOUND = 1e30
"""Replaces infinite bounds, through which the gradient of the scale would be undefined."""
LARGEST_DEVIATION = 1e9
"""No number is this many standard deviations from the mean; the square is finite in single precision."""


def with_values(x: Tensor, values: Any) -> Tensor:
    """Return a tensor with other values, which differ by rounding errors, and the gradient of `x`."""
    if x._node is None:
        return Tensor(values)

    @custom_gradient
    def replaced(x: Tensor) -> Any:
        return Tensor(values), lambda g: g

    return replaced(x)


def clamped(bound: Any, limit: float) -> Any:
    """Return a bound, clipped to ``[-limit, limit]``."""
    if isinstance(bound, Tensor):
        return maximum(minimum(bound, limit), -limit)
    return max(min(bound, limit), -limit)


def bound_array(call: Call, bound: Any) -> Any:
    """Return a bound of a distribution as an array of the result's type."""
    native = call.backend.native(call.dtype)
    return call.xp.astype(array_of(bound), native) if isinstance(bound, Tensor) else call.array(bound, call.dtype)


class Continuous(Stream):
    """Generators that draw from continuous distributions."""

    @distribution
    def uniform(
        self,
        shape: ShapeLike | None = None,
        low: Any = 0.0,
        high: Any = 1.0,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw from the uniform distribution on ``[low, high)``.

        Parameters
        ----------
        low, high : float or tensor
            The bounds; finite, ``low <= high``. Gradients flow to both.

        Returns
        -------
        Tensor
            Spaced by ``2**-24`` of the width in single precision, by ``2**-53`` in double precision.

        Raises
        ------
        ValueError
            If `low` is above `high`.

        Examples
        --------
        >>> tl.Generator(0).uniform((2,)).shape
        (2,)
        """
        call = checked("uniform", shape, dtype, device, params={"low": (low, None), "high": (high, None)})
        low, high = call.params
        if not call.has_tensors and (low, high) == (0, 1):
            return call.result(self._uniform(call, PRECISION_BITS[call.dtype.name]))
        call.require(lambda low, high: (low <= high) | (low != low) | (high != high), "low is above high", low, high)
        numbers = self._uniform(call, PRECISION_BITS[call.dtype.name])
        drawn = call.result(call.operand(numbers) * (high - low) + low)
        # Rounding can give the upper bound itself.
        below = call.xp.nextafter(bound_array(call, high), bound_array(call, low))
        return with_values(drawn, call.xp.minimum(drawn._array, below))

    @distribution
    def normal(
        self,
        shape: ShapeLike | None = None,
        mean: Any = 0.0,
        std: Any = 1.0,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw from the normal distribution (Box and Muller, 1958).

        Parameters
        ----------
        mean, std : float or tensor
            The mean and the standard deviation, which is at least 0. Gradients flow to both.

        Returns
        -------
        Tensor
            Up to 5.8 standard deviations from the mean in single precision, 8.6 in double precision.

        Raises
        ------
        ValueError
            If `std` is negative.

        Examples
        --------
        >>> abs(tl.Generator(0).normal((1000,)).mean().item()) < 0.1
        True
        """
        call = checked("normal", shape, dtype, device, params={"mean": (mean, None), "std": (std, NOT_NEGATIVE)})
        return call.result(shifted_and_scaled(call, self._normal(call)))

    def _normal(self, call: Call) -> Any:
        """Return an array of standard normal numbers of the call's shape."""
        xp, pairs = call.xp, -(-call.size // 2)
        excerpt = self._excerpt(call, blocks_for(words_for(2 * pairs, call.double)))
        unit = excerpt.uniform(2 * pairs, 53 if call.double else 24)
        # 1 - u is in (0, 1], where the logarithm is finite.
        radius = xp.sqrt(-2.0 * xp.log(1.0 - unit[:pairs]))
        angle = (2 * pi) * unit[pairs:]
        return xp.reshape(xp.concat((radius * xp.cos(angle), radius * xp.sin(angle)))[: call.size], call.shape)

    @distribution
    def lognormal(
        self,
        shape: ShapeLike | None = None,
        mean: Any = 0.0,
        std: Any = 1.0,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw from the log-normal distribution: the logarithms are normally distributed.

        Parameters
        ----------
        mean, std : float or tensor
            The mean and the standard deviation (at least 0) of the logarithm. Gradients flow to both.

        Raises
        ------
        ValueError
            If `std` is negative.

        Examples
        --------
        >>> bool((tl.Generator(0).lognormal((9,)) > 0).all())
        True
        """
        call = checked("lognormal", shape, dtype, device, params={"mean": (mean, None), "std": (std, NOT_NEGATIVE)})
        return call.result(exp(shifted_and_scaled(call, self._normal(call))))

    @distribution
    def truncated_normal(
        self,
        low: Any,
        high: Any,
        mean: Any = 0.0,
        std: Any = 1.0,
        shape: ShapeLike | None = None,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw from the normal distribution truncated to an interval.

        The inverse of the distribution function is evaluated in terms of the logarithm of the tail areas, which is
        accurate also for bounds far from the mean. No draws are rejected.

        Parameters
        ----------
        low, high : float or tensor
            The bounds, ``low < high``; they may be infinite. Gradients flow to both.
        mean, std : float or tensor
            The mean and the standard deviation (greater than 0) before truncation. Gradients flow to both.

        Raises
        ------
        ValueError
            Unless ``low < high`` and `std` is positive.

        Examples
        --------
        >>> x = tl.Generator(0).truncated_normal(1.0, 2.0, shape=(100,))
        >>> bool(((x >= 1.0) & (x <= 2.0)).all())
        True
        """
        call = checked(
            "truncated_normal",
            shape,
            dtype,
            device,
            params={"low": (low, None), "high": (high, None), "mean": (mean, None), "std": (std, POSITIVE)},
        )
        low, high, mean, std = call.params
        call.require(lambda low, high: (low < high) | (low != low) | (high != high), "low is not below high", low, high)
        levels = self._open_uniform(call)
        bounds = [clamped((clamped(bound, LARGEST_BOUND) - mean) / std, LARGEST_DEVIATION) for bound in (low, high)]
        drawn = call.result(standard_truncated(call, levels, *bounds) * std + mean)
        inside = call.xp.minimum(call.xp.maximum(drawn._array, bound_array(call, low)), bound_array(call, high))
        return with_values(drawn, inside)

    @distribution
    def exponential(
        self, shape: ShapeLike | None = None, scale: Any = 1.0, *, dtype: DTypeLike = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw from the exponential distribution, by inversion.

        Parameters
        ----------
        scale : float or tensor
            The mean, which is the inverse of the rate; at least 0. Gradients flow to it.

        Raises
        ------
        ValueError
            If `scale` is negative.

        Examples
        --------
        >>> bool((tl.Generator(0).exponential((9,), 2.0) > 0).all())
        True
        """
        call = checked("exponential", shape, dtype, device, params={"scale": (scale, NOT_NEGATIVE)})
        return call.result(call.operand(self._exponential(call)) * call.params[0])

    def _exponential(self, call: Call) -> Any:
        """Return an array of positive standard exponential numbers of the call's shape."""
        return -call.xp.log(self._open_uniform(call))

    @distribution
    def laplace(
        self,
        shape: ShapeLike | None = None,
        loc: Any = 0.0,
        scale: Any = 1.0,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw from the Laplace distribution, of density ``exp(-|x - loc| / scale) / (2 * scale)``, by inversion.

        Parameters
        ----------
        loc, scale : float or tensor
            The mean, and the mean absolute deviation, which is at least 0. Gradients flow to both.

        Raises
        ------
        ValueError
            If `scale` is negative.

        Examples
        --------
        >>> tl.Generator(0).laplace((2, 3)).shape
        (2, 3)
        """
        call = checked("laplace", shape, dtype, device, params={"loc": (loc, None), "scale": (scale, NOT_NEGATIVE)})
        xp, centred = call.xp, 2.0 * self._open_uniform(call) - 1.0  # exact, and never 0
        return call.result(shifted_and_scaled(call, -xp.sign(centred) * xp.log(1.0 - xp.abs(centred))))

    @distribution
    def logistic(
        self,
        shape: ShapeLike | None = None,
        loc: Any = 0.0,
        scale: Any = 1.0,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw from the logistic distribution, of distribution function ``sigmoid((x - loc) / scale)``, by inversion.

        Parameters
        ----------
        loc, scale : float or tensor
            The mean, and the scale, which is at least 0. Gradients flow to both.

        Raises
        ------
        ValueError
            If `scale` is negative.

        Examples
        --------
        >>> tl.Generator(0).logistic((2, 3)).shape
        (2, 3)
        """
        call = checked("logistic", shape, dtype, device, params={"loc": (loc, None), "scale": (scale, NOT_NEGATIVE)})
        levels = self._open_uniform(call)
        return call.result(shifted_and_scaled(call, call.xp.log(levels / (1.0 - levels))))

    @distribution
    def gumbel(
        self,
        shape: ShapeLike | None = None,
        loc: Any = 0.0,
        scale: Any = 1.0,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw from the Gumbel distribution, of distribution function ``exp(-exp(-(x - loc) / scale))``, by inversion.

        Parameters
        ----------
        loc, scale : float or tensor
            The mode, and the scale, which is at least 0. Gradients flow to both.

        Raises
        ------
        ValueError
            If `scale` is negative.

        Examples
        --------
        >>> tl.Generator(0).gumbel((2, 3)).shape
        (2, 3)
        """
        call = checked("gumbel", shape, dtype, device, params={"loc": (loc, None), "scale": (scale, NOT_NEGATIVE)})
        return call.result(shifted_and_scaled(call, -call.xp.log(self._exponential(call))))

    @distribution
    def cauchy(
        self,
        shape: ShapeLike | None = None,
        loc: Any = 0.0,
        scale: Any = 1.0,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw from the Cauchy distribution, by inversion.

        The density is ``1 / (pi * scale * (1 + ((x - loc) / scale)**2))``.

        Parameters
        ----------
        loc, scale : float or tensor
            The median, and the median absolute deviation, which is at least 0. Gradients flow to both.

        Raises
        ------
        ValueError
            If `scale` is negative.

        Examples
        --------
        >>> tl.Generator(0).cauchy((2, 3)).shape
        (2, 3)
        """
        call = checked("cauchy", shape, dtype, device, params={"loc": (loc, None), "scale": (scale, NOT_NEGATIVE)})
        xp, centred = call.xp, self._open_uniform(call) - 0.5  # exact, and never 0
        size = xp.abs(centred)
        # Near the poles of the tangent: the inverse of the tangent of the distance from the pole, which is exact.
        inner = size < 0.25
        tangent = xp.tan(pi * xp.where(inner, size, 0.5 - size))
        return call.result(shifted_and_scaled(call, xp.sign(centred) * xp.where(inner, tangent, 1.0 / tangent)))

    @distribution
    def weibull(
        self,
        a: Any,
        scale: Any = 1.0,
        shape: ShapeLike | None = None,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw from the Weibull distribution, of distribution function ``1 - exp(-(x / scale)**a)``, by inversion.

        Parameters
        ----------
        a : float or tensor
            The exponent ("shape"); greater than 0. Gradients flow to it.
        scale : float or tensor
            The scale; at least 0. Gradients flow to it.

        Raises
        ------
        ValueError
            If a parameter is out of range.

        Examples
        --------
        >>> bool((tl.Generator(0).weibull(2.0, shape=(9,)) > 0).all())
        True
        """
        call = checked("weibull", shape, dtype, device, params={"a": (a, POSITIVE), "scale": (scale, NOT_NEGATIVE)})
        a, scale = call.params
        return call.result(call.operand(self._exponential(call)) ** (1 / a) * scale)

    @distribution
    def pareto(
        self, a: Any, shape: ShapeLike | None = None, *, dtype: DTypeLike = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw from the Pareto distribution of the second kind, of distribution function ``1 - (1 + x)**-a``.

        As in NumPy, this is the Lomax distribution, whose support begins at 0. Pareto's distribution, whose support
        begins at m, is that of ``m * (1 + x)``.

        Parameters
        ----------
        a : float or tensor
            The exponent; greater than 0. Gradients flow to it.

        Raises
        ------
        ValueError
            If `a` is not positive.

        Examples
        --------
        >>> bool((tl.Generator(0).pareto(3.0, (9,)) > 0).all())
        True
        """
        call = checked("pareto", shape, dtype, device, params={"a": (a, POSITIVE)})
        return call.result(expm1(call.operand(self._exponential(call)) / call.params[0]))

    @distribution
    def rayleigh(
        self, shape: ShapeLike | None = None, scale: Any = 1.0, *, dtype: DTypeLike = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw from the Rayleigh distribution, of distribution function ``1 - exp(-(x / scale)**2 / 2)``, by inversion.

        Parameters
        ----------
        scale : float or tensor
            The mode; at least 0. Gradients flow to it.

        Raises
        ------
        ValueError
            If `scale` is negative.

        Examples
        --------
        >>> bool((tl.Generator(0).rayleigh((9,)) > 0).all())
        True
        """
        call = checked("rayleigh", shape, dtype, device, params={"scale": (scale, NOT_NEGATIVE)})
        return call.result(call.operand(call.xp.sqrt(2.0 * self._exponential(call))) * call.params[0])


def shifted_and_scaled(call: Call, standard: Any) -> Any:
    """Return an array of standard numbers, multiplied by the call's scale and shifted by its location."""
    loc, scale = call.params
    if not call.has_tensors and (loc, scale) == (0, 1):
        return standard
    return call.operand(standard) * scale + loc
