"""tensorlab: deep learning on NumPy and CuPy.

This namespace follows the Array API standard; :mod:`tensorlab.nn` and :mod:`tensorlab.optim` follow PyTorch.
"""

from math import e, inf, nan, pi
from typing import TYPE_CHECKING, Any

from . import ops, random
from .autodiff import (
    check_gradients, checkpoint, custom_gradient, detect_anomaly, enable_grad, grad, hessian, hvp, is_grad_enabled,
    jacobian, jvp, no_grad, value_and_grad, vjp,
)  # fmt: skip
from .backend import (
    Backend, BackendError, BackendUnavailable, Device, DType, active_backend, available_backends, register_backend,
    use_backend,
)  # fmt: skip
from .backend.dtypes import (
    bfloat16, complex64, complex128, float16, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32,
    uint64,
)  # fmt: skip
from .backend.dtypes import bool_ as bool
from .backend.dtypes import float16 as half
from .backend.dtypes import float32 as float
from .backend.dtypes import float64 as double
from .backend.dtypes import int16 as short
from .backend.dtypes import int32 as int
from .backend.dtypes import int64 as long
from .errors import AnomalyError, GradientError, ShapeError
from .inspection import array_namespace_info as __array_namespace_info__
from .inspection import elsewhere
from .io import load, save
from .ops.activation import relu
from .ops.arithmetic import (
    abs, add, clip, conj, copysign, divide, floor_divide, hypot, imag, maximum, minimum, multiply, negative, nextafter,
    positive, pow, real, reciprocal, remainder, sign, square, subtract,
)  # fmt: skip
from .ops.comparison import (
    bitwise_and, bitwise_invert, bitwise_left_shift, bitwise_or, bitwise_right_shift, bitwise_xor, equal, greater,
    greater_equal, isfinite, isinf, isnan, less, less_equal, logical_and, logical_not, logical_or, logical_xor,
    not_equal, signbit, where,
)  # fmt: skip
from .ops.contraction import linear, matmul, outer, tensordot, vecdot
from .ops.creation import (
    arange, asarray, empty, empty_like, eye, from_dlpack, from_numpy, full, full_like, geomspace, linspace, logspace,
    meshgrid, ones, ones_like, zeros, zeros_like,
)  # fmt: skip
from .ops.cumulative import cumulative_prod, cumulative_sum, logcumsumexp
from .ops.datatypes import can_cast, finfo, iinfo, isdtype, result_type
from .ops.einsum import einsum
from .ops.exponential import exp, expm1, log, log1p, log2, log10, logaddexp, sigmoid, sqrt
from .ops.indexing import embedding, getitem, scatter_add, take, take_along_axis
from .ops.joining import (
    array_split, atleast_1d, atleast_2d, atleast_3d, broadcast_shapes, column_stack, concat, dstack, flip, fliplr,
    flipud, hstack, repeat, roll, rot90, split, stack, tile, unstack, vstack,
)  # fmt: skip
from .ops.matrices import cross, diag, diagonal, kron, trace, tri, tril, tril_indices, triu, triu_indices
from .ops.nan_reductions import nanmax, nanmean, nanmin, nanprod, nanstd, nansum, nanvar
from .ops.padding import pad
from .ops.pytorch_names import (
    absolute, addcdiv, addcmul, addmm, addmv, amax, amin, arccos, arccosh, arcsin, arcsinh, arctan, arctan2,
    arctanh, as_tensor, baddbmm, bitwise_not, bmm, cat, cdist, chunk, clamp, clamp_max, clamp_min, concatenate,
    cumprod, cumsum, div, dot, eq, fix, gather, ge, gt, index_add, index_copy, index_fill, index_select, is_complex,
    is_floating_point, is_tensor, le, lt, masked_fill, masked_select, mm, movedim, mul, mv, narrow, ne, neg, norm,
    numel, permute, power, ravel, repeat_interleave, row_stack, scatter, select, split_with_sizes, sub, swapdims, t,
    take_along_dim, tensor_split, transpose, true_divide, unbind, unflatten, unsqueeze,
)  # fmt: skip
from .ops.quantiles import median, nanmedian, nanpercentile, nanquantile, percentile, quantile
from .ops.reduction import all, any, argmax, argmin, count_nonzero, logsumexp, max, mean, min, prod, std, sum, var
from .ops.rounding import ceil, floor, round, trunc
from .ops.sets import (
    bincount, intersect1d, isin, setdiff1d, union1d, unique, unique_all, unique_counts, unique_inverse, unique_values,
)  # fmt: skip
from .ops.shapes import (
    astype, broadcast_arrays, broadcast_to, expand_dims, flatten, matrix_transpose, moveaxis, permute_dims, reshape,
    squeeze, sum_to_shape, swapaxes,
)  # fmt: skip
from .ops.signals import convolve, correlate, diff, interp, polyval, trapezoid, unwrap, vander
from .ops.softmax import log_softmax, softmax
from .ops.sorting import argsort, argwhere, flatnonzero, kthvalue, nonzero, searchsorted, sort, topk
from .ops.special import (
    allclose, deg2rad, digamma, entr, erf, erfc, erfcx, erfinv, exp2, fmod, frac, gammainc, gammaincc, heaviside, i0,
    i0e, i1, i1e, isclose, lerp, lgamma, log_ndtr, logaddexp2, logit, nan_to_num, ndtr, ndtri, polygamma, rad2deg,
    rsqrt, sinc, xlog1py, xlogy,
)  # fmt: skip
from .ops.statistics import average, corrcoef, cov, digitize, histogram, ptp
from .ops.trigonometric import acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, sin, sinh, tan, tanh
from .random import (
    Generator, manual_seed, rand, rand_like, randint, randint_like, randn, randn_like, randperm, seed_everything,
)  # fmt: skip
from .tensor import Tensor

newaxis = None
__array_api_version__ = "2024.12"

# isort: split
# The last binding of the name counts for type checkers: the function, not the module.
from .ops.creation import tensor  # noqa: E402

__all__ = [
    "__array_api_version__", "__array_namespace_info__", "abs", "absolute", "acos", "acosh", "active_backend", "add",
    "addcdiv", "addcmul", "addmm", "addmv", "all", "allclose", "amax", "amin", "AnomalyError", "any", "arange",
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin", "argsort", "argwhere",
    "array_split", "as_tensor", "asarray", "asin", "asinh", "astype", "atan", "atan2", "atanh", "atleast_1d",
    "atleast_2d", "atleast_3d", "available_backends", "average", "Backend", "BackendError", "BackendUnavailable",
    "baddbmm", "bfloat16", "bincount", "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_not",
    "bitwise_or", "bitwise_right_shift", "bitwise_xor", "bmm", "bool", "broadcast_arrays", "broadcast_shapes",
    "broadcast_to", "can_cast", "cat", "cdist", "ceil", "check_gradients", "checkpoint", "chunk", "clamp", "clamp_max",
    "clamp_min", "clip", "column_stack", "complex128", "complex64", "concat", "concatenate", "conj", "convolve",
    "copysign", "corrcoef", "correlate", "cos", "cosh", "count_nonzero", "cov", "cross", "cumprod", "cumsum",
    "cumulative_prod", "cumulative_sum", "custom_gradient", "data", "datasets", "deg2rad", "detect_anomaly", "Device",
    "diag", "diagonal", "diff", "digamma", "digitize", "distributions", "div", "divide", "dot", "double", "dstack",
    "DType", "e", "einsum", "embedding", "empty", "empty_like", "enable_grad", "entr", "eq", "equal", "erf", "erfc",
    "erfcx", "erfinv", "exp", "exp2", "expand_dims", "expm1", "eye", "features", "fft", "finfo", "fix", "flatnonzero",
    "flatten", "flip", "fliplr", "flipud", "float", "float16", "float32", "float64", "floor", "floor_divide", "fmod",
    "frac", "from_dlpack", "from_numpy", "full", "full_like", "gammainc", "gammaincc", "gather", "ge", "Generator",
    "geomspace", "getitem", "grad", "GradientError", "greater", "greater_equal", "gt", "half", "heaviside", "hessian",
    "histogram", "hstack", "hvp", "hypot", "i0", "i0e", "i1", "i1e", "iinfo", "imag", "index_add", "index_copy",
    "index_fill", "index_select", "inf", "int", "int16", "int32", "int64", "int8", "interp", "intersect1d",
    "is_complex", "is_floating_point", "is_grad_enabled", "is_tensor", "isclose", "isdtype", "isfinite", "isin",
    "isinf", "isnan", "jacobian", "jvp", "kron", "kthvalue", "le", "lerp", "less", "less_equal", "lgamma", "linalg",
    "linear", "linspace", "load", "log", "log10", "log1p", "log2", "log_ndtr", "log_softmax", "logaddexp", "logaddexp2",
    "logcumsumexp", "logical_and", "logical_not", "logical_or", "logical_xor", "logit", "logspace", "logsumexp", "long",
    "lt", "manual_seed", "masked_fill", "masked_select", "matmul", "matrix_transpose", "max", "maximum", "mean",
    "median", "meshgrid", "metrics", "min", "minimum", "mm", "models", "moveaxis", "movedim", "mul", "multiply", "mv",
    "nan", "nan_to_num", "nanmax", "nanmean", "nanmedian", "nanmin", "nanpercentile", "nanprod", "nanquantile",
    "nanstd", "nansum", "nanvar", "narrow", "ndtr", "ndtri", "ne", "neg", "negative", "newaxis", "nextafter", "nn",
    "no_grad", "nonzero", "norm", "not_equal", "numel", "ones", "ones_like", "ops", "optim", "outer", "pad",
    "percentile", "permute", "permute_dims", "pi", "playground", "polygamma", "polyval", "positive", "pow", "power",
    "prod", "profile", "profiling", "ptp", "quantile", "rad2deg", "rand", "rand_like", "randint", "randint_like",
    "randn", "randn_like", "random", "randperm", "ravel", "real", "reciprocal", "register_backend", "relu", "remainder",
    "repeat", "repeat_interleave", "reshape", "result_type", "roll", "rot90", "round", "row_stack", "rsqrt", "save",
    "scatter", "scatter_add", "searchsorted", "seed_everything", "select", "setdiff1d", "ShapeError", "short",
    "sigmoid", "sign", "signbit", "sin", "sinc", "sinh", "softmax", "sort", "split", "split_with_sizes", "sqrt",
    "square", "squeeze", "stack", "std", "sub", "subtract", "sum", "sum_to_shape", "swapaxes", "swapdims", "t", "take",
    "take_along_axis", "take_along_dim", "tan", "tanh", "tensor", "Tensor", "tensor_split", "tensordot", "tile",
    "tokenizers", "topk", "trace", "train", "transpose", "trapezoid", "tri", "tril", "tril_indices", "triu",
    "triu_indices", "true_divide", "trunc", "uint16", "uint32", "uint64", "uint8", "unbind", "unflatten", "union1d",
    "unique", "unique_all", "unique_counts", "unique_inverse", "unique_values", "unsqueeze", "unstack", "unwrap",
    "use_backend", "value_and_grad", "vander", "var", "vecdot", "viz", "vjp", "vstack", "where", "xlog1py", "xlogy",
    "zeros", "zeros_like",
]  # fmt: skip

if TYPE_CHECKING:
    from . import (
        data, datasets, distributions, features, fft, linalg, metrics, models, nn, optim, playground, profiling,
        tokenizers, train, viz,
    )  # fmt: skip
    from .profiling import profile

    __version__: str

LAZY = (
    "data", "datasets", "distributions", "features", "fft", "linalg", "metrics", "models", "nn", "optim", "playground",
    "profiling", "tokenizers", "train", "viz",
)  # fmt: skip
"""Namespaces that are imported at first use."""


def __getattr__(name: str) -> Any:
    if name in LAZY:
        from importlib import import_module

        return import_module(f".{name}", __name__)
    if name == "profile":
        from .profiling import profile

        return profile
    if name == "__version__":
        # Looked up at first use, as reading the metadata of the distribution is slow.
        from importlib.metadata import version

        return version("tensorlab")
    raise AttributeError(f"module 'tensorlab' has no attribute {name!r}{elsewhere(name)}")


def __dir__() -> list[str]:
    return sorted({*__all__, "io", "__version__", *(name for name in globals() if name.startswith("__"))})
