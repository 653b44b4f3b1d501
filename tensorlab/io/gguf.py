"""GGUF files, in which llama.cpp and others keep weights, often quantised in blocks; they are read as float32.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md describes the format.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

from ..backend import get_backend
from .blocks import QUANTISED
from .octets import array_of
from .source import Source
from .structure import Damaged, Unreadable

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MOST_AXES = 4
ALIGNMENT = 32
"""Where tensors begin, unless the metadata say otherwise: at multiples of so many bytes."""

NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""The types of numbers in the metadata, as `struct` calls them."""

STRING, ARRAY = 8, 9

PLAIN = {0: "float32", 1: "float16", 24: "int8", 25: "int16", 26: "int32", 27: "int64", 28: "float64", 30: "bfloat16"}
"""The types of tensors that are not quantised."""

NAMES = {
    9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S",
    22: "IQ2_S", 23: "IQ4_XS", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
}  # fmt: skip
"""Types of tensors that are not read."""


class Entry(NamedTuple):
    """A tensor: its type, shape, and where its bytes begin behind the header."""

    kind: int
    shape: tuple[int, ...]
    offset: int


class Contents(NamedTuple):
    """What a file holds: metadata, tensors by name, and where their bytes begin."""

    metadata: dict[str, Any]
    entries: dict[str, Entry]
    start: int


def read_contents(source: Source) -> Contents:
    """Return the metadata, and the tensors without their elements.

    Raises
    ------
    Unreadable
        If it is no GGUF file, of another version, or damaged.
    """
    try:
        return _contents(Reader(source))
    except (struct.error, UnicodeDecodeError, OverflowError) as error:
        raise Damaged(f"its header is not readable: {error}") from error


def read_tensors(source: Source, to_tensor: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the tensors by name, in the order of the file; quantised ones as float32.

    Raises
    ------
    Unreadable
        If the file is damaged, or has a tensor of a type that is not read.
    """
    contents = read_contents(source)
    return {name: to_tensor(_array(source, contents.start, name, entry)) for name, entry in contents.entries.items()}


class Reader:
    """Reads numbers, texts and lists one after the other."""

    def __init__(self, source: Source) -> None:
        self._source, self.position = source, len(MAGIC)

    def octets(self, count: int) -> bytes:
        """Return the next bytes."""
        stop = self.position + count
        if stop > self._source.size:
            raise Damaged(f"it ends after {self._source.size} bytes, within its header")
        found = bytes(self._source.fetch(self.position, stop))
        self.position = stop
        return found

    def number(self, code: str) -> Any:
        """Return the next number of a type of `struct`."""
        (value,) = struct.unpack(f"<{code}", self.octets(struct.calcsize(f"<{code}")))
        return value

    def text(self) -> str:
        """Return the next text."""
        return self.octets(self.number("Q")).decode()

    def value(self, kind: int, depth: int = 0) -> Any:
        """Return the next value of a type of the format."""
        if kind == STRING:
            return self.text()
        if kind in NUMBERS:
            return self.number(NUMBERS[kind])
        if kind != ARRAY or depth > 3:
            raise Damaged(f"its metadata have the unknown type {kind}")
        item, count = self.number("I"), self.number("Q")
        if item in NUMBERS:
            code = f"<{count}{NUMBERS[item]}"
            return list(struct.unpack(code, self.octets(struct.calcsize(code))))
        if count > self._source.size:
            raise Damaged(f"its metadata have a list of {count} items")
        return [self.value(item, depth + 1) for _ in range(count)]


def _contents(reader: Reader) -> Contents:
    version = reader.number("I")
    if version not in VERSIONS:
        raise Unreadable(f"is a GGUF file of version {version}; versions 2 and 3, little-endian, are read")
    tensors, values = reader.number("Q"), reader.number("Q")
    metadata: dict[str, Any] = {}
    for _ in range(values):
        key = reader.text()
        metadata[key] = reader.value(reader.number("I"))
    entries: dict[str, Entry] = {}
    for _ in range(tensors):
        name = reader.text()
        axes = reader.number("I")
        if axes > MOST_AXES or name in entries:
            raise Damaged(f"its tensor {name!r} has {axes} axes, or comes twice")
        sizes = [reader.number("Q") for _ in range(axes)]
        entries[name] = Entry(reader.number("I"), tuple(reversed(sizes)), reader.number("Q"))
    alignment = metadata.get("general.alignment", ALIGNMENT)
    if type(alignment) is not int or not 0 < alignment <= 1 << 20:
        raise Damaged(f"its alignment is {alignment!r}")
    return Contents(metadata, entries, -(-reader.position // alignment) * alignment)


def _array(source: Source, start: int, name: str, entry: Entry) -> Any:
    begin, elements = start + entry.offset, prod(entry.shape)
    if entry.kind in PLAIN:
        itemsize = get_backend("numpy").native(PLAIN[entry.kind]).itemsize
        return array_of(_octets(source, name, begin, elements * itemsize), PLAIN[entry.kind], entry.shape)
    if entry.kind not in QUANTISED:
        kind = NAMES.get(entry.kind, f"number {entry.kind}")
        raise Unreadable(f"holds {name!r} of the type {kind}, which is not read")
    layout = QUANTISED[entry.kind]
    if entry.shape[-1:] == () or entry.shape[-1] % layout.elements:
        raise Damaged(f"its tensor {name!r} of shape {entry.shape} does not consist of blocks of {layout.elements}")
    blocks = elements // layout.elements
    octets = _octets(source, name, begin, blocks * layout.size)
    return layout.values(array_of(octets, "uint8", (blocks, layout.size))).reshape(entry.shape)


def _octets(source: Source, name: str, begin: int, count: int) -> Any:
    if begin + count > source.size:
        raise Damaged(f"its tensor {name!r} ends beyond the file")
    return source.fetch(begin, begin + count)
