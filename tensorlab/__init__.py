"""tensorlab: deep learning on NumPy and CuPy.

The top level follows the Array API standard; :mod:`tensorlab.nn` and :mod:`tensorlab.optim` follow PyTorch.
"""

from math import e, inf, nan, pi
from typing import TYPE_CHECKING, Any

from .autodiff import (
    AnomalyError,
    GradientError,
    ShapeError,
    check_gradients,
    checkpoint,
    custom_gradient,
    detect_anomaly,
    enable_grad,
    grad,
    hessian,
    hvp,
    is_grad_enabled,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
)
from .backend import (
    Backend,
    BackendError,
    BackendUnavailable,
    Device,
    DType,
    active_backend,
    available_backends,
    register_backend,
    use_backend,
)
from .backend.dtypes import (
    bfloat16,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from .backend.dtypes import bool_ as bool
from .ops.activation import log_softmax, relu, sigmoid, softmax
from .ops.arithmetic import (
    abs,
    add,
    ceil,
    clip,
    conj,
    copysign,
    divide,
    floor,
    floor_divide,
    hypot,
    imag,
    maximum,
    minimum,
    multiply,
    negative,
    nextafter,
    positive,
    pow,
    real,
    reciprocal,
    remainder,
    round,
    sign,
    square,
    subtract,
    trunc,
    zeros_like,
)
from .ops.comparison import (
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    equal,
    greater,
    greater_equal,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
    signbit,
    where,
)
from .ops.contraction import linear, matmul, outer, tensordot, vecdot
from .ops.creation import (
    arange,
    asarray,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    meshgrid,
    ones,
    ones_like,
    tensor,
    tril,
    triu,
    zeros,
)
from .ops.einsum import einsum
from .ops.exponential import exp, expm1, log, log1p, log2, log10, logaddexp, sqrt
from .ops.indexing import embedding, getitem, scatter_add, take, take_along_axis
from .ops.joining import concat, flip, roll, split, stack, tile, unstack
from .ops.reduction import (
    all,
    any,
    argmax,
    argmin,
    count_nonzero,
    cumulative_prod,
    cumulative_sum,
    logsumexp,
    max,
    mean,
    min,
    prod,
    std,
    sum,
    var,
)
from .ops.shapes import (
    astype,
    broadcast_arrays,
    broadcast_to,
    expand_dims,
    flatten,
    matrix_transpose,
    moveaxis,
    permute_dims,
    reshape,
    squeeze,
    sum_to_shape,
    swapaxes,
)
from .ops.trigonometric import acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, sin, sinh, tan, tanh
from .random import Generator, manual_seed, rand, randint, randn, randperm
from .tensor import Tensor

if TYPE_CHECKING:
    __version__: str

newaxis = None


def __getattr__(name: str) -> Any:
    if name == "__version__":
        # Looked up when asked for: it takes longer than the rest of the import.
        from importlib.metadata import version

        return version("tensorlab")
    raise AttributeError(f"module 'tensorlab' has no attribute {name!r}")
