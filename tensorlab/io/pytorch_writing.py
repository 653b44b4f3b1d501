"""Files that PyTorch reads with ``torch.load(path, weights_only=True)``, written without it."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Mapping
from math import prod
from pickle import encode_long
from struct import pack
from typing import IO, Any

from .pytorch import STORAGES
from .structure import place_of

FOLDER = "archive"
"""The folder of the entries in the zip archive."""

ALIGNMENT = 64
"""The storages begin at multiples of so many bytes, so that they can be mapped into memory."""

CLASSES = {dtype: f"{name}Storage" for name, dtype in STORAGES.items() if name != "Untyped"}
"""The names of PyTorch's classes of storages, by data type."""

ALIGNMENT_FIELD = 0x4246
"""The number of the extra field of zip entries that fills space; PyTorch uses it as well."""


def pickled(description: Any, arrays: Mapping[str, Any]) -> tuple[bytes, dict[str, Any]]:
    """Return the pickle of nested objects, as `structure.describe` describes them, and its storages by their keys.

    `arrays` are contiguous NumPy arrays by name; those that are the same memory are one storage.

    Raises
    ------
    ValueError
        If there is a named tuple, which PyTorch would not read.
    """
    keys = _storage_keys(arrays)
    instructions = b"".join(_pickled(description, arrays, keys, ""))
    return b"\x80\x02" + instructions + b".", {key: arrays[name] for name, key in keys.items()}


def write_zip(instructions: bytes, storages: Mapping[str, Any], file: IO[bytes]) -> None:
    """Write a file of a pickle and its storages."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        _write_entry(archive, "data.pkl", instructions)
        _write_entry(archive, "byteorder", sys.byteorder.encode())
        for key, array in storages.items():
            _write_entry(archive, f"data/{key}", array.reshape(-1).view("uint8").data)
        _write_entry(archive, "version", b"3\n")


def _write_entry(archive: zipfile.ZipFile, name: str, data: Any) -> None:
    info = zipfile.ZipInfo(f"{FOLDER}/{name}")
    position = archive.start_dir + 30 + len(info.filename) + 4 + 20  # behind the header, this field, that of 64 bits
    padding = -position % ALIGNMENT
    info.extra = pack("<HH", ALIGNMENT_FIELD, padding) + b"Z" * padding
    info.file_size = len(data)
    with archive.open(info, "w", force_zip64=True) as entry:
        entry.write(data)


def _storage_keys(arrays: Mapping[str, Any]) -> dict[str, str]:
    """Return the key of the storage of each array."""
    keys: dict[str, str] = {}
    seen: dict[Any, str] = {}
    for name, array in arrays.items():
        place = array.__array_interface__["data"][0], array.nbytes if array.nbytes else name
        keys[name] = seen.setdefault(place, str(len(seen)))
    return keys


def _pickled(description: Any, arrays: Mapping[str, Any], keys: Mapping[str, str], path: str) -> Any:
    """Yield the instructions that push an object."""
    ((kind, content),) = description.items()

    def part(key: Any, value: Any) -> Any:
        return _pickled(value, arrays, keys, f"{path}.{key}" if path else str(key))

    if kind in ("tensor", "array"):
        yield _tensor(arrays[content], keys[content])
    elif kind == "value":
        yield _scalar(content)
    elif kind == "complex":
        yield _call("builtins", "complex", _tuple(map(_scalar, content)))
    elif kind == "dict":
        yield b"}("
        for key, value in content:
            yield _scalar(key)
            yield from part(key, value)
        yield b"u"
    elif kind in ("list", "tuple"):
        yield b"](" if kind == "list" else b"("
        for index, value in enumerate(content):
            yield from part(index, value)
        yield b"e" if kind == "list" else b"t"
    else:
        raise ValueError(f"save: PyTorch reads no named tuples (at {place_of(path)}); save tuple(...) or _asdict()")


def _tensor(array: Any, key: str) -> bytes:
    shape = array.shape
    strides = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
    dtype, nothing = str(array.dtype), _call("collections", "OrderedDict", b")")
    plain = dtype in CLASSES
    kind = _name("torch", CLASSES[dtype]) if plain else _name("torch.storage", "UntypedStorage")
    numel = array.size if plain else array.nbytes
    storage = _tuple([_scalar("storage"), kind, _scalar(key), _scalar("cpu"), _scalar(numel)]) + b"Q"
    arguments = [storage, _scalar(0), _tuple(map(_scalar, shape)), _tuple(map(_scalar, strides)), b"\x89", nothing]
    if plain:
        return _call("torch._utils", "_rebuild_tensor_v2", _tuple(arguments))
    return _call("torch._utils", "_rebuild_tensor_v3", _tuple([*arguments, _name("torch", dtype)]))


def _name(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def _call(module: str, name: str, arguments: bytes) -> bytes:
    return _name(module, name) + arguments + b"R"


def _tuple(parts: Any) -> bytes:
    return b"(" + b"".join(parts) + b"t"


def _scalar(value: Any) -> bytes:
    if value is None or isinstance(value, bool):
        return {None: b"N", True: b"\x88", False: b"\x89"}[value]
    if isinstance(value, float):
        return b"G" + pack(">d", value)
    if isinstance(value, str):
        text = value.encode()
        return b"X" + pack("<I", len(text)) + text
    if -(2**31) <= value < 2**31:
        return b"J" + pack("<i", value)
    octets = encode_long(value)
    return (b"\x8a" + pack("<B", len(octets)) if len(octets) < 256 else b"\x8b" + pack("<i", len(octets))) + octets
