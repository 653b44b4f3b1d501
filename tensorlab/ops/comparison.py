"""Comparisons, logic, bits and choices, elementwise."""

from __future__ import annotations

from typing import Any

from ..autodiff.op import op
from ..autodiff.record import Draw, count_nothing, sample
from ..backend import Backend
from ..tensor import ArrayT
from .declare import broadcast_shape, elementwise


@elementwise(dtype="bool")
def equal(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Whether ``x1 == x2``, elementwise.

    Examples
    --------
    >>> tl.equal(tl.tensor([1.0, 2.0]), 1.0)
    tensor([ True, False])
    """
    return backend.xp.equal(x1, x2)


@elementwise(dtype="bool")
def not_equal(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Whether ``x1 != x2``, elementwise.

    Examples
    --------
    >>> tl.not_equal(tl.tensor([1.0, 2.0]), 1.0)
    tensor([False,  True])
    """
    return backend.xp.not_equal(x1, x2)


@elementwise(dtype="bool", takes="real")
def less(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Whether ``x1 < x2``, elementwise.

    Examples
    --------
    >>> tl.less(tl.tensor([1.0, 2.0]), 1.0)
    tensor([False, False])
    """
    return backend.xp.less(x1, x2)


@elementwise(dtype="bool", takes="real")
def less_equal(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Whether ``x1 <= x2``, elementwise.

    Examples
    --------
    >>> tl.less_equal(tl.tensor([1.0, 2.0]), 1.0)
    tensor([ True, False])
    """
    return backend.xp.less_equal(x1, x2)


@elementwise(dtype="bool", takes="real")
def greater(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Whether ``x1 > x2``, elementwise.

    Examples
    --------
    >>> tl.greater(tl.tensor([1.0, 2.0]), 1.0)
    tensor([False,  True])
    """
    return backend.xp.greater(x1, x2)


@elementwise(dtype="bool", takes="real")
def greater_equal(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Whether ``x1 >= x2``, elementwise.

    Examples
    --------
    >>> tl.greater_equal(tl.tensor([1.0, 2.0]), 1.0)
    tensor([ True,  True])
    """
    return backend.xp.greater_equal(x1, x2)


@elementwise(dtype="bool")
def isnan(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Whether `x` is not a number, elementwise.

    Examples
    --------
    >>> tl.isnan(tl.tensor([1.0, float("nan")]))
    tensor([False,  True])
    """
    return backend.xp.isnan(x)


@elementwise(dtype="bool")
def isinf(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Whether `x` is plus or minus infinity, elementwise.

    Examples
    --------
    >>> tl.isinf(tl.tensor([1.0, float("inf")]))
    tensor([False,  True])
    """
    return backend.xp.isinf(x)


@elementwise(dtype="bool")
def isfinite(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Whether `x` is neither infinite nor NaN, elementwise.

    Examples
    --------
    >>> tl.isfinite(tl.tensor([1.0, float("inf")]))
    tensor([ True, False])
    """
    return backend.xp.isfinite(x)


@elementwise(dtype="bool", takes="real floating")
def signbit(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Whether the sign bit of `x` is set, elementwise; also of minus zero.

    Examples
    --------
    >>> tl.signbit(tl.tensor([1.0, -0.0]))
    tensor([False,  True])
    """
    return backend.xp.signbit(x)


def _truth(backend: Backend, x: Any) -> Any:
    """Return whether elements are not zero."""
    return x if isinstance(x, bool) or backend.dtype_of(x).kind == "bool" else x != 0


@elementwise(dtype="bool", draws="bool")
def logical_and(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Whether both are true, elementwise.

    Examples
    --------
    >>> tl.logical_and(tl.tensor([True, False]), True)
    tensor([ True, False])
    """
    return backend.xp.logical_and(_truth(backend, x1), _truth(backend, x2))


@elementwise(dtype="bool", draws="bool")
def logical_or(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Whether at least one is true, elementwise.

    Examples
    --------
    >>> tl.logical_or(tl.tensor([True, False]), True)
    tensor([ True,  True])
    """
    return backend.xp.logical_or(_truth(backend, x1), _truth(backend, x2))


@elementwise(dtype="bool", draws="bool")
def logical_xor(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """Whether exactly one is true, elementwise.

    Examples
    --------
    >>> tl.logical_xor(tl.tensor([True, False]), True)
    tensor([False,  True])
    """
    return backend.xp.logical_xor(_truth(backend, x1), _truth(backend, x2))


@elementwise(dtype="bool", draws="bool")
def logical_not(backend: Backend, x: ArrayT, /) -> ArrayT:
    """Whether `x` is false, elementwise.

    Examples
    --------
    >>> tl.logical_not(tl.tensor([True, False]))
    tensor([False,  True])
    """
    return backend.xp.logical_not(_truth(backend, x))


@elementwise(draws="integer", domain=(0, 5), takes="integral or bool")
def bitwise_and(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """The bits that both have, elementwise.

    Examples
    --------
    >>> tl.bitwise_and(tl.tensor([6, 5]), 3)
    tensor([2, 1])
    """
    return backend.xp.bitwise_and(x1, x2)


@elementwise(draws="integer", domain=(0, 5), takes="integral or bool")
def bitwise_or(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """The bits that at least one has, elementwise.

    Examples
    --------
    >>> tl.bitwise_or(tl.tensor([6, 5]), 3)
    tensor([7, 7])
    """
    return backend.xp.bitwise_or(x1, x2)


@elementwise(draws="integer", domain=(0, 5), takes="integral or bool")
def bitwise_xor(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """The bits that exactly one has, elementwise.

    Examples
    --------
    >>> tl.bitwise_xor(tl.tensor([6, 5]), 3)
    tensor([5, 6])
    """
    return backend.xp.bitwise_xor(x1, x2)


@elementwise(draws="integer", domain=(0, 5), takes="integral")
def bitwise_left_shift(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """`x1` with its bits moved up by `x2`, elementwise.

    Examples
    --------
    >>> tl.bitwise_left_shift(tl.tensor([1, 3]), 2)
    tensor([ 4, 12])
    """
    return backend.xp.bitwise_left_shift(x1, x2)


@elementwise(draws="integer", domain=(0, 5), takes="integral")
def bitwise_right_shift(backend: Backend, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """`x1` with its bits moved down by `x2`, elementwise.

    Examples
    --------
    >>> tl.bitwise_right_shift(tl.tensor([4, 12]), 2)
    tensor([1, 3])
    """
    return backend.xp.bitwise_right_shift(x1, x2)


@elementwise(draws="integer", domain=(0, 5), takes="integral or bool")
def bitwise_invert(backend: Backend, x: ArrayT, /) -> ArrayT:
    """`x` with its bits flipped, elementwise.

    Examples
    --------
    >>> tl.bitwise_invert(tl.tensor([0, 5]))
    tensor([-1, -6])
    """
    return backend.xp.bitwise_invert(x)


@op(
    vjp={
        "x1": lambda g, condition: where(condition, g, 0.0),
        "x2": lambda g, condition: where(logical_not(condition), g, 0.0),
    },
    kind="elementwise",
    shape=broadcast_shape,
    flops=count_nothing,
    samples=[
        sample(Draw((2, 3), 0, 2, "bool"), (2, 3), (2, 3)),
        sample(Draw((2, 1), 0, 2, "bool"), (3,), ()),
        sample(Draw((0,), 0, 2, "bool"), (0,), ()),
    ],
)
def where(backend: Backend, condition: ArrayT, x1: ArrayT | complex, x2: ArrayT | complex, /) -> ArrayT:
    """`x1` where the condition holds and `x2` elsewhere, elementwise.

    Parameters
    ----------
    condition : tensor or array
        Boolean; its shape broadcasts with the others'.
    x1, x2 : tensor, array or number
        Shapes that broadcast to one another.

    Returns
    -------
    Tensor
        The broadcast shape and promoted type of `x1` and `x2`. Elements that are not chosen get a gradient of exactly
        zero, even if they are NaN or infinite.

    Examples
    --------
    >>> tl.where(tl.tensor([True, False]), tl.tensor([1.0, 2.0]), 0.0)
    tensor([1., 0.])
    """
    return backend.xp.where(condition, x1, x2)
