"""Backends: the base class, their kernels and data types, which are installed, and which one is active.

A backend is an array namespace that follows the Array API standard, plus kernels that are faster than the default ones
(:class:`Backend`). Backends, the built-in ones too, are found through the entry point group ``tensorlab.backends``.
"""

from ..errors import BackendError, BackendUnavailable
from .base import Backend, Device, host_array
from .dtypes import DType, DTypeLike
from .registry import (
    active_backend, available_backends, backend_for_dlpack, backend_for_type, backend_of, get_backend, register_backend,
    resolve_target, use_backend,
)  # fmt: skip

__all__ = [
    "Backend", "BackendError", "BackendUnavailable", "DType", "DTypeLike", "Device", "active_backend",
    "available_backends", "backend_for_dlpack", "backend_for_type", "backend_of", "get_backend", "host_array",
    "register_backend", "resolve_target", "use_backend",
]  # fmt: skip
