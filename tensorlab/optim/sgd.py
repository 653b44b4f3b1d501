"""Stochastic gradient descent, with momentum and with averaging."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .bundle import Bundle
from .elementwise import Elementwise
from .groups import check_non_negative
from .optimizer import Group


class SGD(Elementwise):
    """Stochastic gradient descent, with momentum (Polyak's or Nesterov's) where it is asked for.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to learn, or groups of it; see `Optimizer`.
    lr : float
        The learning rate.
    momentum : float
        Which part of the last step is taken again.
    dampening : float
        Which part of the gradient does not enter the momentum.
    weight_decay : float
        The L2 penalty: this times the parameter is added to its gradient.
    nesterov : bool
        Whether the gradient enters the step once more, ahead of the momentum.
    maximize : bool
        Whether to climb rather than descend.

    Raises
    ------
    ValueError
        If an option is negative, or Nesterov's momentum is asked for without momentum or with dampening.

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

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr", "momentum", "weight_decay")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("Nesterov's momentum needs a momentum, and no dampening")

    def _keeps(self, name: str, group: Group) -> bool:
        return bool(group["momentum"])

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


class ASGD(Elementwise):
    """Gradient descent whose iterates are averaged (Polyak and Juditsky, 1992).

    The average is kept in ``state[parameter]["ax"]``; the parameters themselves are those of the descent.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to learn, or groups of it; see `Optimizer`.
    lr : float
        The learning rate of the first step; that of step t is ``lr / (1 + lambd * lr * t) ** alpha``.
    lambd : float
        How fast parameters decay, and the rate with them.
    alpha : float
        The power of the rate's decay.
    t0 : float
        From which step on is averaged.
    weight_decay : float
        The L2 penalty: this times the parameter is added to its gradient.
    maximize : bool
        Whether to climb rather than descend.

    Raises
    ------
    ValueError
        If an option is negative.

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

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr", "lambd", "alpha", "t0", "weight_decay")

    def _count(self, group: Group, numbers: dict[str, float]) -> None:
        if not numbers["step"]:
            numbers["eta"] = float(group["lr"])
        super()._count(group, numbers)

    def _apply(self, group: Group, bundles: list[Bundle]) -> None:
        super()._apply(group, bundles)
        lr = float(group["lr"])
        for bundle in bundles:
            step = bundle.numbers["step"]
            bundle.numbers["eta"] = lr / (1 + group["lambd"] * lr * step) ** group["alpha"]
            bundle.numbers["mu"] = 1 / max(1, step - group["t0"])

    @staticmethod
    def rule(xp: Any, x: Any, g: Any, ax: Any, *, eta: float, mu: float, lambd: float) -> tuple[Any, ...]:
        x = (1 - lambd * eta) * x - eta * g
        return x, x if mu == 1 else ax + mu * (x - ax)
