"""The gamma distribution and those made of it, differentiable by implicit reparameterisation."""

from __future__ import annotations

from math import log, pi
from typing import Any

from ..autodiff.custom import custom_gradient
from ..backend import dtypes
from ..ops.creation import DeviceLike
from ..ops.exponential import exp, sigmoid
from ..ops.exponential import log as logarithm
from ..ops.shapes import broadcast_to
from ..tensor import Tensor
from .arguments import NOT_NEGATIVE, POSITIVE, Call, Shape, called, raw
from .bit_stream import blocks_of, words_of
from .continuous import Continuous
from .documented import distribution
from .implicit_gradient import log_gamma_slope
from .rejection import first_accepted, rejection_blocks

ROUNDS = 12
"""A candidate is accepted with probability 0.95 or more."""


class Gammas(Continuous):
    """The distributions of this module."""

    @distribution
    def gamma(
        self, a: Any, scale: Any = 1.0, shape: Shape = None, *, dtype: Any = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw gamma distributed numbers, of density ``x**(a - 1) * exp(-x / scale)`` up to a factor.

        By rejection (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000), where an element
        that is turned down 12 times, which has a probability below 1e-15, takes the mode. The gradient with respect
        to `a` is the implicit one (Figurnov, Mohamed and Mnih, 2018): unbiased, though it is not the derivative of
        the method that drew the number. Second derivatives in `a` are refused.

        Parameters
        ----------
        a : float or tensor
            The exponent's parameter ("shape", "concentration"); greater than 0. Gradients flow to it.
        scale : float or tensor
            The width, which is one divided by the rate; at least 0. Gradients flow to it.
        {shape}
        {dtype}
        {device}

        Returns
        -------
        Tensor
            Zero where the number is too small for its type, as most are for `a` below 0.01.

        Raises
        ------
        ValueError
            If a parameter is out of range.

        Examples
        --------
        >>> abs(tl.Generator(0).gamma(3.0, shape=(1000,)).mean().item() - 3.0) < 0.2
        True
        """
        call = called("gamma", shape, dtype, device, params={"a": (a, POSITIVE), "scale": (scale, NOT_NEGATIVE)})
        return call.result(self._gamma(call, call.params[0]) * call.params[1])

    @distribution
    def chisquare(self, df: Any, shape: Shape = None, *, dtype: Any = None, device: DeviceLike = None) -> Tensor:
        """Draw sums of the squares of `df` standard normal numbers; see `gamma`.

        Parameters
        ----------
        df : float or tensor
            The degrees of freedom; greater than 0, not necessarily whole. Gradients flow to it.
        {shape}
        {dtype}
        {device}

        Raises
        ------
        ValueError
            If `df` is not positive.

        Examples
        --------
        >>> tl.Generator(0).chisquare(4.0, (2,)).shape
        (2,)
        """
        call = called("chisquare", shape, dtype, device, params={"df": (df, POSITIVE)})
        return call.result(self._gamma(call, 0.5 * call.params[0]) * 2.0)

    @distribution
    def student_t(
        self,
        df: Any,
        loc: Any = 0.0,
        scale: Any = 1.0,
        shape: Shape = None,
        *,
        dtype: Any = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw from Student's t distribution: normal numbers divided by ``sqrt(chisquare(df) / df)``.

        Parameters
        ----------
        df : float or tensor
            The degrees of freedom; greater than 0. Gradients flow to it.
        loc, scale : float or tensor
            The median, and the width; `scale` at least 0. Gradients flow to both.
        {shape}
        {dtype}
        {device}

        Raises
        ------
        ValueError
            If a parameter is out of range.

        Examples
        --------
        >>> tl.Generator(0).student_t(4.0, shape=(2,)).shape
        (2,)
        """
        call = called(
            "student_t",
            shape,
            dtype,
            device,
            params={"df": (df, POSITIVE), "loc": (loc, None), "scale": (scale, NOT_NEGATIVE)},
        )
        df, loc, scale = call.params
        half = 0.5 * df
        normal = call.noise(self._normal(call))
        log_half = logarithm(half) if isinstance(half, Tensor) else log(half)
        return call.result(normal * exp(0.5 * (log_half - self._log_gamma(call, half))) * scale + loc)

    @distribution
    def beta(self, a: Any, b: Any, shape: Shape = None, *, dtype: Any = None, device: DeviceLike = None) -> Tensor:
        """Draw beta distributed numbers, of density ``x**(a - 1) * (1 - x)**(b - 1)`` up to a factor; see `gamma`.

        Parameters
        ----------
        a, b : float or tensor
            The exponents' parameters; greater than 0. Gradients flow to both.
        {shape}
        {dtype}
        {device}

        Returns
        -------
        Tensor
            In [0, 1]; the part that one gamma distributed number has in the sum of two, from their logarithms, so
            that it is right for small parameters too.

        Raises
        ------
        ValueError
            If a parameter is not positive.

        Examples
        --------
        >>> abs(tl.Generator(0).beta(2.0, 2.0, (1000,)).mean().item() - 0.5) < 0.05
        True
        """
        call = called("beta", shape, dtype, device, params={"a": (a, POSITIVE), "b": (b, POSITIVE)})
        first, second = (self._log_gamma(call, p) for p in call.params)
        return call.result(sigmoid(first - second))

    # -- standard gamma distributed numbers ----------------------------------------------------------------------------

    def _gamma(self, call: Call, a: Any) -> Any:
        """Return gamma distributed numbers of scale 1 in the call's shape: an array, or a tensor where `a` is one."""
        value, boost = self._drawn(call, raw(a))
        drawn = call.xp.reshape(value * call.xp.exp(boost), call.shape)
        if not isinstance(a, Tensor):
            return call.noise(drawn)
        return implicitly(call, a, drawn, call.xp.reshape(call.xp.log(value) + boost, call.shape), Tensor(drawn))

    def _log_gamma(self, call: Call, a: Any) -> Any:
        """Return the logarithms of such numbers, also of those that are too small for their type."""
        value, boost = self._drawn(call, raw(a))
        drawn = call.xp.reshape(call.xp.log(value) + boost, call.shape)
        return implicitly(call, a, drawn, drawn, 1.0) if isinstance(a, Tensor) else call.noise(drawn)

    def _drawn(self, call: Call, a: Any) -> tuple[Any, Any]:
        """Return flat arrays: gamma distributed numbers, and what to add to their logarithms.

        For `a` below 1 the numbers are those of ``a + 1``, and what is added makes them those of `a`: a uniform
        number's logarithm, divided by `a`.
        """
        xp, count, double = call.xp, call.size, call.double
        boosts = blocks_of(words_of(count, double))
        excerpt = self._excerpt(call, boosts + rejection_blocks(count, 3, ROUNDS, double))
        if hasattr(a, "shape"):
            a = xp.reshape(xp.broadcast_to(a, call.shape), (-1,))
            small = a < 1.0
            boost = xp.where(small, xp.log(excerpt.between(count, double)) / a, xp.zeros_like(a))
            d = a + xp.astype(small, a.dtype) - 1.0 / 3.0
        else:
            small = a < 1.0
            boost = xp.log(excerpt.between(count, double)) / a if small else call.array(0.0, _precision(call))
            if not small:
                excerpt.skip(boosts)
            d = a + small - 1.0 / 3.0
        value = first_accepted(
            call, excerpt, marsaglia_tsang, [d], count, uniforms=3, rounds=ROUNDS, double=double, fallback=d
        )
        return value, boost


def _precision(call: Call) -> Any:
    return dtypes.float64 if call.double else dtypes.float32


def marsaglia_tsang(xp: Any, uniforms: Any, d: Any) -> tuple[Any, Any]:
    """Return candidates ``d * (1 + t)**3``, where ``3 * sqrt(d) * t`` is normally distributed.

    The logarithm of the acceptance ratio, ``x**2 / 2 + d - d * v + d * log(v)``, is written so that its large parts
    cancel before they are multiplied by `d`.
    """
    radius = xp.sqrt(-2.0 * xp.log(uniforms[0]))
    t = radius * xp.cos((2.0 * pi) * uniforms[1]) / (3.0 * d**0.5)
    inside = t > -1.0
    t = xp.where(inside, t, xp.zeros_like(t))
    ratio = d * (3.0 * (xp.log1p(t) - t + 0.5 * t * t) - t * t * t)
    return d * (1.0 + t) ** 3, inside & (xp.log(uniforms[2]) < ratio)


def implicitly(call: Call, a: Tensor, drawn: Any, log_z: Any, unit: Any) -> Tensor:
    """Return drawn numbers as a tensor with the implicit derivative ``d(log z)/da * unit`` in `a`."""

    def slope(a: Tensor) -> Any:
        xp = call.xp
        wide_a, wide_log = xp.astype(a._array, xp.float64), xp.astype(log_z, xp.float64)
        found = xp.astype(log_gamma_slope(xp, wide_a, wide_log, call.on_host), drawn.dtype)

        def refuse(g: Tensor) -> Any:
            raise NotImplementedError(
                f"{call.name}: the second derivative in the parameter of a gamma distribution is not known"
            )

        return Tensor(found), refuse

    @custom_gradient
    def draw(a: Tensor) -> Any:
        return Tensor(drawn), lambda g: g * (custom_gradient(slope)(a) * unit)

    return draw(broadcast_to(a, call.shape))
