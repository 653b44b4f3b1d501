"""Averaged stochastic gradient descent."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Annotated, Any

from ..options import NonNegative, declared
from ..options.kinds import Real
from .bundle import Bundle
from .declared import DeclaredOptimizer
from .elementwise import Elementwise
from .optimizer import Group


@declared
class ASGD(DeclaredOptimizer, Elementwise):
    """Gradient descent with an average of its iterates (Polyak and Juditsky, 1992).

    The average is ``state[parameter]["ax"]``; the parameters themselves are the iterates.

    Parameters
    ----------
    lr : float
        Learning rate of the first step; that of step t is ``lr / (1 + lambd * lr * t) ** alpha``.
    lambd : float
        Decay of the parameters, and of the learning rate.
    alpha : float
        Power of the learning rate's decay.
    t0 : float
        Step after which averaging begins.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.ASGD([x], lr=0.1, lambd=0.0)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.8], requires_grad=True)
    """

    numbers = {"step": 0, "eta": 0.0, "mu": 1.0}

    lr: NonNegative = 1e-2
    lambd: NonNegative = 1e-4
    alpha: NonNegative = 0.75
    t0: Annotated[float, Real(0)] = 1e6
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False

    def _count(self, group: Group, numbers: dict[str, float]) -> None:
        if not numbers["step"]:
            numbers["eta"] = group["lr"]
        super()._count(group, numbers)

    def _apply(self, group: Group, bundles: list[Bundle]) -> None:
        super()._apply(group, bundles)
        lr = group["lr"]
        for bundle in bundles:
            step = bundle.numbers["step"]
            bundle.numbers["eta"] = lr / (1 + group["lambd"] * lr * step) ** group["alpha"]
            bundle.numbers["mu"] = 1 / max(1, step - group["t0"])

    @staticmethod
    def rule(xp: Any, x: Any, g: Any, ax: Any, *, eta: float, mu: float, lambd: float) -> tuple[Any, ...]:
        x = (1 - lambd * eta) * x - eta * g
        return x, x if mu == 1 else ax + mu * (x - ax)
