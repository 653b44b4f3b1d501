"""Ranges of bytes of a file, read, mapped into memory, or held in memory."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from typing import NamedTuple, Protocol

from .structure import Damaged


class Fetch(Protocol):
    """Returns the bytes from `start` to `stop`: the caller's own, or those of a private mapping."""

    def __call__(self, start: int, stop: int) -> bytearray | memoryview: ...


class Source(NamedTuple):
    """The length of a file in bytes, and how to get some of them."""

    size: int
    fetch: Fetch


def of_bytes(data: bytes) -> Source:
    """Return a source of bytes in memory, which are copied when they are fetched."""
    octets = memoryview(data)
    return Source(len(data), lambda start, stop: bytearray(octets[start:stop]))


@contextmanager
def of_path(path: str | os.PathLike[str], mapped: bool) -> Iterator[Source]:
    """Yield a source of a regular file, which is read when bytes are fetched.

    With `mapped` they are the memory of the file, copied where they are written to, and outlive the block.
    """
    with FileIO(path) as file:
        size = os.fstat(file.fileno()).st_size
        if mapped and size:
            octets = memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY))
            yield Source(size, lambda start, stop: octets[start:stop])
        else:
            yield Source(size, lambda start, stop: _read(file, start, stop))


def _read(file: FileIO, start: int, stop: int) -> bytearray:
    octets, done = bytearray(stop - start), 0
    file.seek(start)
    with memoryview(octets) as rest:
        while done < len(octets):
            count = file.readinto(rest[done:])
            if not count:
                raise Damaged(f"it ends after {start + done} bytes, within what it says it holds")
            done += count
    return octets
