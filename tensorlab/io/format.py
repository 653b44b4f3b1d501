"""The safetensors format, read and written by the package of that name."""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from math import prod
from types import ModuleType
from typing import Any, NamedTuple

from ..backend import dtypes, get_backend
from .structure import METADATA, Damaged

DTYPES = {
    "BOOL": "bool",
    **{f"I{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    **{f"F{bits}": f"float{bits}" for bits in (16, 32, 64)},
    "BF16": "bfloat16",
    "C64": "complex64",
}
"""The data types, by their names in safetensors files."""

CODES = {name: code for code, name in DTYPES.items()}

Kinds = dict[str, tuple[str, tuple[int, ...]]]
"""The data types, as in files, and shapes of arrays, by the names of the arrays."""


class Contents(NamedTuple):
    """What a file holds: the kinds of its arrays in the order of their elements, texts, and how to read an array."""

    kinds: Kinds
    metadata: dict[str, str]
    read: Callable[[str], Any]


@contextmanager
def _package(error_type: type[Exception]) -> Iterator[ModuleType]:
    """Yield the package; its errors become those of another type."""
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError("saving and loading requires safetensors: pip install 'tensorlab[io]'") from error
    try:
        yield safetensors
    except safetensors.SafetensorError as error:
        raise error_type(str(error)) from error


def encode(arrays: Mapping[str, Any], metadata: dict[str, str]) -> bytes:
    """Return the bytes of a file of NumPy arrays and texts."""
    with _package(ValueError) as package:
        return package.numpy.save(arrays, metadata)


def write(arrays: Mapping[str, Any], metadata: dict[str, str], path: str | os.PathLike[str]) -> None:
    """Write a file of NumPy arrays and texts. Since version 0.8 the package does not copy the arrays.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with _package(OSError) as package:
        package.numpy.save_file(arrays, path, metadata)


def contents_of_path(path: str | os.PathLike[str]) -> Contents:
    """Return the contents of a regular file. Arrays are read when they are asked for.

    Raises
    ------
    ValueError
        If it is not a safetensors file.
    """
    with _package(ValueError) as package:
        file = package.safe_open(path, framework="numpy")
        slices = {name: file.get_slice(name) for name in file.offset_keys()}
        kinds = {name: (part.get_dtype(), tuple(part.get_shape())) for name, part in slices.items()}

    def read(name: str) -> Any:
        try:
            return file.get_tensor(name)
        except ValueError:
            raise _impossible_shape(name, kinds) from None

    return Contents(kinds, file.metadata() or {}, read)


def contents_of_bytes(data: bytes) -> Contents:
    """Return the contents of the bytes of a file.

    Raises
    ------
    ValueError
        If they are not those of a safetensors file.
    """
    with _package(ValueError) as package:
        parts = dict(package.deserialize(data))
    # The package returns neither metadata nor order. They are in the JSON header, whose length comes first.
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    names = sorted(parts, key=lambda name: header[name]["data_offsets"])
    kinds = {name: (parts[name]["dtype"], tuple(parts[name]["shape"])) for name in names}
    return Contents(kinds, header.get(METADATA) or {}, lambda name: _array(parts.pop(name)["data"], name, kinds))


def mapped(path: str | os.PathLike[str]) -> Contents:
    """Return the contents of a regular file, with arrays whose memory is the file's, copied where they are written to.

    Raises
    ------
    ValueError
        If it is not a safetensors file.
    """
    while True:
        with open(path, "rb") as file:
            contents = contents_of_path(path)
            if os.path.samestat(os.stat(path), os.fstat(file.fileno())):  # else it was replaced in between
                octets = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
                return contents._replace(read=_mapped_reader(octets, contents.kinds))


def _mapped_reader(octets: memoryview, kinds: Kinds) -> Callable[[str], Any]:
    @cache
    def ranges() -> dict[str, slice]:
        """The arrays fill the end of a file without gaps, in the order of their names here."""
        found, stop = {}, len(octets)
        for name, (code, shape) in reversed(kinds.items()):
            start = stop - dtypes.named(DTYPES[code]).itemsize * prod(shape)
            found[name], stop = slice(start, stop), start
        return found

    def read(name: str) -> Any:
        array = _array(octets[ranges()[name]], name, kinds)
        return array if array.flags.aligned else array.copy()

    return read


def _array(octets: bytes | memoryview, name: str, kinds: Kinds) -> Any:
    code, shape = kinds[name]
    try:
        return get_backend("numpy").from_bytes(octets, DTYPES[code], shape)
    except ValueError:
        raise _impossible_shape(name, kinds) from None


def _impossible_shape(name: str, kinds: Kinds) -> Damaged:
    return Damaged(f"no array can have the shape {kinds[name][1]} of {name!r}")
