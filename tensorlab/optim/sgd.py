"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any

from ..options import Finite, NonNegative, declared
from .declared import DeclaredOptimizer
from .elementwise import Elementwise
from .optimizer import Group


@declared
class SGD(DeclaredOptimizer, Elementwise):
    """Stochastic gradient descent, optionally with momentum (Polyak's or Nesterov's).

    Parameters
    ----------
    momentum : float
        Factor of the momentum in each step.
    dampening : float
        The gradient enters the momentum with the factor ``1 - dampening``.
    nesterov : bool
        Whether to use Nesterov's momentum, which needs a `momentum` and no `dampening`.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.SGD([x], lr=0.1, momentum=0.9)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (x * x).sum().backward()
    ...     optimizer.step()
    >>> x
    tensor([0.46], requires_grad=True)
    """

    numbers = {}
    kept_if = {"momentum_buffer": "momentum"}

    lr: NonNegative = 1e-3
    momentum: NonNegative = 0.0
    dampening: Finite = 0.0
    weight_decay: NonNegative = 0.0
    nesterov: bool = False
    _: KW_ONLY
    maximize: bool = False

    def _check(self, group: Group) -> None:
        super()._check(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("SGD: Nesterov's momentum needs a positive momentum and no dampening")

    @staticmethod
    def rule(
        xp: Any,
        x: Any,
        g: Any,
        momentum_buffer: Any,
        *,
        lr: float,
        momentum: float,
        dampening: float,
        nesterov: bool,
        first: bool,
    ) -> tuple[Any, ...]:
        step = g
        if momentum_buffer is not None:
            entering = (1 - dampening) * g if dampening else g
            momentum_buffer = g if first else momentum * momentum_buffer + entering
            step = g + momentum * momentum_buffer if nesterov else momentum_buffer
        return x - lr * step, momentum_buffer
