"""Optimizers that need no schedule, as they average their own iterates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .elementwise import Elementwise
from .groups import check_betas, check_non_negative
from .optimizer import Group


class AdamWScheduleFree(Elementwise):
    """AdamW without a schedule: gradients are taken between the fast iterate and the average (Defazio et al., 2024).

    In training the parameters are where gradients are to be taken, ``y``; the model to use is the average, ``x``. Call
    `eval` before evaluation and before saving the model, and `train` before training goes on.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to learn, or groups of it; see `Optimizer`.
    lr : float
        The learning rate; larger than a schedule's peak would be.
    betas : pair of float
        Where between iterate and average the gradient is taken (at 1, in the average); and which part of the running
        square is kept at each step.
    eps : float
        Added to the root.
    weight_decay : float
        This times the learning rate times ``y`` is subtracted.
    warmup_steps : int
        In how many steps the rate rises to `lr`.
    r : float
        The power of the step by which the average weighs iterates.
    weight_lr_power : float
        The power of the greatest rate so far by which it weighs them, too.
    maximize : bool
        Whether to climb rather than descend.

    Raises
    ------
    ValueError
        If an option is out of range.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.AdamWScheduleFree([x], lr=0.1)
    >>> for _ in range(100):
    ...     optimizer.zero_grad()
    ...     (x * x).sum().backward()
    ...     optimizer.step()
    >>> optimizer.eval()
    >>> abs(x.item()) < 0.1
    True
    """

    numbers = {"step": 0, "weight_sum": 0.0, "lr_max": 0.0, "scheduled_lr": 0.0, "average_weight": 0.0}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2.5e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        warmup_steps: int = 0,
        r: float = 0.0,
        weight_lr_power: float = 2.0,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "warmup_steps": warmup_steps,
            "r": r,
            "weight_lr_power": weight_lr_power,
            "maximize": maximize,
            "train_mode": True,
        }
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr", "eps", "weight_decay", "warmup_steps", "r", "weight_lr_power")
        check_betas(group)
        if not group["betas"][0]:
            raise ValueError(f"the first of betas must be positive, or no average could be had: {group['betas']}")

    def eval(self) -> None:
        """Make the parameters the average of the iterates; nothing happens where they are."""
        self._exchange(False, lambda beta: 1 - 1 / beta)

    def train(self) -> None:
        """Make the parameters the points where gradients are taken; nothing happens where they are."""
        self._exchange(True, lambda beta: 1 - beta)

    def _exchange(self, train_mode: bool, part: Any) -> None:
        for group in self.param_groups:
            if group["train_mode"] != train_mode:
                for bundle in self._layout(group).bundles:
                    if "z" in bundle.state:
                        options = (("part", part(group["betas"][0])),)
                        bundle.backend.update(towards, [(bundle.flat, bundle.state["z"])], options)
                        bundle.finish_step()
                group["train_mode"] = train_mode

    def _step(self, group: Group) -> None:
        if not group["train_mode"]:
            raise RuntimeError("AdamWScheduleFree.step() in evaluation mode; call optimizer.train() before training")
        super()._step(group)

    def _initial(self, name: str, group: Group) -> float | None:
        return None if name == "z" else 0.0

    def _count(self, group: Group, numbers: dict[str, float]) -> None:
        super()._count(group, numbers)
        rate = float(group["lr"])
        if numbers["step"] < group["warmup_steps"]:
            rate *= numbers["step"] / group["warmup_steps"]
        numbers["scheduled_lr"] = rate
        numbers["lr_max"] = max(rate, numbers["lr_max"])
        weight = numbers["step"] ** group["r"] * numbers["lr_max"] ** group["weight_lr_power"]
        numbers["weight_sum"] += weight
        numbers["average_weight"] = weight / numbers["weight_sum"] if numbers["weight_sum"] else 0.0

    @staticmethod
    def rule(
        xp: Any,
        y: Any,
        g: Any,
        z: Any,
        exp_avg_sq: Any,
        *,
        betas: tuple[float, float],
        eps: float,
        weight_decay: float,
        step: float,
        scheduled_lr: float,
        average_weight: float,
    ) -> tuple[Any, ...]:
        beta1, beta2 = betas
        exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * (g * g)
        direction = g / (xp.sqrt(exp_avg_sq / (1 - beta2**step)) + eps)
        if weight_decay:
            direction = direction + weight_decay * y
        y = y + average_weight * (z - y) + scheduled_lr * (beta1 * (1 - average_weight) - 1) * direction
        return y, z - scheduled_lr * direction, exp_avg_sq


def towards(xp: Any, x: Any, end: Any, *, part: float) -> tuple[Any, ...]:
    """Go a part of the way to another point, which stands in for a gradient."""
    return (x + part * (end - x),)
