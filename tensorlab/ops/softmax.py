"""Softmax and its logarithm."""

from __future__ import annotations

from math import prod

from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend
from ..docstrings import documented_like
from ..tensor import ArrayT
from .exponential import exp
from .reduction import sum
from .shapes import Axis, Shape, normalized_axes


def _along_axes(x_shape: Shape, axis: Axis = -1) -> Shape:
    normalized_axes(axis, len(x_shape))
    return x_shape


SOFTMAX_SAMPLES = [
    sample((2, 3), axis=-1),
    sample((2, 3), axis=0),
    sample((4,), axis=0),
    sample((0, 3), axis=1),
    sample((2, 3, 2), axis=(0, -1)),
    sample((2, 3), axis=None),
]


@op(
    vjp={"x": lambda g, out, axis: (g - sum(g * out, axis=axis, keepdims=True)) * out},
    jvp={"x": lambda t, out, axis: (t - sum(t * out, axis=axis, keepdims=True)) * out},
    shape=_along_axes,
    dtype="floating",
    flops=lambda shapes, out, params: 14 * prod(out),
    samples=SOFTMAX_SAMPLES,
    real_only=True,
)
def softmax(backend: Backend, x: ArrayT, /, axis: Axis = -1) -> ArrayT:
    """``exp(x)`` scaled to sum to one along an axis, or over several.

    Elements of minus infinity get 0, and a gradient of 0. Value and gradient are NaN in slices with NaN or plus
    infinity, or with minus infinity only.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; real floating-point.

    Returns
    -------
    Tensor
        The shape of `x`; numbers in [0, 1]. Empty over an axis without elements.

    Examples
    --------
    >>> tl.softmax(tl.tensor([0.0, 0.0]))
    tensor([0.5, 0.5])
    """
    xp = backend.xp
    if 0 in x.shape:  # the maximum of nothing is undefined
        return xp.zeros_like(x)
    powers = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return powers / xp.sum(powers, axis=axis, keepdims=True)


@op(
    vjp={"x": lambda g, out, axis: g - exp(out) * sum(g, axis=axis, keepdims=True)},
    jvp={"x": lambda t, out, axis: t - sum(exp(out) * t, axis=axis, keepdims=True)},
    shape=_along_axes,
    dtype="floating",
    flops=lambda shapes, out, params: 14 * prod(out),
    samples=SOFTMAX_SAMPLES,
    real_only=True,
)
@documented_like(softmax)
def log_softmax(backend: Backend, x: ArrayT, /, axis: Axis = -1) -> ArrayT:
    """The logarithm of `softmax`, accurate also where that underflows; infinities are treated as there.

    Returns
    -------
    Tensor
        The shape of `x`; numbers below or equal to zero.

    Examples
    --------
    >>> tl.log_softmax(tl.tensor([0.0, 1000.0]))
    tensor([-1000.,     0.])
    """
    xp = backend.xp
    if 0 in x.shape:
        return xp.zeros_like(x)
    shifted = x - xp.max(x, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))
