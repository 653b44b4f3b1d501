"""Requests for more memory than the machine has are refused before anything is allocated.

An operating system may grant more memory than it has, and end the process once it uses what it was granted. A list of
2**40 objects is not refused at all: the loop that makes them runs until the memory is full.
"""

from __future__ import annotations

import os
from functools import cache
from math import inf

BYTES_PER_NUMBER = 32
"""The memory of a Python number in a list: 24 for the number, 8 for the reference to it."""

BYTES_PER_OBJECT = 100
"""The least memory of a tensor, a layer or a generator with its attributes, in bytes."""


def host_memory() -> dict[str, int]:
    """Return the machine's memory in bytes, ``"total"`` and ``"available"``, if the system provides it."""
    names = {"total": "SC_PHYS_PAGES", "available": "SC_AVPHYS_PAGES"}
    known = getattr(os, "sysconf_names", {})
    return {key: os.sysconf(name) * os.sysconf("SC_PAGE_SIZE") for key, name in names.items() if name in known}


@cache
def total_memory() -> float:
    """Return the machine's memory in bytes; infinity if the system does not provide it."""
    return host_memory().get("total", inf)


def require_memory(function: str, what: str, count: int, each: int = BYTES_PER_OBJECT) -> None:
    """Refuse to make `count` objects of `each` bytes if they take more memory than the machine has.

    Parameters
    ----------
    function : str
        The function to name in the error.
    what : str
        The name of the objects.
    count, each : int
        The number of objects, and the bytes that each of them takes at least.

    Raises
    ------
    MemoryError
        If they do.
    """
    if count * each > total_memory():
        needed, total = _in_words(count * each), _in_words(total_memory())
        raise MemoryError(f"{function}: {what} would take {needed} of memory, and this machine has {total}")


def _in_words(count: float) -> str:
    return f"{count / 2**40:,.1f} TiB" if count >= 2**40 else f"{count / 2**30:.1f} GiB"
