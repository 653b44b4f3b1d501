"""The operators and methods of `Tensor`, which are public ops."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import wraps
from types import ModuleType
from typing import Any

from ..autodiff.backward import backward
from ..autodiff.custom import custom_gradient
from ..autodiff.gradient_hooks import move_retention, register_hook, retain_grad, retains_grad
from ..autodiff.graph import current_mode, write_log
from ..backend import Backend, Device, DType
from ..backend.dtypes import KINDS, name_of
from ..errors import ShapeError
from ..options import Scalar, ShapeLike
from ..tensor import Tensor
from . import (
    activation,
    arithmetic,
    comparison,
    contraction,
    creation,
    cumulative,
    exponential,
    indexing,
    joining,
    matrices,
    nan_reductions,
    pytorch_names,
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
    arithmetic: """
        abs clip conj copysign floor_divide hypot maximum minimum negative positive pow reciprocal remainder sign square
    """,
    rounding: "ceil floor round trunc",
    exponential: "exp expm1 log log2 log10 log1p logaddexp sigmoid sqrt",
    trigonometric: "acos acosh asin asinh atan atan2 atanh cos cosh sin sinh tan tanh",
    activation: "relu",
    softmax: "log_softmax softmax",
    contraction: "matmul outer",
    reduction: "all any argmax argmin count_nonzero logsumexp max mean min prod std sum var",
    cumulative: "cumulative_prod cumulative_sum logcumsumexp",
    shapes: "astype broadcast_to flatten moveaxis squeeze swapaxes",
    matrices: "cross diag diagonal kron trace tril triu",
    joining: "fliplr flipud repeat roll rot90 tile",
    indexing: "scatter_add take take_along_axis",
    comparison: """
        bitwise_and bitwise_or bitwise_xor equal greater greater_equal isfinite isinf isnan less less_equal logical_and
        logical_not logical_or logical_xor not_equal
    """,
    sorting: "argsort argwhere kthvalue nonzero searchsorted sort topk",
    sets: "bincount unique",
    special: "allclose digamma erf erfc erfinv exp2 fmod frac isclose lerp lgamma logit nan_to_num rsqrt sinc xlogy",
    nan_reductions: "nanmean nansum",
    quantiles: "median nanmedian nanquantile quantile",
    statistics: "corrcoef",
    signals: "diff",
    pytorch_names: """
        absolute addcdiv addcmul addmm addmv amax amin arccos arccosh arcsin arcsinh arctan arctan2 arctanh baddbmm
        bitwise_not bmm chunk clamp clamp_max clamp_min cumprod cumsum div dot eq fix gather ge gt index_add index_copy
        index_fill index_select is_complex is_floating_point le lt masked_fill masked_select mm movedim mul mv narrow ne
        neg norm numel ravel repeat_interleave scatter select split_with_sizes swapdims t take_along_dim tensor_split
        transpose true_divide unbind unflatten unsqueeze
    """,
}

METHODS: dict[str, Callable[..., Any]] = {
    **{name: getattr(module, name) for module, names in OPS_AS_METHODS.items() for name in names.split()},
    "backward": backward,
    "register_hook": register_hook,
    "retain_grad": retain_grad,
}

IN_PLACE = """
abs addcdiv addcmul addmm addmv baddbmm ceil clamp clamp_max clamp_min copysign cos cumprod cumsum div erf erfinv exp
expm1 floor floor_divide fmod frac hypot index_add index_copy index_fill lerp log log10 log1p log2 logit masked_fill
maximum minimum mul nan_to_num neg pow reciprocal relu remainder round rsqrt scatter scatter_add sigmoid sign sin sqrt
square tan tanh tril triu trunc
"""
"""Methods that have a form that changes the tensor: its name ends with an underscore."""


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


def expand(x: Tensor, *shape: Any) -> Tensor:
    """Repeat axes of length 1; -1 keeps a length."""
    wanted = tuple(shapes.from_arguments(shape))
    old = (1,) * (len(wanted) - x.ndim) + x.shape
    return shapes.broadcast_to(x, tuple(o if n == -1 else n for n, o in zip(wanted, old, strict=True)))


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


def add(x: Tensor, other: Any, *, alpha: Scalar = 1) -> Tensor:
    """``x + alpha * other``, elementwise.

    Examples
    --------
    >>> tl.ones(2).add(tl.ones(2), alpha=3)
    tensor([4., 4.])
    """
    return arithmetic.add(x, other if alpha == 1 else alpha * other)


def sub(x: Tensor, other: Any, *, alpha: Scalar = 1) -> Tensor:
    """``x - alpha * other``, elementwise.

    Examples
    --------
    >>> tl.ones(2).sub(tl.ones(2), alpha=3)
    tensor([-2., -2.])
    """
    return arithmetic.subtract(x, other if alpha == 1 else alpha * other)


def flip(x: Tensor, *axes: Any) -> Tensor:
    """Reverse the order of elements along axes, given as one tuple or as several numbers; along all by default.

    Examples
    --------
    >>> tl.tensor([1.0, 2.0]).flip(0)
    tensor([2., 1.])
    """
    return joining.flip(x, axis=shapes.from_arguments(axes) if axes else None)


def where(x: Tensor, condition: Tensor, other: Any) -> Tensor:
    """The elements of the tensor where a condition holds, and those of `other` elsewhere.

    Examples
    --------
    >>> tl.tensor([1.0, 2.0]).where(tl.tensor([True, False]), 0.0)
    tensor([1., 0.])
    """
    return comparison.where(condition, x, other)


def expand_as(x: Tensor, other: Tensor) -> Tensor:
    """The tensor broadcast to the shape of another.

    Examples
    --------
    >>> tl.ones(1).expand_as(tl.zeros(2))
    tensor([1., 1.])
    """
    return shapes.broadcast_to(x, other.shape)


def reshape_as(x: Tensor, other: Tensor) -> Tensor:
    """The same elements in the shape of another tensor.

    Examples
    --------
    >>> tl.ones(2, 1).reshape_as(tl.zeros(2))
    tensor([1., 1.])
    """
    return shapes.reshape(x, other.shape)


def type_as(x: Tensor, other: Tensor) -> Tensor:
    """The tensor with the data type of another.

    Examples
    --------
    >>> tl.tensor([1, 2]).type_as(tl.zeros(2))
    tensor([1., 2.])
    """
    return shapes.astype(x, other.dtype, copy=False)


def contiguous(x: Tensor) -> Tensor:
    """The tensor itself if its elements are contiguous in memory and in C order, else a copy for which this holds.

    Examples
    --------
    >>> tl.tensor([[1.0], [2.0]]).T.contiguous()
    tensor([[1., 2.]])
    """
    flags = getattr(x._array, "flags", None)
    return x if flags is None or flags.c_contiguous else reshape(reshape(x, -1), *x.shape)


def element_size(x: Tensor) -> int:
    """Bytes per element.

    Examples
    --------
    >>> tl.ones(2).element_size()
    4
    """
    return x.itemsize


def new_tensor(x: Tensor, data: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor from data, with the data type and on the device of this one.

    Examples
    --------
    >>> tl.ones(2).new_tensor([1, 2])
    tensor([1., 2.])
    """
    return creation.tensor(data, dtype=dtype or x.dtype, device=x.device, requires_grad=requires_grad)


def new_maker(maker: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return a method that makes a filled tensor, with the data type and on the device of another."""

    def make(x: Tensor, shape: ShapeLike, *args: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
        return maker(shape, *args, dtype=dtype or x.dtype, device=x.device, requires_grad=requires_grad)

    make.__doc__ = f"Call `{maker.__name__}` with the data type and the device of the tensor."
    return make


def fill_(x: Tensor, value: Any) -> Tensor:
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


def copy_(x: Tensor, source: Any) -> Tensor:
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


CASTS = {
    "bfloat16": "bfloat16",
    "bool": "bool",
    "double": "float64",
    "float": "float32",
    "half": "float16",
    "int": "int32",
    "long": "int64",
    "short": "int16",
}
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


CREATORS = (creation.empty, creation.full, creation.ones, creation.zeros)


def rounded(x: Tensor, decimals: int = 0) -> Tensor:
    """``round(x, decimals)``: a tensor.

    Examples
    --------
    >>> round(tl.tensor([1.26]), 1)
    tensor([1.3])
    """
    return rounding.round(x, decimals=decimals)


def divided(x: Any, other: Any) -> tuple[Tensor, Tensor]:
    """``divmod(x, other)``.

    Examples
    --------
    >>> divmod(tl.tensor([7.0]), 2)
    (tensor([3.]), tensor([1.]))
    """
    return arithmetic.floor_divide(x, other), arithmetic.remainder(x, other)


OWN_METHODS: dict[str, Callable[..., Any]] = {
    **{
        function.__name__: function
        for function in (
            add,
            clone,
            contiguous,
            copy_,
            cpu,
            detach_,
            dim,
            element_size,
            expand,
            expand_as,
            fill_,
            flip,
            new_tensor,
            permute,
            reshape,
            reshape_as,
            stack_with,
            sub,
            to,
            to_device,
            type_as,
            where,
            zero_,
        )
    },
    "ndimension": dim,
    "subtract": sub,
    "view": reshape,
    "view_as": reshape_as,
    **{f"new_{maker.__name__}": new_maker(maker) for maker in CREATORS},
    **{f"{name}_": in_place(METHODS[name], f"{name}_") for name in IN_PLACE.split()},
    "add_": in_place(add, "add_"),
    "sub_": in_place(sub, "sub_"),
    **{name: cast_to(dtype) for name, dtype in CASTS.items()},
    "__getitem__": getitem,
    "__setitem__": setitem,
    "__iter__": iterate,
    "__contains__": contains,
    "__array_namespace__": namespace,
    "__divmod__": divided,
    "__rdivmod__": reflected(divided),
    "__round__": rounded,
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


class Elsewhere:
    """An attribute that tensors do not have, though other libraries' arrays do; the error says what to write."""

    def __init__(self, name: str, remark: str) -> None:
        self._name, self._remark = name, remark

    def __get__(self, instance: Tensor | None, owner: type) -> Any:
        raise AttributeError(f"tensors have no attribute {self._name!r}; {self._remark}")


ELSEWHERE = {
    "bernoulli_": "x.copy_(tensorlab.random.bernoulli(...)) fills x",
    "concat": "write tensorlab.concat([x, ...])",
    "conjugate": "write x.conj()",
    "copy": "write x.clone()",
    "cuda": "write x.to('cuda:0')",
    "exponential_": "x.copy_(tensorlab.random.exponential(...)) fills x",
    "fill": "write x.fill_(value)",
    "index_put_": "write x[indices] = values",
    "is_cuda": "x.device says where it is",
    "normal_": "write tensorlab.nn.init.normal_(x, mean, std)",
    "permute_dims": "write x.permute(axes)",
    "random_": "x.copy_(tensorlab.randint(...)) fills x",
    "resize_": "shapes do not change in place; write x = x.reshape(shape)",
    "split": (
        "NumPy and PyTorch mean different things by it: tensorlab.split(x, n) gives n equal pieces, "
        "x.split_with_sizes(n) pieces of length n"
    ),
    "squeeze_": "shapes do not change in place; write x = x.squeeze(axis)",
    "stack": "write tensorlab.stack([x, ...])",
    "stride": "x.array.strides has the strides in bytes",
    "t_": "shapes do not change in place; write x = x.t()",
    "tobytes": "write x.numpy().tobytes()",
    "transpose_": "shapes do not change in place; write x = x.transpose(axis0, axis1)",
    "uniform_": "write tensorlab.nn.init.uniform_(x, a, b)",
    "unsqueeze_": "shapes do not change in place; write x = x.unsqueeze(axis)",
    **{
        name: f"write tensorlab.linalg.{ours}(x)"
        for name, ours in {
            **{name: name for name in ("cholesky", "det", "eigh", "matrix_power", "qr", "slogdet", "svd", "svdvals")},
            "inverse": "inv",
            "logdet": "slogdet",
            "pinverse": "pinv",
        }.items()
    },
}
"""What to write for names that tensors do not have."""


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
    for name, remark in ELSEWHERE.items():
        setattr(Tensor, name, Elsewhere(name, remark))
