"""Adam and its variants: steps by the running mean of gradients, over the root of the running mean of their squares."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any

from ..options import NonNegative, declared, fixed
from .declared import Betas, DeclaredOptimizer
from .elementwise import Elementwise
from .optimizer import Group


def running_moments(g: Any, mean: Any, square: Any, betas: tuple[float, float]) -> tuple[Any, Any]:
    """Return the running mean of gradients and that of their squares, updated by a gradient."""
    beta1, beta2 = betas
    return beta1 * mean + (1 - beta1) * g, beta2 * square + (1 - beta2) * (g * g)


@declared
class AdamFamily(DeclaredOptimizer, Elementwise):
    """The base class of Adam and its variants."""

    nonnegative = frozenset({"exp_avg_sq", "max_exp_avg_sq", "exp_inf"})

    lr: NonNegative = 1e-3
    betas: Betas = (0.9, 0.999)
    eps: NonNegative = 1e-8
    weight_decay: NonNegative = 0.0
    _: KW_ONLY
    maximize: bool = False


@declared
class Adam(AdamFamily):
    """Adam: adaptive moment estimation (Kingma and Ba, 2015).

    A step is the running mean of gradients over the root of the running mean of their squares, both corrected for their
    start at zero.

    Parameters
    ----------
    amsgrad : bool
        Whether to divide by the root of the largest running square so far (Reddi et al., 2018).

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.Adam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    0.9
    """

    kept_if = {"max_exp_avg_sq": "amsgrad"}

    amsgrad: bool = False
    _: KW_ONLY
    decoupled_weight_decay: bool = False

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
        # The corrections of the paper are moved from arrays to numbers: sqrt(square / c) = sqrt(square) / sqrt(c).
        root = xp.sqrt(square) + eps * correction2
        return x - lr * correction2 / correction1 * (exp_avg / root), exp_avg, exp_avg_sq, max_exp_avg_sq


@declared
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019).

    Parameters
    ----------
    weight_decay : float
        Weight decay: each step first multiplies the parameter by ``1 - lr * weight_decay``.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.AdamW([x], lr=0.1, weight_decay=0.5)
    >>> x.grad = tl.zeros(1)
    >>> optimizer.step()
    >>> x
    tensor([0.95], requires_grad=True)
    """

    weight_decay: NonNegative = 1e-2
    decoupled_weight_decay: bool = fixed(True)


@declared
class Adamax(AdamFamily):
    """Adam with the largest recent magnitude of the gradient in place of the running root mean square.

    It is the variant of Adam for the infinity norm (Kingma and Ba, 2015).

    Parameters
    ----------
    eps : float
        Added to the gradient's magnitudes.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.Adamax([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    0.9
    """

    lr: NonNegative = 2e-3

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


@declared
class NAdam(AdamFamily):
    """Adam with Nesterov's momentum (Dozat, 2016).

    Parameters
    ----------
    momentum_decay : float
        How fast the momentum grows to the first of `betas`.

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

    lr: NonNegative = 2e-3
    momentum_decay: NonNegative = 4e-3
    decoupled_weight_decay: bool = False

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
    """Return the momentum of a step, which grows from about ``beta / 2`` to `beta`."""
    return beta * (1 - 0.5 * 0.96 ** (step * decay))


@declared
class RAdam(AdamFamily):
    """Adam whose adaptive rate is rectified for its variance in the first steps (Liu et al., 2020).

    While the variance of the running square cannot be estimated, the step is the running mean alone.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.RAdam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    0.8
    """

    decoupled_weight_decay: bool = False

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
