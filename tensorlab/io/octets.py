"""Arrays of NumPy whose memory is that of given bytes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from ..backend import dtypes, get_backend


def array_of(octets: bytearray | memoryview, dtype: str, shape: Sequence[int], order: str = "little") -> Any:
    """Return an array that shares the memory of bytes; where they are not in native order, they are swapped in it.

    Raises
    ------
    ValueError
        If no array can have the shape, or it takes more or fewer bytes.
    """
    numpy, described = get_backend("numpy"), dtypes.named(dtype)
    size = described.itemsize // (2 if described.is_complex else 1)
    if order != sys.byteorder and size > 1:
        numpy.from_bytes(octets, f"uint{8 * size}", (-1,)).byteswap(inplace=True)
    return numpy.from_bytes(octets, dtype, shape)


def are_sizes(numbers: Iterable[Any]) -> bool:
    """Whether all are whole numbers from 0 on, as in a shape that a file gives."""
    return all(type(number) is int and number >= 0 for number in numbers)
