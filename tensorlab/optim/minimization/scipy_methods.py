"""SciPy's methods for `minimize`: float64 vectors in host memory on their side, tensors on ours."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import suppress
from math import isfinite
from typing import Any

from ...autodiff.graph import no_grad
from ...autodiff.transforms import hessian, hvp, vjp
from ...autodiff.tree import leaves
from ...ops.creation import ones_like, tensor
from ...tensor import Tensor
from .run import Outcome, Run

SCIPY_METHODS: Mapping[str, tuple[str, ...]] = {
    "Nelder-Mead": (),
    "Powell": (),
    "CG": ("jac",),
    "BFGS": ("jac",),
    "L-BFGS-B": ("jac",),
    "Newton-CG": ("jac", "hessp"),
    "TNC": ("jac",),
    "SLSQP": ("jac",),
    "COBYLA": (),
    "COBYQA": (),
    "trust-ncg": ("jac", "hessp"),
    "trust-krylov": ("jac", "hessp"),
    "trust-exact": ("jac", "hess"),
    "dogleg": ("jac", "hess"),
}
"""Which derivatives each method takes, as SciPy calls them."""

OURS = {"args", "bounds", "callback", "constraints", "hess", "hessp", "jac", "options", "tol"}
"""Arguments of SciPy's that are no options of a method."""

LIMITS = {"TNC": ("maxfun",), "L-BFGS-B": ("maxiter", "maxfun"), "COBYQA": ("maxiter", "maxfev")}
"""SciPy's own limits; of methods that are not named, maxiter."""


def by_scipy(
    run: Run, method: str, options: Mapping[str, Any], max_steps: int | None, tolerance: float | None
) -> Outcome:
    """Minimise a run's function by a method of SciPy."""
    taken = sorted(OURS & set(options))
    if taken:
        raise TypeError(
            f"minimize: {', '.join(taken)} cannot be given: derivatives are tensorlab's, and there are neither bounds "
            "nor constraints; scipy.optimize.minimize itself has them"
        )
    scipy_minimize = _scipy_minimize(method)
    border = Border(run, method, max_steps)
    if max_steps is not None:
        # The callback counts steps. SciPy's limits, some of which count evaluations, only must not come before.
        limit = 100 * (max_steps + len(border.x0))
        options = {**dict.fromkeys(LIMITS.get(method, ("maxiter",)), limit), **options}
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Unknown solver options")
        try:
            result = scipy_minimize(
                border.fun,
                border.x0,
                method=method,
                tol=tolerance,
                callback=border.callback,
                options=options,
                **{name: getattr(border, name) for name in SCIPY_METHODS[method]},
            )
        except Warning as error:
            if not str(error).startswith("Unknown solver options"):
                raise
            raise TypeError(f"minimize: SciPy's {method} has no such option: {str(error).split(': ')[-1]}") from None
        except StopIteration:  # not every method catches it
            if not border.stopped:
                raise
            result = {}
    return border.outcome(result)


def _scipy_minimize(method: str) -> Any:
    try:
        from scipy.optimize import minimize
    except ImportError as error:
        raise ImportError(
            f"the method {method} is SciPy's, which is not installed: pip install tensorlab[optim]"
        ) from error
    return minimize


class Border:
    """The functions that SciPy calls, of vectors."""

    def __init__(self, run: Run, method: str, max_steps: int | None) -> None:
        if any(leaf.dtype.is_complex for leaf in run.start):
            raise TypeError(f"minimize: SciPy's {method} is for real numbers; give x0 as real and imaginary parts")
        self.run, self.max_steps = run, max_steps
        self.differentiable = bool(SCIPY_METHODS[method])
        self.x0 = self.vector(run.start)
        self.stopped = ""
        self.losses: dict[bytes, float] = {}  # at the points since the last iterate
        self.slopes: dict[bytes, Any] = {}
        self.here = b""  # the point whose pullback is known
        self.last = self.x0

    # -- between vectors and tensors --------------------------------------------------------------------------

    def tensors(self, vector: Any) -> list[Tensor]:
        """Return a vector as tensors like those of the start."""
        found, begin = [], 0
        for leaf in self.run.start:
            part = vector[begin : begin + leaf.nelement()].reshape(leaf.shape)
            found.append(tensor(part, dtype=leaf.dtype, device=leaf.device))
            begin += leaf.nelement()
        return found

    def tree(self, vector: Any) -> Any:
        """Return a vector as what the function takes."""
        return self.run.tree(self.tensors(vector))

    @staticmethod
    def vector(tensors: list[Tensor]) -> Any:
        """Return the elements of tensors as one vector."""
        parts = [x.detach().astype("float64").numpy().reshape(-1) for x in tensors]
        return parts[0].__array_namespace__().concat(parts)

    # -- what SciPy calls -------------------------------------------------------------------------------------

    def fun(self, x: Any) -> float:
        """Return the function at a point; its graph is kept for the gradient, which most methods ask for next."""
        key = x.tobytes()
        if self.here == key:
            return self.losses[key]
        if self.differentiable:
            value, self.pullback = vjp(self.run.value, self.tree(x))
            self.seed, self.here = ones_like(value), key
        else:
            with no_grad():
                value = self.run.value(self.tree(x))
        self.losses[key] = float(value)
        return self.losses[key]

    def jac(self, x: Any) -> Any:
        """Return the gradient at a point."""
        key = x.tobytes()
        if key not in self.slopes:
            self.fun(x)
            self.run.gradients += 1
            self.slopes[key] = self.vector(list(leaves(self.pullback(self.seed))))
        return self.slopes[key].copy()

    def hess(self, x: Any) -> Any:
        """Return the matrix of second derivatives at a point."""
        self.run.hessians += 1
        second: Any = hessian(self.run.value)
        blocks = leaves(second(self.tree(x)))
        sizes = [leaf.nelement() for leaf in self.run.start]
        xp = x.__array_namespace__()
        rows = [[self.vector([next(blocks)]).reshape(n, m) for m in sizes] for n in sizes]
        return xp.concat([xp.concat(row, axis=1) for row in rows])

    def hessp(self, x: Any, p: Any) -> Any:
        """Return the product of the matrix of second derivatives at a point with a vector."""
        self.run.hessians += 1
        return self.vector(list(leaves(hvp(self.run.value, (self.tree(x),), (self.tree(p),)))))

    # The name of its parameter tells SciPy that the point is wanted, not a record of the iteration.
    def callback(self, xk: Any) -> None:
        """Note an iterate, and stop where it is time."""
        if not self.run.points:
            self.note(self.x0)
        self.note(xk)
        if self.max_steps is not None and self.run.steps >= self.max_steps:
            self.stopped = "max_steps reached"
            raise StopIteration

    # -- iterates ---------------------------------------------------------------------------------------------

    def note(self, x: Any) -> None:
        """Add an iterate to the path."""
        key = x.tobytes()
        if key not in self.losses:
            self.fun(x)
        loss = self.losses[key]
        if self.run.points:
            self._forget_all_but(key)
        self.last = x.copy()
        try:
            self.run.arrive(self.tensors(x), loss)
        except StopIteration:
            self.stopped = "stopped by the callback"
            raise

    def _forget_all_but(self, key: bytes) -> None:
        """Keep the values at one point only."""
        self.losses = {key: self.losses[key]}
        self.slopes = {point: slope for point, slope in self.slopes.items() if point == key}
        if self.here != key:
            self.here = b""

    def outcome(self, result: Mapping[str, Any]) -> Outcome:
        """Return how a run ended, from SciPy's result, or None if the run was stopped."""
        if not self.run.points:
            self.note(self.x0)
        if not self.stopped and result["x"].tobytes() != self.last.tobytes():  # COBYLA returns the best of them
            with suppress(StopIteration):
                self.note(result["x"])
        self.differentiable = True
        gradient = self.tensors(self.jac(self.last))
        message = self.stopped or str(result["message"])
        loss = self.run.losses[-1]
        if not isfinite(loss):
            message = f"the function is {loss} after step {self.run.steps}; {message}"
        success = not self.stopped and isfinite(loss) and bool(result["success"])
        return success, message, gradient
