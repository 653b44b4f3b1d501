"""The class `Tensor`: an array, and the node of the graph that computed it.

Attributes and conversions are defined here. Operators and the methods that compute are ops, and are added by
:mod:`tensorlab.ops.methods`.
"""

from __future__ import annotations

import re
import sys
import weakref
from math import prod
from typing import TYPE_CHECKING, Any

from .backend import Backend, BackendError, Device, DType, backend_of, get_backend
from .options import checked
from .options.kinds import Instance, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from typing_extensions import TypeVar

    from .tensor_methods import TensorMethods

    ArrayT = TypeVar("ArrayT", "Tensor", NDArray[Any], default="Tensor")
    """The type of arguments and results: tensors for tensors, arrays for plain arrays."""
else:
    from typing import TypeVar

    TensorMethods = object
    ArrayT = TypeVar("ArrayT")


LOSES_GRADIENT = "requires a gradient would lose it in another library"


class Leaf:
    """The node of a tensor that requires a gradient and was not computed: where the backward pass ends.

    It refers to its tensor weakly, so that a graph does not keep an unused parameter alive, and so that there is no
    reference cycle.
    """

    __slots__ = ("__weakref__", "hooks", "serial", "shape", "tensor")
    hooks: Any  # set by `register_hook` alone
    op = None
    parents = ()

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = weakref.ref(tensor)
        self.shape = tensor.shape
        self.serial = 0


BOOL = Instance((bool,))


class Size(int):
    """The number of elements of a shape. Called, as in PyTorch, it returns the shape, or the length of an axis."""

    shape: tuple[int, ...]

    def __new__(cls, shape: tuple[int, ...]) -> Size:
        """Count the elements of `shape`."""
        size = super().__new__(cls, prod(shape))
        size.shape = shape
        return size

    def __call__(self, axis: int | None = None) -> Any:
        return self.shape if axis is None else self.shape[axis]


class Tensor(TensorMethods):
    """An n-dimensional array on a backend, which records operations for gradients if it requires them.

    Create tensors with `tensorlab.tensor`, `tensorlab.asarray`, `tensorlab.zeros` and similar functions; this
    constructor wraps an array of a backend without copying.

    Parameters
    ----------
    array : array
        An array of any installed backend.
    requires_grad : bool
        Whether operations are recorded for gradients with respect to this tensor; floating-point only.

    Attributes
    ----------
    grad : Tensor or None
        The gradient accumulated by `backward`, with the shape and the data type of the tensor.

    Raises
    ------
    BackendError
        If `array` is not an array of an installed backend.
    TypeError
        If `requires_grad` is True for an integer or boolean array.

    Examples
    --------
    >>> import tensorlab as tl
    >>> x = tl.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    # Class attributes rather than slots, so that an operation sets only what differs.
    _array: Any
    _node: Any = None
    grad: Tensor | None = None

    # Makes operators of other libraries' arrays defer to those of tensors; NumPy's call `__array_ufunc__`.
    __array_priority__ = 1000

    def __init__(self, array: Any, requires_grad: bool = False) -> None:
        if isinstance(array, Tensor):
            array = array._array
        try:
            self._array = backend_of(array).canonical(array)
        except BackendError as error:
            raise BackendError(f"Tensor: array must be of an installed backend; {error}") from None
        if requires_grad is not False:
            self.requires_grad = read("Tensor", "requires_grad", BOOL, requires_grad)

    # -- attributes ------------------------------------------------------------------------------------------

    @property
    def array(self) -> Any:
        """The array of the backend, which shares memory and has no history."""
        return self._array

    @property
    def backend(self) -> Backend:
        """The backend that the array belongs to."""
        return backend_of(self._array)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        shape: tuple[int, ...] = self._array.shape
        return shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._array.shape)

    @property
    def dtype(self) -> DType:
        """The data type of the elements."""
        return self.backend.dtype_of(self._array)

    @property
    def device(self) -> Device:
        """The backend and the device of the elements."""
        backend = self.backend
        return Device(backend.name, backend.device_name(self._array))

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.dtype.itemsize * self.nelement()

    def nelement(self) -> int:
        """Return the number of elements."""
        return prod(self._array.shape)

    @property
    def size(self) -> Size:
        """The number of elements, as in NumPy; ``x.size()`` is the shape, ``x.size(axis)`` a length, as in PyTorch."""
        return Size(self._array.shape)

    # -- gradients -------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded; can be set for tensors that were not computed."""
        return self._node is not None

    @requires_grad.setter
    @checked
    def requires_grad(self, value: bool) -> None:
        if value == self.requires_grad:
            return
        if not value:
            if not self.is_leaf:
                raise RuntimeError("a computed tensor cannot stop requiring its gradient; use .detach()")
            self._node = None
            return
        if not self.dtype.is_floating:
            raise TypeError(f"only floating-point and complex tensors can require gradients, not {self.dtype}")
        self._node = Leaf(self)

    @checked
    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad` in place, and return the tensor.

        Raises
        ------
        TypeError
            If it is set to True for an integer or boolean tensor.
        """
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether the tensor was not computed from one that requires a gradient."""
        return self._node is None or self._node.op is None

    def detach(self) -> Tensor:
        """Return a tensor that shares the elements and has no history."""
        return Tensor(self._array)

    @property
    def data(self) -> Tensor:
        """The tensor without history, as in PyTorch; assignment replaces the elements and keeps `requires_grad`."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if value.shape != self.shape and self.requires_grad:
            raise ValueError(f"the data of a tensor of shape {self.shape} cannot become one of {value.shape}")
        self._array = value._array

    # -- to Python and to the host ---------------------------------------------------------------------------

    def numpy(self) -> NDArray[Any]:
        """Return the elements as a NumPy array, shared where they are in host memory.

        Raises
        ------
        RuntimeError
            If the tensor requires a gradient; use ``.detach().numpy()``.
        """
        if self.requires_grad:
            raise RuntimeError(f"a tensor that {LOSES_GRADIENT}; use .detach().numpy()")
        return self.backend.to_numpy(self._array)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if self.backend.device_name(self._array) != "cpu":
            raise TypeError("this tensor is not in host memory; call .numpy() or .to('cpu') to copy it there")
        array = self.numpy()
        if dtype is not None and dtype != array.dtype:
            if copy is False:
                raise ValueError(f"{self.dtype} elements cannot become {dtype} without a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        if self.requires_grad:
            raise BufferError(f"a tensor that {LOSES_GRADIENT}; export .detach() of it")
        array = self._array
        if any(stride < 0 for stride in getattr(array, "strides", ())):
            # DLPack allows negative strides, but some libraries abort on them.
            if copy is False:
                raise BufferError("a tensor with negative strides cannot be exported without a copy; clone() it first")
            array, copy = self.backend.xp.asarray(array, copy=True), None
        options = {"stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy}
        return array.__dlpack__(**{name: value for name, value in options.items() if value is not None})

    def __dlpack_device__(self) -> tuple[int, int]:
        kind, number = self._array.__dlpack_device__()
        return int(kind), int(number)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        """The GPU memory, for libraries that share it; CPU tensors have no such attribute."""
        if not hasattr(self._array, "__cuda_array_interface__"):
            raise AttributeError(f"a tensor on {self.device} has no __cuda_array_interface__; .to('cupy') moves it")
        if self.requires_grad:
            raise RuntimeError(f"a tensor that {LOSES_GRADIENT}; export .detach() of it")
        interface: dict[str, Any] = self._array.__cuda_array_interface__
        return interface

    def item(self) -> Any:
        """Return the only element as a Python number.

        Raises
        ------
        ValueError
            If there is not exactly one element.
        """
        if self.nelement() != 1:
            raise ValueError(f"only a tensor with one element is a number; this one has shape {self.shape}")
        return self.backend.to_numpy(self._array).item()

    def tolist(self) -> Any:
        """Return the elements as nested Python lists, or a number for a 0-d tensor."""
        return self.backend.to_numpy(self._array).tolist()

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in ("signed integer", "unsigned integer"):
            raise TypeError(f"only integer tensors can be indices, not {self.dtype}")
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    def __len__(self) -> int:
        if not self._array.shape:
            raise TypeError("a 0-d tensor has no length")
        length: int = self._array.shape[0]
        return length

    def __repr__(self) -> str:
        return tensor_repr(self)

    # `==` compares elements; sets and dictionaries distinguish tensors by identity.
    def __hash__(self) -> int:
        return id(self)

    def __reduce__(self) -> Any:
        # Picklers are written in C, so that the calling frame is the function that started one.
        if sys._getframe(1).f_globals.get("__name__") == "multiprocessing.reduction":
            return self._sent()
        raise TypeError(
            "tensors are not pickled; save them with tensorlab.save(...), which writes safetensors, and a module or an "
            "optimizer by its state_dict(). Loading a pickle can run any code; only multiprocessing pickles tensors"
        )

    def _sent(self) -> tuple[Any, ...]:
        """Return a function and its arguments that make a copy in another process, for `multiprocessing`."""
        if not self.is_leaf:
            raise RuntimeError(
                "a computed tensor cannot be sent to another process: its history would be lost; detach it first"
            )
        return _received, (type(self), self.backend.to_numpy(self._array), self.device, self.requires_grad)

    def __copy__(self) -> Tensor:
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        return copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if not self.is_leaf:
            raise RuntimeError("a computed tensor cannot be deep-copied: its history would be lost; detach it first")
        copy = object.__new__(type(self))
        memo[id(self)] = copy
        copy._array = self.backend.xp.asarray(self._array, copy=True)
        if self.requires_grad:
            copy._node = Leaf(copy)
        if self.grad is not None:
            copy.grad = self.grad.__deepcopy__(memo)
        return copy

    def __dir__(self) -> Iterator[str]:
        shown = (name for name in super().__dir__() if not name.startswith("_") or name.startswith("__"))
        return (name for name in shown if hasattr(type(self), name) or name in vars(self))


def _received(cls: type[Tensor], host: Any, device: Device, requires_grad: bool) -> Tensor:
    """Return a tensor that was sent from another process."""
    backend = get_backend(device.backend)
    tensor = object.__new__(cls)
    tensor._array = backend.asarray(host, device=backend.native_device(device.name))
    if requires_grad:
        tensor._node = Leaf(tensor)
    return tensor


def array_of(x: Any) -> Any:
    """Return the array of a tensor; numbers and arrays are returned unchanged."""
    return x._array if isinstance(x, Tensor) else x


def wrapped(array: Any) -> Tensor:
    """Return a tensor of an array that is known to belong to a backend: the constructor without its checks."""
    tensor = object.__new__(Tensor)
    tensor._array = array
    return tensor


def tensor_repr(tensor: Tensor) -> str:
    """Return the repr of a tensor: as NumPy prints arrays, with the data type unless it is a default one."""
    host = tensor.backend.to_numpy(tensor._array)
    text = repr(host)
    body = text[text.index("(") + 1 : text.rindex(")")]
    body = re.sub(r",\s*dtype=\w+$", "", body).replace("\n      ", "\n       ")
    notes = []
    if tensor.dtype.name not in ("float32", "complex64", "int64", "bool"):
        notes.append(f"dtype={tensor.dtype}")
    if tensor.backend.name != "numpy":
        notes.append(f"device={tensor.device.backend}:{tensor.device}")
    if not tensor.is_leaf:
        notes.append(f"grad_fn={tensor._node.op.name}")
    elif tensor.requires_grad:
        notes.append("requires_grad=True")
    return f"tensor({', '.join([body, *notes])})"
