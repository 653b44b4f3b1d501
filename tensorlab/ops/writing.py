"""Writing into tensors in place, with gradients."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..autodiff.gradient_hooks import move_retention
from ..autodiff.graph import current_mode, write_log
from ..backend import DType
from ..backend.dtypes import KINDS
from ..backend.kernels.indexing import Index
from ..errors import ShapeError
from ..options import ArrayOrScalar
from ..tensor import Tensor
from . import arithmetic, indexing, shapes
from .creation import Data, asarray
from .declare import composite


def write(x: Tensor, index: Any, value: Any) -> None:
    """Write a value into a tensor.

    Without gradients the memory is written, and views of it change. With gradients the contents are replaced by a new
    array, computed from the old one and the value: earlier uses and existing views keep the old contents, so that their
    gradients are correct.

    Raises
    ------
    RuntimeError
        With gradients: if the tensor is a leaf that requires one, or a view, whose base would not change.
    """
    index = indexing.plain_index(index)
    if value is None:
        raise TypeError("value must be numbers, a tensor or an array, not None")
    if isinstance(value, list | tuple):
        value = asarray(value, dtype=x.dtype, device=x.device)
    traced = current_mode.get().recording and (x.requires_grad or (isinstance(value, Tensor) and value.requires_grad))
    if traced:
        if not isinstance(value, Tensor):
            # Numbers are converted to the data type of the tensor directly, as float32 would lose digits.
            value = asarray(value, dtype=None if hasattr(value, "dtype") else x.dtype, device=x.device)
        _write_traced(x, index, value)
        return
    if isinstance(value, Tensor):
        if value.backend is not x.backend:
            value = arithmetic.add(x, value)  # raises an error that names both backends
        if value.dtype.is_complex and not x.dtype.is_complex:
            raise TypeError(f"a tensor of {x.dtype} cannot hold {value.dtype}; take the real, imag or abs of it")
        value = value._array
    try:
        x.backend.index_put(x._array, index, value)
    except ValueError as error:
        given, wanted = tuple(getattr(value, "shape", ())), x.backend.getitem(x._array, index).shape
        raise ShapeError(f"value of shape {given} does not broadcast to {wanted}, the shape at the index") from error
    write_log.note(x)


def _write_traced(x: Tensor, index: Any, value: Tensor) -> None:
    if x.requires_grad and x.is_leaf:
        raise RuntimeError(
            "a leaf tensor that requires a gradient cannot be changed in place while operations are recorded; "
            "use no_grad(), or clone() it first"
        )
    if x.backend.is_view(x._array):
        raise RuntimeError(
            "a view cannot be changed in place while operations are recorded, as its base would not change; "
            "write to the base with an index, or clone() the view first"
        )
    if value.dtype != x.dtype:
        value = shapes.astype(value, x.dtype)
    replaced = indexing.replace_index(x, value, index)
    move_retention(x, replaced._node)
    x._array = replaced._array


@composite()
def setitem(x: Tensor, index: Index, value: Data) -> None:
    """``x[index] = value``; see `write`."""
    write(x, index, value)


def holds(dtype: DType, other: DType) -> bool:
    """Whether a conversion from `other` to `dtype` keeps the kind of number, if not the precision and range."""
    families = ("bool", "integral", "real floating", "complex floating")
    rank, other_rank = (next(i for i, family in enumerate(families) if d.kind in KINDS[family]) for d in (dtype, other))
    return other_rank <= rank


def in_place(function: Callable[..., Any], symbol: str) -> Callable[..., Tensor]:
    """Return an op that replaces the contents of its first operand, for ``x += 1`` and ``x.add_(1)``."""

    @wraps(function)
    def operator(x: Tensor, /, *args: Any, **params: Any) -> Tensor:
        result = function(x, *args, **params)
        if not isinstance(result, Tensor):
            return NotImplemented
        if not holds(x.dtype, result.dtype):
            raise TypeError(f"{symbol}: the result is of type {result.dtype}, which a tensor of {x.dtype} cannot hold")
        if result.shape != x.shape:
            raise ShapeError(f"{symbol}: the result has shape {result.shape}, not that of the tensor, {x.shape}")
        write(x, Ellipsis, result)
        return x

    operator.__doc__ = f"`{function.__name__}` that changes the tensor itself."
    return operator


@composite()
def fill_(x: Tensor, value: ArrayOrScalar) -> Tensor:
    """Set all elements to a number, which has a gradient if it is a tensor.

    Examples
    --------
    >>> tl.zeros(2).fill_(7.0)
    tensor([7., 7.])
    """
    if getattr(value, "shape", ()):
        raise ShapeError(f"fill_: value must be one number, not of shape {tuple(value.shape)}; see copy_")
    write(x, Ellipsis, value)
    return x


def zero_(x: Tensor) -> Tensor:
    """Set all elements to zero.

    Examples
    --------
    >>> tl.ones(2).zero_()
    tensor([0., 0.])
    """
    return fill_(x, 0)


@composite()
def copy_(x: Tensor, source: Data) -> Tensor:
    """Replace the elements by those of another tensor, which is broadcast, cast and moved as needed.

    Examples
    --------
    >>> tl.zeros(2).copy_(tl.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """
    write(x, Ellipsis, asarray(source, device=x.device))
    return x


def detach_(x: Tensor) -> Tensor:
    """Forget how the tensor was computed: it becomes a leaf that requires no gradient.

    Examples
    --------
    >>> tl.ones(2, requires_grad=True).detach_().requires_grad
    False
    """
    x._node = None
    return x
