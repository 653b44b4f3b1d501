"""Distributions of angles."""

from __future__ import annotations

from math import pi
from typing import Any

from ..backend import DTypeLike
from ..backend.dtypes import float64
from ..ops.creation import DeviceLike
from ..options import ShapeLike
from ..tensor import Tensor, array_of
from .arguments import NOT_NEGATIVE, checked
from .continuous import Continuous
from .documented import distribution
from .rejection import first_accepted, rejection_blocks

ROUNDS = 34
"""Rounds of rejection; a candidate is accepted with a probability of 0.65 or more."""
LEAST_CONCENTRATION = 1e-8
"""Replaces smaller concentrations, whose densities differ from the uniform one by less than that."""


class Circular(Continuous):
    """Generators that draw angles."""

    @distribution
    def vonmises(
        self, mu: Any, kappa: Any, shape: ShapeLike | None = None, *, dtype: DTypeLike = None, device: DeviceLike = None
    ) -> Tensor:
        """Draw angles from the von Mises distribution, of density proportional to ``exp(kappa * cos(x - mu))``.

        By rejection (Best and Fisher, "Efficient simulation of the von Mises distribution", 1979), in double precision.
        No gradients flow to the parameters.

        Parameters
        ----------
        mu : float or tensor
            The mode, in radians.
        kappa : float or tensor
            The concentration; at least 0, where the distribution is uniform.

        Returns
        -------
        Tensor
            In [-π, π].

        Raises
        ------
        ValueError
            If `kappa` is negative.

        Examples
        --------
        >>> abs(tl.Generator(0).vonmises(1.0, 1e6).item() - 1.0) < 0.01
        True
        """
        params = {"mu": (mu, None), "kappa": (kappa, NOT_NEGATIVE)}
        call = checked("vonmises", shape, dtype, device, params, computed=float64)
        xp, count = call.xp, call.size
        mu, kappa = (xp.asarray(array_of(p), dtype=xp.float64, device=call.device) for p in call.params)
        mu, kappa = (xp.reshape(xp.broadcast_to(p, call.shape), (-1,)) for p in (mu, kappa))
        kappa = xp.maximum(kappa, LEAST_CONCENTRATION)
        excerpt = self._excerpt(call, rejection_blocks(count, 3, ROUNDS, True))
        angle = first_accepted(
            call, excerpt, best_fisher, [kappa], count, uniforms=3, rounds=ROUNDS, double=True, fallback=0.0
        )
        angle = xp.remainder(angle + mu + pi, 2 * pi) - pi
        return call.result(xp.reshape(angle, call.shape))


def best_fisher(xp: Any, uniforms: Any, kappa: Any) -> tuple[Any, Any]:
    """Return angles of a wrapped Cauchy distribution around 0, and whether they are accepted.

    The parameter of that distribution is rearranged so that nothing cancels for small concentrations.
    """
    tau = 1.0 + xp.sqrt(1.0 + 4.0 * kappa * kappa)
    rho = 2.0 * kappa / (tau + xp.sqrt(2.0 * tau))
    r = (1.0 + rho * rho) / (2.0 * rho)
    z = xp.cos(pi * uniforms[0])
    cosine = (1.0 + r * z) / (r + z)
    c = kappa * (r - cosine)
    accepted = (c * (2.0 - c) > uniforms[1]) | (xp.log(c / uniforms[1]) + 1.0 >= c)
    angle = xp.acos(xp.minimum(xp.maximum(cosine, -1.0), 1.0))
    return xp.where(uniforms[2] < 0.5, -angle, angle), accepted
