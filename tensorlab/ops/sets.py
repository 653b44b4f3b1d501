"""Arrays as sets: unique elements, their counts, and membership."""

from __future__ import annotations

from math import prod
from typing import Any, Generic, Literal, NamedTuple, overload

from ..backend import backend_of
from ..errors import ShapeError
from ..tensor import ArrayT, Tensor
from .arithmetic import imag, is_complex, minimum, real
from .comparison import isnan, logical_and, logical_not, logical_or, not_equal, where
from .cumulative import cumulative_sum
from .declare import composite, require
from .indexing import getitem, plain_index, take, take_add
from .joining import concat, unstack
from .reduction import max as greatest
from .reduction import min as smallest
from .shapes import astype, flatten, moveaxis, normalized_axis, reshape
from .sorting import argsort, as_promoted_pair, nonzero, sort


class UniqueAll(NamedTuple, Generic[ArrayT]):
    """Result of `unique_all`."""

    values: ArrayT
    indices: ArrayT
    inverse_indices: ArrayT
    counts: ArrayT


class UniqueCounts(NamedTuple, Generic[ArrayT]):
    """Result of `unique_counts`."""

    values: ArrayT
    counts: ArrayT


class UniqueInverse(NamedTuple, Generic[ArrayT]):
    """Result of `unique_inverse`."""

    values: ArrayT
    inverse_indices: ArrayT


# -- sorted runs -------------------------------------------------------------------------------------------------------


class Runs(NamedTuple):
    """The sorted elements (or slices) of an array, with equal ones in runs.

    `order` has their indices, or is None if these are not needed; `first` marks the first of each run.
    """

    values: Any
    order: Any
    first: Any

    def indices(self) -> Any:
        """Return the index in the array of the first of each run."""
        return getitem(self.order, self.first)

    def inverse(self) -> Any:
        """Return the number of the run of each element."""
        backend = backend_of(self.order)
        out = backend.xp.zeros_like(self.order)
        backend.index_put(out, self.order, cumulative_sum(astype(self.first, "int64")) - 1)
        return out

    def counts(self) -> Any:
        """Return the length of each run."""
        xp = backend_of(self.first).xp
        (starts,) = nonzero(self.first)
        end = xp.full((1,), self.first.shape[0], dtype=starts.dtype, device=self.first.device)
        return concat([starts[1:], end]) - starts if starts.shape[0] else starts


def sorted_runs(x: Any, axis: int | None, equal_nan: bool, ordered: bool) -> Runs:
    """Find equal elements, or equal slices along an axis, by sorting.

    The values are those of the first occurrences in `x`, with their gradient.
    """
    flat = flatten(x) if axis is None else x
    array = flat._array if isinstance(flat, Tensor) else flat
    # With a single key and no need for indices: sorting values is faster than sorting indices.
    if not ordered and axis is None and backend_of(array).dtype_of(array).kind not in ("bool", "complex floating"):
        values = sort(flat)
        first = _starts([values._array if isinstance(values, Tensor) else values], equal_nan)
        return Runs(getitem(values, first), None, first)
    keys = _keys(array, axis)
    order = _lexicographic(keys)
    first = _starts([take(key, order) for key in keys], equal_nan)
    return Runs(take(flat, getitem(order, first), axis=axis or 0), order, first)


def _keys(array: Any, axis: int | None) -> list[Any]:
    """Return the one-dimensional real arrays that elements, or slices along an axis, are compared by in turn."""
    columns = [array]
    if axis is not None:
        rows = moveaxis(array, axis, 0)
        count, length = rows.shape[0], prod(rows.shape[1:])
        # Slices without elements are all equal, as if each had the same one element.
        columns = list(unstack(reshape(rows, (count, length)), axis=1)) or [_filled(array, count, 0, "uint8")]
    if is_complex(array):
        return [part for column in columns for part in _complex_keys(column)]
    return [astype(c, "uint8") for c in columns] if backend_of(array).dtype_of(array).kind == "bool" else columns


def _complex_keys(column: Any) -> tuple[Any, Any]:
    """Return real and imaginary part, the same for all NaNs."""
    undefined = isnan(column)
    return where(undefined, float("nan"), real(column)), where(undefined, 0.0, imag(column))


def _lexicographic(keys: list[Any]) -> Any:
    """Return the order by the first key, then by the second, and so on."""
    order = argsort(keys[-1])
    for key in reversed(keys[:-1]):
        order = take(order, argsort(take(key, order)))
    return order


def _starts(keys: list[Any], equal_nan: bool) -> Any:
    """Mark the elements that differ from the one before, given keys in order; the first one always does."""
    count = keys[0].shape[0]
    marks = _filled(keys[0], min(count, 1), True, "bool")
    if count < 2:
        return marks
    differ = _filled(keys[0], count - 1, False, "bool")
    for key in keys:
        before, after = key[:-1], key[1:]
        changed = not_equal(after, before)
        if equal_nan and backend_of(key).dtype_of(key).is_floating:
            changed = logical_and(changed, logical_not(logical_and(isnan(before), isnan(after))))
        differ = logical_or(differ, changed)
    return concat([marks, differ])


def _filled(like: Any, count: int, value: Any, dtype: str) -> Any:
    """Return a one-dimensional array of one number, on the backend and device of `like`."""
    backend = backend_of(like)
    return backend.xp.full((count,), value, dtype=backend.native(dtype), device=like.device)


# -- unique elements ---------------------------------------------------------------------------------------------------


def _tensor_if(x: Any, array: Any) -> Any:
    """Return an array, as a tensor if `x` is one."""
    return Tensor(array) if isinstance(x, Tensor) else array


@composite()
def unique_all(x: ArrayT, /) -> UniqueAll[ArrayT]:
    """Unique elements, with the indices of their first occurrences, inverse indices and counts.

    Synchronizes with the device, as the shapes of the results depend on the elements.

    Parameters
    ----------
    x : tensor or array
        Any shape, which is flattened; any type.

    Returns
    -------
    UniqueAll
        A named tuple of ``values``, ``indices`` and ``counts``, each of shape (count,), and ``inverse_indices`` of the
        shape of `x`; all but the values int64. The values are in ascending order, complex ones by their real and then
        their imaginary part, and carry the gradient of the first occurrence. Each NaN is a value of its own; zeros of
        different signs are equal.

    Examples
    --------
    >>> tl.unique_all(tl.tensor([3, 1, 3])).counts
    tensor([1, 2])
    """
    require("unique_all", x=x)
    runs = sorted_runs(x, None, False, True)
    inverse = reshape(runs.inverse(), tuple(x.shape))
    return UniqueAll(runs.values, *(_tensor_if(x, part) for part in (runs.indices(), inverse, runs.counts())))


@composite()
def unique_counts(x: ArrayT, /) -> UniqueCounts[ArrayT]:
    """Unique elements and their counts: a named tuple ``(values, counts)``; see `unique_all`.

    Examples
    --------
    >>> tl.unique_counts(tl.tensor([3, 1, 3])).values
    tensor([1, 3])
    """
    require("unique_counts", x=x)
    runs = sorted_runs(x, None, False, False)
    return UniqueCounts(runs.values, _tensor_if(x, runs.counts()))


@composite()
def unique_inverse(x: ArrayT, /) -> UniqueInverse[ArrayT]:
    """Unique elements and inverse indices: a named tuple ``(values, inverse_indices)``; see `unique_all`.

    Examples
    --------
    >>> tl.unique_inverse(tl.tensor([3, 1, 3])).inverse_indices
    tensor([1, 0, 1])
    """
    require("unique_inverse", x=x)
    runs = sorted_runs(x, None, False, True)
    return UniqueInverse(runs.values, _tensor_if(x, reshape(runs.inverse(), tuple(x.shape))))


@composite()
def unique_values(x: ArrayT, /) -> ArrayT:
    """Unique elements in ascending order; see `unique_all`.

    Examples
    --------
    >>> tl.unique_values(tl.tensor([3, 1, 3]))
    tensor([1, 3])
    """
    require("unique_values", x=x)
    values: ArrayT = sorted_runs(x, None, False, False).values
    return values


@overload
def unique(
    x: ArrayT,
    /,
    *,
    return_index: Literal[False] = False,
    return_inverse: Literal[False] = False,
    return_counts: Literal[False] = False,
    axis: int | None = None,
    equal_nan: bool = True,
) -> ArrayT: ...
@overload
def unique(
    x: ArrayT,
    /,
    *,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    equal_nan: bool = True,
) -> tuple[ArrayT, ...]: ...
@composite()
def unique(
    x: Any,
    /,
    *,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    equal_nan: bool = True,
) -> Any:
    """Unique elements in ascending order, or unique slices along an axis, as in ``numpy.unique``.

    Synchronizes with the device, as the shape of the result depends on the elements.

    Parameters
    ----------
    x : tensor or array
        Any shape; any type.
    return_index : bool
        Whether to return the indices of the first occurrences.
    return_inverse : bool
        Whether to return the index of each element's value.
    return_counts : bool
        Whether to return the counts.
    axis : int, optional
        The axis whose slices to compare, element by element, instead of elements. It takes one sort for each element of
        a slice.
    equal_nan : bool
        Whether all NaNs are one value; `unique_values` and the other functions of the standard distinguish them.

    Returns
    -------
    Tensor or tuple of Tensor
        The values, which carry the gradient of the first occurrence, and the other results requested, int64, in the
        order of the parameters. The inverse indices have the shape of `x`, or one axis where `axis` is given.

    Raises
    ------
    ShapeError
        If the axis does not exist.

    Examples
    --------
    >>> tl.unique(tl.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    require("unique", x=x)
    place = None if axis is None else normalized_axis(axis, len(x.shape), "unique: axis")
    runs = sorted_runs(x, place, equal_nan, return_index or return_inverse)
    more = []
    if return_index:
        more.append(runs.indices())
    if return_inverse:
        more.append(reshape(runs.inverse(), tuple(x.shape)) if axis is None else runs.inverse())
    if return_counts:
        more.append(runs.counts())
    return (runs.values, *(_tensor_if(x, part) for part in more)) if more else runs.values


# -- membership --------------------------------------------------------------------------------------------------------


@composite()
def isin(x1: ArrayT, x2: ArrayT | complex, /, *, invert: bool = False) -> ArrayT:
    """Whether each element of `x1` occurs in `x2`.

    Parameters
    ----------
    x1 : tensor or array
        Any shape; any type.
    x2 : tensor, array or number
        Any shape. Data types are promoted.
    invert : bool
        Whether to return which do not occur.

    Returns
    -------
    Tensor
        The shape of `x1`, bool. NaN equals nothing, so it never occurs.

    Raises
    ------
    TypeError
        If an operand is not an array.

    Examples
    --------
    >>> tl.isin(tl.tensor([1, 2, 3]), tl.tensor([3, 1]))
    tensor([ True, False,  True])
    """
    _, elements, wanted, wrap = as_promoted_pair("isin", "any", x1, x2)
    found = _occurring(elements, flatten(wanted))
    return wrap(logical_not(found) if invert else found)


def _occurring(elements: Any, wanted: Any) -> Any:
    """Return whether each element is in `wanted`, by binary search."""
    backend = backend_of(elements)
    if not wanted.shape[0]:
        return backend.xp.zeros(elements.shape, dtype=backend.native("bool"), device=elements.device)
    kind = backend.dtype_of(elements).kind
    if kind == "bool":
        elements, wanted = astype(elements, "uint8"), astype(wanted, "uint8")
    elif kind == "complex floating":
        # Complex numbers have no order; the indices of their unique values do.
        count = prod(elements.shape)
        numbers = sorted_runs(concat([flatten(elements), wanted]), None, False, True).inverse()
        elements, wanted = reshape(numbers[:count], tuple(elements.shape)), numbers[count:]
    ordered = sort(wanted)
    places = backend.as_own(backend.xp.searchsorted(ordered, elements))
    return take(ordered, minimum(places, wanted.shape[0] - 1)) == elements


@composite(x1="any", x2="any")
def union1d(x1: ArrayT, x2: ArrayT, /) -> ArrayT:
    """Unique elements of two arrays together, in ascending order; see `unique`.

    Examples
    --------
    >>> tl.union1d(tl.tensor([3, 1]), tl.tensor([2, 3]))
    tensor([1, 2, 3])
    """
    return unique(concat([x1, x2], axis=None))


@composite()
def intersect1d(x1: ArrayT, x2: ArrayT, /) -> ArrayT:
    """Unique elements of one array that occur in another, in ascending order; see `unique`.

    Examples
    --------
    >>> tl.intersect1d(tl.tensor([3, 1, 3]), tl.tensor([2, 3]))
    tensor([3])
    """
    require("intersect1d", x1=x1, x2=x2)
    values = unique(x1)
    return getitem(values, plain_index(isin(values, x2)))


@composite()
def setdiff1d(x1: ArrayT, x2: ArrayT, /) -> ArrayT:
    """Unique elements of one array that do not occur in another, in ascending order; see `unique`.

    Examples
    --------
    >>> tl.setdiff1d(tl.tensor([3, 1, 3]), tl.tensor([2, 3]))
    tensor([1])
    """
    require("setdiff1d", x1=x1, x2=x2)
    values = unique(x1)
    return getitem(values, plain_index(isin(values, x2, invert=True)))


# -- counting ----------------------------------------------------------------------------------------------------------


@composite()
def bincount(x: ArrayT, /, weights: ArrayT | None = None, *, minlength: int = 0) -> ArrayT:
    """Counts of the numbers 0, 1, 2, ..., or the sums of their weights.

    Synchronizes with the device, as the shape of the result depends on the elements.

    Parameters
    ----------
    x : tensor or array, shape (n,)
        Non-negative integers, or booleans.
    weights : tensor or array, shape (n,), optional
        Weight of each element; numeric, differentiable.
    minlength : int
        Minimum length of the result.

    Returns
    -------
    Tensor, shape (max(minlength, greatest + 1),)
        int64, or of the type of the weights.

    Raises
    ------
    ShapeError
        If `x` is not a vector, or `weights` has another shape.
    ValueError
        If an element, or `minlength`, is negative.

    Examples
    --------
    >>> tl.bincount(tl.tensor([0, 2, 2]), tl.tensor([0.5, 1.0, 2.0]))
    tensor([0.5, 0. , 3. ])
    """
    require("bincount", "integral or bool", x=x)
    if len(x.shape) != 1:
        raise ShapeError(f"bincount: x must have 1 axis, not shape {tuple(x.shape)}")
    if minlength < 0:
        raise ValueError(f"bincount: minlength is {minlength}, but must be 0 or more")
    places = astype(x._array if isinstance(x, Tensor) else x, "int64")
    if weights is not None:
        require("bincount", "numeric", weights=weights)
        if tuple(weights.shape) != tuple(x.shape):
            raise ShapeError(f"bincount: weights have shape {tuple(weights.shape)}, but x has {tuple(x.shape)}")
    if places.shape[0] and (least := int(smallest(places))) < 0:
        raise ValueError(f"bincount: x has the element {least}, but must be 0 or more")
    size = max(minlength, int(greatest(places)) + 1) if places.shape[0] else minlength
    if weights is None:
        return take_add(_tensor_if(x, _filled(places, places.shape[0], 1, "int64")), places, 0, size)
    return take_add(weights, places, 0, size)
