"""Distributions on the real line that are a function of uniform numbers and differentiable in their parameters."""

from __future__ import annotations

from math import pi
from typing import Any

from ..autodiff.custom import custom_gradient
from ..ops.arithmetic import maximum, minimum
from ..ops.creation import DeviceLike
from ..ops.exponential import exp, expm1
from ..tensor import Tensor
from .arguments import NOT_NEGATIVE, POSITIVE, Call, Shape, called, raw
from .bit_stream import DIGITS, Stream, blocks_of, words_of
from .documented import distribution
from .truncated import standard_truncated

VAST = 1e30
"""What stands for an infinite bound, through which the gradient of the width would be undefined."""
FAR = 1e9
"""No number is so many standard deviations from the mean; the square is finite in single precision."""


def corrected(x: Tensor, nearer: Any) -> Tensor:
    """Return the array `nearer`, which is `x` but for rounding errors, with the gradient of `x`."""
    if x._node is None:
        return Tensor(nearer)

    @custom_gradient
    def replaced(x: Tensor) -> Any:
        return Tensor(nearer), lambda g: g

    return replaced(x)


def limited(bound: Any, limit: float) -> Any:
    """Return a bound, moved to the limit where it is farther from zero."""
    if isinstance(bound, Tensor):
        return maximum(minimum(bound, limit), -limit)
    return max(min(bound, limit), -limit)


def end(call: Call, bound: Any) -> Any:
    """Return a bound of a distribution as an array of the result's type."""
    native = call.backend.native(call.dtype)
    return call.xp.astype(raw(bound), native) if isinstance(bound, Tensor) else call.array(bound, call.dtype)


class Continuous(Stream):
    """The distributions of this module."""

    @distribution
    def uniform(
        self, shape: Shape = None, low: Any = 0.0, high: Any = 1.0, *, dtype: Any = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw numbers evenly from ``[low, high)``.

        Parameters
        ----------
        {shape}
        low, high : float or tensor
            The ends; finite, `low` not above `high`. Gradients flow to both.
        {dtype}
        {device}

        Returns
        -------
        Tensor
            Multiples of ``2**-24`` of the distance in single precision, of ``2**-53`` in double precision.

        Raises
        ------
        ValueError
            If `low` is above `high`.

        Examples
        --------
        >>> tl.Generator(0).uniform((2,)).shape
        (2,)
        """
        call = called("uniform", shape, dtype, device, params={"low": (low, None), "high": (high, None)})
        low, high = call.params
        if not call.has_tensors and (low, high) == (0, 1):
            return call.result(self._unit(call, DIGITS[call.dtype.name]))
        call.require(lambda low, high: (low <= high) | (low != low) | (high != high), "low is above high", low, high)
        numbers = self._unit(call, DIGITS[call.dtype.name])
        drawn = call.result(call.noise(numbers) * (high - low) + low)
        # Rounding can lead to the upper end itself.
        below = call.xp.nextafter(end(call, high), end(call, low))
        return corrected(drawn, call.xp.minimum(drawn._array, below))

    @distribution
    def normal(
        self, shape: Shape = None, mean: Any = 0.0, std: Any = 1.0, *, dtype: Any = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw normally distributed numbers (Box and Muller, 1958).

        Parameters
        ----------
        {shape}
        mean, std : float or tensor
            Of the distribution; `std` at least 0. Gradients flow to both.
        {dtype}
        {device}

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
        call = called("normal", shape, dtype, device, params={"mean": (mean, None), "std": (std, NOT_NEGATIVE)})
        return call.result(located(call, self._normal(call)))

    def _normal(self, call: Call) -> Any:
        """Return standard normal numbers of the call's shape, an array."""
        xp, pairs = call.xp, -(-call.size // 2)
        excerpt = self._excerpt(call, blocks_of(words_of(2 * pairs, call.double)))
        unit = excerpt.unit(2 * pairs, 53 if call.double else 24)
        # 1 - u is in (0, 1], where the logarithm is finite.
        radius = xp.sqrt(-2.0 * xp.log(1.0 - unit[:pairs]))
        angle = (2 * pi) * unit[pairs:]
        return xp.reshape(xp.concat((radius * xp.cos(angle), radius * xp.sin(angle)))[: call.size], call.shape)

    @distribution
    def lognormal(
        self, shape: Shape = None, mean: Any = 0.0, std: Any = 1.0, *, dtype: Any = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw numbers whose logarithm is normally distributed.

        Parameters
        ----------
        {shape}
        mean, std : float or tensor
            Of the logarithm; `std` at least 0. Gradients flow to both.
        {dtype}
        {device}

        Raises
        ------
        ValueError
            If `std` is negative.

        Examples
        --------
        >>> bool((tl.Generator(0).lognormal((9,)) > 0).all())
        True
        """
        call = called("lognormal", shape, dtype, device, params={"mean": (mean, None), "std": (std, NOT_NEGATIVE)})
        return call.result(exp(located(call, self._normal(call))))

    @distribution
    def truncated_normal(
        self,
        low: Any,
        high: Any,
        mean: Any = 0.0,
        std: Any = 1.0,
        shape: Shape = None,
        *,
        dtype: Any = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw normally distributed numbers, of which only those between two bounds are kept.

        The inverse of the distribution function is evaluated, in the logarithm of the tails' areas, so that bounds
        far from the mean do as well as near ones, and nothing is drawn in vain.

        Parameters
        ----------
        low, high : float or tensor
            The bounds, `low` below `high`; infinite ones are possible. Gradients flow to both.
        mean, std : float or tensor
            Of the distribution before it is cut; `std` greater than 0. Gradients flow to both.
        {shape}
        {dtype}
        {device}

        Raises
        ------
        ValueError
            If `low` is not below `high`, or `std` is not positive.

        Examples
        --------
        >>> x = tl.Generator(0).truncated_normal(1.0, 2.0, shape=(100,))
        >>> bool(((x >= 1.0) & (x <= 2.0)).all())
        True
        """
        call = called(
            "truncated_normal",
            shape,
            dtype,
            device,
            params={"low": (low, None), "high": (high, None), "mean": (mean, None), "std": (std, POSITIVE)},
        )
        low, high, mean, std = call.params
        call.require(lambda low, high: (low < high) | (low != low) | (high != high), "low is not below high", low, high)
        levels = self._between(call)
        bounds = [limited((limited(bound, VAST) - mean) / std, FAR) for bound in (low, high)]
        drawn = call.result(standard_truncated(call, levels, *bounds) * std + mean)
        inside = call.xp.minimum(call.xp.maximum(drawn._array, end(call, low)), end(call, high))
        return corrected(drawn, inside)

    @distribution
    def exponential(
        self, shape: Shape = None, scale: Any = 1.0, *, dtype: Any = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw exponentially distributed numbers, by inversion.

        Parameters
        ----------
        {shape}
        scale : float or tensor
            The mean, which is one divided by the rate; at least 0. Gradients flow to it.
        {dtype}
        {device}

        Raises
        ------
        ValueError
            If `scale` is negative.

        Examples
        --------
        >>> bool((tl.Generator(0).exponential((9,), 2.0) > 0).all())
        True
        """
        call = called("exponential", shape, dtype, device, params={"scale": (scale, NOT_NEGATIVE)})
        return call.result(call.noise(self._exponential(call)) * call.params[0])

    def _exponential(self, call: Call) -> Any:
        """Return standard exponential numbers of the call's shape, an array; none is zero."""
        return -call.xp.log(self._between(call))

    @distribution
    def laplace(
        self, shape: Shape = None, loc: Any = 0.0, scale: Any = 1.0, *, dtype: Any = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw numbers of density ``exp(-|x - loc| / scale) / (2 * scale)``, by inversion.

        Parameters
        ----------
        {shape}
        loc, scale : float or tensor
            The mean, and the mean distance from it; `scale` at least 0. Gradients flow to both.
        {dtype}
        {device}

        Raises
        ------
        ValueError
            If `scale` is negative.

        Examples
        --------
        >>> tl.Generator(0).laplace((2, 3)).shape
        (2, 3)
        """
        call = called("laplace", shape, dtype, device, params={"loc": (loc, None), "scale": (scale, NOT_NEGATIVE)})
        xp, centred = call.xp, 2.0 * self._between(call) - 1.0  # exact, and never 0
        return call.result(located(call, -xp.sign(centred) * xp.log(1.0 - xp.abs(centred))))

    @distribution
    def logistic(
        self, shape: Shape = None, loc: Any = 0.0, scale: Any = 1.0, *, dtype: Any = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw numbers of distribution function ``sigmoid((x - loc) / scale)``, by inversion.

        Parameters
        ----------
        {shape}
        loc, scale : float or tensor
            The mean, and the width; `scale` at least 0. Gradients flow to both.
        {dtype}
        {device}

        Raises
        ------
        ValueError
            If `scale` is negative.

        Examples
        --------
        >>> tl.Generator(0).logistic((2, 3)).shape
        (2, 3)
        """
        call = called("logistic", shape, dtype, device, params={"loc": (loc, None), "scale": (scale, NOT_NEGATIVE)})
        levels = self._between(call)
        return call.result(located(call, call.xp.log(levels / (1.0 - levels))))

    @distribution
    def gumbel(
        self, shape: Shape = None, loc: Any = 0.0, scale: Any = 1.0, *, dtype: Any = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw numbers of distribution function ``exp(-exp(-(x - loc) / scale))``, by inversion.

        Parameters
        ----------
        {shape}
        loc, scale : float or tensor
            The mode, and the width; `scale` at least 0. Gradients flow to both.
        {dtype}
        {device}

        Raises
        ------
        ValueError
            If `scale` is negative.

        Examples
        --------
        >>> tl.Generator(0).gumbel((2, 3)).shape
        (2, 3)
        """
        call = called("gumbel", shape, dtype, device, params={"loc": (loc, None), "scale": (scale, NOT_NEGATIVE)})
        return call.result(located(call, -call.xp.log(self._exponential(call))))

    @distribution
    def cauchy(
        self, shape: Shape = None, loc: Any = 0.0, scale: Any = 1.0, *, dtype: Any = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw numbers of density ``1 / (pi * scale * (1 + ((x - loc) / scale)**2))``, by inversion.

        Parameters
        ----------
        {shape}
        loc, scale : float or tensor
            The median, and the median distance from it; `scale` at least 0. Gradients flow to both.
        {dtype}
        {device}

        Raises
        ------
        ValueError
            If `scale` is negative.

        Examples
        --------
        >>> tl.Generator(0).cauchy((2, 3)).shape
        (2, 3)
        """
        call = called("cauchy", shape, dtype, device, params={"loc": (loc, None), "scale": (scale, NOT_NEGATIVE)})
        xp, centred = call.xp, self._between(call) - 0.5  # exact, and never 0
        size = xp.abs(centred)
        # Near the poles of the tangent, one over the tangent of the distance from there, which is exact.
        inner = size < 0.25
        tangent = xp.tan(pi * xp.where(inner, size, 0.5 - size))
        return call.result(located(call, xp.sign(centred) * xp.where(inner, tangent, 1.0 / tangent)))

    @distribution
    def weibull(
        self, a: Any, scale: Any = 1.0, shape: Shape = None, *, dtype: Any = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw numbers of distribution function ``1 - exp(-(x / scale)**a)``, by inversion.

        Parameters
        ----------
        a : float or tensor
            The exponent; greater than 0. Gradients flow to it.
        scale : float or tensor
            The width; at least 0. Gradients flow to it.
        {shape}
        {dtype}
        {device}

        Raises
        ------
        ValueError
            If a parameter is out of range.

        Examples
        --------
        >>> bool((tl.Generator(0).weibull(2.0, shape=(9,)) > 0).all())
        True
        """
        call = called("weibull", shape, dtype, device, params={"a": (a, POSITIVE), "scale": (scale, NOT_NEGATIVE)})
        a, scale = call.params
        return call.result(call.noise(self._exponential(call)) ** (1 / a) * scale)

    @distribution
    def pareto(self, a: Any, shape: Shape = None, *, dtype: Any = None, device: DeviceLike = None) -> Tensor:
        """Draw numbers of distribution function ``1 - (1 + x)**-a``, by inversion.

        This is NumPy's, which begins at 0 (Lomax); Pareto's own, which begins at m, is ``m * (1 + x)``.

        Parameters
        ----------
        a : float or tensor
            The exponent; greater than 0. Gradients flow to it.
        {shape}
        {dtype}
        {device}

        Raises
        ------
        ValueError
            If `a` is not positive.

        Examples
        --------
        >>> bool((tl.Generator(0).pareto(3.0, (9,)) > 0).all())
        True
        """
        call = called("pareto", shape, dtype, device, params={"a": (a, POSITIVE)})
        return call.result(expm1(call.noise(self._exponential(call)) / call.params[0]))

    @distribution
    def rayleigh(
        self, shape: Shape = None, scale: Any = 1.0, *, dtype: Any = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw numbers of distribution function ``1 - exp(-(x / scale)**2 / 2)``, by inversion.

        Parameters
        ----------
        {shape}
        scale : float or tensor
            The mode; at least 0. Gradients flow to it.
        {dtype}
        {device}

        Raises
        ------
        ValueError
            If `scale` is negative.

        Examples
        --------
        >>> bool((tl.Generator(0).rayleigh((9,)) > 0).all())
        True
        """
        call = called("rayleigh", shape, dtype, device, params={"scale": (scale, NOT_NEGATIVE)})
        return call.result(call.noise(call.xp.sqrt(2.0 * self._exponential(call))) * call.params[0])


def located(call: Call, standard: Any) -> Any:
    """Return standard numbers, an array, moved and stretched by the call's two parameters."""
    loc, scale = call.params
    if not call.has_tensors and (loc, scale) == (0, 1):
        return standard
    return call.noise(standard) * scale + loc
