"""Pickles of dictionaries of NumPy arrays, read without calling anything that they name."""

from __future__ import annotations

import io
from typing import Any

from ..backend import get_backend
from ..io.numpy_pickles import NAMES
from ..io.structure import Unreadable
from ..io.unpickling import Refused, Unpickler
from ..ops.creation import asarray


class UnsafePickle(ValueError):
    """A pickle refers to something other than NumPy arrays."""


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
        found = Unpickler(io.BytesIO(data), NAMES, advice="; only NumPy arrays are unpickled").load()
        if isinstance(found, dict):
            return {
                key.decode("latin-1") if isinstance(key, bytes) else str(key): _with_tensor(value)
                for key, value in found.items()
            }
    except Refused as error:
        raise UnsafePickle(f"it {error}") from error
    except Unreadable as error:
        raise ValueError(f"it {error}") from error
    raise ValueError(f"it holds {type(found).__name__} instead of a dictionary")


def _with_tensor(value: Any) -> Any:
    return asarray(value) if isinstance(value, get_backend("numpy").array_types) else value
