"""RMSprop: steps divided by the running root mean square of gradients."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any

from ..options import NonNegative, declared
from .declared import DeclaredOptimizer
from .elementwise import Elementwise


@declared
class RMSprop(DeclaredOptimizer, Elementwise):
    """Steps divided by the running root mean square of gradients (Hinton, 2012; centered: Graves, 2013).

    Parameters
    ----------
    alpha : float
        Decay rate of the running mean of squares.
    centered : bool
        Whether to divide by the running standard deviation of the gradients instead.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.RMSprop([x], lr=0.1, alpha=0.75)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    0.8
    """

    nonnegative = frozenset({"square_avg"})
    kept_if = {"grad_avg": "centered", "momentum_buffer": "momentum"}

    lr: NonNegative = 1e-2
    alpha: NonNegative = 0.99
    eps: NonNegative = 1e-8
    weight_decay: NonNegative = 0.0
    momentum: NonNegative = 0.0
    centered: bool = False
    _: KW_ONLY
    maximize: bool = False

    @staticmethod
    def rule(
        xp: Any,
        x: Any,
        g: Any,
        square_avg: Any,
        grad_avg: Any,
        momentum_buffer: Any,
        *,
        lr: float,
        alpha: float,
        eps: float,
        momentum: float,
    ) -> tuple[Any, ...]:
        square_avg = variance = alpha * square_avg + (1 - alpha) * (g * g)
        if grad_avg is not None:
            grad_avg = alpha * grad_avg + (1 - alpha) * g
            variance = square_avg - grad_avg * grad_avg
        step = g / (xp.sqrt(variance) + eps)
        if momentum_buffer is not None:
            step = momentum_buffer = momentum * momentum_buffer + step
        return x - lr * step, square_avg, grad_avg, momentum_buffer
