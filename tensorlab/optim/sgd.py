"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .bundle import Bundle
from .optimizer import Group, Optimizer, check_non_negative


class SGD(Optimizer):
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

    def _update(self, group: Group, bundle: Bundle, grad: Any) -> None:
        first = "momentum_buffer" not in bundle.state
        bundle.backend.sgd_update(
            bundle.flat,
            grad,
            bundle.zeros("momentum_buffer") if group["momentum"] else None,
            lr=group["lr"],
            momentum=group["momentum"],
            dampening=group["dampening"],
            weight_decay=group["weight_decay"],
            nesterov=group["nesterov"],
            first=first,
        )
