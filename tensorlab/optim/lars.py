"""Steps of a size that goes with each layer's own weights, for large batches: LARS and LAMB."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..ops.datatypes import finfo
from .adam import running_moments
from .bundle import Bundle
from .elementwise import Elementwise, with_shared_options
from .groups import check_betas, check_non_negative, check_real
from .optimizer import Group


def trust_ratios(bundle: Bundle, numerator: Any, denominator: Any, eps: float = 0.0) -> Any:
    """Return for each element its parameter's quotient of two norms; one where either of them is zero."""
    xp = bundle.backend.xp
    fine = xp.logical_and(numerator > 0, denominator > 0)
    ones = xp.ones_like(numerator)
    ratio = xp.where(fine, numerator / xp.where(fine, denominator + eps, ones), ones)
    return bundle.spread(xp.minimum(ratio, finfo(bundle.parameters[0].dtype).max))


class LARS(Elementwise):
    """SGD with momentum whose rate each parameter has for itself (You, Gitman and Ginsburg, 2017).

    The rate is multiplied by ``trust_coefficient * |x| / (|g| + weight_decay * |x|)``, norms over the whole parameter.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to learn, or groups of it; see `Optimizer`.
    lr : float
        The learning rate.
    momentum : float
        Which part of the last step is taken again.
    weight_decay : float
        The L2 penalty: this times the parameter is added to its gradient.
    trust_coefficient : float
        How large a step may be, as part of the parameter.
    eps : float
        Added to the denominator.
    adapt : bool
        Whether the rate is adapted at all; it commonly is not for biases and normalisation, in a group of their own.
    maximize : bool
        Whether to climb rather than descend.

    Raises
    ------
    ValueError
        If an option is negative.
    TypeError
        If a parameter is complex.

    Examples
    --------
    >>> x = tl.tensor([3.0, 4.0], requires_grad=True)
    >>> optimizer = tl.optim.LARS([x], lr=1.0, trust_coefficient=0.1)
    >>> (100 * x).sum().backward()
    >>> optimizer.step()
    >>> round(tl.linalg.vector_norm(x.detach() - tl.tensor([3.0, 4.0])).item(), 6)
    0.5
    """

    numbers = {}
    transient = frozenset({"trust"})

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        trust_coefficient: float = 1e-3,
        eps: float = 1e-8,
        adapt: bool = True,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "trust_coefficient": trust_coefficient,
            "eps": eps,
            "adapt": adapt,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr", "momentum", "weight_decay", "trust_coefficient", "eps")
        check_real(self, group)

    def _keeps(self, name: str, group: Group) -> bool:
        return bool(group["momentum"])

    def _arrays(self, group: Group, bundle: Bundle, grad: Any) -> tuple[Any, ...]:
        trust = None
        if group["adapt"]:
            weights, slopes = bundle.norms(bundle.flat), bundle.norms(grad)
            slopes = slopes + group["weight_decay"] * weights
            trust = trust_ratios(bundle, group["trust_coefficient"] * weights, slopes, group["eps"])
        return (*bundle.arrays, trust)

    @staticmethod
    def rule(
        xp: Any, x: Any, g: Any, momentum_buffer: Any, trust: Any, *, lr: float, momentum: float
    ) -> tuple[Any, ...]:
        step = lr * g if trust is None else lr * trust * g
        if momentum_buffer is not None:
            step = momentum_buffer = momentum * momentum_buffer + step
        return x - step, momentum_buffer, trust


class LAMB(Elementwise):
    """Adam whose steps are, for each parameter, as long as the parameter is (You et al., 2020).

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        What to learn, or groups of it; see `Optimizer`.
    lr : float
        How long a step is, as part of the parameter.
    betas : pair of float
        Which part of the running mean, and of the running square, is kept at each step.
    eps : float
        Added to the root.
    weight_decay : float
        This times the parameter is added to Adam's direction.
    adapt : bool
        Whether steps are scaled at all; they commonly are not for biases and normalisation, in a group of their own.
    maximize : bool
        Whether to climb rather than descend.

    Raises
    ------
    ValueError
        If an option is out of range.
    TypeError
        If a parameter is complex.

    Examples
    --------
    >>> x = tl.tensor([3.0, 4.0], requires_grad=True)
    >>> optimizer = tl.optim.LAMB([x], lr=0.1)
    >>> (100 * x).sum().backward()
    >>> optimizer.step()
    >>> round(tl.linalg.vector_norm(x.detach() - tl.tensor([3.0, 4.0])).item(), 6)
    0.5
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        adapt: bool = True,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "adapt": adapt,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr", "eps", "weight_decay")
        check_betas(group)
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
            backend.update(lamb_step, [(bundle.flat, direction, trust)], (("lr", float(group["lr"])),))
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
    """Leave the parameter, and write down where its step is to go."""
    direction, exp_avg, exp_avg_sq = LAMB.rule(xp, x, g, exp_avg, exp_avg_sq, **options)
    return x, exp_avg, exp_avg_sq, direction


def lamb_step(xp: Any, x: Any, direction: Any, trust: Any, *, lr: float) -> tuple[Any, ...]:
    """Take the step."""
    return x - (lr * direction if trust is None else lr * trust * direction), trust
