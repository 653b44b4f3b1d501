"""The arguments of distributions, read and checked before any number is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from operator import index as as_index
from typing import Any, ClassVar

from ..autodiff.operands import TAKES_TEXT
from ..backend import Backend, BackendError, DTypeLike, dtypes
from ..backend.dtypes import DType
from ..errors import ShapeError
from ..ops.creation import DeviceLike, asarray, place
from ..ops.declare import broadcast_shape, require
from ..ops.shapes import astype
from ..options import ShapeLike
from ..options.kinds import Kind, read
from ..tensor import Tensor, array_of


@dataclass(frozen=True)
class Condition:
    """A condition on a parameter: in words, and as a predicate of a number or an array."""

    text: str
    holds: Callable[[Any], Any]


# NaN is allowed, and gives NaN, where the result is floating-point.
NOT_NEGATIVE = Condition("at least 0", lambda p: (p >= 0) | (p != p))
POSITIVE = Condition("greater than 0", lambda p: (p > 0) | (p != p))
PROBABILITY = Condition("in [0, 1]", lambda p: (p >= 0) & (p <= 1))
POSITIVE_PROBABILITY = Condition("in (0, 1]", lambda p: (p > 0) & (p <= 1))
COUNT_RANGE = Condition("in [0, 2**62]", lambda p: (p >= 0) & (p <= 2.0**62))
WHOLE = Condition("a whole number in [0, 2**62]", lambda p: (p >= 0) & (p <= 2.0**62) & (p % 1 == 0))

Params = Mapping[str, tuple[Any, Condition | None]]


@dataclass
class Call:
    """The checked arguments of one call of a distribution.

    Attributes
    ----------
    name : str
        The name of the distribution.
    backend, device
        Where the numbers are drawn; None is the backend's default device.
    shape : tuple of int
        The shape of the result.
    dtype : DType
        The data type of the result.
    double : bool
        Whether to compute in double precision; otherwise in single precision, also for half precision results.
    params : tuple
        The parameters: Python numbers, or tensors of the type of the computation.
    has_tensors : bool
        Whether any parameter is a tensor; such parameters may require gradients.
    """

    name: str
    backend: Backend
    device: Any
    shape: tuple[int, ...]
    dtype: DType
    double: bool
    params: tuple[Any, ...]
    has_tensors: bool

    @property
    def xp(self) -> Any:
        """The array namespace."""
        return self.backend.xp

    @property
    def size(self) -> int:
        """The number of elements of the result."""
        return prod(self.shape)

    @property
    def on_host(self) -> bool:
        """Whether elements of arrays can be read without waiting for a device."""
        return self.backend.on_host

    @property
    def precision(self) -> DType:
        """The data type of the computation."""
        return dtypes.float64 if self.double else dtypes.float32

    def array(self, numbers: Any, dtype: DType) -> Any:
        """Return Python numbers as an array on the call's device."""
        return self.backend.asarray(numbers, dtype=self.backend.native(dtype), device=self.device)

    def operand(self, array: Any) -> Any:
        """Return a drawn array as an operand for the parameters: a tensor if any of them is one."""
        return Tensor(array) if self.has_tensors else array

    def result(self, x: Any) -> Tensor:
        """Return drawn numbers, an array or a tensor, as a tensor of the result's type."""
        if isinstance(x, Tensor):
            return x if x.dtype is self.dtype else astype(x, self.dtype)
        native = self.backend.native(self.dtype)
        return Tensor(x if x.dtype == native else self.xp.astype(x, native))

    def require(self, holds: Callable[..., Any], message: str, *values: Any) -> None:
        """Refuse parameters that violate a condition. Arrays on a device are not checked.

        Raises
        ------
        ValueError
            If `holds` is not true of the values.
        """
        if not self.on_host and any(hasattr(value, "shape") for value in values):
            return
        valid = holds(*map(array_of, values))
        if not (valid if isinstance(valid, bool) else bool(self.xp.all(valid))):
            raise ValueError(f"{self.name}: {message}")


def checked(
    name: str,
    shape: ShapeLike | None,
    dtype: Any,
    device: DeviceLike,
    params: Params | None = None,
    *,
    kind: str = "real floating",
    default: DType | None = None,
    computed: DType | None = None,
    takes: str = "real",
    event: int | Mapping[str, int] = 0,
) -> Call:
    """Check the arguments of a distribution and return them as a `Call`.

    Parameters
    ----------
    name : str
        The name of the distribution.
    shape, dtype, device
        The arguments as given by the caller.
    params : mapping from str to (value, Condition or None)
        The parameters, in the order of ``Call.params``.
    kind : {"real floating", "real", "real or bool"}
        The data types that the result can have.
    default : DType, optional
        The default data type of the result; if not given, that of the parameters, or float32.
    computed : DType, optional
        The data type to which parameters are cast; that of the computation by default.
    takes : str
        The data types that parameters can have: a key of `tensorlab.backend.dtypes.KINDS`.
    event : int or mapping from str to int
        The number of trailing axes of each parameter that belong to one element of the result (the event shape).
    """
    params = params or {}
    values: dict[str, Any] = {}
    tensors: dict[str, Tensor] = {}
    for key, (value, _) in params.items():
        if type(value) is not float or takes == "integral":
            value = _parameter(name, key, value, takes, device)
            if isinstance(value, Tensor):
                tensors[key] = value
        values[key] = value
    backend, native_device = _device_of_parameters(name, tensors, device) if tensors else place(device)
    result = _result_type(name, dtype, kind, default, tensors)
    backend.native(result)  # raises if the backend has no such type
    double = result is dtypes.float64
    size = None if shape is None else _as_tuple(name, shape)
    if tensors:
        precision = computed or (dtypes.float64 if double else dtypes.float32)
        values |= {key: astype(value, precision) for key, value in tensors.items() if value.dtype is not precision}
        events = dict.fromkeys(params, event) if isinstance(event, int) else event
        shapes = {key: tuple(value.shape)[: len(value.shape) - events[key]] for key, value in tensors.items()}
        size = _result_shape(name, size, shapes)
    backend.require_room(name, size or (), result)
    call = Call(name, backend, native_device, size or (), result, double, tuple(values.values()), bool(tensors))
    for key, (_, condition) in params.items():
        if condition is not None:
            value = values[key]
            problem = f"{key} has elements that are not" if key in tensors else f"{key} is {value}, but must be"
            call.require(condition.holds, f"{problem} {condition.text}", value)
    return call


@dataclass(frozen=True)
class Numbers(Kind):
    """A number or numbers, as a tensor; `device` and `dtype` are of those that are not tensors."""

    device: DeviceLike
    dtype: DTypeLike = None
    text: ClassVar[str] = "a number, a tensor or an array"

    def read(self, value: Any) -> Tensor:
        """Return a tensor; a tensor unchanged."""
        try:
            return value if isinstance(value, Tensor) else asarray(value, dtype=self.dtype, device=self.device)
        except OverflowError:
            raise ValueError from None


def as_tensor(name: str, key: str, value: Any, device: DeviceLike, dtype: DTypeLike = None) -> Tensor:
    """Return an argument as a tensor; errors name the function and the argument."""
    found: Tensor = read(name, key, Numbers(device, dtype), value)
    return found


def _parameter(name: str, key: str, value: Any, takes: str, device: DeviceLike) -> Any:
    """Return a parameter as a Python number or a tensor."""
    if isinstance(value, bool) or (isinstance(value, float) and takes == "integral"):
        raise TypeError(f"{name}: {key} must be {TAKES_TEXT[takes]}, not {type(value).__name__}")
    if isinstance(value, float):
        return float(value)  # NumPy's float64 is a subclass
    if isinstance(value, int):
        return value
    value = as_tensor(name, key, value, device)
    require(name, takes, **{key: value})
    return value


def _device_of_parameters(name: str, tensors: dict[str, Tensor], device: DeviceLike) -> tuple[Backend, Any]:
    """Return the backend and the native device of the parameters."""
    key, first = next(iter(tensors.items()))
    found = first.backend, first.backend.native_device(first.backend.device_name(first._array))
    if device is not None and place(device)[0] is not found[0]:
        raise BackendError(f"{name}: device is {device}, but {key} is on {first.device}")
    for other, value in tensors.items():
        if value.backend is not found[0]:
            raise BackendError(f"{name}: {key} is on {first.device}, but {other} is on {value.device}")
    return found


def _result_type(name: str, dtype: Any, kind: str, default: DType | None, tensors: dict[str, Tensor]) -> DType:
    if dtype is not None:
        found = dtypes.named(dtype)
        if kind == "real floating" and found.kind != kind:
            raise TypeError(f"{name}: dtype must be real floating-point, not {found}")
        if found.is_complex or (found is dtypes.bool_ and kind == "real"):
            raise TypeError(f"{name}: dtype must be real, not {found}")
        return found
    if default is not None:
        return default
    floating = [value.dtype for value in tensors.values() if value.dtype.is_floating]
    return reduce(dtypes.promote, floating) if floating else dtypes.float32


def _as_tuple(name: str, shape: Any) -> tuple[int, ...]:
    size = tuple(as_index(n) for n in shape) if isinstance(shape, Sequence) else (as_index(shape),)
    if size and min(size) < 0:
        raise ShapeError(f"{name}: shape must have no negative length, not {size}")
    return size


def _result_shape(name: str, size: tuple[int, ...] | None, shapes: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    """Return the result's shape: the given one, to which the parameters must broadcast, or their common shape."""
    common = broadcast_shape(*shapes.values())
    if size is None:
        return common
    if len(common) > len(size) or any(n not in (1, m) for n, m in zip(common[::-1], size[::-1], strict=False)):
        listed = ", ".join(f"{key} {length}" for key, length in shapes.items())
        raise ShapeError(f"{name}: parameters of shapes {listed} do not broadcast to shape {size}")
    return size
