"""The gamma distribution and those derived from it, differentiable by implicit reparameterisation."""

from __future__ import annotations

from math import log, pi
from typing import Any

from ..autodiff.custom import custom_gradient
from ..backend import DTypeLike
from ..ops.creation import DeviceLike
from ..ops.exponential import exp, sigmoid
from ..ops.exponential import log as logarithm
from ..ops.shapes import broadcast_to
from ..options import ShapeLike
from ..tensor import Tensor, array_of
from .arguments import NOT_NEGATIVE, POSITIVE, Call, checked
from .bit_stream import blocks_for, words_for
from .circular import Circular
from .documented import distribution
from .implicit_gradient import log_gamma_slope
from .rejection import first_accepted, rejection_blocks

ROUNDS = 12
"""Rounds of rejection; a candidate is accepted with probability 0.95 or more."""


class GammaFamily(Circular):
    """Generators that draw from the gamma distribution and those derived from it."""

    @distribution
    def gamma(
        self,
        a: Any,
        scale: Any = 1.0,
        shape: ShapeLike | None = None,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw from the gamma distribution, of density proportional to ``x**(a - 1) * exp(-x / scale)``.

        By rejection (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000). An element that is
        rejected 12 times, which has a probability below 1e-15, becomes the mode. The gradient with respect to `a` is
        the implicit one (Figurnov, Mohamed and Mnih, 2018), which is unbiased but not the derivative of the sampling
        algorithm. Second derivatives with respect to `a` are refused.

        Parameters
        ----------
        a : float or tensor
            The shape parameter ("concentration"); greater than 0. Gradients flow to it.
        scale : float or tensor
            The scale, which is the inverse of the rate; at least 0. Gradients flow to it.

        Returns
        -------
        Tensor
            Zero where the number underflows, as most do for `a` below 0.01.

        Raises
        ------
        ValueError
            If a parameter is out of range.

        Examples
        --------
        >>> abs(tl.Generator(0).gamma(3.0, shape=(1000,)).mean().item() - 3.0) < 0.2
        True
        """
        call = checked("gamma", shape, dtype, device, params={"a": (a, POSITIVE), "scale": (scale, NOT_NEGATIVE)})
        return call.result(self._gamma(call, call.params[0]) * call.params[1])

    @distribution
    def chisquare(
        self, df: Any, shape: ShapeLike | None = None, *, dtype: DTypeLike = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw from the chi-square distribution: sums of the squares of `df` standard normal numbers; see `gamma`.

        Parameters
        ----------
        df : float or tensor
            The degrees of freedom; greater than 0, not necessarily whole. Gradients flow to it.

        Raises
        ------
        ValueError
            If `df` is not positive.

        Examples
        --------
        >>> tl.Generator(0).chisquare(4.0, (2,)).shape
        (2,)
        """
        call = checked("chisquare", shape, dtype, device, params={"df": (df, POSITIVE)})
        return call.result(self._gamma(call, 0.5 * call.params[0]) * 2.0)

    @distribution
    def student_t(
        self,
        df: Any,
        loc: Any = 0.0,
        scale: Any = 1.0,
        shape: ShapeLike | None = None,
        *,
        dtype: DTypeLike = None,
        device: DeviceLike = None,
    ) -> Tensor:
        """Draw from Student's t distribution: normal numbers divided by ``sqrt(chisquare(df) / df)``.

        Parameters
        ----------
        df : float or tensor
            The degrees of freedom; greater than 0. Gradients flow to it.
        loc, scale : float or tensor
            The median, and the scale, which is at least 0. Gradients flow to both.

        Raises
        ------
        ValueError
            If a parameter is out of range.

        Examples
        --------
        >>> tl.Generator(0).student_t(4.0, shape=(2,)).shape
        (2,)
        """
        call = checked(
            "student_t",
            shape,
            dtype,
            device,
            params={"df": (df, POSITIVE), "loc": (loc, None), "scale": (scale, NOT_NEGATIVE)},
        )
        df, loc, scale = call.params
        half = 0.5 * df
        normal = call.operand(self._normal(call))
        log_half = logarithm(half) if isinstance(half, Tensor) else log(half)
        return call.result(normal * exp(0.5 * (log_half - self._log_gamma(call, half))) * scale + loc)

    @distribution
    def beta(
        self, a: Any, b: Any, shape: ShapeLike | None = None, *, dtype: DTypeLike = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw from the beta distribution, of density proportional to ``x**(a - 1) * (1 - x)**(b - 1)``; see `gamma`.

        Parameters
        ----------
        a, b : float or tensor
            The shape parameters; greater than 0. Gradients flow to both.

        Returns
        -------
        Tensor
            In [0, 1]: the ratio of a gamma distributed number to the sum of two, computed from their logarithms,
            which is accurate also for small parameters.

        Raises
        ------
        ValueError
            If a parameter is not positive.

        Examples
        --------
        >>> abs(tl.Generator(0).beta(2.0, 2.0, (1000,)).mean().item() - 0.5) < 0.05
        True
        """
        call = checked("beta", shape, dtype, device, params={"a": (a, POSITIVE), "b": (b, POSITIVE)})
        first, second = (self._log_gamma(call, p) for p in call.params)
        return call.result(sigmoid(first - second))

    # -- standard gamma distributed numbers ----------------------------------------------------------------------------

    def _gamma(self, call: Call, a: Any) -> Any:
        """Return gamma distributed numbers of scale 1 in the call's shape: an array, or a tensor if `a` is one."""
        value, boost = self._standard_gamma(call, array_of(a))
        with call.backend.ignoring_underflow():  # of small parameters
            drawn = call.xp.reshape(value * call.xp.exp(boost), call.shape)
        if not isinstance(a, Tensor):
            return call.operand(drawn)
        log_drawn = call.xp.reshape(call.xp.log(value) + boost, call.shape)
        return with_implicit_gradient(call, a, drawn, log_drawn, Tensor(drawn))

    def _log_gamma(self, call: Call, a: Any) -> Any:
        """Return the logarithms of such numbers, also of those that underflow."""
        value, boost = self._standard_gamma(call, array_of(a))
        drawn = call.xp.reshape(call.xp.log(value) + boost, call.shape)
        return with_implicit_gradient(call, a, drawn, drawn, 1.0) if isinstance(a, Tensor) else call.operand(drawn)

    def _standard_gamma(self, call: Call, a: Any) -> tuple[Any, Any]:
        """Return flat arrays: gamma distributed numbers, and terms to be added to their logarithms.

        For ``a < 1`` the numbers are drawn with parameter ``a + 1``; adding the logarithm of a uniform number divided
        by `a` gives numbers with parameter `a`.
        """
        xp, count, double = call.xp, call.size, call.double
        boost_blocks = blocks_for(words_for(count, double))
        excerpt = self._excerpt(call, boost_blocks + rejection_blocks(count, 3, ROUNDS, double))
        if hasattr(a, "shape"):
            a = xp.reshape(xp.broadcast_to(a, call.shape), (-1,))
            small = a < 1.0
            boost = xp.where(small, xp.log(excerpt.open_uniform(count, double)) / a, xp.zeros_like(a))
            d = a + xp.astype(small, a.dtype) - 1.0 / 3.0
        else:
            small = a < 1.0
            boost = xp.log(excerpt.open_uniform(count, double)) / a if small else call.array(0.0, call.precision)
            if not small:
                excerpt.skip(boost_blocks)
            d = a + small - 1.0 / 3.0
        value = first_accepted(
            call, excerpt, marsaglia_tsang, [d], count, uniforms=3, rounds=ROUNDS, double=double, fallback=d
        )
        return value, boost


def marsaglia_tsang(xp: Any, uniforms: Any, d: Any) -> tuple[Any, Any]:
    """Return candidates ``d * (1 + t)**3``, with standard normal ``3 * sqrt(d) * t``, and whether they are accepted.

    The logarithm of the acceptance ratio, ``x**2 / 2 + d - d * v + d * log(v)``, is rearranged so that its large terms
    cancel before they are multiplied by `d`.
    """
    radius = xp.sqrt(-2.0 * xp.log(uniforms[0]))
    t = radius * xp.cos((2.0 * pi) * uniforms[1]) / (3.0 * d**0.5)
    inside = t > -1.0
    t = xp.where(inside, t, xp.zeros_like(t))
    ratio = d * (3.0 * (xp.log1p(t) - t + 0.5 * t * t) - t * t * t)
    return d * (1.0 + t) ** 3, inside & (xp.log(uniforms[2]) < ratio)


def with_implicit_gradient(call: Call, a: Tensor, drawn: Any, log_z: Any, factor: Any) -> Tensor:
    """Return drawn numbers as a tensor with the implicit derivative ``d(log z)/da * factor`` with respect to `a`."""

    def slope(a: Tensor) -> Any:
        xp = call.xp
        wide_a, wide_log = xp.astype(a._array, xp.float64), xp.astype(log_z, xp.float64)
        with call.backend.ignoring_underflow():
            derivative = xp.astype(log_gamma_slope(xp, wide_a, wide_log, call.on_host), drawn.dtype)

        def refuse(g: Tensor) -> Any:
            raise NotImplementedError(
                f"{call.name}: the second derivative in the shape parameter of a gamma distribution is not implemented"
            )

        return Tensor(derivative), refuse

    @custom_gradient
    def draw(a: Tensor) -> Any:
        return Tensor(drawn), lambda g: g * (custom_gradient(slope)(a) * factor)

    return draw(broadcast_to(a, call.shape))
