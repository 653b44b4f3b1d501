"""The elements of tensors as bytes, for comparisons bit for bit."""

from __future__ import annotations

from ..backend import backend_of
from ..tensor import Tensor


def bits(tensor: Tensor) -> bytes:
    """Return the elements of a tensor as bytes, in order."""
    elements: bytes = backend_of(tensor.array).to_numpy(tensor.array).tobytes()
    return elements
