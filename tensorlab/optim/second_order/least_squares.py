"""Sums of squares: the methods of Gauss and Newton, and of Levenberg and Marquardt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any

from ...autodiff.graph import enable_grad, no_grad
from ...ops.arithmetic import maximum
from ...ops.creation import zeros
from ...ops.datatypes import finfo
from ...ops.exponential import sqrt
from ...ops.joining import concat
from ...ops.linalg.least_squares import lstsq
from ...ops.matrices import diag
from ...tensor import Tensor
from ..groups import check_non_negative
from ..optimizer import Group
from .linearized import Linearized
from .vector import VectorOptimizer, magnitude


class LeastSquares(VectorOptimizer):
    """The base class of methods that minimise half the sum of squared residuals, for models of moderate size.

    The Jacobian is built: it has as many rows as there are residuals, and a column for each parameter.
    """

    def step(self, residuals: Callable[[], Tensor] | None = None) -> Any:
        """Take one step.

        Parameters
        ----------
        residuals : callable
            Returns the residuals, a tensor of any shape.

        Returns
        -------
        Tensor
            Half the sum of their squares, before the step.

        Raises
        ------
        TypeError
            Without residuals.
        """
        if residuals is None:
            raise TypeError(f"{type(self).__name__} computes residuals: step(residuals)")
        self._call_hooks("before")
        with enable_grad():
            values = residuals()
        loss = half_square(values.detach())
        with no_grad():
            self._move(Linearized(values, self._vector).jacobian(), values.detach().reshape(-1), residuals)
        self._call_hooks("after")
        return loss

    def _move(self, jacobian: Tensor, values: Tensor, residuals: Callable[[], Tensor]) -> None:
        """Change the parameters, given the residuals and their Jacobian."""
        raise NotImplementedError(f"{type(self).__name__} does not define _move(...)")


def half_square(values: Tensor) -> Tensor:
    """Return half the sum of squares."""
    return 0.5 * (values * values).sum()


class GaussNewtonDescent(LeastSquares):
    """Steps to the minimum of the linearised problem (Gauss, 1809).

    Where the residuals do not determine all parameters, the shortest step is taken.

    Parameters
    ----------
    params : iterable of Tensor
        What to learn: one group, of one data type, on one device.
    lr : float
        Which part of the way is gone.

    Raises
    ------
    ValueError
        If `lr` is negative, or there are several groups.
    TypeError
        If a parameter is complex.

    Examples
    --------
    >>> x, y = tl.tensor([0.0, 1.0, 2.0]), tl.tensor([1.0, 3.0, 5.0])
    >>> a, b = tl.zeros(1, requires_grad=True), tl.zeros(1, requires_grad=True)
    >>> tl.optim.GaussNewtonDescent([a, b]).step(lambda: a + b * x - y)
    tensor(17.5)
    >>> round(a.item(), 4), round(b.item(), 4)
    (1.0, 2.0)
    """

    def __init__(self, params: Iterable[Any], lr: float = 1.0) -> None:
        super().__init__(params, {"lr": lr})

    def _check(self, group: Group) -> None:
        super()._check(group)
        check_non_negative(group, "lr")

    def _move(self, jacobian: Tensor, values: Tensor, residuals: Callable[[], Tensor]) -> None:
        step = lstsq(jacobian, -values)[0]
        self._vector.write(self._vector.read() + float(self.param_groups[0]["lr"]) * step)


class LevenbergMarquardt(LeastSquares):
    """Gauss-Newton steps that are damped as much as it takes to descend (Levenberg, 1944; Marquardt, 1963).

    A step tries dampings until the sum of squares falls, and never raises it. The damping follows how well the
    linearised problem foretells the fall (Nielsen, 1999).

    Parameters
    ----------
    params : iterable of Tensor
        What to learn: one group, of one data type, on one device.
    damping : float
        The first damping, as part of the largest diagonal element of ``J^T J``.
    scaled : bool
        Whether each parameter is damped in proportion to its own diagonal element (the largest so far: Moré, 1978),
        so that their units do not matter.
    max_trials : int
        How many dampings a step may try.

    Raises
    ------
    ValueError
        If an option is out of range, or there are several groups.
    TypeError
        If a parameter is complex.

    Examples
    --------
    >>> t = tl.linspace(0, 2, 20, dtype="float64")
    >>> y = 3 * tl.exp(-1.5 * t)
    >>> w = tl.tensor([1.0, 0.0], dtype="float64", requires_grad=True)
    >>> optimizer = tl.optim.LevenbergMarquardt([w])
    >>> for _ in range(15):
    ...     loss = optimizer.step(lambda: w[0] * tl.exp(w[1] * t) - y)
    >>> [round(value, 6) for value in w.tolist()]
    [3.0, -1.5]
    """

    state_names = frozenset({"n_iter", "damping", "growth", "scale"})

    def __init__(self, params: Iterable[Any], damping: float = 1e-3, scaled: bool = True, max_trials: int = 20) -> None:
        super().__init__(params, {"damping": damping, "scaled": scaled, "max_trials": max_trials})

    def _check(self, group: Group) -> None:
        super()._check(group)
        if not group["damping"] > 0:
            raise ValueError(f"damping must be positive: {group['damping']}")
        if not group["max_trials"] >= 1:
            raise ValueError(f"max_trials must be at least 1: {group['max_trials']}")

    def _move(self, jacobian: Tensor, values: Tensor, residuals: Callable[[], Tensor]) -> None:
        group, state = self.param_groups[0], self._counted("n_iter")
        squares = (jacobian * jacobian).sum(axis=0)
        if "damping" not in state:
            largest = 1.0 if group["scaled"] else float(squares.max())
            state.update(damping=group["damping"] * largest, growth=2.0, scale=squares)
        state["n_iter"] += 1
        state["scale"] = maximum(state["scale"], squares)
        origin, before, damping = self._vector.read(), float(half_square(values)), state["damping"]
        least = finfo(values.dtype).eps * magnitude(origin)
        for _ in range(group["max_trials"]):
            weights = state["damping"] * (maximum(state["scale"], 1e-30) if group["scaled"] else 0 * squares + 1)
            step = damped_step(jacobian, values, weights)
            if magnitude(step) <= least:  # as good as it gets: more damping would tell nothing
                state["damping"] = damping
                return
            foretold = before - float(half_square(jacobian @ step + values))
            self._vector.write(origin + step)
            with enable_grad():
                fall = before - float(half_square(residuals().detach()))
            if isfinite(fall) and fall > 0:
                self._relax(state, fall / foretold if foretold > 0 else 1.0)
                return
            self._vector.write(origin)
            state["damping"] *= state["growth"]
            state["growth"] *= 2

    @staticmethod
    def _relax(state: dict[str, Any], ratio: float) -> None:
        """Lower the damping, the more the fall was as foretold."""
        state["damping"] *= max(1 / 3, 1 - (2 * ratio - 1) ** 3)
        state["growth"] = 2.0


def damped_step(jacobian: Tensor, values: Tensor, weights: Tensor) -> Tensor:
    """Return the step that minimises ``|J s + r|^2 + sum(w s^2)``, without squaring the matrix's condition number."""
    rows = concat([jacobian, diag(sqrt(weights))], axis=0)
    right = concat([-values, zeros(weights.shape, dtype=values.dtype, device=values.device)])
    return lstsq(rows, right)[0]
