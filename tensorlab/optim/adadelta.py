"""Adadelta: steps of the size of recent steps, over the size of recent gradients."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any

from ..options import Fraction, NonNegative, declared
from .declared import DeclaredOptimizer
from .elementwise import Elementwise


@declared
class Adadelta(DeclaredOptimizer, Elementwise):
    """Gradients times the ratio of the running root mean squares of steps and of gradients (Zeiler, 2012).

    Parameters
    ----------
    lr : float
        Factor of each step.
    rho : float
        Decay rate of the running means of squares, in [0, 1].
    eps : float
        Added to both means; the first steps are of the size of its root.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.Adadelta([x], rho=0.75)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    0.998
    """

    nonnegative = frozenset({"square_avg", "acc_delta"})

    lr: NonNegative = 1.0
    rho: Fraction = 0.9
    eps: NonNegative = 1e-6
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False

    @staticmethod
    def rule(
        xp: Any, x: Any, g: Any, square_avg: Any, acc_delta: Any, *, lr: float, rho: float, eps: float
    ) -> tuple[Any, ...]:
        square_avg = rho * square_avg + (1 - rho) * (g * g)
        delta = xp.sqrt(acc_delta + eps) / xp.sqrt(square_avg + eps) * g
        acc_delta = rho * acc_delta + (1 - rho) * (delta * delta)
        return x - lr * delta, square_avg, acc_delta
