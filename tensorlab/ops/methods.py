"""The operators and methods of `Tensor`, which are public ops."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from ..autodiff.backward import backward
from ..autodiff.custom import custom_gradient
from ..autodiff.gradient_hooks import move_retention, register_hook, retain_grad, retains_grad
from ..autodiff.graph import current_mode, write_log
from ..backend import Backend, Device, DType
from ..backend.dtypes import KINDS, name_of
from ..errors import ShapeError
from ..tensor import Tensor
from . import (
    activation,
    arithmetic,
    comparison,
    contraction,
    cumulative,
    exponential,
    indexing,
    joining,
    matrices,
    nan_reductions,
    quantiles,
    reduction,
    rounding,
    sets,
    shapes,
    signals,
    softmax,
    sorting,
    special,
    statistics,
    trigonometric,
)
from .creation import asarray, backend_and_name
from .numpy_protocols import array_function, array_ufunc

# -- operators ---------------------------------------------------------------------------------------------------------

BINARY: dict[str, Callable[..., Any]] = {
    "add": arithmetic.add,
    "sub": arithmetic.subtract,
    "mul": arithmetic.multiply,
    "truediv": arithmetic.divide,
    "floordiv": arithmetic.floor_divide,
    "mod": arithmetic.remainder,
    "pow": arithmetic.pow,
    "matmul": contraction.matmul,
    "and": comparison.bitwise_and,
    "or": comparison.bitwise_or,
    "xor": comparison.bitwise_xor,
    "lshift": comparison.bitwise_left_shift,
    "rshift": comparison.bitwise_right_shift,
}

COMPARISONS: dict[str, Callable[..., Any]] = {
    "eq": comparison.equal,
    "ne": comparison.not_equal,
    "lt": comparison.less,
    "le": comparison.less_equal,
    "gt": comparison.greater,
    "ge": comparison.greater_equal,
}

UNARY: dict[str, Callable[..., Any]] = {
    "neg": arithmetic.negative,
    "pos": arithmetic.positive,
    "abs": arithmetic.abs,
    "invert": comparison.bitwise_invert,
}

OPS_AS_METHODS: dict[ModuleType, str] = {
    arithmetic: "abs clip conj pow sign square",
    rounding: "ceil floor round trunc",
    exponential: "exp log log2 log10 log1p sigmoid sqrt",
    trigonometric: "cos sin tan tanh",
    activation: "relu",
    softmax: "log_softmax softmax",
    reduction: "all any argmax argmin logsumexp max mean min prod std sum var",
    cumulative: "cumulative_sum logcumsumexp",
    shapes: "astype broadcast_to flatten moveaxis squeeze swapaxes",
    matrices: "cross diag diagonal kron trace",
    joining: "fliplr flipud repeat rot90 tile",
    indexing: "scatter_add take take_along_axis",
    comparison: "isfinite isinf isnan",
    sorting: "argsort argwhere kthvalue nonzero searchsorted sort topk",
    sets: "bincount unique",
    special: "allclose digamma erf erfc erfinv exp2 fmod frac isclose lerp lgamma logit nan_to_num rsqrt sinc xlogy",
    nan_reductions: "nanmean nansum",
    quantiles: "nanquantile quantile",
    statistics: "corrcoef",
    signals: "diff",
}

METHODS: dict[str, Callable[..., Any]] = {
    **{name: getattr(module, name) for module, names in OPS_AS_METHODS.items() for name in names.split()},
    "add": arithmetic.add,
    "div": arithmetic.divide,
    "matmul": contraction.matmul,
    "mul": arithmetic.multiply,
    "sub": arithmetic.subtract,
    "backward": backward,
}


def reflected(function: Callable[..., Any]) -> Callable[[Tensor, Any], Tensor]:
    """Return a binary op with its operands exchanged, for ``2 - x``."""

    def operator(x: Tensor, other: Any) -> Tensor:
        return function(other, x)

    return operator


def compared(function: Callable[..., Any]) -> Callable[[Tensor, Any], Any]:
    """Return a comparison that returns NotImplemented for other objects, so that ``x == None`` is False."""

    def operator(x: Tensor, other: Any) -> Any:
        comparable = isinstance(other, Tensor | bool | int | float | complex) or hasattr(other, "dtype")
        return function(x, other) if comparable else NotImplemented

    return operator


def holds(dtype: DType, other: DType) -> bool:
    """Whether a conversion from `other` to `dtype` keeps the kind of number, if not the precision and range."""
    families = ("bool", "integral", "real floating", "complex floating")
    rank, other_rank = (next(i for i, family in enumerate(families) if d.kind in KINDS[family]) for d in (dtype, other))
    return other_rank <= rank


def in_place(function: Callable[..., Any], symbol: str) -> Callable[[Tensor, Any], Tensor]:
    """Return a binary op that replaces the contents of its first operand, for ``x += 1``."""

    def operator(x: Tensor, other: Any) -> Tensor:
        result = function(x, other)
        if not isinstance(result, Tensor):
            return NotImplemented
        if not holds(x.dtype, result.dtype):
            raise TypeError(f"{symbol}: the result is of type {result.dtype}, which a tensor of {x.dtype} cannot hold")
        if result.shape != x.shape:
            raise ShapeError(f"{symbol}: the result has shape {result.shape}, not that of the tensor, {x.shape}")
        write(x, Ellipsis, result)
        return x

    return operator


# -- writing in place --------------------------------------------------------------------------------------------------


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
    x.backend.index_put(x._array, index, value)
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


def setitem(x: Tensor, index: Any, value: Any) -> None:
    """``x[index] = value``; see `write`."""
    write(x, index, value)


def getitem(x: Tensor, index: Any) -> Tensor:
    """``x[index]``."""
    if isinstance(index, list):
        index = asarray(index, dtype=None if index else "int64", device=x.device)
    return indexing.getitem(x, indexing.plain_index(index))


def iterate(x: Tensor) -> Iterator[Tensor]:
    """Iterate over the first axis."""
    return iter([x[i] for i in range(len(x))])


def contains(x: Tensor, value: Any) -> bool:
    """Whether some element equals `value`."""
    return bool(reduction.any(comparison.equal(x, value)))


# -- methods with arguments of their own -------------------------------------------------------------------------------


def reshape(x: Tensor, *shape: Any) -> Tensor:
    """The same elements in another shape, given as one tuple or as several numbers."""
    return shapes.reshape(x, shapes.from_arguments(shape))


def permute(x: Tensor, *axes: Any) -> Tensor:
    """The axes in another order, given as one tuple or as several numbers."""
    return shapes.permute_dims(x, shapes.from_arguments(axes))


def transpose(x: Tensor, axis0: int, axis1: int) -> Tensor:
    """Exchange two axes."""
    return shapes.swapaxes(x, axis0, axis1)


def expand(x: Tensor, *shape: Any) -> Tensor:
    """Repeat axes of length 1; -1 keeps a length."""
    wanted = tuple(shapes.from_arguments(shape))
    old = (1,) * (len(wanted) - x.ndim) + x.shape
    return shapes.broadcast_to(x, tuple(o if n == -1 else n for n, o in zip(wanted, old, strict=True)))


def unsqueeze(x: Tensor, axis: int) -> Tensor:
    """Insert an axis of length 1."""
    return shapes.expand_dims(x, axis=axis)


def dim(x: Tensor) -> int:
    """The number of axes."""
    return x.ndim


def clone(x: Tensor) -> Tensor:
    """A copy, through which gradients flow."""
    return arithmetic.positive(x)


def transposed(x: Tensor) -> Tensor:
    """The axes of a matrix exchanged.

    Raises
    ------
    ShapeError
        If the number of axes is not 2.
    """
    if x.ndim != 2:
        raise ShapeError(f".T is for 2 axes, not shape {x.shape}; use .mT or .permute(...)")
    return shapes.permute_dims(x, (1, 0))


def stack_with(x: Tensor, others: list[Tensor], axis: int = 0) -> Tensor:
    """Stack the tensor and others of its shape along a new axis."""
    return joining.stack([x, *others], axis=axis)


API_VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12")
"""The versions of the Array API standard that the namespace conforms to."""


def namespace(x: Tensor, /, *, api_version: str | None = None) -> Any:
    """The array namespace that the tensor belongs to: tensorlab itself.

    Raises
    ------
    ValueError
        If tensorlab does not conform to this version of the standard.
    """
    if api_version is not None and api_version not in API_VERSIONS:
        raise ValueError(f"tensorlab conforms to the Array API of {', '.join(API_VERSIONS)}, not {api_version!r}")
    return sys.modules[__name__.partition(".")[0]]


# -- moving ------------------------------------------------------------------------------------------------------------


def to(x: Tensor, target: Any = None, /, *, dtype: Any = None, device: Any = None, copy: bool = False) -> Tensor:
    """Move to another backend or device, or cast; gradients flow back.

    Parameters
    ----------
    x : Tensor
        Any tensor.
    target : str, Device, dtype or Tensor
        A backend (``"cupy"``), a device (``"cuda:1"``, ``"cpu"``), a data type, or a tensor to match in both.
    dtype : dtype, optional
        What to cast to.
    device : str or Device, optional
        Where to move to.
    copy : bool
        Whether to copy even if nothing changes.

    Returns
    -------
    Tensor
        `x` itself if nothing changes and `copy` is False.

    Raises
    ------
    BackendUnavailable
        If the target is not available.
    """
    if isinstance(target, Tensor):
        dtype, device = target.dtype, target.device
    elif isinstance(target, Device):
        device = target
    elif isinstance(target, DType) or (target is not None and name_of(target) is not None):
        dtype = target
    elif target is not None:
        device = target
    moved = x if dtype is None else shapes.astype(x, dtype, copy=False)
    if device is not None:
        moved = _moved(moved, *backend_and_name(device))
    return clone(moved) if copy and moved is x else moved


def _moved(x: Tensor, backend: Backend, device: str | None) -> Tensor:
    source, source_device = x.backend, x.device
    if backend is source and device in (None, source_device.name):
        return x

    @custom_gradient
    def move(x: Tensor) -> Any:
        array = x._array if backend is source else source.to_numpy(x._array)
        made = backend.asarray(array, dtype=backend.native(x.dtype), device=backend.native_device(device), copy=True)
        return Tensor(made), lambda g: _moved(g, source, source_device.name)

    return move(x)


CASTS = {"half": "float16", "float": "float32", "double": "float64", "int": "int32", "long": "int64", "bool": "bool"}
"""PyTorch's methods that cast, and their data types."""


def cast_to(dtype: str) -> Callable[[Tensor], Tensor]:
    """Return the method that casts to a data type; a tensor of that type is returned unchanged."""

    def cast(x: Tensor) -> Tensor:
        return shapes.astype(x, dtype, copy=False)

    return cast


def to_device(x: Tensor, device: Any, /, *, stream: Any = None) -> Tensor:
    """Move to another device, as in the Array API standard; see `to`.

    Raises
    ------
    ValueError
        If a stream is given: the current one is always used.
    """
    if stream is not None:
        raise ValueError("to_device: tensors move on the current stream; stream must be None")
    return to(x, device=device)


def cpu(x: Tensor) -> Tensor:
    """The tensor in host memory: a copy unless it is there already."""
    return to(x, "cpu")


OWN_METHODS: dict[str, Callable[..., Any]] = {
    **{
        function.__name__: function
        for function in (reshape, permute, transpose, expand, unsqueeze, dim, clone, stack_with, to, to_device, cpu)
    },
    "register_hook": register_hook,
    "retain_grad": retain_grad,
    "view": reshape,
    "numel": Tensor.nelement,
    **{name: cast_to(dtype) for name, dtype in CASTS.items()},
    "__getitem__": getitem,
    "__setitem__": setitem,
    "__iter__": iterate,
    "__contains__": contains,
    "__array_namespace__": namespace,
    "__array_function__": array_function,
    "__array_ufunc__": array_ufunc,
}

PROPERTIES: dict[str, Callable[[Tensor], Any]] = {
    "T": transposed,
    "mT": shapes.matrix_transpose,
    "real": arithmetic.real,
    "imag": arithmetic.imag,
    "retains_grad": retains_grad,
}


def install() -> None:
    """Give `Tensor` its operators, methods and properties."""
    for name, function in BINARY.items():
        setattr(Tensor, f"__{name}__", function)
        setattr(Tensor, f"__r{name}__", reflected(function))
        setattr(Tensor, f"__i{name}__", in_place(function, f"{function.__name__} in place"))
    for name, function in COMPARISONS.items():
        setattr(Tensor, f"__{name}__", compared(function))
    for name, function in UNARY.items():
        setattr(Tensor, f"__{name}__", function)
    for name, function in {**METHODS, **OWN_METHODS}.items():
        setattr(Tensor, name, function)
    for name, function in PROPERTIES.items():
        setattr(Tensor, name, property(function))
