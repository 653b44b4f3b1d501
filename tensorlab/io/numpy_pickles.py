"""Stand-ins for what pickles of NumPy's arrays and numbers name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from ..backend import dtypes
from .octets import are_sizes, array_of
from .structure import Damaged
from .unpickling import Function, Names, Stateful

DTYPES = {"b1": "bool"} | {
    f"{kind}{size}": f"{name}{8 * size}"
    for kind, name, sizes in (
        ("i", "int", (1, 2, 4, 8)),
        ("u", "uint", (1, 2, 4, 8)),
        ("f", "float", (2, 4, 8)),
        ("c", "complex", (8, 16)),
    )
    for size in sizes
}
"""The data types, by NumPy's codes."""

NDARRAY = object()
"""Stands for the class, which is an argument of the function that rebuilds arrays."""


class PickledDType(Stateful):
    """Stands for a data type."""

    def __init__(self, code: Any, *flags: Any) -> None:
        if code not in DTYPES:
            raise Damaged(f"it has an array of NumPy's data type {code!r}; only numbers are read")
        self.name, self.order = DTYPES[code], "little"

    def with_state(self, state: Any) -> PickledDType:
        if state[1] == ">":
            self.order = "big"
        return self


class PickledArray(Stateful):
    """Stands for an array without elements."""

    def with_state(self, state: Any) -> Any:
        _, shape, dtype, fortran, data = state
        return _array(data, dtype, shape, fortran)


def _array(data: Any, dtype: Any, shape: Any, fortran: Any) -> Any:
    """Return an array with a copy of the elements."""
    if isinstance(data, str):  # Python 2 wrote bytes as text
        data = data.encode("latin-1")
    if not isinstance(dtype, PickledDType) or not isinstance(data, bytes | bytearray):
        raise Damaged("an array in it has no plain numbers as elements")
    if not are_sizes(shape):
        raise Damaged(f"an array in it has the shape {shape}")
    if len(data) != prod(shape) * dtypes.named(dtype.name).itemsize:
        raise Damaged(f"an array in it has {len(data)} bytes, which do not fit its shape {shape}")
    if fortran:
        return array_of(bytearray(data), dtype.name, tuple(reversed(shape)), dtype.order).T
    return array_of(bytearray(data), dtype.name, shape, dtype.order)


def _reconstruct(kind: Any, *ignored: Any) -> PickledArray:
    """Stand for the function whose arguments are the class, an empty shape and a data type."""
    if kind is not NDARRAY:
        raise Damaged("an array in it is of another class")
    return PickledArray()


def _frombuffer(data: Any, dtype: Any, shape: Any, order: Any) -> Any:
    """Stand for the function in pickles of protocol 5."""
    return _array(data, dtype, shape, order != "C")


def _scalar(dtype: Any, data: Any) -> Any:
    """Stand for the function that makes a number of a data type; return Python's."""
    return _array(data, dtype, (), False).item()


def _encode(text: str, encoding: str) -> bytes:
    """Stand for `_codecs.encode`, which stands for bytes in old pickles."""
    if encoding != "latin1":
        raise Damaged(f"bytes in it are encoded as {encoding!r}")
    return text.encode("latin-1")


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {"_reconstruct": _reconstruct, "scalar": _scalar}

NAMES: Names = {
    ("numpy", "dtype"): Function(PickledDType),
    ("numpy", "ndarray"): NDARRAY,
    ("numpy.core.numeric", "_frombuffer"): Function(_frombuffer),
    ("numpy._core.numeric", "_frombuffer"): Function(_frombuffer),
    **{
        (f"numpy.{core}.multiarray", name): Function(function)
        for core in ("core", "_core")
        for name, function in _FUNCTIONS.items()
    },
    ("_codecs", "encode"): Function(_encode),
}
"""What such pickles may name."""
