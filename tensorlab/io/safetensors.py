"""The safetensors format: the length of a header, a header in JSON, and the elements of arrays without gaps.

https://github.com/huggingface/safetensors describes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, NamedTuple

from ..backend import dtypes
from .octets import are_sizes, array_of
from .source import Source
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

BITS = {code: 8 * dtypes.named(name).itemsize for code, name in DTYPES.items()} | {
    "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}  # fmt: skip
"""The bits of an element of every type that the format has."""

MAX_HEADER = 100_000_000
"""The longest header in bytes that readers of the format accept."""

PREFIX = 8
"""The bytes of the number before the header, which is its length."""

Kinds = dict[str, tuple[str, tuple[int, ...]]]
"""The data types, as in files, and shapes of arrays, by the names of the arrays."""


class Header(NamedTuple):
    """What a file holds: the kinds of its arrays and where their elements are, in the order of these, and texts."""

    kinds: Kinds
    places: dict[str, tuple[int, int]]
    metadata: dict[str, str]


# -- reading -----------------------------------------------------------------------------------------------------------


def read_header(source: Source) -> Header:
    """Return the header of a file, in which everything fits together.

    Raises
    ------
    ValueError
        If it is not a safetensors file.
    """
    if source.size < PREFIX:
        raise ValueError("header too small: the file has less than eight bytes")
    length = int.from_bytes(source.fetch(0, PREFIX), "little")
    if length > min(MAX_HEADER, source.size - PREFIX):
        raise ValueError(f"header too large: {length} bytes, in a file of {source.size}")
    fields = _parsed(bytes(source.fetch(PREFIX, PREFIX + length)))
    metadata = fields.pop(METADATA, None) or {}
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise ValueError(f"{METADATA} has values that are not text")
    entries = {name: _entry(name, field) for name, field in fields.items()}
    names = sorted(entries, key=lambda name: entries[name][2:])
    _check_places(entries, names, source.size - PREFIX - length)
    start = PREFIX + length
    places = {name: (start + entries[name][2], start + entries[name][3]) for name in names}
    return Header({name: entries[name][:2] for name in names}, places, metadata)


def read_array(source: Source, header: Header, name: str) -> Any:
    """Return an array as NumPy's. It shares the memory of what was fetched."""
    code, shape = header.kinds[name]
    try:
        array = array_of(source.fetch(*header.places[name]), DTYPES[code], shape)
    except ValueError:
        raise Damaged(f"no array can have the shape {shape} of {name!r}") from None
    return array if array.flags.aligned else array.copy()


def _parsed(text: bytes) -> dict[str, Any]:
    if not text.startswith(b"{"):
        raise ValueError("the header is no JSON object")
    try:
        fields: dict[str, Any] = json.loads(text.decode(), object_pairs_hook=_without_repetitions)
    except RecursionError:
        raise ValueError("the header is nested too deeply") from None
    return fields


def _without_repetitions(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("the header has a key twice")
    "".join(fields).encode()  # raises an error for half a surrogate pair
    return fields


def _entry(name: str, field: Any) -> tuple[str, tuple[int, ...], int, int]:
    """Return the type, the shape, and where the elements begin and end in the data."""
    if not isinstance(field, dict) or field.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"the entry {name!r} does not consist of dtype, shape and data_offsets")
    code, shape, offsets = field["dtype"], field["shape"], field["data_offsets"]
    if not isinstance(code, str) or code not in BITS:
        raise ValueError(f"{name!r} has the unknown data type {code!r}")
    if not _is_list_of_sizes(shape) or not _is_list_of_sizes(offsets) or len(offsets) != 2:
        raise ValueError(f"{name!r} has a shape or data_offsets that are not lists of whole numbers from 0 on")
    if max(shape, default=0) >= 2**63 or BITS[code] * _product(shape) != 8 * (offsets[1] - offsets[0]):
        raise ValueError(f"the shape and the data_offsets of {name!r} do not fit each other")
    return code, tuple(shape), offsets[0], offsets[1]


def _is_list_of_sizes(numbers: Any) -> bool:
    return isinstance(numbers, list) and are_sizes(numbers)


def _product(sizes: list[int]) -> int:
    """Return the product, or a part of it that is more than any file holds: that of all could take hours."""
    product = 1
    for size in sizes:
        product *= size
        if product > 2**64:
            break
    return product


def _check_places(entries: Mapping[str, tuple[Any, Any, int, int]], names: list[str], size: int) -> None:
    """Check that arrays follow one another without gaps until the end of the data."""
    position = 0
    for name in names:
        if entries[name][2] != position:
            raise ValueError(f"invalid offset: {name!r} does not begin where the array before it ends")
        position = entries[name][3]
    if position != size:
        raise ValueError(f"the arrays take {position} bytes, and the file holds {size}")


# -- writing -----------------------------------------------------------------------------------------------------------


def header_length(kinds: Kinds, metadata: Mapping[str, str]) -> int:
    """Return the length of the header of a file in bytes."""
    return len(_header(kinds, metadata))


def encoded(kinds: Kinds, arrays: Mapping[str, Any], metadata: Mapping[str, str]) -> Iterator[Any]:
    """Yield the bytes of a file part by part: its header, then contiguous NumPy arrays, which are not copied."""
    header = _header(kinds, metadata)
    yield len(header).to_bytes(PREFIX, "little") + header
    for name in _aligned_order(kinds):
        yield arrays[name].reshape(-1).view("uint8").data


def _header(kinds: Kinds, metadata: Mapping[str, str]) -> bytes:
    """Return the header, with spaces up to a multiple of eight bytes, so that the elements are aligned."""
    fields: dict[str, Any] = {METADATA: metadata} if metadata else {}
    position = 0
    for name in _aligned_order(kinds):
        code, shape = kinds[name]
        end = position + BITS[code] * prod(shape) // 8
        fields[name] = {"dtype": code, "shape": shape, "data_offsets": [position, end]}
        position = end
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    return text + b" " * (-len(text) % 8)


def _aligned_order(kinds: Kinds) -> list[str]:
    """Return the names with the largest elements first, so that each array begins at a multiple of its element."""
    return sorted(kinds, key=lambda name: -BITS[kinds[name][0]])
