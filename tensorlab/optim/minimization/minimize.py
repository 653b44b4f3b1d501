"""Minimization of a function by tensorlab's optimizers or SciPy's methods."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from inspect import signature
from math import isfinite
from typing import Any

from ...autodiff.graph import enable_grad
from ...ops.creation import zeros_like
from ...options import NonNegative, Size, checked
from ...tensor import Tensor
from ..elementwise import Elementwise
from ..optimizer import Optimizer
from ..second_order.lbfgs import LBFGS
from ..second_order.vector import VectorOptimizer
from .run import MinimizeResult, Outcome, Run
from .scipy_methods import SCIPY_METHODS, by_scipy


@checked
def minimize(
    function: Callable[[Any], Any],
    x0: Any,
    method: str | Callable[..., Any] = "L-BFGS-B",
    *,
    max_steps: Size | None = None,
    tolerance: NonNegative | None = None,
    callback: Callable[[Any, float], Any] | None = None,
    **options: Any,
) -> MinimizeResult:
    """Minimize a function by one of tensorlab's optimizers, or of SciPy's methods.

    Parameters
    ----------
    function : callable
        From a tensor, or whatever `x0` is, to one real number; made of tensorlab's functions.
    x0 : Tensor, array, number, or tree of them
        Starting point, which is not changed. As in `tensorlab.grad`, tuples, lists and dictionaries are trees: the
        function gets one like it, of tensors. Their data types are kept, and float32 is seldom enough for SciPy.
    method : str, or class of optimizer
        The name of an optimizer in `tensorlab.optim`, or of a method of ``scipy.optimize.minimize``: "Nelder-Mead",
        "Powell", "CG", "BFGS", "L-BFGS-B", "Newton-CG", "TNC", "SLSQP", "COBYLA", "COBYQA", "trust-ncg",
        "trust-krylov", "trust-exact" or "dogleg". Case matters only where names differ in nothing else;
        an optimizer of tensorlab takes precedence over a method of the same name. Or a class or function that makes
        an optimizer of a list of tensors.
    max_steps : int, optional
        Largest number of steps; by default 1000 for optimizers, and SciPy's own limits for its methods.
    tolerance : float, optional
        An optimizer has converged when no element of the gradient is larger; by default 1e-5. For SciPy it is ``tol``,
        whose meaning depends on the method.
    callback : callable, optional
        Called as ``callback(x, loss)`` after each step; ends the run by raising `StopIteration`.
    **options
        Options of the optimizer, such as ``lr``, or of SciPy's method, such as ``gtol``.

    Returns
    -------
    MinimizeResult
        With the minimum, the way there, and how often the function and its derivatives were computed.

    Raises
    ------
    ValueError
        If there is no such method; if a limit is out of range, `x0` holds no numbers, or the function does not return
        one real number that depends on `x0`.
    TypeError
        If `x0` is not of floating point, or complex with one of SciPy's methods; if a method has no such option, or
        makes no optimizer that steps by the loss alone.
    ImportError
        If the method is SciPy's, which is not installed.

    Notes
    -----
    SciPy's methods get exact gradients, and where they use them exact Hessians or products of them. They compute in
    float64 in host memory; the function sees tensors of the data types and on the devices of `x0`.

    An optimizer's ``step`` gets a closure, which is not computed again at the point of its last call: a step of `SGD`
    calls the function once, one of `SAM` twice. A run also ends when the function is no longer finite. Of what an
    optimizer differentiates by itself, only products with the Hessian are counted, as `NewtonCG` counts them.

    Examples
    --------
    >>> bowl = lambda x: ((x - tl.tensor([3.0, -1.0])) ** 2).sum()
    >>> tl.optim.minimize(bowl, tl.zeros(2), "SGD", lr=0.25, max_steps=3)
    MinimizeResult (SGD
      not arrived after 3 steps: max_steps reached; the gradient's largest element is 0.75, the tolerance 1e-05
      fun: 0.15625
      x: tensor([ 2.625, -0.875])
      evaluations: 4 of the function, 4 of its gradient, 0 of its Hessian
    )
    >>> x0 = tl.tensor([-1.2, 1.0], dtype="float64")
    >>> found = tl.optim.minimize(tl.optim.landscapes.rosenbrock, x0, "BFGS")
    >>> found.success, [round(value, 4) for value in found.x.tolist()]
    (True, [1.0, 1.0])
    """
    name, make = resolved(method)
    run = Run(function, x0, callback)
    if make is None:
        outcome = by_scipy(run, name, options, max_steps, tolerance)
    else:
        limits = (1000 if max_steps is None else max_steps, 1e-5 if tolerance is None else tolerance)
        outcome = _by_optimizer(run, make, options, *limits)
    return run.result(name, *outcome)


def resolved(method: Any) -> tuple[str, Callable[..., Any] | None]:
    """Return the name of a method and what makes its optimizer; None stands for SciPy."""
    if callable(method):
        if isinstance(method, type) and issubclass(method, Optimizer) and not _steps_by_loss(method):
            raise TypeError(f"minimize: {method.__name__} is not an optimizer that steps by a loss alone")
        return getattr(method, "__name__", type(method).__name__), method
    module = import_module("tensorlab.optim")  # read at each call, as users may add optimizers
    ours = {
        name: kind
        for name, kind in ((name, getattr(module, name)) for name in sorted({*dir(module), *vars(module)}))
        if isinstance(kind, type) and issubclass(kind, Optimizer) and _steps_by_loss(kind)
    }
    known: dict[str, Callable[..., Any] | None] = {**ours, **{name: None for name in SCIPY_METHODS if name not in ours}}
    alike = [name for name in known if name.lower() == str(method).lower()]
    if alike:
        name = method if method in known else alike[0]
        return name, known[name]
    raise ValueError(
        f"minimize: there is no method {method!r}. Optimizers of tensorlab: {', '.join(sorted(ours))}. "
        f"Methods of SciPy: {', '.join(SCIPY_METHODS)}"
    )


def _steps_by_loss(kind: type[Optimizer]) -> bool:
    """Whether an optimizer takes parameters, and the closure of a loss; others want residuals, or modules."""
    if kind in (Optimizer, Elementwise):
        return False
    return "params" in signature(kind).parameters and "closure" in signature(kind.step).parameters


class _Closure:
    """The closure of an optimizer's step: the loss and its gradients, computed once at each point."""

    def __init__(self, run: Run, optimizer: Any, parameters: list[Tensor]) -> None:
        self.run, self.optimizer, self.parameters = run, optimizer, parameters
        self.needs_graph = getattr(optimizer, "needs_graph", False)
        self.point: list[Tensor] = []
        self.gradient: list[Tensor] = []
        self.loss: Any = None
        self.untouched = False
        """Whether a step has not begun since the last call; then the graph of the loss is good as well."""

    def __call__(self) -> Any:
        untouched, self.untouched = self.untouched, False
        if (untouched or not self.needs_graph) and self.is_at(self.point):
            for parameter, grad in zip(self.parameters, self.gradient):
                parameter.grad = grad.clone()
            return self.loss
        self.optimizer.zero_grad()
        with enable_grad():
            self.loss = self.run.value(self.run.tree(self.parameters))
            self.loss.backward(retain_graph=self.needs_graph)
        self.run.gradients += 1
        self.point = [p.detach().clone() for p in self.parameters]
        self.gradient = [zeros_like(p.detach()) if p.grad is None else p.grad.clone() for p in self.parameters]
        return self.loss

    def is_at(self, point: list[Tensor]) -> bool:
        """Whether the parameters are at a point, such as that where the loss was computed last."""
        return bool(point) and all(bool((p.detach() == x).all()) for p, x in zip(self.parameters, point))


def _by_optimizer(
    run: Run, make: Callable[..., Any], options: dict[str, Any], max_steps: int, tolerance: float
) -> Outcome:
    """Minimise a run's function by the steps of an optimizer."""
    parameters = [leaf.clone().requires_grad_() for leaf in run.start]
    if make is LBFGS:  # whose own limits would end its steps before the run's
        iterations = options.get("max_iter", 20)
        limits = {"tolerance_grad": tolerance, "tolerance_change": 0.0, "max_eval": 25 + 5 * iterations // 4}
        options = {**limits, **options}
    optimizer = make(parameters, **options)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"minimize: a method makes an optimizer of a list of tensors, not a {type(optimizer).__name__}")
    closure = _Closure(run, optimizer, parameters)
    success, message = _descend(run, optimizer, closure, max_steps, tolerance)
    run.hessians = sum(entry.get("hess_products", 0) for entry in optimizer.state.values())
    return success, message, closure.gradient


def _descend(run: Run, optimizer: Optimizer, closure: _Closure, max_steps: int, tolerance: float) -> tuple[bool, str]:
    """Step until the gradient is small, the loss is not finite, or the steps are used up; say which it was."""
    while True:
        loss = float(closure())
        closure.untouched = True
        try:
            run.arrive(closure.point, loss)
        except StopIteration:
            return False, "stopped by the callback"
        slope = _largest(closure.gradient)
        told = f"the gradient's largest element is {slope:.3g}, the tolerance {tolerance:g}"
        if not isfinite(loss):
            return False, f"the function is {loss} after step {run.steps}"
        if slope <= tolerance:
            return True, told
        if run.steps >= max_steps:
            return False, f"max_steps reached; {told}"
        before = closure.point
        optimizer.step(closure)
        if isinstance(optimizer, VectorOptimizer) and closure.is_at(before):
            return False, f"the steps no longer move; {told}"


def _largest(tensors: list[Tensor]) -> float:
    """Return the largest magnitude of all elements; NaN where there is one."""
    sizes = [float(abs(x).max()) for x in tensors if x.nelement()]
    return max(sizes, key=lambda size: (size != size, size))
