"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from .bundle import Bundle
from .optimizer import Group, Optimizer, check_non_negative


class Adam(Optimizer):
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

    Raises
    ------
    ValueError
        If an option is out of range.
    TypeError
        If a parameter is complex.

    Examples
    --------
    >>> x = tl.tensor([1.0], requires_grad=True)
    >>> optimizer = tl.optim.Adam([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> round(x.item(), 6)
    0.9
    """

    counts_steps = True
    decoupled: ClassVar[bool] = False

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
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        check_non_negative(group, "lr", "eps", "weight_decay")
        if not all(0 <= beta < 1 for beta in group["betas"]):
            raise ValueError(f"betas must be in [0, 1): {group['betas']}")
        if any(parameter.dtype.is_complex for parameter in group["params"]):
            raise TypeError(f"{type(self).__name__} learns real tensors, not complex ones")

    def _update(self, group: Group, bundle: Bundle, grad: Any) -> None:
        beta1, beta2 = group["betas"]
        bundle.backend.adam_update(
            bundle.flat,
            grad,
            bundle.zeros("exp_avg"),
            bundle.zeros("exp_avg_sq"),
            bundle.zeros("max_exp_avg_sq") if group["amsgrad"] else None,
            lr=group["lr"],
            beta1=beta1,
            beta2=beta2,
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            decoupled=self.decoupled,
            step=bundle.step + 1,
        )


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

    decoupled = True

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
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
