"""Initialisers that draw all elements from the same distribution, or set them to a constant."""

from __future__ import annotations

from math import inf
from typing import Any, TypeVar

from ...autodiff.graph import no_grad
from ...docstrings import documented_like
from ...ops.declare import composite
from ...options import Finite, NonNegative, Positive, Scalar
from ...random import Generator, default_generator
from ...tensor import Tensor

T = TypeVar("T", bound=Tensor)


def filled(tensor: T, values: Any) -> T:
    """Copy values into a tensor, outside any graph, and return it."""
    with no_grad():
        tensor[...] = values
    return tensor


def check_axes(function: str, tensor: Tensor, least: int, most: float) -> None:
    """Check the number of axes of a tensor.

    Raises
    ------
    ValueError
        If it is out of range; the message names the function.
    """
    ndim = len(tensor.shape)
    if not least <= ndim <= most:
        wanted = f"{least}" if least == most else f"{least} or more" if most == inf else f"{least} to {most}"
        raise ValueError(f"{function}: tensor must have {wanted} axes, not shape {tensor.shape}")


@composite()
def uniform_(tensor: T, a: Finite = 0.0, b: Finite = 1.0, generator: Generator | None = None) -> T:
    """Fill with numbers drawn uniformly from ``[a, b)``.

    Parameters
    ----------
    tensor : Tensor
        Real floating-point.
    a, b : float
        Bounds of the interval.
    generator : Generator, optional
        Source of the random numbers; the default generator by default.

    Raises
    ------
    ValueError
        If `a` is above `b`.

    Examples
    --------
    >>> bool((tl.nn.init.uniform_(tl.zeros(9), 2.0, 3.0) >= 2.0).all())
    True
    """
    if a > b:
        raise ValueError(f"uniform_: a must not be above b, but a is {a} and b is {b}")
    draw = (generator or default_generator).uniform
    return filled(tensor, draw(tensor.shape, a, b, dtype=tensor.dtype, device=tensor.device))


@composite()
@documented_like(uniform_)
def normal_(tensor: T, mean: Finite = 0.0, std: NonNegative = 1.0, generator: Generator | None = None) -> T:
    """Fill with normally distributed numbers.

    Parameters
    ----------
    mean, std : float
        Mean and standard deviation.

    Raises
    ------
    ValueError
        If `std` is negative.

    Examples
    --------
    >>> tl.nn.init.normal_(tl.zeros(2), mean=4.0, std=0.0)
    tensor([4., 4.])
    """
    draw = (generator or default_generator).normal
    return filled(tensor, draw(tensor.shape, mean, std, dtype=tensor.dtype, device=tensor.device))


@composite()
@documented_like(uniform_)
def trunc_normal_(
    tensor: T,
    mean: Finite = 0.0,
    std: Positive = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> T:
    """Fill with numbers of the normal distribution truncated to ``[a, b]``.

    Parameters
    ----------
    mean, std : float
        Mean and standard deviation before the truncation.
    a, b : float
        The bounds, not as multiples of `std`.

    Raises
    ------
    ValueError
        If `a` is not below `b`, or `std` is not positive.

    Examples
    --------
    >>> bool((abs(tl.nn.init.trunc_normal_(tl.zeros(99), std=5.0)) <= 2.0).all())
    True
    """
    if a >= b:
        raise ValueError(f"trunc_normal_: a must be below b, but a is {a} and b is {b}")
    draw = (generator or default_generator).truncated_normal
    return filled(tensor, draw(a, b, mean, std, tensor.shape, dtype=tensor.dtype, device=tensor.device))


@composite()
def constant_(tensor: T, val: Scalar) -> T:
    """Fill with one number.

    Examples
    --------
    >>> tl.nn.init.constant_(tl.zeros(2), 3.0)
    tensor([3., 3.])
    """
    return filled(tensor, val)


@composite()
def zeros_(tensor: T) -> T:
    """Fill with zeros.

    Examples
    --------
    >>> tl.nn.init.zeros_(tl.ones(2))
    tensor([0., 0.])
    """
    return filled(tensor, 0.0)


@composite()
def ones_(tensor: T) -> T:
    """Fill with ones.

    Examples
    --------
    >>> tl.nn.init.ones_(tl.zeros(2))
    tensor([1., 1.])
    """
    return filled(tensor, 1.0)
