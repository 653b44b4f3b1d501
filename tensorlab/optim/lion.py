"""Steps whose size is not the gradient's, only their direction: Rprop and Lion."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import pair
from .elementwise import Elementwise
from .groups import check_betas, check_non_negative
from .optimizer import Group


class Rprop(Elementwise):
    """A step size for each element, which grows while the gradient keeps its sign (Riedmiller and Braun, 1993).

    It is for gradients of the whole data set; with batches the signs are too noisy.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to learn, or groups of it; see `Optimizer`.
    lr : float
        The first step size.
    etas : pair of float
        What the size is multiplied by where the sign changed, and where it did not.
    step_sizes : pair of float
        The least and the greatest size.
    maximize : bool
        Whether to climb rather than descend.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.Rprop([x], lr=0.1)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (x * x).sum().backward()
    ...     optimizer.step()
    >>> round(x.item(), 6)
    0.78
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize})

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr")
        pair(etas=group["etas"], step_sizes=group["step_sizes"])
        if not 0 < group["etas"][0] < 1 < group["etas"][1]:
            raise ValueError(f"etas must be below and above 1: {group['etas']}")
        if not 0 <= group["step_sizes"][0] <= group["step_sizes"][1]:
            raise ValueError(f"step_sizes must be a least and a greatest size: {group['step_sizes']}")

    def _initial(self, name: str, group: Group) -> float:
        return float(group["lr"]) if name == "step_size" else 0.0

    @staticmethod
    def rule(
        xp: Any,
        x: Any,
        g: Any,
        prev: Any,
        step_size: Any,
        *,
        etas: tuple[float, float],
        step_sizes: tuple[float, float],
    ) -> tuple[Any, ...]:
        smaller, larger = etas
        agreement = g * prev
        step_size = xp.where(agreement > 0, larger * step_size, xp.where(agreement < 0, smaller * step_size, step_size))
        step_size = xp.minimum(xp.maximum(step_size, step_sizes[0]), step_sizes[1])
        g = xp.where(agreement < 0, 0.0, g)  # a change of sign was a step too far: wait for the next gradient
        return x - xp.sign(g) * step_size, g, step_size


class Lion(Elementwise):
    """Steps of one size in each element, by the sign of an interpolated momentum (Chen et al., 2023).

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to learn, or groups of it; see `Optimizer`.
    lr : float
        The size of a step; a third to a tenth of what `AdamW` would have.
    betas : pair of float
        Which part of the momentum enters the sign, and which part of it is kept.
    weight_decay : float
        This times the learning rate times the parameter is subtracted from it; three to ten times that of `AdamW`.
    maximize : bool
        Whether to climb rather than descend.

    Raises
    ------
    ValueError
        If an option is out of range.

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
    fixed = {"decoupled_weight_decay": True}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "decoupled_weight_decay": True,
        }
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr", "weight_decay")
        check_betas(group)

    @staticmethod
    def rule(xp: Any, x: Any, g: Any, exp_avg: Any, *, lr: float, betas: tuple[float, float]) -> tuple[Any, ...]:
        direction = xp.sign(betas[0] * exp_avg + (1 - betas[0]) * g)
        return x - lr * direction, betas[1] * exp_avg + (1 - betas[1]) * g
