"""A run of `minimize`: the function with a count of its calls, the path so far, and the result."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...autodiff.graph import is_grad_enabled
from ...autodiff.tree import as_tensor, leaves, mapped, rebuild
from ...ops.joining import stack
from ...tensor import Tensor

Outcome = tuple[bool, str, list[Tensor]]
"""Whether a run succeeded, why it ended, and the gradient where it did."""


@dataclass(frozen=True, eq=False, repr=False)
class MinimizeResult:
    """The result of `minimize`, with the path to it.

    Attributes
    ----------
    x : Tensor or tree of Tensor
        The last iterate, structured as the start.
    fun : float
        The function there.
    grad : Tensor or tree of Tensor
        Its gradient there.
    steps : int
        Number of iterates after the start.
    function_evaluations : int
        Number of calls of the function.
    gradient_evaluations : int
        Number of computed gradients. One needs no further call at the point where the function was just called.
    hessian_evaluations : int
        Number of Hessians, or products of a Hessian with a vector. For SciPy, each calls the function once more.
    success : bool
        Whether the method says that it arrived.
    message : str
        Why it ended.
    path : Tensor or list of trees
        All iterates, the start included: a tensor of shape ``(steps + 1, *x.shape)`` where `x` is one tensor.
    losses : list of float
        The function at each of them.
    method : str
        The name of the method.
    """

    x: Any
    fun: float
    grad: Any
    steps: int
    function_evaluations: int
    gradient_evaluations: int
    hessian_evaluations: int
    success: bool
    message: str
    path: Any
    losses: list[float]
    method: str

    def __repr__(self) -> str:
        counts = (
            f"{self.function_evaluations} of the function, {self.gradient_evaluations} of its gradient, "
            f"{self.hessian_evaluations} of its Hessian"
        )
        lines = [
            f"{'arrived' if self.success else 'not arrived'} after {steps_taken(self.steps)}: {self.message}",
            f"fun: {self.fun:.6g}",
            f"x: {textwrap.indent(repr(self.x), '     ').strip()}",
            f"evaluations: {counts}",
        ]
        return "\n  ".join([f"MinimizeResult ({self.method}", *lines]) + "\n)"


def steps_taken(count: int) -> str:
    """Return a number of steps in words."""
    return "1 step" if count == 1 else f"{count} steps"


class Run:
    """A function whose calls are counted, and the way that a method has taken so far."""

    def __init__(self, function: Callable[[Any], Any], x0: Any, callback: Callable[[Any, float], Any] | None) -> None:
        self.function, self.callback = function, callback
        self.x0 = mapped(_start, x0)
        self.start: list[Tensor] = list(leaves(self.x0))
        if not any(leaf.nelement() for leaf in self.start):
            raise ValueError("minimize: x0 holds no numbers")
        self.functions = self.gradients = self.hessians = 0
        self.points: list[list[Tensor]] = []
        self.losses: list[float] = []

    def tree(self, values: list[Tensor]) -> Any:
        """Return tensors in the structure of the start."""
        return rebuild(self.x0, values)

    def value(self, x: Any) -> Tensor:
        """Call the function; return its value with no axes."""
        self.functions += 1
        value = self.function(x)
        try:
            value = as_tensor(value)
        except TypeError:
            raise TypeError(f"minimize: function must return one real number, not {value!r}") from None
        if value.nelement() != 1 or value.dtype.is_complex:
            raise ValueError(
                f"minimize: function must return one real number, not {value.dtype} of shape {value.shape}"
            )
        if is_grad_enabled() and not value.requires_grad:
            raise ValueError("minimize: the function's value does not depend on x, or not by tensorlab's functions")
        return value if value.shape == () else value.reshape(())

    @property
    def steps(self) -> int:
        """The number of steps so far."""
        return len(self.points) - 1

    def arrive(self, point: list[Tensor], loss: float) -> None:
        """Note an iterate and tell the callback of it, which may raise `StopIteration`."""
        self.points.append(point)
        self.losses.append(loss)
        if self.callback is not None and self.steps:
            self.callback(self.tree([x.clone() for x in point]), loss)

    def result(self, name: str, success: bool, message: str, gradient: list[Tensor]) -> MinimizeResult:
        """Return all that is known at the end."""
        trees = [self.tree(point) for point in self.points]
        return MinimizeResult(
            x=trees[-1],
            fun=self.losses[-1],
            grad=self.tree(gradient),
            steps=self.steps,
            function_evaluations=self.functions,
            gradient_evaluations=self.gradients,
            hessian_evaluations=self.hessians,
            success=success,
            message=message,
            path=stack(trees) if isinstance(self.x0, Tensor) else trees,
            losses=self.losses,
            method=name,
        )


def _start(leaf: Any) -> Tensor:
    try:
        x = as_tensor(leaf).detach()
    except OverflowError as error:
        raise ValueError("minimize: x0 is too large for any data type") from error
    except (TypeError, ValueError) as error:
        raise TypeError(f"minimize: x0 must be tensors, arrays or numbers: {error}") from error
    if not x.dtype.is_floating:
        raise TypeError(f"minimize: x0 must be of floating point, not {x.dtype}: write 1.0, or .astype(tl.float32)")
    return x.clone()
