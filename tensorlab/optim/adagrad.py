"""Adagrad: steps divided by the root of the sum of squared gradients."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any

from ..options import NonNegative, declared
from .declared import DeclaredOptimizer
from .elementwise import Elementwise
from .optimizer import Group


@declared
class Adagrad(DeclaredOptimizer, Elementwise):
    """Steps divided by the root of the sum of all squared gradients (Duchi, Hazan and Singer, 2011).

    Parameters
    ----------
    lr_decay : float
        After t steps the learning rate is ``lr / (1 + t * lr_decay)``.
    initial_accumulator_value : float
        Initial value of the sum.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.Adagrad([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    0.9
    """

    nonnegative = frozenset({"sum"})

    lr: NonNegative = 1e-2
    lr_decay: NonNegative = 0.0
    weight_decay: NonNegative = 0.0
    initial_accumulator_value: NonNegative = 0.0
    eps: NonNegative = 1e-10
    _: KW_ONLY
    maximize: bool = False

    def _initial(self, name: str, group: Group) -> float:
        value: float = group["initial_accumulator_value"]
        return value

    @staticmethod
    def rule(
        xp: Any, x: Any, g: Any, sum: Any, *, lr: float, lr_decay: float, eps: float, step: float
    ) -> tuple[Any, ...]:
        sum = sum + g * g
        rate = lr / (1 + (step - 1) * lr_decay)
        return x - rate * (g / (xp.sqrt(sum) + eps)), sum
