"""Pickles of nested lists and dictionaries of NumPy arrays, read without calling anything but what is written here."""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Callable
from math import prod
from typing import Any, ClassVar

from ..backend import dtypes
from ..data.files import from_buffer
from ..tensor import Tensor

DTYPES = {"b1": "bool"} | {
    f"{kind}{size}": f"{name}{8 * size}"
    for kind, name, sizes in (("i", "int", (1, 2, 4, 8)), ("u", "uint", (1, 2, 4, 8)), ("f", "float", (2, 4, 8)))
    for size in sizes
}
"""The data types, by NumPy's codes."""


class UnsafePickle(ValueError):
    """A pickle refers to something other than NumPy arrays."""


class PickledDType:
    """Stands for `numpy.dtype` in a pickle."""

    def __init__(self, code: Any, *flags: Any) -> None:
        self.name, self.order = DTYPES[_text(code)], "little"

    def __setstate__(self, state: Any) -> None:
        if _text(state[1]) == ">":
            self.order = "big"


class PickledArray:
    """Stands for `numpy.ndarray` in a pickle."""

    state: tuple[Any, ...] | None = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def tensor(self) -> Tensor:
        """Return the elements as a tensor."""
        if self.state is None:
            raise ValueError("an array in it has no elements")
        _, shape, dtype, fortran, data = self.state
        if not isinstance(dtype, PickledDType) or not isinstance(data, bytes | bytearray) or fortran:
            raise ValueError("an array in it has no plain numbers as elements")
        size = dtypes.named(dtype.name).itemsize
        if len(data) != prod(shape) * size:
            raise ValueError(f"an array in it has {len(data)} bytes, which do not fit its shape {shape}")
        return from_buffer(data, dtype.name, shape, dtype.order)  # type: ignore[arg-type]


def _reconstruct(kind: type, *ignored: Any) -> PickledArray:
    """Stand for NumPy's function, whose arguments are the class, an empty shape and a data type."""
    if kind is not PickledArray:
        raise ValueError("an array in it is of another class")
    return PickledArray()


def _frombuffer(data: Any, dtype: Any, shape: Any, order: str) -> PickledArray:
    """Stand for NumPy's function in pickles of protocol 5."""
    array = PickledArray()
    array.state = (1, shape, dtype, order != "C", data)
    return array


def _encode(text: str, encoding: str) -> bytes:
    """Stand for `_codecs.encode`, which stands for bytes in old pickles."""
    if encoding != "latin1":
        raise ValueError(f"bytes in it are encoded as {encoding!r}")
    return text.encode("latin1")


def _text(code: Any) -> str:
    """Return text that Python 2 wrote as bytes."""
    return code.decode("latin1") if isinstance(code, bytes) else str(code)


def _refuse_state(state: Any) -> None:
    raise UnsafePickle("it refers to attributes of a function; only NumPy arrays are unpickled")


for _function in (_reconstruct, _frombuffer, _encode):
    vars(_function)["__setstate__"] = _refuse_state  # without it, a pickle could set their attributes


class _Unpickler(pickle.Unpickler):
    """Finds nothing but the stand-ins above."""

    ALLOWED: ClassVar[dict[tuple[str, str], Callable[..., Any]]] = {
        ("numpy", "dtype"): PickledDType,
        ("numpy", "ndarray"): PickledArray,
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy.core.numeric", "_frombuffer"): _frombuffer,
        ("numpy._core.numeric", "_frombuffer"): _frombuffer,
        ("_codecs", "encode"): _encode,
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self.ALLOWED[module, name]
        except KeyError:
            raise UnsafePickle(f"it refers to {module}.{name}; only NumPy arrays are unpickled") from None

    def persistent_load(self, pid: Any) -> Any:
        raise UnsafePickle("it refers to an object outside; only NumPy arrays are unpickled")


def load_arrays(data: bytes) -> dict[str, Any]:
    """Return the dictionary that a pickle holds: keys as text, NumPy arrays as tensors.

    Raises
    ------
    UnsafePickle
        If it refers to anything but NumPy arrays. Nothing has been called or imported.
    ValueError
        If it is not a readable pickle of a dictionary.
    """
    try:
        _check_memo(data)
        found = _Unpickler(io.BytesIO(data), encoding="bytes").load()
        if isinstance(found, dict):
            return {_text(key): x.tensor() if isinstance(x, PickledArray) else x for key, x in found.items()}
    except UnsafePickle:
        raise
    except Exception as error:  # damaged pickles raise almost anything
        reason = str(error) or type(error).__name__
        raise ValueError(f"it is not a readable pickle of NumPy arrays: {reason}") from error
    raise ValueError(f"it holds {type(found).__name__} instead of a dictionary")


def _check_memo(data: bytes) -> None:
    """Refuse objects with numbers for which the unpickler would make a table larger than the file."""
    argument: Any
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and not 0 <= argument <= len(data):
            raise UnsafePickle(f"it refers to an object by the number {argument}, more than the file can have")
