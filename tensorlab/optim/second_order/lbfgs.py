"""Limited-memory BFGS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from ...autodiff.graph import enable_grad
from ...options import NonNegative, Size, checked, declared
from ...tensor import Tensor
from ..optimizer import Group, T
from ..results import number
from .line_search import Trial, strong_wolfe
from .vector import VectorOptimizer, dot, magnitude


@declared
class LBFGS(VectorOptimizer):
    """Quasi-Newton steps from the last changes of parameters and gradient (Liu and Nocedal, 1989).

    A step is a whole minimisation of up to `max_iter` iterations, so its closure must always compute the same function.

    Parameters
    ----------
    lr : float
        Length of steps; with a line search, of the first one it tries. The very first step is divided by the sum of the
        gradient's magnitudes, if that is above one.
    max_iter : int
        Largest number of iterations in a call of `step`.
    max_eval : int, optional
        Number of calls of the closure after which no further iteration begins; by default five fourths of `max_iter`.
    tolerance_grad : float
        Stop if no element of the gradient is larger.
    tolerance_change : float
        Stop if no parameter or the loss changes by more, or the loss's slope along the direction is less.
    history_size : int
        Number of changes that are remembered.
    line_search_fn : {None, "strong_wolfe"}
        How step lengths are chosen.

    Examples
    --------
    >>> x = tl.tensor([-1.2, 1.0], requires_grad=True)
    >>> optimizer = tl.optim.LBFGS([x], max_iter=60, line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> _ = optimizer.step(closure)
    >>> [round(value, 3) for value in x.tolist()]
    [1.0, 1.0]
    """

    needs_closure = True
    state_names = frozenset(
        "func_evals n_iter d t old_dirs old_stps ro H_diag prev_flat_grad prev_loss al".split()  # noqa: SIM905
    )

    lr: NonNegative = 1.0
    max_iter: Size = 20
    max_eval: Size | None = None
    tolerance_grad: NonNegative = 1e-7
    tolerance_change: NonNegative = 1e-9
    history_size: Size = 100
    line_search_fn: Literal["strong_wolfe"] | None = None

    def _check(self, group: Group) -> None:
        super()._check(group)
        if group["max_eval"] is None:
            group["max_eval"] = group["max_iter"] * 5 // 4

    @checked
    def step(self, closure: Callable[[], T] | None = None) -> T:
        """Minimise: take iterations until one of the limits is reached.

        Parameters
        ----------
        closure : callable
            Recomputes the loss and its gradients.

        Returns
        -------
        object
            The first result of `closure`.

        Raises
        ------
        TypeError
            Without a closure.
        """
        if closure is None:
            raise TypeError("LBFGS.step: closure must be given, as the loss is computed several times")
        self._call_hooks("before")
        with enable_grad():
            first = closure()
        if self._may_step():
            self._minimize(closure, number("LBFGS.step: closure must return", first))
        self._call_hooks("after")
        return first

    def _state_shapes(self, group: Group, parameter: Tensor) -> dict[str, tuple[int, ...]]:
        return dict.fromkeys(("d", "prev_flat_grad", "old_dirs", "old_stps"), (self._vector.size,))

    def _needed(self, group: Group, parameter: Tensor, entry: Mapping[str, Any]) -> frozenset[str]:
        return self.state_names - {"al"} if entry.get("n_iter") else frozenset()

    # -- iterations ------------------------------------------------------------------------------------------

    def _minimize(self, closure: Callable[[], Any], loss: float) -> None:
        group, state = self.param_groups[0], self._counted("func_evals", "n_iter")
        state["func_evals"] += 1
        evaluations, here = 1, Trial(0.0, loss, self._vector.gradient(), 0.0)
        if magnitude(here.grad) <= group["tolerance_grad"]:
            return
        for iteration in range(1, group["max_iter"] + 1):
            direction = self._direction(here, state, group["history_size"])
            step = float(group["lr"])
            if not state["n_iter"]:
                step *= min(1.0, 1.0 / float(abs(here.grad).sum()))
            before = Trial(0.0, here.loss, here.grad, dot(here.grad, direction))
            last = iteration == group["max_iter"]
            flat = not before.slope <= -group["tolerance_change"]
            here, count = before, 0
            if not flat:
                here, count = self._advance(closure, before, direction, step, group["max_eval"] - evaluations, last)
            # All at once, so that a closure that raises leaves the state of the last whole iteration.
            state.update(d=direction, t=step if flat else here.step, prev_flat_grad=before.grad, prev_loss=before.loss)
            state["n_iter"] += 1
            evaluations += count
            state["func_evals"] += count
            if flat or last or evaluations >= group["max_eval"] or self._done(here, state, group):
                return

    def _done(self, here: Trial, state: dict[str, Any], group: Group) -> bool:
        """Whether the gradient vanishes, or parameters or loss no longer change."""
        return (
            magnitude(here.grad) <= group["tolerance_grad"]
            or magnitude(state["d"]) * abs(state["t"]) <= group["tolerance_change"]
            or abs(here.loss - state["prev_loss"]) < group["tolerance_change"]
        )

    def _advance(
        self, closure: Callable[[], Any], here: Trial, direction: Tensor, step: float, most: int, last: bool
    ) -> tuple[Trial, int]:
        """Move along a direction, by line search or the given step; return the point and the number of evaluations."""
        group = self.param_groups[0]
        with self._from_here() as origin:

            def evaluate(step: float) -> Trial:
                self._go(origin, step, direction)
                with enable_grad():
                    loss = float(closure())
                grad = self._vector.gradient()
                if not self._accepts(grad):
                    self._go(origin, 0.0, direction)
                    return Trial(0.0, here.loss, here.grad, here.slope)
                return Trial(step, loss, grad, dot(grad, direction))

            if group["line_search_fn"] is None:
                if not last:
                    return evaluate(step), 1
                self._go(origin, step, direction)  # no later iteration needs the gradient there
                return Trial(step, here.loss, here.grad, here.slope), 0
            bracket = group["tolerance_change"] / magnitude(direction)
            trial, count = strong_wolfe(evaluate, here, step, most_trials=most, least_bracket=bracket)
            self._go(origin, trial.step, direction)
            return trial, count

    def _direction(self, here: Trial, state: dict[str, Any], history_size: int) -> Tensor:
        """Return minus the gradient times the inverse Hessian that the remembered changes make, by two loops."""
        if not state["n_iter"]:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
            return -here.grad
        self._remember(here.grad - state["prev_flat_grad"], state["t"] * state["d"], state, history_size)
        changes = list(zip(state["old_dirs"], state["old_stps"], state["ro"], strict=True))
        direction, weights = -here.grad, []
        for change, step, inverse in reversed(changes):
            weights.append(dot(step, direction) * inverse)
            direction = direction - weights[-1] * change
        direction = state["H_diag"] * direction
        for (change, step, inverse), weight in zip(changes, reversed(weights), strict=True):
            direction = direction + (weight - dot(change, direction) * inverse) * step
        return direction

    @staticmethod
    def _remember(change: Tensor, step: Tensor, state: dict[str, Any], history_size: int) -> None:
        """Remember a change of the gradient and the step that made it, if the curvature along it is positive."""
        curvature = dot(change, step)
        if not curvature > 1e-10:
            return
        if len(state["old_dirs"]) == history_size:
            for name in ("old_dirs", "old_stps", "ro"):
                del state[name][0]
        state["old_dirs"].append(change)
        state["old_stps"].append(step)
        state["ro"].append(1 / curvature)
        state["H_diag"] = curvature / dot(change, change)
