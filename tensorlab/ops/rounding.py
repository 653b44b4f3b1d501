"""Rounding, elementwise: its derivative is zero."""

from __future__ import annotations

from typing import Annotated

from ..backend import Backend
from ..options.kinds import Whole
from ..tensor import ArrayT
from .arithmetic import zeros_like
from .declare import elementwise

Decimals = Annotated[int, Whole(-308, 308)]
"""Powers of ten that float64 holds."""


@elementwise(zeros_like, domain=(0.1, 0.9), takes="real")
def ceil(backend: Backend, x: ArrayT, /) -> ArrayT:
    """The smallest integer not below `x`, elementwise; its derivative is zero.

    Examples
    --------
    >>> tl.ceil(tl.tensor([1.2, -1.2]))
    tensor([ 2., -1.])
    """
    return backend.xp.ceil(x)


@elementwise(zeros_like, domain=(0.1, 0.9), takes="real")
def floor(backend: Backend, x: ArrayT, /) -> ArrayT:
    """The greatest integer not above `x`, elementwise; its derivative is zero.

    Examples
    --------
    >>> tl.floor(tl.tensor([1.2, -1.2]))
    tensor([ 1., -2.])
    """
    return backend.xp.floor(x)


@elementwise(zeros_like, domain=(0.1, 0.9), takes="real")
def trunc(backend: Backend, x: ArrayT, /) -> ArrayT:
    """`x` rounded towards zero, elementwise; its derivative is zero.

    Examples
    --------
    >>> tl.trunc(tl.tensor([1.2, -1.2]))
    tensor([ 1., -1.])
    """
    return backend.xp.trunc(x)


@elementwise(zeros_like, domain=(0.6, 0.9), real_only=True)
def round(backend: Backend, x: ArrayT, /, *, decimals: Decimals = 0) -> ArrayT:
    """`x` rounded to the nearest integer, halves to the nearest even one, elementwise; its derivative is zero.

    Parameters
    ----------
    decimals : int
        The number of decimals to round to. If it is negative, it counts places left of the decimal point.

    Examples
    --------
    >>> tl.round(tl.tensor([0.5, 1.5, 1.6]))
    tensor([0., 2., 2.])
    >>> tl.round(tl.tensor([1.25, 151.0]), decimals=1), tl.round(tl.tensor([151, 250]), decimals=-2)
    (tensor([  1.2, 151. ]), tensor([200, 200]))
    """
    xp = backend.xp
    if backend.dtype_of(x).is_floating:
        if decimals == 0:
            return xp.round(x)
        scale = 10.0 ** abs(decimals)
        return xp.round(x * scale) / scale if decimals > 0 else xp.round(x / scale) * scale
    if decimals >= 0:
        return xp.round(x)
    unit = 10**-decimals
    below = x // unit
    twice = 2 * (x - below * unit)
    up = (twice > unit) | ((twice == unit) & (below % 2 == 1))
    return xp.where(up, below + 1, below) * unit
