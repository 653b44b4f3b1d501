"""Lion: steps by the sign of an interpolated momentum."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any

from ..options import NonNegative, declared, fixed
from .declared import Betas, DeclaredOptimizer
from .elementwise import Elementwise


@declared
class Lion(DeclaredOptimizer, Elementwise):
    """Evolved sign momentum: steps of one size in each element (Chen et al., 2023).

    Parameters
    ----------
    lr : float
        Learning rate, the size of a step; a third to a tenth of that of `AdamW`.
    betas : pair of float
        Weight of the momentum in the interpolation whose sign is the step, and decay rate of the momentum, in [0, 1).
    weight_decay : float
        Weight decay: each step first multiplies the parameter by ``1 - lr * weight_decay``. Three to ten times that of
        `AdamW`.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.Lion([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.9], requires_grad=True)
    """

    numbers = {}

    lr: NonNegative = 1e-4
    betas: Betas = (0.9, 0.99)
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False
    decoupled_weight_decay: bool = fixed(True)

    @staticmethod
    def rule(xp: Any, x: Any, g: Any, exp_avg: Any, *, lr: float, betas: tuple[float, float]) -> tuple[Any, ...]:
        direction = xp.sign(betas[0] * exp_avg + (1 - betas[0]) * g)
        return x - lr * direction, betas[1] * exp_avg + (1 - betas[1]) * g
