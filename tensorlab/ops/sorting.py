"""Sorting, and searching for elements by order or truth value.

NaN counts as greater than every number, as in PyTorch and JAX: it comes last in ascending order, as in NumPy, and first
in descending order.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log2, prod
from operator import index as as_index
from typing import Any, Generic, Literal, NamedTuple

from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend, BackendError, backend_for_type, backend_of, dtypes
from ..docstrings import documented_like
from ..errors import ShapeError
from ..tensor import ArrayT, Tensor
from .datatypes import result_type
from .declare import composite, require
from .indexing import getitem, put_along_axis_add, slice_along, take, take_along_axis
from .joining import stack
from .shapes import Shape, flatten, normalized_axis, squeeze


class Chosen(NamedTuple, Generic[ArrayT]):
    """Elements of an array, and their indices along the axis."""

    values: ArrayT
    indices: ArrayT


# -- sorting -----------------------------------------------------------------------------------------------------------


def _in_order(x_shape: Shape, axis: int = -1, **_: Any) -> Shape:
    normalized_axis(axis, len(x_shape))
    return x_shape


def _count_comparisons(shapes: Any, out: Shape, params: Any) -> int:
    length = shapes[0][params.get("axis", -1)]
    return int(prod(shapes[0]) * log2(max(length, 2)))


SAMPLES = [
    sample((5,)),
    sample((2, 3), axis=0),
    sample((2, 3, 2), axis=1, descending=True),
    sample((4,), descending=True, stable=False),
    sample((0, 3), axis=0),
]


@op(
    shape=_in_order,
    dtype="int64",
    takes="real",
    flops=_count_comparisons,
    samples=SAMPLES,
    checks_first=True,
)
def argsort(backend: Backend, x: ArrayT, /, axis: int = -1, descending: bool = False, *, stable: bool = True) -> ArrayT:
    """Indices that sort the elements along an axis: ``take_along_axis(x, argsort(x))`` is ``sort(x)``.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; real.
    descending : bool
        Whether the greatest comes first. NaN counts as greater than every number.
    stable : bool
        Whether equal elements keep their order, in descending order too.

    Returns
    -------
    Tensor
        The shape of `x`, int64.

    Raises
    ------
    TypeError
        If an operand is complex or boolean.

    Examples
    --------
    >>> tl.argsort(tl.tensor([3.0, 1.0, 2.0]))
    tensor([1, 2, 0])
    """
    xp = backend.xp
    if not descending:
        return xp.argsort(x, axis=axis, stable=stable)
    # Flipped before and after, so that equal elements keep their order.
    backwards = xp.argsort(xp.flip(x, axis=axis), axis=axis, stable=stable)
    return x.shape[axis] - 1 - xp.flip(backwards, axis=axis)


def _pull_sort(g: Any, x: Any, x_shape: Shape, axis: int, descending: bool) -> Any:
    return put_along_axis_add(g, argsort(x, axis=axis, descending=descending), axis, x_shape[axis])


def _push_sort(t: Any, x: Any, axis: int, descending: bool) -> Any:
    return take_along_axis(t, argsort(x, axis=axis, descending=descending), axis)


@op(
    vjp={"x": _pull_sort},
    jvp={"x": _push_sort},
    shape=_in_order,
    takes="real",
    flops=_count_comparisons,
    samples=SAMPLES,
    checks_first=True,
)
@documented_like(argsort)
def sort(backend: Backend, x: ArrayT, /, axis: int = -1, descending: bool = False, *, stable: bool = True) -> ArrayT:
    """Sort the elements along an axis; each gets the gradient of its place in the result.

    The method ``x.sort()`` is the same: it returns the values, where PyTorch's returns indices too, and NumPy's sorts
    in place.

    Parameters
    ----------
    stable : bool
        Whether equal elements keep their order, in descending order too; this shows in zeros of different signs.
        Gradients are those of a stable sort in any case.

    Returns
    -------
    Tensor
        The shape and type of `x`.

    Examples
    --------
    >>> tl.sort(tl.tensor([3.0, 1.0, 2.0]), descending=True)
    tensor([3., 2., 1.])
    """
    xp = backend.xp
    if not descending:
        return xp.sort(x, axis=axis, stable=stable)
    return xp.flip(xp.sort(xp.flip(x, axis=axis), axis=axis, stable=stable), axis=axis)


# -- the greatest and the smallest -------------------------------------------------------------------------------------


def _top_shape(x_shape: Shape, k: int, axis: int = -1, **_: Any) -> Shape:
    place = normalized_axis(axis, len(x_shape), "topk: axis")
    if not 0 <= as_index(k) <= x_shape[place]:
        raise ShapeError(
            f"topk: k is {k}, but must be from 0 to {x_shape[place]}, the length of axis {axis} of {x_shape}"
        )
    return (*x_shape[:place], k, *x_shape[place + 1 :])


@op(
    shape=_top_shape,
    dtype="int64",
    takes="real",
    flops=_count_comparisons,
    samples=[
        sample((7,), k=3),
        sample((5, 3), k=2, axis=0, largest=False),
        sample((2, 6, 2), k=5, axis=1),
        sample((2, 3), k=3),
        sample((2, 3), k=0),
        sample((2, 0), k=0),
    ],
    checks_first=True,
)
def topk_indices(backend: Backend, x: ArrayT, /, k: int, *, axis: int = -1, largest: bool = True) -> ArrayT:
    """Indices of the `k` greatest elements along an axis, in descending order, or of the smallest; see `topk`.

    Examples
    --------
    >>> tl.ops.sorting.topk_indices(tl.tensor([3.0, 1.0, 2.0]), 2)
    tensor([0, 2])
    """
    order = argsort(x, axis=axis, descending=largest)
    return order[(slice(None),) * (axis % x.ndim) + (slice(0, k), Ellipsis)]


@composite()
def topk(x: ArrayT, /, k: int, axis: int = -1, largest: bool = True, sorted: bool = True) -> Chosen[ArrayT]:
    """The `k` largest elements along an axis, or the smallest.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; real.
    k : int
        Number of elements, from 0 to the length of the axis.
    largest : bool
        Whether to return the largest elements. NaN counts as greater than every number.
    sorted : bool
        For compatibility with PyTorch; the elements are always sorted, the largest (or the smallest) first.

    Returns
    -------
    Chosen
        A named tuple ``(values, indices)``, both of the shape of `x` with length `k` along the axis. Of equal
        elements the first ones are taken. Each chosen element gets the gradient of its value.

    Raises
    ------
    TypeError
        If an operand is complex or boolean.
    ShapeError
        If the axis does not exist, or is shorter than `k`.

    Examples
    --------
    >>> values, indices = tl.topk(tl.tensor([3.0, 1.0, 2.0]), 2)
    >>> values, indices
    (tensor([3., 2.]), tensor([0, 2]))
    """
    require("topk", "real", x=x)
    indices = topk_indices(x, k, axis=axis, largest=largest)
    return Chosen(take_along_axis(x, indices, axis), indices)


@composite()
@documented_like(topk)
def kthvalue(x: ArrayT, /, k: int, axis: int = -1, keepdims: bool = False) -> Chosen[ArrayT]:
    """The `k`-th smallest element along an axis.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; real. NaN counts as greater than every number.
    k : int
        Rank of the element: 1 for the smallest, the length of the axis for the largest.

    Returns
    -------
    Chosen
        A named tuple ``(values, indices)``, both of the shape of `x` without the axis. Equal elements are ranked in the
        order of their positions. The chosen element gets the gradient.

    Raises
    ------
    TypeError
        If an operand is complex or boolean.
    ShapeError
        If the axis does not exist, or `k` is out of range.

    Examples
    --------
    >>> tl.kthvalue(tl.tensor([3.0, 1.0, 2.0]), 2).values
    tensor(2.)
    """
    require("kthvalue", "real", x=x)
    shape = tuple(x.shape)
    place = normalized_axis(axis, len(shape), "kthvalue: axis")
    if not 1 <= as_index(k) <= shape[place]:
        raise ShapeError(
            f"kthvalue: k is {k}, but must be from 1 to {shape[place]}, the length of axis {axis} of {shape}"
        )
    smallest = topk_indices(x, k, axis=place, largest=False)
    indices = slice_along(smallest, place, k - 1, k)
    found = Chosen(take_along_axis(x, indices, place), indices)
    return found if keepdims else Chosen(*(squeeze(part, place) for part in found))


# -- searching ---------------------------------------------------------------------------------------------------------


@composite()
def searchsorted(
    x1: ArrayT, x2: ArrayT | float, /, *, side: Literal["left", "right"] = "left", sorter: ArrayT | None = None
) -> ArrayT:
    """Indices at which to insert elements into a sorted array so that it stays sorted.

    Parameters
    ----------
    x1 : tensor or array, shape (n,)
        Ascending, or sorted by `sorter`; real.
    x2 : tensor, array or number
        Any shape; real. Data types are promoted.
    side : {"left", "right"}
        Whether to insert before or after equal elements of `x1`.
    sorter : tensor or array of integers, shape (n,), optional
        The result of `argsort` for an `x1` that is not sorted.

    Returns
    -------
    Tensor
        The shape of `x2`, int64: from 0 to `n`.

    Raises
    ------
    TypeError
        If an operand is complex or boolean.
    ShapeError
        If `x1` is not a vector, or `sorter` has another shape.
    ValueError
        If `side` is not one of these.

    Examples
    --------
    >>> tl.searchsorted(tl.tensor([1.0, 2.0, 3.0]), tl.tensor([2.0, 2.5, 9.0]))
    tensor([1, 2, 3])
    """
    backend, ordered, wanted, wrap = as_promoted_pair("searchsorted", "real", x1, x2)
    if len(ordered.shape) != 1:
        raise ShapeError(f"searchsorted: x1 must have 1 axis, not shape {tuple(ordered.shape)}")
    if sorter is not None:
        require("searchsorted", "integral", sorter=sorter)
        if tuple(sorter.shape) != tuple(ordered.shape):
            raise ShapeError(f"searchsorted: sorter has shape {tuple(sorter.shape)}, x1 {tuple(ordered.shape)}")
        ordered = take(ordered, sorter._array if isinstance(sorter, Tensor) else sorter)
    return wrap(backend.as_own(backend.xp.searchsorted(ordered, wanted, side=side)))


def as_promoted_pair(function: str, takes: str, x1: Any, x2: Any) -> tuple[Backend, Any, Any, Callable[[Any], Any]]:
    """Return two operands as arrays of the type that both are promoted to; the second may be a Python number.

    Returns
    -------
    tuple
        The backend, the two arrays, and the function that wraps a result: as a tensor if one of the operands is a
        tensor.

    Raises
    ------
    TypeError
        If one is not an array, or of a type that `function` does not take.
    BackendError
        If they live on different backends.
    """
    number = type(x2) in dtypes.DEFAULT_OF_PYTHON
    require(function, takes, x1=x1, **({} if number else {"x2": x2}))
    dtype = result_type(x1, x2)
    if dtype.kind not in dtypes.KINDS[takes]:
        raise TypeError(f"{function}: x2 is {x2!r}, which cannot be combined with {x1.dtype}")
    first, second = (x._array if isinstance(x, Tensor) else x for x in (x1, x2))
    backend = backend_of(first)
    other = backend if number else backend_for_type(type(second))
    if other is not backend:
        raise BackendError(
            f"{function} was given arrays of the backends {backend.name!r} and {other.name!r}; "  # type: ignore[union-attr]
            "move one of them first with .to(...)"
        )
    native = backend.native(dtype)
    if number:
        second = backend.asarray(second, dtype=native, device=backend.native_device(backend.device_name(first)))
    arrays = (backend.xp.astype(backend.canonical(a), native, copy=False) for a in (first, second))
    wrap = Tensor if isinstance(x1, Tensor) or isinstance(x2, Tensor) else lambda array: array
    return backend, *arrays, wrap


@composite()
def nonzero(x: ArrayT, /) -> tuple[ArrayT, ...]:
    """Indices of the elements that are true (not zero): one array for each axis.

    The method ``x.nonzero()`` is the same; what PyTorch's returns is `argwhere`. Synchronizes with the device, as the
    shape of the result depends on the elements.

    Parameters
    ----------
    x : tensor or array
        Any shape with at least one axis; any type. NaN is not zero.

    Returns
    -------
    tuple of Tensor
        As many as axes, each of shape (count,), int64, in the order of the elements: ``x[nonzero(x)]`` has them all.

    Raises
    ------
    ShapeError
        If `x` has no axes.

    Examples
    --------
    >>> tl.nonzero(tl.tensor([[1, 0], [0, 2]]))
    (tensor([0, 1]), tensor([0, 1]))
    """
    require("nonzero", x=x)
    if not x.shape:
        raise ShapeError("nonzero takes arrays of at least 1 axis, not shape (); reshape it to (1,) first")
    if isinstance(x, Tensor):
        return tuple(map(Tensor, x.backend.xp.nonzero(x._array)))
    found: tuple[Any, ...] = backend_of(x).xp.nonzero(x)
    return found


@composite()
def flatnonzero(x: ArrayT, /) -> ArrayT:
    """Indices of the elements of the flattened array that are true (not zero); see `nonzero`.

    Examples
    --------
    >>> tl.flatnonzero(tl.tensor([[1, 0], [0, 2]]))
    tensor([0, 3])
    """
    require("flatnonzero", x=x)
    return nonzero(flatten(x))[0]


@composite()
def argwhere(x: ArrayT, /) -> ArrayT:
    """Indices of the elements that are true (not zero): one row for each; see `nonzero`.

    Parameters
    ----------
    x : tensor or array
        Any shape; any type.

    Returns
    -------
    Tensor, shape (count, axes)
        int64, in the order of the elements.

    Examples
    --------
    >>> tl.argwhere(tl.tensor([[1, 0], [0, 2]]))
    tensor([[0, 0],
            [1, 1]])
    """
    require("argwhere", x=x)
    found = stack(nonzero(x if x.shape else flatten(x)), axis=1)
    return found if x.shape else getitem(found, (slice(None), slice(0, 0)))
