"""Steps divided by the size that gradients had so far: Adagrad, Adadelta, RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .elementwise import Elementwise
from .groups import check_non_negative
from .optimizer import Group


class Adagrad(Elementwise):
    """Steps divided by the root of the sum of all squared gradients (Duchi, Hazan and Singer, 2011).

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to learn, or groups of it; see `Optimizer`.
    lr : float
        The learning rate.
    lr_decay : float
        After t steps the rate is ``lr / (1 + t * lr_decay)``.
    weight_decay : float
        The L2 penalty: this times the parameter is added to its gradient.
    initial_accumulator_value : float
        What the sum begins with.
    eps : float
        Added to the root.
    maximize : bool
        Whether to climb rather than descend.

    Raises
    ------
    ValueError
        If an option is negative.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.Adagrad([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    0.9
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")

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


class Adadelta(Elementwise):
    """Steps of the size that steps had, over the size that gradients had (Zeiler, 2012).

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to learn, or groups of it; see `Optimizer`.
    lr : float
        What the step is multiplied by.
    rho : float
        Which part of the running squares is kept at each step.
    eps : float
        Added to both squares; the first steps are of the size of its root.
    weight_decay : float
        The L2 penalty: this times the parameter is added to its gradient.
    maximize : bool
        Whether to climb rather than descend.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.Adadelta([x], rho=0.75)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    0.998
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize})

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr", "eps", "weight_decay")
        if not 0 <= group["rho"] <= 1:
            raise ValueError(f"rho must be in [0, 1]: {group['rho']}")

    @staticmethod
    def rule(
        xp: Any, x: Any, g: Any, square_avg: Any, acc_delta: Any, *, lr: float, rho: float, eps: float
    ) -> tuple[Any, ...]:
        square_avg = rho * square_avg + (1 - rho) * (g * g)
        delta = xp.sqrt(acc_delta + eps) / xp.sqrt(square_avg + eps) * g
        acc_delta = rho * acc_delta + (1 - rho) * (delta * delta)
        return x - lr * delta, square_avg, acc_delta


class RMSprop(Elementwise):
    """Steps divided by the root of the running mean of squared gradients (Hinton, 2012; centred: Graves, 2013).

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to learn, or groups of it; see `Optimizer`.
    lr : float
        The learning rate.
    alpha : float
        Which part of the running mean is kept at each step.
    eps : float
        Added to the root.
    weight_decay : float
        The L2 penalty: this times the parameter is added to its gradient.
    momentum : float
        Which part of the last step is taken again.
    centered : bool
        Whether to divide by the gradients' running deviation from their mean instead.
    maximize : bool
        Whether to climb rather than descend.

    Raises
    ------
    ValueError
        If an option is negative.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.RMSprop([x], lr=0.1, alpha=0.75)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    0.8
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr", "alpha", "eps", "weight_decay", "momentum")

    def _keeps(self, name: str, group: Group) -> bool:
        return bool({"grad_avg": group["centered"], "momentum_buffer": group["momentum"]}.get(name, True))

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
