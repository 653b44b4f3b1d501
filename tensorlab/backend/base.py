"""The base class of every backend: what the Array API standard lacks, with defaults where one can be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from threading import RLock
from typing import Any, ClassVar

from . import dtypes
from .dtypes import DType
from .kernels import DefaultKernels
from .narrow_types import rounded


@dataclass(frozen=True)
class Device:
    """Where an array lives: a backend and one of its devices.

    Compares equal to its own spelling (``"cpu"``, ``"cuda:1"``) too.
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

    A subclass sets `name`, `array_package` and `xp`, and implements the few methods below that raise
    ``NotImplementedError``; that is enough for everything to work. Each kernel in
    :class:`~tensorlab.backend.kernels.DefaultKernels` can then be overridden by a faster one, and so can **any op**:
    a method with an op's name takes the place of that op's own computation.

    Attributes
    ----------
    name : str
        What `TENSORLAB_BACKEND` and `use_backend` call it.
    array_package : str
        The top-level package that the array type comes from; an array of an unknown type finds its backend by it.
    dlpack_device : int
        DLPack's number for the kind of memory that arrays live in: 1 for the host's, 2 for CUDA's.
    max_dimensions : int or None
        How many axes an array can have; None for as many as one likes.
    wider : mapping from data type's name to another's
        Types whose arithmetic is done in a wider type and rounded once, as the library has none of its own or a poor
        one. They are asked for when they are first used, and cost nothing until then.
    xp : namespace
        The array namespace, conforming to the Array API standard 2024.12.
    """

    name: ClassVar[str]
    array_package: ClassVar[str]
    dlpack_device: ClassVar[int] = 1
    max_dimensions: ClassVar[int | None] = None
    wider: ClassVar[Mapping[str, str]] = {}
    xp: Any

    def __init__(self) -> None:
        self._native: dict[DType, Any] = {}  # replaced, never changed: other threads may be going through it
        self._ready: dict[DType, Any] = {}
        self._named: dict[Any, DType] = {}
        self._meeting = RLock()
        self._when_dtypes_change: list[Callable[[], None]] = []
        for dtype in DType.registry.values():
            native = None if dtype.name in self.wider else self.native_dtype(dtype.name)
            if native is not None:
                self._native[dtype], self._named[native] = native, dtype
        self._ready.update(self._native)

    # -- availability, devices, host memory ------------------------------------------------------------------

    @classmethod
    def unavailable(cls) -> str | None:
        """Say why this backend cannot run here, or return None where it can. Must be quick and never raise."""
        return None

    @property
    def array_types(self) -> tuple[type, ...]:
        """The array types that belong to this backend; results are made of the first one."""
        raise NotImplementedError(f"backend {self.name!r} does not say which array types are its own")

    def to_numpy(self, array: Any) -> Any:
        """Return `array` as a NumPy array in host memory, sharing memory where it can."""
        raise NotImplementedError(f"backend {self.name!r} does not say how to copy an array to the host")

    def asarray(self, obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
        """Return `obj` (nested sequences, a host array, an array of this backend) as an array of this backend."""
        return self.xp.asarray(obj, dtype=dtype, device=device, copy=copy)

    def from_bytes(self, data: bytes, dtype: str, shape: Sequence[int]) -> Any:
        """Return bytes as an array, sharing memory; for a backend whose arrays live in host memory."""
        raise NotImplementedError(f"backend {self.name!r} has no arrays in host memory")

    def from_dlpack(self, obj: Any, *, copy: bool | None = None) -> Any:
        """Return what `obj` exports through DLPack as an array, sharing memory unless `copy` is True."""
        return self.xp.from_dlpack(obj, copy=copy)

    def devices(self) -> list[str]:
        """Return the names of the devices that answer, the default one first."""
        return ["cpu"]

    def native_device(self, name: str | None) -> Any:
        """Return what `xp` calls the device of that name; None stands for the default device."""
        return None

    def device_name(self, array: Any) -> str:
        """Return the name of the device that an array is on."""
        return "cpu"

    def synchronize(self) -> None:
        """Wait until all work that was handed to the device is done."""

    def memory(self) -> dict[str, int]:
        """Return memory figures of the device in bytes, by name (``"used"``, ``"total"``, ...), as far as known."""
        return {}

    def describe(self) -> dict[str, str]:
        """Return facts for people, by name: the library's version, and what else decides how fast it is."""
        return {self.array_package: str(import_module(self.array_package).__version__)}

    # -- memory that arrays share ----------------------------------------------------------------------------

    def is_view(self, array: Any) -> bool:
        """Whether writing into `array` would change another array that is still alive."""
        return False

    def storage(self, array: Any) -> Any:
        """Return a key of the memory that `array` lives in, equal for all views of that memory."""
        return id(array)

    def owned(self, array: Any) -> Any:
        """Return `array`, or a copy where it shares its memory with another array."""
        return self.xp.asarray(array, copy=True)

    def canonical(self, array: Any) -> Any:
        """Return `array` as one of the first of `array_types`, in native byte order, sharing memory where it can."""
        return array

    def as_own(self, value: Any) -> Any:
        """Return what a kernel gave, such as a number where an array of no axes is meant, as an array."""
        return self.asarray(value)

    # -- data types ------------------------------------------------------------------------------------------

    def native_dtype(self, name: str) -> Any:
        """Return what `xp` calls the data type of that name, or None where it has none."""
        return getattr(self.xp, name, None)

    def native(self, dtype: Any) -> Any:
        """Return what `xp` calls `dtype`; None stays None.

        Raises
        ------
        TypeError
            If this backend has no such type.
        """
        if dtype is None:
            return None
        wanted = dtypes.named(dtype)
        return self._ready.get(wanted) or self._meet_dtype(wanted)

    def _meet_dtype(self, dtype: DType) -> Any:
        """Take up a data type that nobody used so far; other threads get it when all who must know of it do."""
        with self._meeting:
            if dtype in self._ready:
                return self._ready[dtype]
            native = self.native_dtype(dtype.name)
            if native is None:
                raise TypeError(f"the {self.name} backend has no data type {dtype.name}")
            self._native = {**self._native, dtype: native}
            for notify in self._when_dtypes_change:
                notify()
            self._ready[dtype], self._named[native] = native, dtype
            return native

    @property
    def rounded_dtypes(self) -> dict[Any, Any]:
        """The native types in use that are computed in wider ones, with these."""
        return {
            native: self.native(self.wider[dtype.name])
            for dtype, native in self._native.items()
            if dtype.name in self.wider
        }

    def when_dtypes_change(self, notify: Callable[[], None]) -> None:
        """Have `notify` called when a data type is used for the first time."""
        self._when_dtypes_change.append(notify)

    def dtype_of(self, array: Any) -> DType:
        """Return the `DType` of one of this backend's arrays.

        Raises
        ------
        TypeError
            If tensorlab has no such type (NumPy's ``object``, ``datetime64``, strings, ``float128``).
        """
        try:
            return self._named[array.dtype]
        except KeyError:
            dtype = dtypes.named(array.dtype)
            self._meet_dtype(dtype)
            return dtype

    @property
    def floating_dtypes(self) -> frozenset[Any]:
        """The native real and complex floating types."""
        return frozenset(native for dtype, native in self._native.items() if dtype.is_floating)

    def dtypes_of_kind(self, *kinds: str) -> frozenset[Any]:
        """Return the native types of the given kinds."""
        return frozenset(native for dtype, native in self._native.items() if dtype.kind in kinds)

    # -- kernels ---------------------------------------------------------------------------------------------

    def kernel(self, name: str, default: Callable[..., Any], *, exact: bool = False) -> Callable[..., Any]:
        """Return what computes the op `name` here: this backend's own method, else `default` bound to it.

        Unless the op is `exact` (it only looks at its operand another way), narrow types in use are computed in wider
        ones.
        """
        own = getattr(self, name, None) or partial(default, self)
        return own if exact or not self.rounded_dtypes else rounded(self.xp, own, self.rounded_dtypes)

    def __repr__(self) -> str:
        return f"<tensorlab backend {self.name!r}>"


def host_array(obj: Any) -> Any:
    """Return `obj` as what `Backend.asarray` takes: arrays of other libraries become host arrays in native byte order.

    Nested sequences and numbers pass as they are.
    """
    if not hasattr(obj, "__array__"):
        return obj
    array = obj.__array__()
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
