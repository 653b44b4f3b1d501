"""Linear systems of which only products are known: the method of conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...ops.creation import zeros_like
from ...tensor import Tensor
from .vector import dot


@dataclass(frozen=True)
class Solution:
    """What `conjugate_gradient` found.

    Attributes
    ----------
    x : Tensor
        The solution, or as far as it came.
    iterations : int
        How many products it took.
    curvature : float
        The least ``p^T A p / p^T p`` along the directions that were followed; not positive where it stopped for that.
    """

    x: Tensor
    iterations: int
    curvature: float


def conjugate_gradient(
    product: Callable[[Tensor], Tensor], b: Tensor, *, tolerance: float, max_iterations: int
) -> Solution:
    """Solve ``A x = b`` for a symmetric A (Hestenes and Stiefel, 1952).

    Parameters
    ----------
    product : callable
        From a vector to A times it.
    b : Tensor, shape (n,)
        The right side.
    tolerance : float
        Stop where the residual's norm is at most this part of that of `b`.
    max_iterations : int
        How many products may be asked for.

    Returns
    -------
    Solution
        Where A is not positive along a direction, what was found before; along the first one, the direction itself.

    Examples
    --------
    >>> from tensorlab.optim.second_order.conjugate_gradient import conjugate_gradient
    >>> scale = tl.tensor([1.0, 4.0])
    >>> found = conjugate_gradient(lambda v: scale * v, tl.tensor([1.0, 2.0]), tolerance=1e-6, max_iterations=9)
    >>> [round(value, 6) for value in found.x.tolist()], found.iterations
    ([1.0, 0.5], 2)
    """
    x, residual = zeros_like(b), b
    direction, square = residual, dot(residual, residual)
    goal, least = tolerance**2 * square, float("inf")
    for iteration in range(max_iterations):
        if square <= goal or square == 0:
            return Solution(x, iteration, least)
        turned = product(direction)
        bend = dot(direction, turned)
        least = min(least, bend / dot(direction, direction))
        if bend <= 0:
            return Solution(x if iteration else direction, iteration + 1, least)
        length = square / bend
        x, residual = x + length * direction, residual - length * turned
        square, before = dot(residual, residual), square
        direction = residual + square / before * direction
    return Solution(x, max_iterations, least)
