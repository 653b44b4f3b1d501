"""The NumPy backend."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from importlib.util import find_spec
from math import prod
from typing import Any, ClassVar

import numpy as np

from tensorlab.backend import Backend
from tensorlab.backend.memory import host_memory

from . import activation as activations
from . import attention as attentions
from . import batches, elementwise, linalg, machine, norms, pooling, reduction, resampling, scan, sorting
from . import convolution as convolutions
from . import normalization as normalizations
from . import softmax as softmaxes
from . import special as special_functions
from .blas import limit_blas_threads
from .namespace import Namespace
from .reduction import FEW, NEW_ARRAY, add_reduce, is_pairwise
from .threads import limit_threads
from .updates import BlockedUpdateKernels

NAMESAKES = """
    abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_invert bitwise_left_shift bitwise_or
    bitwise_right_shift bitwise_xor ceil conj copysign cos cosh divide equal exp floor
    fmod greater greater_equal heaviside hypot isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp
    logaddexp2 logical_and logical_not logical_or logical_xor maximum minimum multiply negative
    not_equal reciprocal remainder sign signbit sin sinh sqrt square subtract tan trunc
""".split()
"""Ops that are NumPy's ufuncs of the same name. Calling these directly saves 0.1 us."""


# Called with positional arguments, as keywords cost 0.1 us; NumPy's type stubs do not allow them.
maximum_reduce: Any = np.maximum.reduce
minimum_reduce: Any = np.minimum.reduce


class NumpyBackend(
    activations.BlockedActivationKernels, special_functions.BlockedSpecialKernels, BlockedUpdateKernels, Backend
):
    """Arrays in host memory, computed with NumPy and its BLAS."""

    name: ClassVar[str] = "numpy"
    array_package: ClassVar[str] = "numpy"
    max_dimensions: ClassVar[int | None] = 64
    wider: ClassVar[dict[str, str]] = {"float16": "float32", "bfloat16": "float32"}
    remedies: ClassVar[dict[str, str]] = {"bfloat16": "it comes with ml_dtypes: pip install ml_dtypes"}
    xp = Namespace()

    def __init__(self) -> None:
        super().__init__()
        for name in NAMESAKES:
            setattr(self, name, getattr(np, name))

    def limit_threads(self, count: int) -> None:
        """Limit the threads of OpenBLAS and those of the blocks of large arrays."""
        limit_blas_threads(count)
        limit_threads(count)

    def ignoring_underflow(self) -> AbstractContextManager[Any]:
        """Return a context in which NumPy does not report underflow."""
        return np.errstate(under="ignore")

    @property
    def array_types(self) -> tuple[type, ...]:
        """``ndarray``, and the scalar types that NumPy's functions return for 0-d results."""
        scalars = {np.dtype(native).type for native in (*self._dtypes_in_use.values(), np.float16)}
        return (np.ndarray, *scalars)

    def native_dtype(self, name: str) -> Any:
        """Return NumPy's dtype; ``bfloat16`` comes from ml_dtypes, if that is installed."""
        if name != "bfloat16":
            return np.dtype(name)
        return np.dtype(import_module("ml_dtypes").bfloat16) if find_spec("ml_dtypes") else None

    def asarray(self, obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
        """Return a NumPy array of `obj`."""
        return np.asarray(obj, dtype=dtype, copy=copy)

    def from_bytes(self, data: bytes | bytearray | memoryview, dtype: str, shape: Sequence[int]) -> Any:
        """Return an array that shares the memory of the bytes, read-only where they are."""
        return np.frombuffer(data, self.native(dtype)).reshape(shape)

    def as_strided(self, array: Any, shape: Sequence[int], strides: Sequence[int], offset: int) -> Any:
        """Return a view of a contiguous array; NumPy checks that it does not reach beyond it."""
        size = array.itemsize
        return np.ndarray(shape, array.dtype, array, offset * size, [stride * size for stride in strides])

    def canonical(self, array: Any) -> Any:
        """Return an ``ndarray`` in native byte order whose dtype is the object that `native` returns."""
        array = np.asarray(array)
        native = self.native(self.dtype_of(array))
        return array if array.dtype is native else array.astype(native, copy=array.dtype != native).view(native)

    as_own = staticmethod(np.asarray)  # type: ignore[assignment]  # called directly, without a Python frame

    def to_numpy(self, array: Any) -> Any:
        """Return the array itself."""
        return np.asarray(array)

    def memory(self) -> dict[str, int]:
        """Return the machine's memory in bytes, if the system provides it."""
        return host_memory()

    def describe(self) -> dict[str, str]:
        """Return the versions of NumPy and its BLAS, and the number of BLAS threads."""
        return {**super().describe(), "BLAS": machine.blas()}

    # -- memory that arrays share ----------------------------------------------------------------------------

    def is_view(self, array: Any) -> bool:
        """Whether the memory belongs to another array that is referenced elsewhere."""
        # The attribute, the variable and the call hold one reference each.
        base = array.base
        return base is not None and sys.getrefcount(base) > 3

    def storage(self, array: Any) -> int:
        """Return the identity of the array that owns the memory."""
        while isinstance(array.base, np.ndarray):
            array = array.base
        return id(array)

    def owned(self, array: Any) -> Any:
        """Return the array, or a copy of a view."""
        array = np.asarray(array)
        return array if array.base is None else array.copy()

    # -- kernels ---------------------------------------------------------------------------------------------

    @staticmethod
    def convolution(x: Any, w: Any, b: Any = None, **geometry: Any) -> Any:
        """Cross-correlate images with filters and add a bias per channel."""
        y = convolutions.convolution(x, w, **geometry)
        if b is not None:
            y += b.reshape((-1,) + (1,) * (y.ndim - 2))
        return y

    convolution_input_grad = staticmethod(convolutions.convolution_input_grad)
    convolution_weight_grad = staticmethod(convolutions.convolution_weight_grad)
    max_pool = staticmethod(pooling.max_pool)
    max_unpool = staticmethod(pooling.max_unpool)
    pool_gather = staticmethod(pooling.pool_gather)
    avg_pool = staticmethod(pooling.avg_pool)
    avg_unpool = staticmethod(pooling.avg_unpool)

    def sum(self, x: Any, axis: Any = None, *, dtype: Any = None, keepdims: bool = False) -> Any:
        """Sum with small rounding errors along every axis: by the ufunc where that is accurate, else in runs."""
        if not x.ndim:
            reduction.refuse_axes_of_number(axis)
        if dtype is None and (x.ndim < 2 or x.size <= FEW or is_pairwise(x, axis)):
            return add_reduce(x, axis, out=NEW_ARRAY, keepdims=keepdims)
        return reduction.sum(x, axis, None if dtype is None else self.native(dtype), keepdims)

    mean = staticmethod(reduction.mean)
    euclidean_norm = staticmethod(norms.euclidean_norm)

    @staticmethod
    def max(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Maximum by the ufunc."""
        if not x.ndim:
            reduction.refuse_axes_of_number(axis)
        return maximum_reduce(x, axis, out=NEW_ARRAY, keepdims=keepdims)

    @staticmethod
    def min(x: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        """Minimum by the ufunc."""
        if not x.ndim:
            reduction.refuse_axes_of_number(axis)
        return minimum_reduce(x, axis, out=NEW_ARRAY, keepdims=keepdims)

    @staticmethod
    def matmul(x1: Any, x2: Any) -> Any:
        """Matrix product; of two matrices by ``np.dot``, which has 0.4 us less overhead than ``np.matmul``."""
        return np.dot(x1, x2) if x1.ndim == 2 and x2.ndim == 2 else np.matmul(x1, x2)

    @staticmethod
    def linear(x: Any, weight: Any, bias: Any = None) -> Any:
        """Compute ``x @ weight.T + bias`` and add the bias in place."""
        rows = x if x.ndim == 2 else x.reshape(prod(x.shape[:-1]), x.shape[-1])
        y = np.dot(rows, weight.T)
        if rows is not x:
            y = y.reshape(*x.shape[:-1], weight.shape[0])
        if bias is not None:
            y += bias
        return y

    expm1 = staticmethod(elementwise.expm1)
    floor_divide = staticmethod(elementwise.floor_divide)
    log_ratio = staticmethod(elementwise.log_ratio)
    pow = staticmethod(elementwise.pow)
    tanh = staticmethod(elementwise.tanh)
    sigmoid_cross_entropy = staticmethod(elementwise.sigmoid_cross_entropy)
    sort = staticmethod(sorting.sort)
    topk_indices = staticmethod(sorting.topk_indices)

    exp2 = staticmethod(special_functions.exp2)
    logcumsumexp = staticmethod(scan.logcumsumexp)
    lu_factors = staticmethod(linalg.lu_factors)

    relu = staticmethod(elementwise.relu)
    where = staticmethod(elementwise.where)
    broadcast_to = staticmethod(elementwise.broadcast_to)

    attention = staticmethod(attentions.attention)
    attention_grad = staticmethod(attentions.attention_grad)
    softmax = staticmethod(softmaxes.softmax)
    log_softmax = staticmethod(softmaxes.log_softmax)
    softmax_cross_entropy = staticmethod(softmaxes.softmax_cross_entropy)
    softmax_cross_entropy_grad = staticmethod(softmaxes.softmax_cross_entropy_grad)

    standardize = staticmethod(normalizations.standardize)
    normalize_trailing = staticmethod(normalizations.normalize_trailing)
    normalize_trailing_input_grad = staticmethod(normalizations.normalize_trailing_input_grad)
    normalize_trailing_weight_grad = staticmethod(normalizations.normalize_trailing_weight_grad)

    @staticmethod
    def reshape(x: Any, shape: Any, copy: bool | None = None) -> Any:
        """Reshape by the method, which takes a fifth of the time of ``np.reshape``."""
        return x.reshape(shape) if copy is None else np.reshape(x, shape, copy=copy)

    @staticmethod
    def permute_dims(x: Any, axes: Any) -> Any:
        """Permute axes by the method, which takes a third of the time of ``np.permute_dims``."""
        return x.transpose(axes)

    @staticmethod
    def getitem(x: Any, index: Any) -> Any:
        """Return ``x[index]``."""
        return x[index]

    @staticmethod
    def index_put(x: Any, index: Any, values: Any) -> None:
        """Do ``x[index] = values``."""
        x[index] = values

    @staticmethod
    def index_add(x: Any, index: Any, values: Any) -> Any:
        """Add values at an index with integer arrays, in place."""
        np.add.at(x, index, values)
        return x

    @staticmethod
    def take_add(g: Any, indices: Any, *, axis: int, size: int) -> Any:
        """Add slices at the indices of an axis of zeros."""
        out = np.zeros((*g.shape[:axis], size, *g.shape[axis + 1 :]), g.dtype)
        np.add.at(out, (slice(None),) * axis + (indices,), g)
        return out

    def resample(self, x: Any, taps: Any, axis: int) -> Any:
        """Weighted sums of a few elements along an axis, block by block."""
        return resampling.resample(self, x, taps, axis)

    map_batch = staticmethod(batches.map_batch)

    @staticmethod
    def segment_max(x: Any, segments: Any, *, size: int) -> Any:
        """Maximum of the rows of each segment, after sorting the rows by segment."""
        order = np.argsort(segments, kind="stable")
        present, starts = np.unique(segments[order], return_index=True)
        out = np.zeros((size, *x.shape[1:]), x.dtype)
        if len(present):
            out[present] = np.maximum.reduceat(x[order], starts, axis=0)
        return out

    @staticmethod
    def correlate_valid(x: Any, w: Any) -> Any:
        """Inner products of a vector with all windows of a longer one, without gathering them."""
        # NumPy conjugates the second operand.
        return np.correlate(x, w if w.dtype.kind != "c" else w.conj(), "valid")

    @staticmethod
    def random_bits(key: tuple[int, int], block: int, count: int) -> Any:
        """Random words by NumPy's Philox generator."""
        generator = np.random.Philox(key=key[0] | key[1] << 64, counter=block)
        return generator.random_raw(count)
