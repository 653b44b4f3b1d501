"""LARS: layer-wise adaptive rates for large batches."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any

from ..ops.datatypes import finfo
from ..options import NonNegative, declared
from .bundle import Bundle
from .declared import DeclaredOptimizer
from .elementwise import Elementwise
from .optimizer import Group
from .param_groups import check_real


def trust_ratios(bundle: Bundle, numerator: Any, denominator: Any, eps: float = 0.0) -> Any:
    """Return the ratio of two norms of each parameter, spread over its elements; 1 where one of them is zero."""
    xp = bundle.backend.xp
    defined = xp.logical_and(numerator > 0, denominator > 0)
    ones = xp.ones_like(numerator)
    ratio = xp.where(defined, numerator / xp.where(defined, denominator + eps, ones), ones)
    return bundle.spread(xp.minimum(ratio, finfo(bundle.parameters[0].dtype).max))


@declared
class LARS(DeclaredOptimizer, Elementwise):
    """SGD with momentum and a learning rate adapted to each parameter (You, Gitman and Ginsburg, 2017).

    The learning rate is multiplied by ``trust_coefficient * |x| / (|g| + weight_decay * |x|)``, with norms over the
    whole parameter.

    Parameters
    ----------
    trust_coefficient : float
        Size of a step relative to the parameter.
    adapt : bool
        Whether to adapt the learning rate; usually not for biases and normalization, in a group of their own.

    Raises
    ------
    ValueError, TypeError
        If an option is out of range or of another type, or a parameter is complex.

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
    kept_if = {"momentum_buffer": "momentum"}
    transient = frozenset({"trust"})

    lr: NonNegative = 1.0
    momentum: NonNegative = 0.9
    weight_decay: NonNegative = 0.0
    trust_coefficient: NonNegative = 1e-3
    eps: NonNegative = 1e-8
    adapt: bool = True
    _: KW_ONLY
    maximize: bool = False

    def _check(self, group: Group) -> None:
        super()._check(group)
        check_real(self, group)

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
