"""The operators and methods of `Tensor`, which are public ops."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from ..autodiff.backward import backward
from ..autodiff.gradient_hooks import register_hook, retain_grad, retains_grad
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
    own_methods,
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
    writing,
)
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


CREATORS = (creation.empty, creation.full, creation.ones, creation.zeros)


OWN = """
add clone contiguous cpu dim element_size expand expand_as flip new_tensor permute reshape reshape_as stack_with sub to
to_device type_as where
"""

OWN_METHODS: dict[str, Callable[..., Any]] = {
    **{name: getattr(own_methods, name) for name in OWN.split()},
    **{name: getattr(writing, name) for name in ("copy_", "detach_", "fill_", "zero_")},
    "ndimension": own_methods.dim,
    "subtract": own_methods.sub,
    "view": own_methods.reshape,
    "view_as": own_methods.reshape_as,
    **{f"new_{maker.__name__}": own_methods.new_maker(maker) for maker in CREATORS},
    **{f"{name}_": writing.in_place(METHODS[name], f"{name}_") for name in IN_PLACE.split()},
    "add_": writing.in_place(own_methods.add, "add_"),
    "sub_": writing.in_place(own_methods.sub, "sub_"),
    **{name: own_methods.cast_to(dtype) for name, dtype in own_methods.CASTS.items()},
    "__getitem__": own_methods.getitem,
    "__setitem__": writing.setitem,
    "__iter__": own_methods.iterate,
    "__contains__": own_methods.contains,
    "__array_namespace__": own_methods.namespace,
    "__divmod__": own_methods.divided,
    "__rdivmod__": reflected(own_methods.divided),
    "__round__": own_methods.rounded,
    "__array_function__": array_function,
    "__array_ufunc__": array_ufunc,
}

PROPERTIES: dict[str, Callable[[Tensor], Any]] = {
    "T": own_methods.transposed,
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
        setattr(Tensor, f"__i{name}__", writing.in_place(function, f"{function.__name__} in place"))
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
