"""Creating tensors: from data, filled, and as ranges, on the active backend; see `use_backend`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from math import ceil, isfinite, log
from types import NoneType
from typing import Annotated, Any, ClassVar, Literal

from ..autodiff.graph import current_mode
from ..backend import (
    Backend,
    Device,
    DTypeLike,
    active_backend,
    backend_for_dlpack,
    backend_for_type,
    backend_of,
    dtypes,
    get_backend,
    host_array,
    resolve_target,
)
from ..docstrings import documented_like
from ..errors import ShapeError
from ..options import ShapeLike
from ..options.kinds import Kind, plain
from ..tensor import Tensor
from .declare import composite, require
from .joining import stack
from .shapes import Shape, as_shape, broadcast_to, from_arguments, reshape


class DeviceKind(Kind):
    """A device or a backend, or None for the active backend."""

    text: ClassVar[str] = "a device, the name of a device or backend, or None"

    def read(self, value: Any) -> Device | str | None:
        """Return the value."""
        if value is not None:
            if not isinstance(value, Device | str):
                raise TypeError
            place(value)  # raises if there is no such device
        return value

    def quick_test(self, name: str) -> str:
        """Test for None."""
        return f"{name} is None"


class DataKind(Kind):
    """What tensors are made of."""

    text: ClassVar[str] = "numbers, nested in sequences of equal lengths, or a tensor or an array of numbers"

    def read(self, value: Any) -> Any:
        """Return the value."""
        parts = list(_numbers(value))
        for part in parts:
            if not isinstance(part, int | float | complex):
                dtypes.named(part.dtype if hasattr(part, "dtype") else active_backend().asarray(part).dtype)
        if isinstance(value, list | tuple) and all(isinstance(part, int | float | complex) for part in parts):
            active_backend().asarray(value, dtype=active_backend().native("complex128"))  # raises if it is ragged
        return value

    def quick_test(self, name: str) -> str:
        """Leave the test to the library that makes an array; this one follows an error."""
        return "True"


Data = Annotated[Any, DataKind()]
DeviceLike = Annotated[Device | str | None, DeviceKind()]


def place(device: DeviceLike) -> tuple[Backend, Any]:
    """Return the backend that a `device` argument names, and the device as the backend represents it."""
    if device is None:
        return active_backend(), None
    backend, name = backend_and_name(device)
    return backend, backend.native_device(name)


def backend_and_name(device: Device | str) -> tuple[Backend, str | None]:
    """Return the backend and the name of a device; a `Device` names its backend unambiguously."""
    if isinstance(device, Device):
        return get_backend(device.backend), device.name
    return resolve_target(device)


@composite()
def tensor(data: Data, *, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor from data, always copying it.

    Parameters
    ----------
    data : number, nested sequences, array or tensor
        Python floats become float32, ints int64, complex numbers complex64; arrays keep their type. Tensors in
        sequences are stacked, and their types promoted.
    dtype : dtype, optional
        Type of the elements.
    device : Device or str, optional
        Where to put it: a device (``"cuda:0"``) or a backend; by default the default device of the active backend.

    Returns
    -------
    Tensor
        Without history: a leaf, also for a tensor that was computed. `asarray` and `stack` keep the history.

    Raises
    ------
    RuntimeError
        If a tensor in a sequence requires a gradient, which the result would lose, and operations are recorded.
    TypeError
        If the data is of no supported type, or `requires_grad` is set for integers.

    Examples
    --------
    >>> tl.tensor([[1, 2], [3, 4]]).dtype
    tensorlab.int64
    """
    if isinstance(data, list | tuple) and current_mode.get().recording and any(x.requires_grad for x in _tensors(data)):
        raise RuntimeError(
            "tensor: a tensor in the data requires a gradient, which the copy would lose; to keep it, write "
            "tensorlab.stack(...) or tensorlab.asarray(...); otherwise .detach() the tensor"
        )
    made = asarray(data.detach() if isinstance(data, Tensor) else data, dtype=dtype, device=device, copy=True)
    return made.requires_grad_(requires_grad)


@composite()
def asarray(obj: Data, /, *, dtype: DTypeLike = None, device: DeviceLike = None, copy: bool | None = None) -> Tensor:
    """Make a tensor from data, sharing memory where possible.

    Parameters
    ----------
    obj : number, nested sequences, array or tensor
        Python floats become float32, ints int64, complex numbers complex64; arrays keep their type. A tensor stays
        on its backend unless `device` says otherwise, and keeps its history: gradients flow through casts and moves.
        Tensors in sequences are stacked with their history, and their types promoted.
    dtype : dtype, optional
        Type of the elements.
    copy : bool, optional
        True always copies, False raises if a copy is needed, None copies only if needed.

    Raises
    ------
    TypeError
        If the data is of no supported type.
    ValueError
        If `copy` is False and a copy is necessary.
    BackendUnavailable
        If `device` cannot be used here.

    Examples
    --------
    >>> tl.asarray([1.0, 2.0])
    tensor([1., 2.])
    """
    if isinstance(obj, Tensor):
        return _tensor_as(obj, dtype, device, copy)
    if isinstance(obj, list | tuple) and (first := next(_tensors(obj), None)) is not None:
        if copy is False:
            raise ValueError("asarray: tensors in a sequence cannot be stacked without a copy")
        target = first.device if device is None else device
        return _stacked(obj, _promoted(obj) if dtype is None else dtype, target)
    source = backend_for_type(type(obj))
    backend, native_device = place(device)
    if source is not None and source is not backend:
        obj = host_array(source.to_numpy(obj))
    elif source is None:
        obj = host_array(obj)
        found = _default_dtype(obj)  # raises for None
        dtype = found if dtype is None else dtype
    return Tensor(backend.asarray(obj, dtype=backend.native(dtype), device=native_device, copy=copy))


def _tensor_as(x: Tensor, dtype: Any, device: DeviceLike, copy: bool | None) -> Tensor:
    """Return a tensor cast, moved and copied as requested; the tensor itself if nothing is to be done."""
    moved: Tensor = x.to(dtype=dtype, device=device)
    if moved is not x and copy is False:
        raise ValueError(f"asarray: a tensor of {x.dtype} on {x.device} cannot be converted without a copy")
    return x.clone() if moved is x and copy else moved


def _tensors(obj: Any) -> Iterator[Tensor]:
    """Yield the tensors in nested sequences."""
    return (part for part in _numbers(obj) if isinstance(part, Tensor))


def _stacked(obj: Any, dtype: Any, device: DeviceLike) -> Tensor:
    """Return nested sequences with tensors in them as one tensor, to which the history of these leads."""
    if isinstance(obj, list | tuple) and next(_tensors(obj), None) is not None:
        return stack([_stacked(part, dtype, device) for part in obj])
    return asarray(obj, dtype=dtype, device=device)


def _promoted(obj: Any) -> Any:
    """Return the common type of the tensors, arrays and numbers in nested sequences; Python numbers adapt to it."""
    parts = list(_numbers(obj))
    typed = [dtypes.named(part.dtype) for part in parts if hasattr(part, "dtype")]
    common = reduce(dtypes.promote, typed)
    return reduce(dtypes.promote_with_number, {type(x) for x in parts} & set(dtypes.DEFAULT_OF_PYTHON), common)


def _default_dtype(obj: Any) -> Any:
    """Return the default type for Python numbers; None for data with a type of its own. Refuse None as a number."""
    kinds = {type(number) for number in _numbers(obj)}
    kinds = {int if kind is not bool and issubclass(kind, int) else kind for kind in kinds}  # as `x.size` is
    if NoneType in kinds:
        raise TypeError("asarray: None is not a number")
    if not kinds:
        return dtypes.float32 if isinstance(obj, list | tuple) else None
    if not kinds <= set(dtypes.DEFAULT_OF_PYTHON):
        return None
    return dtypes.DEFAULT_OF_PYTHON[max(kinds, key=list(dtypes.DEFAULT_OF_PYTHON).index)]


def _numbers(obj: Any) -> Any:
    if isinstance(obj, list | tuple):
        for part in obj:
            yield from _numbers(part)
    else:
        yield obj


def numbers_like(x: Any, numbers: Any, dtype: DTypeLike = None) -> Any:
    """Return numbers on the backend and device of `x`, as a tensor if `x` is one, else as an array."""
    array = x._array if isinstance(x, Tensor) else x
    backend = backend_of(array)
    made = backend.asarray(numbers, dtype=backend.native(dtype), device=getattr(array, "device", None))
    return Tensor(made) if isinstance(x, Tensor) else made


@composite()
def from_dlpack(x: Any, /, *, device: DeviceLike = None, copy: bool | None = None) -> Tensor:
    """Make a tensor from another library's array through DLPack, sharing its memory.

    Parameters
    ----------
    x : object with ``__dlpack__`` and ``__dlpack_device__``
        Such as a PyTorch tensor (without a gradient), a JAX, CuPy or NumPy array, or a tensor.
    device : Device or str, optional
        Where to put it; by default where it is.
    copy : bool, optional
        True always copies, False raises if a copy is needed, None copies only if needed.

    Raises
    ------
    TypeError
        If `x` does not support DLPack.
    BufferError
        If the library refuses the export, as PyTorch does for a tensor that requires a gradient.
    BackendUnavailable
        If no available backend accepts memory of that kind.

    Examples
    --------
    >>> import numpy as np
    >>> a = np.zeros(2)
    >>> t = tl.from_dlpack(a)
    >>> a[0] = 1
    >>> t
    tensor([1., 0.], dtype=float64)
    """
    if isinstance(x, Tensor):
        return _tensor_as(x, None, device, copy)
    if not hasattr(x, "__dlpack_device__"):
        raise TypeError(f"from_dlpack: x must have a method __dlpack__, which {type(x).__name__} lacks; use asarray")
    backend = backend_for_dlpack(int(x.__dlpack_device__()[0]))
    return _tensor_as(Tensor(backend.from_dlpack(x, copy=copy)), None, device, copy=None if copy else copy)


@composite()
def from_numpy(array: Data) -> Tensor:
    """Make a tensor from a NumPy array, sharing its memory on a CPU backend.

    Examples
    --------
    >>> import numpy as np
    >>> tl.from_numpy(np.arange(3.0)).dtype
    tensorlab.float64
    """
    return asarray(array)


def _filled(maker: str, shape: Any, dtype: Any, device: DeviceLike, requires_grad: bool, *args: Any) -> Tensor:
    backend, native_device = place(device)
    dtype = dtypes.named(dtype or dtypes.float32)
    backend.require_room(maker, as_shape(shape), dtype)
    made = getattr(backend.xp, maker)(shape, *args, dtype=backend.native(dtype), device=native_device)
    return Tensor(made, requires_grad)


@composite()
def zeros(
    shape: ShapeLike, *more: int, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor of zeros.

    Parameters
    ----------
    shape, *more : int or tuple of int
        As one tuple, or as several numbers.
    dtype : dtype, optional
        float32 by default.

    Examples
    --------
    >>> tl.zeros(2)
    tensor([0., 0.])
    """
    return _filled("zeros", from_arguments((shape, *more)), dtype, device, requires_grad)


@composite()
@documented_like(zeros)
def ones(
    shape: ShapeLike, *more: int, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor of ones; see `zeros`.

    Examples
    --------
    >>> tl.ones((1, 2))
    tensor([[1., 1.]])
    """
    return _filled("ones", from_arguments((shape, *more)), dtype, device, requires_grad)


@composite()
@documented_like(zeros)
def empty(
    shape: ShapeLike, *more: int, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor without setting its elements; see `zeros`.

    Examples
    --------
    >>> tl.empty(2, 3).shape
    (2, 3)
    """
    return _filled("empty", from_arguments((shape, *more)), dtype, device, requires_grad)


@composite()
def full(
    shape: ShapeLike,
    fill_value: Data,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor filled with a number, of the number's type unless `dtype` is given.

    A tensor with one element as `fill_value` keeps its history.

    Examples
    --------
    >>> tl.full((2,), 7)
    tensor([7, 7])
    """
    if isinstance(fill_value, Tensor):
        return _filled_with(fill_value, shape, dtype, device, requires_grad)
    number = plain(fill_value)
    return _filled("full", shape, dtype or _default_dtype(number), device, requires_grad, number)


def _filled_with(value: Tensor, shape: Any, dtype: Any, device: DeviceLike, requires_grad: bool) -> Tensor:
    """Return a tensor filled with the element of another, through which gradients flow."""
    if value.nelement() != 1:
        raise ShapeError(f"fill_value must have one element, not shape {value.shape}")
    number = reshape(asarray(value, dtype=dtype, device=device), ())
    return broadcast_to(number, shape).clone().requires_grad_(requires_grad or number.requires_grad)


def _like(maker: str, x: Any, dtype: Any, device: DeviceLike, requires_grad: bool, *args: Any) -> Tensor:
    require(f"{maker}_like", x=x)
    array = x._array if isinstance(x, Tensor) else x
    backend = backend_of(array)
    native = array.dtype if dtype is None else backend.native(dtype)
    native_device = getattr(array, "device", None)
    if device is not None:
        backend, native_device = place(device)
        native = backend.native(dtype or x.dtype)
    made = getattr(backend.xp, maker)(array.shape, *args, dtype=native, device=native_device)
    return Tensor(made, requires_grad)


@composite()
def zeros_like(x: Any, /, *, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of zeros with the shape, and unless given the type and device, of another.

    Parameters
    ----------
    x : tensor or array
        The array whose shape to use.
    dtype : dtype, optional
        Type of the elements.

    Examples
    --------
    >>> tl.zeros_like(tl.tensor([1.0, 2.0]))
    tensor([0., 0.])
    """
    return _like("zeros", x, dtype, device, requires_grad)


@composite()
@documented_like(zeros_like)
def ones_like(x: Any, /, *, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of ones with the shape, type and device of another; see `zeros_like`.

    Examples
    --------
    >>> tl.ones_like(tl.tensor([3, 4]))
    tensor([1, 1])
    """
    return _like("ones", x, dtype, device, requires_grad)


@composite()
@documented_like(zeros_like)
def empty_like(x: Any, /, *, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor with the shape, type and device of another without setting its elements; see `zeros_like`.

    Examples
    --------
    >>> tl.empty_like(tl.tensor([3, 4])).shape
    (2,)
    """
    return _like("empty", x, dtype, device, requires_grad)


@composite()
def full_like(
    x: Any, /, fill_value: Data, *, dtype: DTypeLike = None, device: DeviceLike = None, requires_grad: bool = False
) -> Tensor:
    """Make a tensor filled with a number, with the shape, type and device of another; see `zeros_like`.

    A tensor with one element as `fill_value` keeps its history.

    Examples
    --------
    >>> tl.full_like(tl.tensor([3, 4]), 7)
    tensor([7, 7])
    """
    if isinstance(fill_value, Tensor):
        require("full_like", x=x)
        target = getattr(x, "device", None) if device is None else device
        return _filled_with(fill_value, x.shape, x.dtype if dtype is None else dtype, target, requires_grad)
    return _like("full", x, dtype, device, requires_grad, fill_value)


@composite()
def arange(
    start: float,
    /,
    stop: float | None = None,
    step: float = 1,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of numbers from `start` to before `stop` with spacing `step`.

    Parameters
    ----------
    start, stop, step : int or float
        ``arange(n)`` is ``arange(0, n)``.
    dtype : dtype, optional
        int64 for integers, float32 otherwise.

    Examples
    --------
    >>> tl.arange(3), tl.arange(0.0, 1.0, 0.5)
    (tensor([0, 1, 2]), tensor([0. , 0.5]))
    """
    if stop is None:
        start, stop = 0, start
    backend, native_device = place(device)
    dtype = dtypes.named(dtype or _default_dtype([start, stop, step]))
    if step and isfinite((stop - start) / step):
        backend.require_room("arange", (max(0, ceil((stop - start) / step)),), dtype)
    made = backend.xp.arange(start, stop, step, dtype=backend.native(dtype), device=native_device)
    return Tensor(made, requires_grad)


@composite()
def linspace(
    start: complex,
    stop: complex,
    /,
    num: int,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    endpoint: bool = True,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of `num` evenly spaced numbers from `start` to `stop`.

    Parameters
    ----------
    start, stop : float
        The ends.
    num : int
        Number of elements.
    dtype : dtype, optional
        float32 by default.
    endpoint : bool
        Whether `stop` is included.

    Examples
    --------
    >>> tl.linspace(0, 1, 3)
    tensor([0. , 0.5, 1. ])
    """
    backend, native_device = place(device)
    is_complex = isinstance(start, complex) or isinstance(stop, complex)
    dtype = dtypes.named(dtype or (dtypes.complex64 if is_complex else dtypes.float32))
    backend.require_room("linspace", (num,), dtype)
    native = backend.native(dtype)
    made = backend.xp.linspace(start, stop, num, dtype=native, device=native_device, endpoint=endpoint)
    return Tensor(made, requires_grad)


@composite()
@documented_like(linspace)
def logspace(
    start: float,
    stop: float,
    /,
    num: int,
    *,
    base: float = 10.0,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    endpoint: bool = True,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of numbers from ``base**start`` to ``base**stop``, evenly spaced on a logarithmic scale.

    Parameters
    ----------
    start, stop : float
        The exponents at the ends.
    base : float
        Base of the powers, positive.
    dtype : dtype, optional
        float32 by default; computed in float64.
    endpoint : bool
        Whether ``base**stop`` is included.

    Examples
    --------
    >>> tl.logspace(0, 3, 4)
    tensor([   1.,   10.,  100., 1000.])
    """
    exponents = linspace(start, stop, num, dtype=dtypes.float64, device=device, endpoint=endpoint)
    xp = exponents.backend.xp
    made = xp.pow(xp.full_like(exponents.array, base), exponents.array)
    return Tensor(xp.astype(made, exponents.backend.native(dtype or dtypes.float32)), requires_grad)


@composite()
@documented_like(logspace)
def geomspace(
    start: float,
    stop: float,
    /,
    num: int,
    *,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    endpoint: bool = True,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of numbers from `start` to `stop` in geometric progression.

    Parameters
    ----------
    start, stop : float
        The ends, of the same sign and not zero.
    endpoint : bool
        Whether `stop` is included.

    Raises
    ------
    ValueError
        If an end is zero, or the signs differ.

    Examples
    --------
    >>> tl.geomspace(1, 8, 4)
    tensor([1., 2., 4., 8.])
    """
    if start * stop <= 0:
        raise ValueError(f"geomspace: start and stop must have the same sign and not be zero, not {start} and {stop}")
    places = linspace(0.0, 1.0, num, dtype=dtypes.float64, device=device, endpoint=endpoint)
    xp = places.backend.xp
    made = xp.exp(places.array * log(stop / start)) * start
    if endpoint and num > 1:
        made[num - 1] = stop
    return Tensor(xp.astype(made, places.backend.native(dtype or dtypes.float32)), requires_grad)


@composite()
def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: DTypeLike = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a matrix with ones on a diagonal and zeros elsewhere.

    Parameters
    ----------
    n_rows, n_cols : int
        The shape; square by default.
    k : int
        Index of the diagonal; positive above the main one.
    dtype : dtype, optional
        float32 by default.

    Examples
    --------
    >>> tl.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    backend, native_device = place(device)
    dtype = dtypes.named(dtype or dtypes.float32)
    backend.require_room("eye", (n_rows, n_rows if n_cols is None else n_cols), dtype)
    made = backend.xp.eye(n_rows, n_cols, k=k, dtype=backend.native(dtype), device=native_device)
    return Tensor(made, requires_grad)


@composite(arrays="any")
def meshgrid(*arrays: Any, indexing: Literal["xy", "ij"] = "xy") -> list[Tensor]:
    """Coordinate arrays of a grid.

    Parameters
    ----------
    *arrays : one-dimensional tensors or arrays
        The coordinates along each axis.
    indexing : {"xy", "ij"}
        ``"xy"`` swaps the first two axes, as for images.

    Raises
    ------
    ShapeError
        If one of them does not have one axis.

    Examples
    --------
    >>> tl.meshgrid(tl.arange(2), tl.arange(3))[0]
    tensor([[0, 1],
            [0, 1],
            [0, 1]])
    """
    order = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        order[0], order[1] = 1, 0
    for i, x in enumerate(arrays):
        if len(x.shape) != 1:
            raise ShapeError(f"meshgrid: arrays[{i}] must have one axis, not shape {tuple(x.shape)}")
    shape: Shape = tuple(0 for _ in arrays)
    for x, a in zip(arrays, order, strict=True):
        shape = (*shape[:a], x.shape[0], *shape[a + 1 :])
    return [
        broadcast_to(reshape(x, tuple(-1 if i == a else 1 for i in range(len(arrays)))), shape)
        for x, a in zip(arrays, order, strict=True)
    ]
