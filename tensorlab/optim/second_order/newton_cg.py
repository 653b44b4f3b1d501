"""Newton's method with conjugate gradients, which need products with the Hessian only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from ...autodiff.graph import enable_grad
from ...options import NonNegative, Size, checked, declared
from ...tensor import Tensor
from ..optimizer import Group
from .conjugate_gradient import conjugate_gradient
from .line_search import Trial, strong_wolfe
from .linearized import differentiated, gradient_of
from .vector import VectorOptimizer, dot, magnitude


@declared
class NewtonCG(VectorOptimizer):
    """Newton steps by conjugate gradients, with Hessian-vector products and a line search (Nocedal and Wright, 7.1).

    A step is one iteration: it costs a few products, each about as much as two gradients, and no matrix is built. Along
    directions of negative curvature it descends as far as the line search allows.

    Parameters
    ----------
    lr : float
        The first step that the line search tries; without a line search, the step.
    damping : float
        Added to the diagonal of the Hessian.
    max_cg_iter : int, optional
        Largest number of products in a step; by default the number of parameters.
    cg_tolerance : float, optional
        Residual at which to stop, relative to the gradient's norm. By default one half, and less as the gradient
        becomes smaller, for cheap first and quickly converging last steps.
    line_search_fn : {"strong_wolfe", None}
        How step lengths are chosen.
    max_eval : int
        Largest number of times that a line search computes the loss.

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

    lr: NonNegative = 1.0
    damping: NonNegative = 0.0
    max_cg_iter: Size | None = None
    cg_tolerance: NonNegative | None = None
    line_search_fn: Literal["strong_wolfe"] | None = "strong_wolfe"
    max_eval: Size = 25

    @checked
    def step(self, closure: Callable[[], Any] | None = None) -> Tensor:  # type: ignore[override]
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
            raise TypeError("NewtonCG.step: closure must be given, as the loss is computed several times")
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
        raise TypeError(f"step: closure must return the loss, a tensor that depends on the parameters, not {loss!r}")
    return loss
