"""The natural gradient: the gradient in the geometry of the distributions that a model describes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ...autodiff.graph import enable_grad
from ...tensor import Tensor
from ..checks import at_least_one, positive
from ..groups import check_non_negative
from ..optimizer import Group
from .conjugate_gradient import conjugate_gradient
from .linearized import GaussNewton
from .vector import VectorOptimizer, dot


class NaturalGradient(VectorOptimizer):
    """Steps by the inverse of the Fisher information matrix times the gradient (Amari, 1998).

    The equations are solved by conjugate gradients with Fisher-vector products, so the matrix is exact and never built;
    for large models `KFAC` approximates it. The loss must be the mean negative logarithm of a likelihood by its natural
    parameters, such as cross entropy by logits or half a squared error; for other convex losses of the outputs, the
    matrix is the generalised Gauss-Newton matrix.

    Parameters
    ----------
    params : iterable of Tensor
        What to learn: one group, of one data type, on one device.
    lr : float
        The length of steps: at 1 a step reaches the minimum of the quadratic model.
    damping : float
        What is added to the matrix's diagonal.
    max_cg_iter : int, optional
        How many products a step may take; as many as there are parameters unless given.
    cg_tolerance : float
        The residual at which to stop, as part of the gradient's norm.
    max_kl : float, optional
        How far a step may go, as the Kullback-Leibler divergence from the model before it (Schulman et al., 2015).

    Raises
    ------
    ValueError
        If an option is out of range, or there are several groups.
    TypeError
        If a parameter is complex.

    Examples
    --------
    >>> x, y = tl.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), tl.tensor([1.0, 3.0, 5.0])
    >>> w = tl.zeros(2, requires_grad=True)
    >>> optimizer = tl.optim.NaturalGradient([w], damping=0.0)
    >>> loss = optimizer.step(lambda: x @ w, lambda out: 0.5 * ((out - y) ** 2).mean())
    >>> [round(value, 4) for value in w.tolist()]
    [1.0, 2.0]
    """

    state_names = frozenset({"n_iter", "fisher_products"})

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        damping: float = 1e-3,
        max_cg_iter: int | None = None,
        cg_tolerance: float = 1e-6,
        max_kl: float | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "damping": damping,
            "max_cg_iter": max_cg_iter,
            "cg_tolerance": cg_tolerance,
            "max_kl": max_kl,
        }
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        super()._check(group)
        check_non_negative(group, "lr", "damping", "cg_tolerance")
        if group["max_cg_iter"] is not None:
            at_least_one(max_cg_iter=group["max_cg_iter"])
        if group["max_kl"] is not None:
            positive(max_kl=group["max_kl"])

    def step(  # type: ignore[override]
        self, forward: Callable[[], Tensor], loss: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """Take one step.

        Parameters
        ----------
        forward : callable
            Returns the model's outputs for a batch.
        loss : callable
            From outputs to the loss.

        Returns
        -------
        Tensor
            The loss before the step.
        """
        self._call_hooks("before")
        fisher = self.fisher(forward, loss)
        grad = fisher.gradient()
        if self._accepts(grad):
            self._advance(fisher, grad)
        self._call_hooks("after")
        return fisher.loss

    def _advance(self, fisher: GaussNewton, grad: Tensor) -> None:
        group, state = self.param_groups[0], self._counted(*sorted(self.state_names))
        solution = conjugate_gradient(
            lambda vector: fisher.product(vector) + group["damping"] * vector,
            grad,
            tolerance=group["cg_tolerance"],
            max_iterations=group["max_cg_iter"] or self._vector.size,
        )
        state["n_iter"] += 1
        state["fisher_products"] += solution.iterations
        length = float(group["lr"])
        if group["max_kl"] is not None:
            # The divergence of a step is half its square in the matrix's geometry.
            divergence = 0.5 * length**2 * dot(solution.x, fisher.product(solution.x))
            length *= min(1.0, (group["max_kl"] / divergence) ** 0.5) if divergence > 0 else 1.0
        self._go(self._vector.read(), -length, solution.x)

    def fisher(self, forward: Callable[[], Tensor], loss: Callable[[Tensor], Tensor]) -> GaussNewton:
        """Return the Fisher matrix where the parameters are: its products, and itself for small models.

        Parameters
        ----------
        forward, loss : callable
            As for `step`.

        Returns
        -------
        GaussNewton
            With ``product(vector)``, ``dense()`` and ``gradient()``.

        Examples
        --------
        >>> w = tl.zeros(2, requires_grad=True)
        >>> optimizer = tl.optim.NaturalGradient([w])
        >>> x = tl.tensor([[1.0, 0.0], [0.0, 2.0]])
        >>> optimizer.fisher(lambda: x @ w, lambda out: 0.5 * (out**2).mean()).dense()
        tensor([[0.5, 0. ],
                [0. , 2. ]])
        """
        with enable_grad():
            outputs = forward()
        return GaussNewton(outputs, loss, self._vector)
