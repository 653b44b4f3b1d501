"""Sums of squares: the methods of Gauss and Newton, and of Levenberg and Marquardt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from ...autodiff.graph import enable_grad, no_grad
from ...ops.arithmetic import maximum
from ...ops.comparison import where
from ...ops.creation import ones_like, zeros
from ...ops.datatypes import finfo
from ...ops.exponential import sqrt
from ...ops.joining import concat
from ...ops.linalg.least_squares import lstsq
from ...ops.matrices import diag
from ...options import NonNegative, Positive, Size, checked, declared
from ...tensor import Tensor
from ..optimizer import Group
from .linearized import Linearized
from .vector import VectorOptimizer, all_finite, magnitude


class LeastSquares(VectorOptimizer):
    """The base class of methods that minimise half the sum of squared residuals, for models of moderate size.

    The Jacobian is built: it has as many rows as there are residuals, and a column for each parameter.
    """

    @checked
    def step(self, residuals: Callable[[], Tensor] | None = None) -> Tensor:  # type: ignore[override]
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
            raise TypeError(f"{type(self).__name__}.step: residuals must be given")
        self._call_hooks("before")
        with enable_grad():
            values = residuals()
        if not isinstance(values, Tensor) or not values.nelement():
            raise TypeError(f"{type(self).__name__}.step: residuals must return a tensor with elements, not {values!r}")
        with no_grad():
            jacobian, flat = Linearized(values, self._vector).jacobian(), values.detach().reshape(-1)
            if self._accepts(jacobian.mT @ flat) and all_finite(jacobian) and all_finite(flat):
                self._move(jacobian, flat, residuals)
        self._call_hooks("after")
        return half_square(values.detach())

    def _move(self, jacobian: Tensor, values: Tensor, residuals: Callable[[], Tensor]) -> None:
        """Change the parameters, given the residuals and their Jacobian."""
        raise NotImplementedError(f"{type(self).__name__} does not define _move(...)")


def half_square(values: Tensor) -> Tensor:
    """Return half the sum of squares."""
    return 0.5 * (values * values).sum()


@declared
class GaussNewtonDescent(LeastSquares):
    """Steps to the minimum of the linearised problem (Gauss, 1809).

    Where the residuals do not determine all parameters, the shortest step is taken.

    Parameters
    ----------
    lr : float
        Fraction of the step that is taken.

    Examples
    --------
    >>> x, y = tl.tensor([0.0, 1.0, 2.0]), tl.tensor([1.0, 3.0, 5.0])
    >>> a, b = tl.zeros(1, requires_grad=True), tl.zeros(1, requires_grad=True)
    >>> tl.optim.GaussNewtonDescent([a, b]).step(lambda: a + b * x - y)
    tensor(17.5)
    >>> round(a.item(), 4), round(b.item(), 4)
    (1.0, 2.0)
    """

    lr: NonNegative = 1.0

    def _move(self, jacobian: Tensor, values: Tensor, residuals: Callable[[], Tensor]) -> None:
        step = lstsq(jacobian, -values)[0]
        self._vector.write(self._vector.read() + float(self.param_groups[0]["lr"]) * step)


@declared
class LevenbergMarquardt(LeastSquares):
    """Gauss-Newton steps with as much damping as a descent needs (Levenberg, 1944; Marquardt, 1963).

    A step tries dampings until the sum of squares falls; if none helps, nothing changes. The damping is adapted to how
    well the linearised problem predicts the decrease (Nielsen, 1999).

    Parameters
    ----------
    damping : float
        Initial damping, relative to each diagonal element of ``J^T J``; to the largest one if not `scaled`.
    scaled : bool
        Whether each parameter is damped in proportion to its own diagonal element (the largest so far: Moré, 1978),
        so that their units do not matter.
    max_trials : int
        Largest number of dampings that a step tries.

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

    state_names = frozenset({"n_iter", "damping", "scale"})
    scalar_names = frozenset({"n_iter", "damping"})
    nonnegative = frozenset({"scale"})

    damping: Positive = 1e-3
    scaled: bool = True
    max_trials: Size = 20

    def _state_shapes(self, group: Group, parameter: Tensor) -> dict[str, tuple[int, ...]]:
        return {"scale": (self._vector.size,)}

    def _needed(self, group: Group, parameter: Tensor, entry: Mapping[str, Any]) -> frozenset[str]:
        return frozenset({"damping", "scale"} if entry.get("n_iter") else ())

    def _move(self, jacobian: Tensor, values: Tensor, residuals: Callable[[], Tensor]) -> None:
        group, state = self.param_groups[0], self._counted("n_iter")
        squares = (jacobian * jacobian).sum(axis=0)
        if "damping" not in state:
            largest = 1.0 if group["scaled"] else float(squares.max())
            state.update(damping=group["damping"] * largest, scale=squares)
        state["n_iter"] += 1
        state["scale"] = maximum(state["scale"], squares)
        units = state["scale"] if group["scaled"] else ones_like(squares)
        before, damping, growth = float(half_square(values)), state["damping"], 2.0
        with self._from_here() as origin:
            least = finfo(values.dtype).eps * (magnitude(origin) or 1.0)
            for _ in range(group["max_trials"]):
                step = damped_step(jacobian, values, damping * units)
                if not magnitude(step) > least:  # converged: more damping would not help
                    break
                predicted = before - float(half_square(jacobian @ step + values))
                self._vector.write(origin + step)
                with enable_grad():
                    fall = before - float(half_square(residuals().detach()))
                if isfinite(fall) and fall > 0:
                    state["damping"] = self._relaxed(damping, fall / predicted if predicted > 0 else 1.0)
                    return
                self._vector.write(origin)
                damping, growth = damping * growth, 2 * growth

    @staticmethod
    def _relaxed(damping: float, ratio: float) -> float:
        """Return a lower damping, the more so the better the decrease was predicted, within bounds."""
        return min(max(damping * max(1 / 3, 1 - (2 * ratio - 1) ** 3), 1e-30), 1e30)


def damped_step(jacobian: Tensor, values: Tensor, weights: Tensor) -> Tensor:
    """Return the step that minimises ``|J s + r|^2 + sum(w s^2)``, without squaring the matrix's condition number.

    The columns are scaled to unit length first, as small ones would count as zero compared with large ones.
    """
    lengths = sqrt((jacobian * jacobian).sum(axis=0) + weights)
    units = 1 / where(lengths > 0, lengths, 1.0)
    rows = concat([jacobian * units, diag(sqrt(weights) * units)], axis=0)
    right = concat([-values, zeros(weights.shape, dtype=values.dtype, device=values.device)])
    return units * lstsq(rows, right)[0]
