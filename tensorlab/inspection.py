"""Inspection of the namespace: the standard's ``__array_namespace_info__``."""

from __future__ import annotations

from typing import Any

from .backend import Device, DType, active_backend, dtypes
from .ops.creation import backend_and_name
from .ops.datatypes import isdtype

OUTSIDE_THE_STANDARD = ("float16", "bfloat16")


class NamespaceInfo:
    """Devices, data types and capabilities of the active backend.

    Examples
    --------
    >>> tl.__array_namespace_info__().default_device()
    Device(backend='numpy', name='cpu')
    """

    def capabilities(self) -> dict[str, Any]:
        """Return the capabilities that the standard leaves to the library."""
        return {
            "boolean indexing": True,
            "data-dependent shapes": True,
            "max dimensions": active_backend().max_dimensions,
        }

    def default_device(self) -> Device:
        """Return the default device of new tensors."""
        backend = active_backend()
        return Device(backend.name, backend.devices()[0])

    def devices(self) -> list[Device]:
        """Return the devices of the active backend, the default one first."""
        backend = active_backend()
        return [Device(backend.name, name) for name in backend.devices()]

    def default_dtypes(self, *, device: Device | str | None = None) -> dict[str, DType]:
        """Return the default data types of new tensors.

        Raises
        ------
        BackendUnavailable
            If `device` does not exist.
        """
        if device is not None:
            backend_and_name(device)
        return {
            "real floating": dtypes.float32,
            "complex floating": dtypes.complex64,
            "integral": dtypes.int64,
            "indexing": dtypes.int64,
        }

    def dtypes(self, *, device: Device | str | None = None, kind: Any = None) -> dict[str, DType]:
        """Return the standard's data types that the backend has, by name, optionally of one kind (see `isdtype`).

        Raises
        ------
        ValueError
            If `kind` is not one of those of `isdtype`.
        BackendUnavailable
            If `device` does not exist.
        """
        backend = active_backend() if device is None else backend_and_name(device)[0]
        return {
            name: dtype
            for name, dtype in DType.registry.items()
            if name not in OUTSIDE_THE_STANDARD
            and backend.native_dtype(name) is not None
            and (kind is None or isdtype(dtype, kind))
        }


def array_namespace_info() -> NamespaceInfo:
    """Return devices, data types and capabilities, as the standard's ``__array_namespace_info__()``."""
    return NamespaceInfo()
