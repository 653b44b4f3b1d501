"""Cumulative sums and products along an axis."""

from __future__ import annotations

from typing import Any

from ..autodiff.op import count_operand, op, sample
from ..backend import Backend
from .comparison import where
from .indexing import getitem
from .joining import flip
from .reduction import axes_last, eye_like, has_zero, sum
from .shapes import Shape, astype, normalized_axis, reshape


def _cumulated(x_shape: Shape, axis: int | None = None, include_initial: bool = False, **_: Any) -> Shape:
    place = normalized_axis(axis or 0, len(x_shape))
    return tuple(n + (include_initial and i == place) for i, n in enumerate(x_shape))


def _from_the_end(g: Any, axis: int | None) -> Any:
    """Return for each element the sum of it and all behind it."""
    place = 0 if axis is None else axis
    return flip(cumulative_sum(flip(g, axis=place), axis=place), axis=place)


def _without_initial(g: Any, axis: int | None, include_initial: bool) -> Any:
    place = normalized_axis(axis or 0, len(g.shape))
    return getitem(g, (*(slice(None),) * place, slice(1, None))) if include_initial else g


@op(
    vjp={"x": lambda g, axis, include_initial: _from_the_end(_without_initial(g, axis, include_initial), axis)},
    kind="linear",
    shape=_cumulated,
    flops=count_operand,
    samples=[sample((4,), axis=None), sample((2, 3), axis=1), sample((2, 3), axis=0, include_initial=True)],
)
def cumulative_sum(backend: Backend, x: Any, /, *, axis: Any = None, include_initial: bool = False) -> Any:
    """Sum of each element and all before it along an axis.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; numeric.
    axis : int, optional
        Along which axis; may be left out where there is only one.
    include_initial : bool
        Whether to begin with the empty sum, which makes the axis longer by one.

    Examples
    --------
    >>> tl.cumulative_sum(tl.tensor([1.0, 2.0, 3.0]))
    tensor([1., 3., 6.])
    """
    return backend.xp.cumulative_sum(x, axis=axis, include_initial=include_initial)


def _pull_cumulative_prod(g: Any, x: Any, out: Any, axis: int | None, include_initial: bool) -> Any:
    g, out = _without_initial(g, axis, include_initial), _without_initial(out, axis, include_initial)
    place = 0 if axis is None else axis
    if not has_zero(x):
        return _from_the_end(g * out, place) / x
    # d out[j] / d x[i] is the product of all x[k], k <= j, but x[i]: quadratic in the length, exact at zeros.
    flat, restore = axes_last(x, place)
    cotangent, _ = axes_last(g, place)
    n = flat.shape[-1]
    eye = eye_like(flat, n)
    others = where(eye, 1.0, reshape(flat, (*flat.shape[:-1], 1, n)))
    partial = cumulative_prod(others, axis=len(flat.shape))
    later = cumulative_sum(astype(eye, "int64"), axis=1) > 0
    return restore(sum(where(later, partial * reshape(cotangent, (*flat.shape[:-1], 1, n)), 0.0), axis=-1))


@op(
    vjp={"x": _pull_cumulative_prod},
    shape=_cumulated,
    flops=count_operand,
    samples=[sample((4,), axis=None), sample((2, 3), axis=1), sample((2, 3), axis=0, include_initial=True)],
    tolerance={"float32": 5e-6},
)
def cumulative_prod(backend: Backend, x: Any, /, *, axis: Any = None, include_initial: bool = False) -> Any:
    """Product of each element and all before it along an axis; the gradient is right at zeros too.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; numeric.
    axis : int, optional
        Along which axis; may be left out where there is only one.
    include_initial : bool
        Whether to begin with the empty product, which makes the axis longer by one.

    Examples
    --------
    >>> tl.cumulative_prod(tl.tensor([1.0, 2.0, 3.0]))
    tensor([1., 2., 6.])
    """
    return backend.xp.cumulative_prod(x, axis=axis, include_initial=include_initial)
