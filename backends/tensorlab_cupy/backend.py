"""The CuPy backend: arrays on CUDA GPUs."""

from __future__ import annotations

import sys
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar

from tensorlab.backend import Backend

from . import cuda_sources, linalg
from .special import CupySpecialKernels
from .updates import FusedUpdateKernels

THREADS = 256


class CupyBackend(CupySpecialKernels, FusedUpdateKernels, Backend):
    """Arrays on CUDA GPUs, computed with CuPy."""

    name: ClassVar[str] = "cupy"
    array_package: ClassVar[str] = "cupy"
    dlpack_device: ClassVar[int] = 2
    max_dimensions: ClassVar[int | None] = 25
    wider: ClassVar[dict[str, str]] = {"bfloat16": "float32"}

    @classmethod
    def unavailable(cls) -> str | None:
        """Return which package is missing, or the driver's error if there is no GPU."""
        for package in ("cupy", "array_api_compat"):
            if find_spec(package) is None:
                return f"{package} is not installed; install tensorlab[cuda12] or tensorlab[cuda13]"
        import cupy

        try:
            count = cupy.cuda.runtime.getDeviceCount()
        except cupy.cuda.runtime.CUDARuntimeError as error:
            return f"installed, but no CUDA device is available: {error}"
        return None if count else "installed, but the CUDA driver finds no device"

    @cached_property
    def xp(self) -> Any:
        """CuPy as an Array API namespace."""
        from .namespace import Namespace

        return Namespace()

    @cached_property
    def _cupy(self) -> Any:
        import cupy

        return cupy

    @property
    def array_types(self) -> tuple[type, ...]:
        """CuPy's array type."""
        return (self._cupy.ndarray,)

    def native_dtype(self, name: str) -> Any:
        """Return CuPy's dtypes, which are NumPy's; ``bfloat16`` comes from ml_dtypes, if that is installed."""
        if name != "bfloat16":
            return self._cupy.dtype(name)
        return self._cupy.dtype(import_module("ml_dtypes").bfloat16) if find_spec("ml_dtypes") else None

    # -- devices and host memory -----------------------------------------------------------------------------

    def asarray(self, obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
        """Return a CuPy array of `obj`; data in host memory are always copied."""
        if copy is False and not isinstance(obj, self._cupy.ndarray):
            raise ValueError("copy=False: data in host memory must be copied to the GPU")
        on_other_device = device is not None and isinstance(obj, self._cupy.ndarray) and obj.device != device
        return self.xp.asarray(obj, dtype=dtype, device=device, copy=True if copy or on_other_device else None)

    def to_numpy(self, array: Any) -> Any:
        """Copy an array to the host, after waiting for its computation."""
        return self._cupy.asnumpy(array)

    def devices(self) -> list[str]:
        """Return ``cuda:0``, ``cuda:1``, ..., the current device first."""
        runtime = self._cupy.cuda.runtime
        current = runtime.getDevice()
        others = [i for i in range(runtime.getDeviceCount()) if i != current]
        return [f"cuda:{i}" for i in (current, *others)]

    def native_device(self, name: str | None) -> Any:
        """Return CuPy's device object, or None for the current device."""
        return None if name is None else self._cupy.cuda.Device(int(name.partition(":")[2] or 0))

    def device_name(self, array: Any) -> str:
        """Return ``cuda:`` with the number of the GPU."""
        return f"cuda:{array.device.id}"

    def synchronize(self) -> None:
        """Wait for the current stream."""
        self._cupy.cuda.get_current_stream().synchronize()

    def mark(self) -> Any:
        """Return an event on the current stream, for which nothing waits."""
        event = self._cupy.cuda.Event()
        event.record()
        return event

    def seconds_between(self, start: Any, stop: Any) -> float:
        """Return the seconds of the device between two events."""
        stop.synchronize()
        return float(self._cupy.cuda.get_elapsed_time(start, stop)) / 1e3

    def memory(self) -> dict[str, int]:
        """Return the memory used by arrays, held by the pool, and free and total on the device, in bytes."""
        pool = self._cupy.get_default_memory_pool()
        free, total = self._cupy.cuda.runtime.memGetInfo()
        return {"used": pool.used_bytes(), "pool": pool.total_bytes(), "free": free, "total": total}

    # -- memory that arrays share ----------------------------------------------------------------------------

    def is_view(self, array: Any) -> bool:
        """Whether the memory belongs to another array that is referenced elsewhere."""
        # The attribute, the variable and the call hold one reference each.
        base = array.base
        return base is not None and sys.getrefcount(base) > 3

    def storage(self, array: Any) -> int:
        """Return the address of the allocation."""
        address: int = array.data.mem.ptr
        return address

    def owned(self, array: Any) -> Any:
        """Return the array, or a copy of a view."""
        return array if array.base is None else array.copy()

    # -- kernels ---------------------------------------------------------------------------------------------

    @cached_property
    def _philox(self) -> Any:
        return self._cupy.RawKernel(cuda_sources.PHILOX, "philox")

    @cached_property
    def _segment_sums(self) -> dict[Any, Any]:
        names = {name: f"segment_sum<{c_type}>" for name, c_type in cuda_sources.SEGMENT_TYPES.items()}
        module = self._cupy.RawModule(
            code=cuda_sources.SEGMENT_SUM, options=("-std=c++17",), name_expressions=tuple(names.values())
        )
        return {self._cupy.dtype(name): module.get_function(expression) for name, expression in names.items()}

    def random_bits(self, key: tuple[int, int], block: int, count: int) -> Any:
        """Compute random words, one block of the stream per thread."""
        cupy = self._cupy
        out = cupy.empty(count, cupy.uint64)
        if count:
            numbers = (cupy.uint64(n) for n in (*key, block, count))
            self._philox((-(-count // (4 * THREADS)),), (THREADS,), (*numbers, out))
        return out

    def getitem(self, x: Any, index: Any) -> Any:
        """Return ``x[index]``; CuPy supports all kinds of indices."""
        return x[index]

    def index_put(self, x: Any, index: Any, values: Any) -> None:
        """Do ``x[index] = values``."""
        x[index] = values

    def take_add(self, g: Any, indices: Any, *, axis: int, size: int) -> Any:
        """Add slices at indices, deterministically: they are sorted by index, and one thread sums each run."""
        cupy = self._cupy
        if g.dtype not in self._segment_sums:
            return super().take_add(g, indices, axis=axis, size=size)
        rows = cupy.ascontiguousarray(cupy.moveaxis(g, axis, 0)).reshape(g.shape[axis], -1)
        indices = cupy.where(indices < 0, indices + size, indices).astype(cupy.int64)
        order = cupy.argsort(indices, kind="stable").astype(cupy.int64)
        starts = cupy.searchsorted(indices[order], cupy.arange(size + 1)).astype(cupy.int64)
        out = cupy.empty((size, rows.shape[1]), g.dtype)
        if out.size:
            grid = (-(-out.size // THREADS),)
            self._segment_sums[g.dtype](
                grid, (THREADS,), (rows, order, starts, cupy.int64(size), cupy.int64(rows.shape[1]), out)
            )
        return cupy.moveaxis(out.reshape(size, *g.shape[:axis], *g.shape[axis + 1 :]), 0, axis)

    def lu_factors(self, x: Any) -> Any:
        """LU decomposition, of a single matrix by cuSOLVER."""
        return linalg.lu_factors(x) if linalg.supports(x) else super().lu_factors(x)

    def substitute(self, a: Any, b: Any, *, upper: bool, unit_diagonal: bool) -> Any:
        """Solve triangular systems, a single one by cuBLAS."""
        if not linalg.supports(a, b):
            return super().substitute(a, b, upper=upper, unit_diagonal=unit_diagonal)
        return linalg.substitute(a, b, upper=upper, unit_diagonal=unit_diagonal)
