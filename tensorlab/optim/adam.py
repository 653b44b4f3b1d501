"""Adam and its family: steps by the running mean of gradients, over the root of the running mean of their squares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .elementwise import Elementwise
from .groups import check_betas, check_non_negative
from .optimizer import Group


def running_moments(g: Any, mean: Any, square: Any, betas: tuple[float, float]) -> tuple[Any, Any]:
    """Return the running mean of gradients and that of their squares, this gradient included."""
    beta1, beta2 = betas
    return beta1 * mean + (1 - beta1) * g, beta2 * square + (1 - beta2) * (g * g)


class AdamFamily(Elementwise):
    """What the members share: two running means, and the options that go with them."""

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr", "eps", "weight_decay")
        check_betas(group)


class Adam(AdamFamily):
    """Steps by the gradient's running mean over the root of its running square (Kingma and Ba, 2015).

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to learn, or groups of it; see `Optimizer`.
    lr : float
        The learning rate.
    betas : pair of float
        Which part of the running mean, and of the running square, is kept at each step.
    eps : float
        Added to the root.
    weight_decay : float
        The L2 penalty: this times the parameter is added to its gradient.
    amsgrad : bool
        Whether to divide by the greatest running square so far (Reddi et al., 2018).
    maximize : bool
        Whether to climb rather than descend.
    decoupled_weight_decay : bool
        Whether the decay shrinks the parameters apart from the gradient, as in `AdamW`.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.Adam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    0.9
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def _keeps(self, name: str, group: Group) -> bool:
        return name != "max_exp_avg_sq" or group["amsgrad"]

    @staticmethod
    def rule(
        xp: Any,
        x: Any,
        g: Any,
        exp_avg: Any,
        exp_avg_sq: Any,
        max_exp_avg_sq: Any,
        *,
        lr: float,
        betas: tuple[float, float],
        eps: float,
        step: float,
    ) -> tuple[Any, ...]:
        exp_avg, exp_avg_sq = running_moments(g, exp_avg, exp_avg_sq, betas)
        square = exp_avg_sq
        if max_exp_avg_sq is not None:
            square = max_exp_avg_sq = xp.maximum(max_exp_avg_sq, exp_avg_sq)
        correction1, correction2 = 1 - betas[0] ** step, (1 - betas[1] ** step) ** 0.5
        # That of the paper, with the corrections taken out of the arrays: root(square / c) = root(square) / root(c).
        root = xp.sqrt(square) + eps * correction2
        return x - lr * correction2 / correction1 * (exp_avg / root), exp_avg, exp_avg_sq, max_exp_avg_sq


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters apart from the gradient (Loshchilov and Hutter, 2019).

    Parameters
    ----------
    params, lr, betas, eps, amsgrad, maximize
        As for `Adam`.
    weight_decay : float
        This times the learning rate times the parameter is subtracted from it.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.AdamW([x], lr=0.1, weight_decay=0.5)
    >>> x.grad = tl.zeros(1)
    >>> optimizer.step()
    >>> x
    tensor([0.95], requires_grad=True)
    """

    fixed = {"decoupled_weight_decay": True}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True)


class Adamax(AdamFamily):
    """Adam with the greatest recent magnitude instead of the root of the running square (Kingma and Ba, 2015).

    Parameters
    ----------
    params, lr, betas, weight_decay, maximize
        As for `Adam`.
    eps : float
        Added to magnitudes.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.Adamax([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    0.9
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        )

    @staticmethod
    def rule(
        xp: Any,
        x: Any,
        g: Any,
        exp_avg: Any,
        exp_inf: Any,
        *,
        lr: float,
        betas: tuple[float, float],
        eps: float,
        step: float,
    ) -> tuple[Any, ...]:
        beta1, beta2 = betas
        exp_avg = beta1 * exp_avg + (1 - beta1) * g
        exp_inf = xp.maximum(beta2 * exp_inf, xp.abs(g) + eps)
        return x - lr / (1 - beta1**step) * (exp_avg / exp_inf), exp_avg, exp_inf


class NAdam(AdamFamily):
    """Adam with Nesterov's momentum (Dozat, 2016).

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, maximize, decoupled_weight_decay
        As for `Adam`.
    momentum_decay : float
        How fast the momentum grows to the first of `betas`.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.NAdam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 4)
    0.8944
    """

    numbers = {"step": 0, "mu_product": 1.0}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        super()._check(group)
        check_non_negative(group, "momentum_decay")

    def _count(self, group: Group, numbers: dict[str, float]) -> None:
        super()._count(group, numbers)
        numbers["mu_product"] *= nadam_momentum(group["betas"][0], group["momentum_decay"], numbers["step"])

    @staticmethod
    def rule(
        xp: Any,
        x: Any,
        g: Any,
        exp_avg: Any,
        exp_avg_sq: Any,
        *,
        lr: float,
        betas: tuple[float, float],
        eps: float,
        momentum_decay: float,
        step: float,
        mu_product: float,
    ) -> tuple[Any, ...]:
        exp_avg, exp_avg_sq = running_moments(g, exp_avg, exp_avg_sq, betas)
        mu, following = (nadam_momentum(betas[0], momentum_decay, t) for t in (step, step + 1))
        root = xp.sqrt(exp_avg_sq / (1 - betas[1] ** step)) + eps
        change = (1 - mu) / (1 - mu_product) * g + following / (1 - mu_product * following) * exp_avg
        return x - lr * (change / root), exp_avg, exp_avg_sq


def nadam_momentum(beta: float, decay: float, step: float) -> float:
    """Return the momentum of a step: it grows from about half of `beta` to all of it."""
    return beta * (1 - 0.5 * 0.96 ** (step * decay))


class RAdam(AdamFamily):
    """Adam that divides only once the running square can be relied on, and then by as much (Liu et al., 2020).

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, maximize, decoupled_weight_decay
        As for `Adam`.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.RAdam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    0.8
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    @staticmethod
    def rule(
        xp: Any,
        x: Any,
        g: Any,
        exp_avg: Any,
        exp_avg_sq: Any,
        *,
        lr: float,
        betas: tuple[float, float],
        eps: float,
        step: float,
    ) -> tuple[Any, ...]:
        exp_avg, exp_avg_sq = running_moments(g, exp_avg, exp_avg_sq, betas)
        beta1, beta2 = betas
        correction2 = 1 - beta2**step
        length_limit = 2 / (1 - beta2) - 1
        length = length_limit - 2 * step * beta2**step / correction2
        rate = lr / (1 - beta1**step)
        if length <= 5:
            return x - rate * exp_avg, exp_avg, exp_avg_sq
        tail = (length - 4) * (length - 2) * length_limit
        rectification = (tail / ((length_limit - 4) * (length_limit - 2) * length)) ** 0.5
        root = xp.sqrt(exp_avg_sq) + eps
        return x - rate * rectification * correction2**0.5 * (exp_avg / root), exp_avg, exp_avg_sq
