"""Rows of a table by their numbers, looked up one by one or in bags that are reduced; and one-hot rows."""

from __future__ import annotations

from typing import Any

from ...autodiff import custom_gradient
from ...autodiff.graph import no_grad
from ...backend import backend_of
from ...docstrings import documented_like
from ...errors import ShapeError
from ...ops.comparison import where
from ...ops.creation import arange
from ...ops.declare import composite
from ...ops.indexing import take, take_add
from ...ops.linalg.norms import vector_norm
from ...ops.reduction import max, min, sum
from ...ops.segment_reduction import segment_max
from ...ops.shapes import astype, expand_dims, flatten, reshape
from ...ops.sorting import searchsorted
from ...tensor import ArrayT, Tensor, array_of
from .operands import on_host

MODES = ("sum", "mean", "max")


@composite(input="integral", weight="floating")
def embedding(
    input: ArrayT,
    weight: ArrayT,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> ArrayT:
    """Rows of a table.

    Parameters
    ----------
    input : Tensor of integers
        Numbers of rows, each in ``[0, len(weight))``; any shape.
    weight : Tensor, shape (rows, features)
        The table.
    padding_idx : int, optional
        A row that gets no gradient, counted from the end if negative.
    max_norm : float, optional
        Largest norm of a row: looked-up rows with a larger one are first scaled to it, in place.
    norm_type : float
        The order of that norm.
    scale_grad_by_freq : bool
        Whether a row's gradient is divided by the number of times it is looked up.
    sparse : bool
        Must be False: gradients are dense here.

    Returns
    -------
    Tensor
        Shape ``(*input.shape, features)``.

    Raises
    ------
    ShapeError
        If the table does not have two axes.
    ValueError
        If `padding_idx` is not the number of a row, or `sparse` is True.
    IndexError
        If `input` contains a number of no row (on a GPU it wraps around instead).

    Examples
    --------
    >>> tl.nn.functional.embedding(tl.tensor([[1, 0]]), tl.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[[3., 4.],
             [1., 2.]]])
    """
    padding = _checked(weight, padding_idx, sparse)
    _check_rows(input, weight.shape[0])
    if max_norm is not None:
        renormalize_(weight, input, max_norm, norm_type)
    rows = take(weight, input, axis=0)
    return _with_weighted_gradient(rows, input, weight, padding, scale_grad_by_freq)


@documented_like(embedding)
@composite(input="integral", weight="floating", offsets="integral", per_sample_weights="floating")
def embedding_bag(
    input: ArrayT,
    weight: ArrayT,
    offsets: ArrayT | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: ArrayT | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> ArrayT:
    """Sums, means or maxima of bags of rows of a table.

    Parameters
    ----------
    input : Tensor of integers, shape (bags, length) or (total,)
        Numbers of rows; with one axis, the bags are concatenated.
    weight : Tensor, shape (rows, features)
        The table.
    offsets : Tensor of integers, shape (bags,), optional
        Where each bag begins in an input of one axis: 0 first, not decreasing, at most `total`.
    mode : {"mean", "sum", "max"}
        How a bag is reduced. An empty bag gives zeros. The gradient of a maximum is shared among the rows that
        attain it.
    per_sample_weights : Tensor, the shape of `input`, optional
        Weight of each row; with mode "sum" only.
    include_last_offset : bool
        Whether `offsets` has one more entry, where the last bag ends; elements after it belong to no bag.
    padding_idx : int, optional
        A row that is left out of its bags, and gets no gradient.

    Returns
    -------
    Tensor
        Shape ``(bags, features)``.

    Raises
    ------
    ShapeError
        If shapes do not fit, or `offsets` is missing, superfluous, or empty although there are elements.
    ValueError
        If an option is not one of these, options exclude each other, or the offsets do not begin with 0, decrease, or
        exceed the number of elements.

    Examples
    --------
    >>> table = tl.tensor([[1.0], [10.0], [100.0]])
    >>> tl.nn.functional.embedding_bag(tl.tensor([0, 1, 2]), table, tl.tensor([0, 1]), mode="sum")
    tensor([[  1.],
            [110.]])
    """
    padding = _checked(weight, padding_idx, sparse)
    _check_rows(input, weight.shape[0])
    _check_bags(input, offsets, mode, per_sample_weights, scale_grad_by_freq, include_last_offset)
    if max_norm is not None:
        renormalize_(weight, input, max_norm, norm_type)
    rows = _with_weighted_gradient(take(weight, input, axis=0), input, weight, None, scale_grad_by_freq)
    if per_sample_weights is not None:
        rows = rows * expand_dims(per_sample_weights, axis=-1)
    counted = None if padding is None else expand_dims(input != padding, axis=-1)
    if len(input.shape) == 2:
        return _reduced_axis(rows, counted, mode)
    starts: Any = offsets
    bags = starts.shape[0] - include_last_offset
    places = arange(input.shape[0], device=input.device)
    which = searchsorted(starts, places, side="right") - 1
    return _reduced_segments(rows, counted, which, bags, starts.shape[0], mode)


def _reduced_axis(rows: Any, counted: Any, mode: str) -> Any:
    """Reduce bags of equal length, along axis 1."""
    length = rows.shape[1]
    if mode == "max":
        if length == 0:
            return sum(rows, axis=1)
        if counted is None:
            return max(rows, axis=1)
        top = max(where(counted, rows, float("-inf")), axis=1)
        return where(_any_counted(counted), top, 0.0)
    total = sum(rows if counted is None else where(counted, rows, 0.0), axis=1)
    if mode == "sum":
        return total
    count = _at_least_one(sum(astype(counted, rows.dtype), axis=1)) if counted is not None else length or 1
    return total / count


def _reduced_segments(rows: Any, counted: Any, which: Any, bags: int, size: int, mode: str) -> Any:
    """Reduce runs of rows; rows beyond the last bag are left out."""
    if mode == "max":
        if counted is None:
            return segment_max(rows, which, size)[:bags]
        # Rows that are left out go to an extra bag.
        kept = where(reshape(counted, which.shape), which, size)
        return segment_max(rows, kept, size + 1)[:bags]
    total = take_add(rows if counted is None else where(counted, rows, 0.0), which, 0, size)[:bags]
    if mode == "sum":
        return total
    ones = astype(rows[:, :1] == rows[:, :1], rows.dtype) if counted is None else astype(counted, rows.dtype)
    return total / _at_least_one(take_add(ones, which, 0, size)[:bags])


def _any_counted(counted: Any) -> Any:
    return sum(astype(counted, "int64"), axis=1) > 0


def _at_least_one(count: Any) -> Any:
    return where(count > 0, count, 1.0)


def _checked(weight: Any, padding_idx: int | None, sparse: bool) -> int | None:
    """Return the number of the padding row, counted from the start."""
    if sparse:
        raise ValueError("sparse must be False: gradients are dense here")
    if len(weight.shape) != 2:
        raise ShapeError(f"weight must have shape (rows, features), not {tuple(weight.shape)}")
    return row_number("embedding", padding_idx, weight.shape[0])


def _check_rows(input: Any, rows: int) -> None:
    """Raise `IndexError` on hosts if a row's number is negative; too large a number fails when it is looked up."""
    if on_host(input) and 0 not in tuple(input.shape) and int(min(input)) < 0:
        raise IndexError(f"row {int(min(input))} is not one of the {rows} rows 0 to {rows - 1}")


def row_number(function: str, padding_idx: int | None, rows: int) -> int | None:
    """Return the number of a row, counted from the start.

    Raises
    ------
    ValueError
        If there is no such row.
    """
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise ValueError(f"{function}: padding_idx must be one of {rows} rows, not {padding_idx}")
    return padding_idx % rows


def _check_bags(input: Any, offsets: Any, mode: str, weights: Any, by_frequency: bool, last: bool) -> None:
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")
    shape = tuple(input.shape)
    if len(shape) not in (1, 2):
        raise ShapeError(f"input must have shape (bags, length), or (total,) with offsets, not {shape}")
    if len(shape) == 2 and offsets is not None:
        raise ShapeError(f"input of shape {shape} has bags of equal length; offsets need an input of one axis")
    if len(shape) == 1 and (offsets is None or len(offsets.shape) != 1):
        found = "none" if offsets is None else f"shape {tuple(offsets.shape)}"
        raise ShapeError(
            f"input of shape {shape} needs offsets of shape (bags,) that say where bags begin, not {found}"
        )
    if weights is not None and tuple(weights.shape) != shape:
        raise ShapeError(f"per_sample_weights must have the shape of the input, {shape}, not {tuple(weights.shape)}")
    if weights is not None and mode != "sum":
        raise ValueError(f"per_sample_weights need mode 'sum', not {mode!r}")
    if mode == "max" and by_frequency:
        raise ValueError("scale_grad_by_freq is not supported by mode 'max'")
    if offsets is not None:
        _check_offsets(array_of(offsets), shape[0], last)


def _check_offsets(offsets: Any, total: int, last: bool) -> None:
    """Raise an error for offsets that are not 0 first, in order, and at most the number of elements."""
    if not offsets.shape[0]:
        if last:
            raise ShapeError("include_last_offset=True needs at least one offset")
        if total:
            raise ShapeError(f"offsets are empty, so that the {total} elements of input belong to no bag")
        return
    backend = backend_of(offsets)
    unsorted = offsets[1:] < offsets[:-1]
    # One answer from the device; which offset is wrong is found out only where one is.
    if not bool((offsets[0] != 0) | (offsets[-1] > total) | backend.xp.any(unsorted)):
        return
    first, final = int(offsets[0]), int(offsets[-1])
    if first != 0:
        raise ValueError(f"offsets must begin with 0, not {first}")
    if bool(backend.xp.any(unsorted)):
        place = int(backend.xp.argmax(backend.xp.astype(unsorted, offsets.dtype)))
        raise ValueError(
            f"offsets must not decrease, but offset {place + 1} is {int(offsets[place + 1])}, after "
            f"{int(offsets[place])}"
        )
    raise ValueError(f"offsets must be at most {total}, the number of elements of input, not {final}")


def renormalize_(weight: Any, indices: Any, max_norm: float, norm_type: float) -> None:
    """Scale rows of a table, in place and outside any graph, to a norm of at most `max_norm`."""
    with no_grad():
        table = weight if isinstance(weight, Tensor) else Tensor(weight)
        index = indices if isinstance(indices, Tensor) else Tensor(indices)
        index = index if index.ndim == 1 else flatten(index) if index.ndim else reshape(index, (1,))
        rows = take(table.detach(), index, axis=0)
        norms = vector_norm(rows, axis=-1, keepdims=True, ord=norm_type)
        table[index] = where(norms > max_norm, rows * (max_norm / (norms + 1e-7)), rows)


def _with_weighted_gradient(rows: Any, indices: Any, weight: Any, padding: int | None, by_frequency: bool) -> Any:
    """Return the rows unchanged, with gradients that are zero for padding and divided by the rows' frequencies."""
    factor = None
    if padding is not None:
        factor = astype(indices != padding, rows.dtype)
    if by_frequency and tuple(indices.shape) != ():
        flat = indices if len(indices.shape) == 1 else flatten(indices)
        counts = take_add(astype(flat == flat, rows.dtype), flat, 0, weight.shape[0])
        inverse = 1.0 / take(counts, indices, axis=0)
        factor = inverse if factor is None else factor * inverse
    return rows if factor is None else _scaled_gradient(rows, expand_dims(factor, axis=-1))


@custom_gradient
def _scaled_gradient(x: Any, factor: Any) -> Any:
    """Return `x`, with its gradient multiplied by a factor; where that is zero, infinite and NaN gradients too."""
    return x, lambda g: (factor * where(factor != 0, g, 0.0), None)


@composite(tensor="integral")
def one_hot(tensor: ArrayT, num_classes: int = -1) -> ArrayT:
    """Zeros with a one at the place of each class.

    Parameters
    ----------
    tensor : Tensor of integers
        Classes; any shape.
    num_classes : int
        Number of classes; -1 for one more than the largest.

    Returns
    -------
    Tensor
        Shape ``(*tensor.shape, num_classes)``, int64.

    Raises
    ------
    ValueError
        If `num_classes` is neither positive nor -1, or is -1 and `tensor` is empty.
    IndexError
        If an element is not a class.

    Examples
    --------
    >>> tl.nn.functional.one_hot(tl.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    if num_classes < 1 and num_classes != -1:
        raise ValueError(f"num_classes must be positive, or -1 for one more than the largest, not {num_classes}")
    empty = 0 in tuple(tensor.shape)
    if num_classes == -1:
        if empty:
            raise ValueError(f"num_classes is needed, as a tensor of shape {tuple(tensor.shape)} is empty")
        num_classes = int(max(tensor)) + 1
    array = array_of(tensor)
    xp = backend_of(array).xp
    if not empty and not bool(xp.all((array >= 0) & (array < num_classes))):
        raise IndexError(f"an element is not one of the {num_classes} classes 0 to {num_classes - 1}")
    classes = xp.arange(num_classes, device=array.device)
    found: Any = expand_dims(tensor, axis=-1) == classes
    result: Any = astype(found, "int64")
    return result
