"""Schedule-free AdamW, which averages its iterates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY
from typing import Annotated, Any

from ..options import BelowOne, NonNegative, declared
from ..options.kinds import Real
from .declared import DeclaredOptimizer
from .elementwise import Elementwise
from .optimizer import Group


@declared
class AdamWScheduleFree(DeclaredOptimizer, Elementwise):
    """AdamW without a schedule: gradients are taken between the fast iterate and the average (Defazio et al., 2024).

    In training mode the parameters are ``y``, the points where gradients are taken; the model to use is the average,
    ``x``. Call `eval` before evaluating or saving the model, and `train` before training continues.

    Parameters
    ----------
    lr : float
        Learning rate; larger than the peak of a schedule.
    betas : pair of float
        Position between iterate and average at which gradients are taken, in (0, 1); and decay rate of the running mean
        of squared gradients, in [0, 1).
    weight_decay : float
        Weight decay: this times the learning rate times ``y`` is subtracted.
    warmup_steps : int
        Number of steps in which the learning rate rises to `lr`.
    r : float
        Power of t in the weight of the iterate of step t in the average.
    weight_lr_power : float
        Power of the largest learning rate so far in that weight.

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

    nonnegative = frozenset({"exp_avg_sq"})
    numbers = {"step": 0, "weight_sum": 0.0, "lr_max": 0.0, "scheduled_lr": 0.0, "average_weight": 0.0}

    lr: NonNegative = 2.5e-3
    betas: tuple[Annotated[float, Real(0, 1, "()")], BelowOne] = (0.9, 0.999)
    eps: NonNegative = 1e-8
    weight_decay: NonNegative = 0.0
    warmup_steps: NonNegative = 0
    r: NonNegative = 0.0
    weight_lr_power: NonNegative = 2.0
    _: KW_ONLY
    maximize: bool = False

    def _keep(self, options: Mapping[str, Any]) -> None:
        super()._keep({**options, "train_mode": True})

    def eval(self) -> None:
        """Set the parameters to the average of the iterates, if they are not."""
        self._exchange(False, lambda beta: 1 - 1 / beta)

    def train(self) -> None:
        """Set the parameters to the points where gradients are taken, if they are not."""
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
        rate = group["lr"]
        if numbers["step"] < group["warmup_steps"]:
            rate *= numbers["step"] / group["warmup_steps"]
        numbers["scheduled_lr"] = rate
        numbers["lr_max"] = max(rate, numbers["lr_max"])
        weight = float(numbers["step"]) ** group["r"] * numbers["lr_max"] ** group["weight_lr_power"]
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
    """Move a part of the way to another point, which takes the place of a gradient."""
    return (x + part * (end - x),)
