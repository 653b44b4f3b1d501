"""LAMB: layer-wise adaptive steps of Adam for large batches."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any

from ..options import NonNegative, declared
from .adam import running_moments
from .bundle import Bundle
from .declared import Betas, DeclaredOptimizer
from .elementwise import Elementwise, with_shared_options
from .lars import trust_ratios
from .optimizer import Group
from .param_groups import check_real


@declared
class LAMB(DeclaredOptimizer, Elementwise):
    """Adam with steps scaled to the norm of each parameter (You et al., 2020).

    Parameters
    ----------
    lr : float
        Learning rate: the norm of a step relative to that of the parameter.
    weight_decay : float
        This times the parameter is added to Adam's direction.
    adapt : bool
        Whether to scale steps; usually not for biases and normalization, in a group of their own.

    Raises
    ------
    ValueError, TypeError
        If an option is out of range or of another type, or a parameter is complex.

    Examples
    --------
    >>> x = tl.tensor([3.0, 4.0], requires_grad=True)
    >>> optimizer = tl.optim.LAMB([x], lr=0.1)
    >>> (100 * x).sum().backward()
    >>> optimizer.step()
    >>> round(tl.linalg.vector_norm(x.detach() - tl.tensor([3.0, 4.0])).item(), 6)
    0.5
    """

    nonnegative = frozenset({"exp_avg_sq"})

    lr: NonNegative = 1e-3
    betas: Betas = (0.9, 0.999)
    eps: NonNegative = 1e-6
    weight_decay: NonNegative = 0.0
    adapt: bool = True
    _: KW_ONLY
    maximize: bool = False

    def _check(self, group: Group) -> None:
        super()._check(group)
        check_real(self, group)

    def _apply(self, group: Group, bundles: list[Bundle]) -> None:
        for bundle in bundles:
            backend = bundle.backend
            grad, direction = bundle.gradient(), backend.xp.empty_like(bundle.flat)
            operands = (bundle.flat, grad, *bundle.arrays, direction)
            backend.update(with_shared_options(lamb_direction), [operands], self._options(bundle))
            trust = None
            if group["adapt"]:
                trust = trust_ratios(bundle, bundle.norms(bundle.flat), bundle.norms(direction))
            backend.update(lamb_step, [(bundle.flat, direction, trust)], (("lr", group["lr"]),))
            bundle.finish_step()

    @staticmethod
    def rule(
        xp: Any,
        x: Any,
        g: Any,
        exp_avg: Any,
        exp_avg_sq: Any,
        *,
        betas: tuple[float, float],
        eps: float,
        weight_decay: float,
        step: float,
    ) -> tuple[Any, ...]:
        exp_avg, exp_avg_sq = running_moments(g, exp_avg, exp_avg_sq, betas)
        mean, square = exp_avg / (1 - betas[0] ** step), exp_avg_sq / (1 - betas[1] ** step)
        direction = mean / (xp.sqrt(square) + eps)
        return direction + weight_decay * x if weight_decay else direction, exp_avg, exp_avg_sq


def lamb_direction(
    xp: Any, x: Any, g: Any, exp_avg: Any, exp_avg_sq: Any, direction: Any, **options: Any
) -> tuple[Any, ...]:
    """Compute Adam's direction, and leave the parameter unchanged."""
    direction, exp_avg, exp_avg_sq = LAMB.rule(xp, x, g, exp_avg, exp_avg_sq, **options)
    return x, exp_avg, exp_avg_sq, direction


def lamb_step(xp: Any, x: Any, direction: Any, trust: Any, *, lr: float) -> tuple[Any, ...]:
    """Take a step along the direction."""
    return x - (lr * direction if trust is None else lr * trust * direction), trust
