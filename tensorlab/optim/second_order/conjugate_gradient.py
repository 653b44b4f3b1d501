"""Linear systems of which only products are known: the method of conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import NamedTuple

from ...ops.creation import zeros_like
from ...tensor import Tensor
from .vector import dot, magnitude


class Solution(NamedTuple):
    """The last iterate of `conjugate_gradient`, and the number of products."""

    x: Tensor
    iterations: int


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
        Largest number of products.

    Returns
    -------
    Solution
        The solution. If A is not positive along a direction, the iterate before it; for the first one, the direction.
        Zero where `b` is not finite.

    Examples
    --------
    >>> from tensorlab.optim.second_order.conjugate_gradient import conjugate_gradient
    >>> scale = tl.tensor([1.0, 4.0])
    >>> found = conjugate_gradient(lambda v: scale * v, tl.tensor([1.0, 2.0]), tolerance=1e-6, max_iterations=9)
    >>> [round(value, 6) for value in found.x.tolist()], found.iterations
    ([1.0, 0.5], 2)
    """
    size = magnitude(b)
    if not size or not isfinite(size):
        return Solution(zeros_like(b), 0)
    x, residual = zeros_like(b), b / size  # squares of what is very large or small would not be numbers
    direction, square = residual, dot(residual, residual)
    goal = tolerance**2 * square
    for iteration in range(max_iterations):
        if square <= goal:
            return Solution(size * x, iteration)
        turned = product(direction)
        bend = dot(direction, turned)
        if not bend > 0:
            return Solution(size * (x if iteration else direction), iteration + 1)
        length = square / bend
        x, residual = x + length * direction, residual - length * turned
        square, before = dot(residual, residual), square
        direction = residual + square / before * direction
    return Solution(size * x, max_iterations)
