"""What a backend is, which are installed, and which one is active.

A backend is an array namespace that follows the Array API standard, plus the kernels it does better
(:class:`Backend`). Backends are found through the entry point ``tensorlab.backends``; the built-in ones use that
door too.
"""

from ..errors import BackendError, BackendUnavailable
from .base import Backend, Device, host_array
from .dtypes import DType
from .registry import (
    active_backend,
    available_backends,
    backend_for_dlpack,
    backend_for_type,
    backend_of,
    get_backend,
    register_backend,
    resolve_target,
    use_backend,
)

__all__ = [
    "Backend",
    "BackendError",
    "BackendUnavailable",
    "DType",
    "Device",
    "active_backend",
    "available_backends",
    "backend_for_dlpack",
    "backend_for_type",
    "backend_of",
    "get_backend",
    "host_array",
    "register_backend",
    "resolve_target",
    "use_backend",
]
