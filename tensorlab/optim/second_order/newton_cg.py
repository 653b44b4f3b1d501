"""Newton's method whose equations are solved by products with the Hessian."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ...autodiff.graph import enable_grad
from ...tensor import Tensor
from ..checks import at_least_one, one_of
from ..groups import check_non_negative
from ..optimizer import Group
from .conjugate_gradient import conjugate_gradient
from .line_search import Trial, strong_wolfe
from .linearized import differentiated, gradient_of
from .vector import VectorOptimizer, dot, magnitude


class NewtonCG(VectorOptimizer):
    """Newton steps by conjugate gradients, with Hessian-vector products and a line search (Nocedal and Wright, 7.1).

    A step is one iteration: it costs a few products, each about as much as two gradients, and no matrix is built. Along
    negative curvature it goes downhill as far as the line search says.

    Parameters
    ----------
    params : iterable of Tensor
        What to learn: one group, of one data type, on one device.
    lr : float
        The step that the line search tries first; without one, the step.
    damping : float
        What is added to the Hessian's diagonal.
    max_cg_iter : int, optional
        How many products a step may take; as many as there are parameters unless given.
    cg_tolerance : float, optional
        The residual at which to stop, as part of the gradient's norm: unless given, one half, and less as the gradient
        becomes smaller, so that the end is quick and the beginning cheap.
    line_search_fn : {"strong_wolfe", None}
        How steps are chosen.
    max_eval : int
        How often a line search may compute the loss.

    Raises
    ------
    ValueError
        If an option is out of range, or there are several groups.
    TypeError
        If a parameter is complex.

    Examples
    --------
    >>> x = tl.tensor([-1.2, 1.0], requires_grad=True)
    >>> optimizer = tl.optim.NewtonCG([x], cg_tolerance=1e-3)
    >>> def closure():
    ...     return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    >>> for _ in range(25):
    ...     loss = optimizer.step(closure)
    >>> [round(value, 3) for value in x.tolist()]
    [1.0, 1.0]
    """

    needs_closure = True
    needs_graph = True
    state_names = frozenset({"n_iter", "func_evals", "hess_products"})

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        damping: float = 0.0,
        max_cg_iter: int | None = None,
        cg_tolerance: float | None = None,
        line_search_fn: str | None = "strong_wolfe",
        max_eval: int = 25,
    ) -> None:
        defaults = {
            "lr": lr,
            "damping": damping,
            "max_cg_iter": max_cg_iter,
            "cg_tolerance": cg_tolerance,
            "line_search_fn": line_search_fn,
            "max_eval": max_eval,
        }
        super().__init__(params, defaults)

    def _check(self, group: Group) -> None:
        super()._check(group)
        check_non_negative(group, "lr", "damping")
        if group["cg_tolerance"] is not None:
            check_non_negative(group, "cg_tolerance")
        if group["max_cg_iter"] is not None:
            at_least_one(max_cg_iter=group["max_cg_iter"])
        at_least_one(max_eval=group["max_eval"])
        one_of((None, "strong_wolfe"), line_search_fn=group["line_search_fn"])

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one Newton step.

        Parameters
        ----------
        closure : callable
            Returns the loss. It need not call ``backward()``; if it does, then with ``retain_graph=True``.

        Returns
        -------
        Tensor
            The loss before the step.

        Raises
        ------
        TypeError
            Without a closure.
        RuntimeError
            If the closure has freed the graph of the loss.
        """
        if closure is None:
            raise TypeError("NewtonCG computes the loss several times: step(closure)")
        self._call_hooks("before")
        loss = loss_of(closure)
        group, state = self.param_groups[0], self._counted(*sorted(self.state_names))
        grad = gradient_of(loss, self._vector, record=True)
        if self._accepts(grad.detach()):
            direction = self._direction(grad, group, state)
            state["n_iter"] += 1
            if magnitude(direction) > 0:
                start = Trial(0.0, float(loss.detach()), grad.detach(), dot(grad.detach(), direction))
                self._advance(closure, start, direction, group, state)
        self._call_hooks("after")
        return loss.detach()

    def _direction(self, grad: Tensor, group: Group, state: dict[str, Any]) -> Tensor:
        """Return the Newton direction."""
        parameters, slope, tolerance = self._vector.parameters, grad.detach(), group["cg_tolerance"]

        def product(vector: Tensor) -> Tensor:
            if not grad.requires_grad:  # a linear loss
                return group["damping"] * vector
            curved = self._vector.joined(differentiated([grad], parameters, [vector]))
            return curved + group["damping"] * vector

        found = conjugate_gradient(
            product,
            -slope,
            tolerance=min(0.5, dot(slope, slope) ** 0.25) if tolerance is None else tolerance,
            max_iterations=group["max_cg_iter"] or slope.nelement(),
        )
        state["hess_products"] += found.iterations
        return found.x

    def _advance(
        self, closure: Callable[[], Any], start: Trial, direction: Tensor, group: Group, state: dict[str, Any]
    ) -> None:
        lr = float(group["lr"])
        with self._from_here() as origin:
            if group["line_search_fn"] is None:
                self._go(origin, lr, direction)
                state["func_evals"] += 1
                return

            def evaluate(step: float) -> Trial:
                self._go(origin, step, direction)
                loss = loss_of(closure)
                grad = gradient_of(loss, self._vector)
                return Trial(step, float(loss.detach()), grad, dot(grad, direction))

            trial, count = strong_wolfe(evaluate, start, lr, most_trials=group["max_eval"] - 1, least_bracket=1e-12)
            state["func_evals"] += 1 + count
            self._go(origin, trial.step, direction)


def loss_of(closure: Callable[[], Any]) -> Tensor:
    """Call a closure, which must return a loss with its graph."""
    with enable_grad():
        loss = closure()
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        raise TypeError(f"the closure must return the loss, a tensor that depends on the parameters, not {loss!r}")
    return loss
