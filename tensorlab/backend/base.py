"""The base class of backends: what they need beyond the Array API standard, with defaults where possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from math import prod
from operator import index as as_index
from threading import RLock
from time import perf_counter
from typing import Any, ClassVar

from . import dtypes
from .dtypes import DType
from .kernels import DefaultKernels
from .memory import require_memory
from .narrow_types import in_wider_types

UNCHECKED = 1 << 24
"""Arrays of up to so many elements are always allowed, without looking up the machine's memory."""


@dataclass(frozen=True)
class Device:
    """Where an array lives: a backend and one of its devices.

    Also compares equal to its name (``"cpu"``, ``"cuda:1"``).
    """

    backend: str
    name: str

    def __str__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return other == self.name
        return isinstance(other, Device) and (self.backend, self.name) == (other.backend, other.name)

    def __hash__(self) -> int:
        return hash(self.name)


class Backend(DefaultKernels):
    """An array library that tensorlab computes with.

    A subclass sets `name`, `array_package` and `xp`, and implements the methods below that raise
    ``NotImplementedError``; everything works then. Each kernel in :class:`~tensorlab.backend.kernels.DefaultKernels`
    can be overridden by a faster one, and so can **any op**: a method with an op's name replaces that op's own
    computation.

    Attributes
    ----------
    name : str
        The name that `TENSORLAB_BACKEND` and `use_backend` take.
    array_package : str
        The top-level package of the array type; the backend of an array of unknown type is found by it.
    dlpack_device : int
        DLPack's device type of the memory that holds arrays: 1 for host memory, 2 for CUDA.
    max_dimensions : int or None
        The largest number of axes of an array; None if there is no limit.
    wider : mapping from str to str
        For data types with no or poor arithmetic in the library, by name: the wider type in which they are computed,
        before the result is rounded once. A type costs nothing before it is first used.
    remedies : mapping from str to str
        For data types that may be missing, by name: what to do about it, which errors say.
    xp : namespace
        The array namespace, conforming to the Array API standard 2024.12. The defaults rely on the accuracy of its sums
        and scans, as most libraries sum in a tree, and runs on top of that would only cost time. NumPy does not along
        leading axes, so its backend replaces these functions in the namespace.
    """

    name: ClassVar[str]
    array_package: ClassVar[str]
    dlpack_device: ClassVar[int] = 1
    max_dimensions: ClassVar[int | None] = None
    wider: ClassVar[Mapping[str, str]] = {}
    remedies: ClassVar[Mapping[str, str]] = {}
    xp: Any

    def __init__(self) -> None:
        self._dtypes_in_use: dict[DType, Any] = {}  # replaced, never changed: other threads may iterate over it
        self._native_by_dtype: dict[DType, Any] = {}
        self._dtype_by_native: dict[Any, DType] = {}
        self._dtype_lock = RLock()
        self._dtype_listeners: list[Callable[[], None]] = []
        for dtype in DType.registry.values():
            native = None if dtype.name in self.wider else self.native_dtype(dtype.name)
            if native is not None:
                self._dtypes_in_use[dtype], self._dtype_by_native[native] = native, dtype
        self._native_by_dtype.update(self._dtypes_in_use)

    def ignoring_underflow(self) -> AbstractContextManager[Any]:
        """Return a context in which numbers that become zero are not reported, if the library can report them."""
        return nullcontext()

    def limit_threads(self, count: int) -> None:
        """Compute with at most `count` threads in this process, of those that the library starts on the host."""

    # -- time ------------------------------------------------------------------------------------------------

    def mark(self) -> Any:
        """Return a mark of the time at which work submitted before this call is done."""
        return perf_counter()

    def seconds_between(self, start: Any, stop: Any) -> float:
        """Return the seconds between two marks; waits until the second one is reached."""
        return float(stop - start)

    # -- availability, devices, host memory ------------------------------------------------------------------

    @classmethod
    def unavailable(cls) -> str | None:
        """Return why this backend cannot run here, or None if it can. Must be fast and must not raise."""
        return None

    @property
    def array_types(self) -> tuple[type, ...]:
        """The array types of this backend; results have the first one."""
        raise NotImplementedError(f"backend {self.name!r} does not define array_types")

    @property
    def on_host(self) -> bool:
        """Whether arrays are in host memory, so that their elements can be read without waiting for a device."""
        return self.dlpack_device == 1

    def to_numpy(self, array: Any) -> Any:
        """Return `array` as a NumPy array in host memory, sharing memory where possible."""
        raise NotImplementedError(f"backend {self.name!r} does not define to_numpy")

    def asarray(self, obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
        """Return `obj` (nested sequences, a host array, an array of this backend) as an array of this backend."""
        return self.xp.asarray(obj, dtype=dtype, device=device, copy=copy)

    def from_bytes(self, data: bytes | bytearray | memoryview, dtype: str, shape: Sequence[int]) -> Any:
        """Return bytes as an array that shares their memory. Only for backends with arrays in host memory."""
        raise NotImplementedError(f"backend {self.name!r} has no arrays in host memory")

    def as_strided(self, array: Any, shape: Sequence[int], strides: Sequence[int], offset: int) -> Any:
        """Return a view of a contiguous array, strides and offset in elements. Only for arrays in host memory.

        Raises
        ------
        ValueError
            If the view would reach beyond the array.
        """
        raise NotImplementedError(f"backend {self.name!r} has no arrays in host memory")

    def from_dlpack(self, obj: Any, *, copy: bool | None = None) -> Any:
        """Return an array of what `obj` exports through DLPack, sharing memory unless `copy` is True."""
        return self.xp.from_dlpack(obj, copy=copy)

    def devices(self) -> list[str]:
        """Return the names of the available devices, the default one first."""
        return ["cpu"]

    def native_device(self, name: str | None) -> Any:
        """Return the device object of `xp` for a device name; None stands for the default device."""
        return None

    def device_name(self, array: Any) -> str:
        """Return the name of the device that holds an array."""
        return "cpu"

    def synchronize(self) -> None:
        """Wait until all work submitted to the device is done."""

    def memory(self) -> dict[str, int]:
        """Return what is known of the device's memory, in bytes by name (``"used"``, ``"total"``, ...)."""
        return {}

    def require_room(self, function: str, shape: Sequence[int], dtype: DType) -> None:
        """Refuse an array that is larger than the machine's memory; devices refuse it themselves.

        Raises
        ------
        MemoryError
            If it is; the message names the function.
        """
        lengths = tuple(map(as_index, shape))  # NumPy's integers would overflow
        if prod(lengths) > UNCHECKED and self.on_host:
            require_memory(function, f"an array of shape {lengths} and type {dtype}", prod(lengths), dtype.itemsize)

    def describe(self) -> dict[str, str]:
        """Return the library's version, and what else its speed depends on, as text by name."""
        return {self.array_package: str(import_module(self.array_package).__version__)}

    # -- memory that arrays share ----------------------------------------------------------------------------

    def is_view(self, array: Any) -> bool:
        """Whether writing into `array` would change another array that is still alive."""
        return False

    def storage(self, array: Any) -> Any:
        """Return a key of the memory of `array`, equal for all views of that memory."""
        return id(array)

    def owned(self, array: Any) -> Any:
        """Return `array`, or a copy if it shares its memory with another array."""
        return self.xp.asarray(array, copy=True)

    def canonical(self, array: Any) -> Any:
        """Return `array` in native byte order as the first of `array_types`, sharing memory where possible."""
        return array

    def as_own(self, value: Any) -> Any:
        """Return the result of a kernel as an array, also where the library gives a scalar for a 0-d array."""
        return self.asarray(value)

    # -- data types ------------------------------------------------------------------------------------------

    def native_dtype(self, name: str) -> Any:
        """Return the data type object of `xp` for a name, or None if it has no such type."""
        return getattr(self.xp, name, None)

    def native(self, dtype: Any) -> Any:
        """Return the data type object of `xp` for `dtype`; None stays None.

        Raises
        ------
        TypeError
            If this backend has no such type.
        """
        if dtype is None:
            return None
        wanted = dtypes.named(dtype)
        return self._native_by_dtype.get(wanted) or self._start_using(wanted)

    def _start_using(self, dtype: DType) -> Any:
        """Notify the listeners of a data type that was not used before; other threads get it only afterwards."""
        with self._dtype_lock:
            if dtype in self._native_by_dtype:
                return self._native_by_dtype[dtype]
            native = self.native_dtype(dtype.name)
            if native is None:
                remedy = self.remedies.get(dtype.name)
                raise TypeError(
                    f"the {self.name} backend has no data type {dtype.name}{f'; {remedy}' if remedy else ''}"
                )
            self._dtypes_in_use = {**self._dtypes_in_use, dtype: native}
            for notify in self._dtype_listeners:
                notify()
            self._native_by_dtype[dtype], self._dtype_by_native[native] = native, dtype
            return native

    @property
    def rounded_dtypes(self) -> dict[Any, Any]:
        """The native types in use that are computed in wider ones, with those wider types."""
        return {
            native: self.native(self.wider[dtype.name])
            for dtype, native in self._dtypes_in_use.items()
            if dtype.name in self.wider
        }

    def when_dtypes_change(self, notify: Callable[[], None]) -> None:
        """Call `notify` whenever a data type is used for the first time."""
        self._dtype_listeners.append(notify)

    def dtype_of(self, array: Any) -> DType:
        """Return the `DType` of one of this backend's arrays.

        Raises
        ------
        TypeError
            If tensorlab has no such type (NumPy's ``object``, ``datetime64``, strings, ``float128``).
        """
        try:
            return self._dtype_by_native[array.dtype]
        except KeyError:
            dtype = dtypes.named(array.dtype)
            self._start_using(dtype)
            return dtype

    @property
    def floating_dtypes(self) -> frozenset[Any]:
        """The native real and complex floating types."""
        return frozenset(native for dtype, native in self._dtypes_in_use.items() if dtype.is_floating)

    def dtypes_of_kind(self, *kinds: str) -> frozenset[Any]:
        """Return the native types of the given kinds."""
        return frozenset(native for dtype, native in self._dtypes_in_use.items() if dtype.kind in kinds)

    # -- kernels ---------------------------------------------------------------------------------------------

    def kernel(self, name: str, default: Callable[..., Any], *, exact: bool = False) -> Callable[..., Any]:
        """Return the kernel of the op `name`: the backend's own method, else `default` bound to the backend.

        Narrow types in use are computed in wider ones, unless the op is `exact`: it depends on the very type of its
        operands, as views do.
        """
        own = getattr(self, name, None) or partial(default, self)
        return own if exact or not self.rounded_dtypes else in_wider_types(self.xp, own, self.rounded_dtypes)

    def __repr__(self) -> str:
        return f"<tensorlab backend {self.name!r}>"


def host_array(obj: Any) -> Any:
    """Return an array of another library as a host array in native byte order, as `Backend.asarray` takes it.

    Nested sequences and numbers are returned unchanged.
    """
    if not hasattr(obj, "__array__"):
        return obj
    array = obj.__array__()
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
