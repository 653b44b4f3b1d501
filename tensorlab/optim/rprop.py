"""Rprop: resilient backpropagation."""

from __future__ import annotations

from dataclasses import KW_ONLY
from math import inf
from typing import Annotated, Any

from ..options import NonNegative, declared
from ..options.kinds import Real
from .declared import DeclaredOptimizer
from .elementwise import Elementwise
from .optimizer import Group


@declared
class Rprop(DeclaredOptimizer, Elementwise):
    """A step size for each element, which grows while the gradient keeps its sign (Riedmiller and Braun, 1993).

    It needs gradients of the whole data set: the signs of gradients of batches are too noisy.

    Parameters
    ----------
    lr : float
        Initial step size.
    etas : pair of float
        Factors of the step size where the sign has changed, in (0, 1), and where it has not, above 1.
    step_sizes : pair of float
        Smallest and largest step size.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.Rprop([x], lr=0.1)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (x * x).sum().backward()
    ...     optimizer.step()
    >>> round(x.item(), 6)
    0.78
    """

    nonnegative = frozenset({"step_size"})

    lr: NonNegative = 1e-2
    etas: tuple[Annotated[float, Real(0, 1, "()")], Annotated[float, Real(1, inf, "()")]] = (0.5, 1.2)
    step_sizes: tuple[NonNegative, Annotated[float, Real(0)]] = (1e-6, 50)
    _: KW_ONLY
    maximize: bool = False

    def _check(self, group: Group) -> None:
        super()._check(group)
        if group["step_sizes"][0] > group["step_sizes"][1]:
            raise ValueError(f"Rprop: step_sizes must be the smallest and the largest, not {group['step_sizes']}")

    def _initial(self, name: str, group: Group) -> float:
        return float(group["lr"]) if name == "step_size" else 0.0

    @staticmethod
    def rule(
        xp: Any,
        x: Any,
        g: Any,
        prev: Any,
        step_size: Any,
        *,
        etas: tuple[float, float],
        step_sizes: tuple[float, float],
    ) -> tuple[Any, ...]:
        smaller, larger = etas
        agreement = g * prev
        step_size = xp.where(agreement > 0, larger * step_size, xp.where(agreement < 0, smaller * step_size, step_size))
        step_size = xp.minimum(xp.maximum(step_size, step_sizes[0]), step_sizes[1])
        g = xp.where(agreement < 0, 0.0, g)  # after a change of sign the element waits for the next gradient
        return x - xp.sign(g) * step_size, g, step_size
