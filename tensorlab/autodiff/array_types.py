"""The array types in use: the backend and the data types of each, and the kernels of ops for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import RLock
from typing import Any, ClassVar

from ..backend import Backend, backend_for_type, dtypes

KNOWN_TYPES: dict[type, Backend] = {}
"""The array types that have been given to an op, with their backends."""

TAKEN: dict[str, set[Any]] = {kinds: set() for kinds in dtypes.KINDS}
"""For each group of data types, the native ones of all backends in use."""

FLOATING_DTYPES, COMPLEX_DTYPES = TAKEN["floating"], TAKEN["complex floating"]

ROUNDED_DTYPES: set[Any] = set()
"""The native types in use whose computations are done in wider types."""

WEAK_DTYPES: dict[type, set[Any]] = {number: set() for number in dtypes.ADAPTS_TO}
"""For each type of Python number, the native data types that it adapts to."""


registration = RLock()
"""Held while data types are registered and kernels are looked up, as the kernels depend on the data types."""


class KernelTable(dict[Any, Any]):
    """The kernel of one op for each array type, looked up at the first call; None for types that are not arrays."""

    every: ClassVar[list[KernelTable]] = []
    wrap: ClassVar[Callable[[str, Any], Any] | None] = None
    """Returns what is called in place of the kernel of an op, given its name; set by `wrap_kernels`."""

    def __init__(self, name: str, compute: Callable[..., Any], exact: bool) -> None:
        super().__init__()
        self._name, self._compute, self._exact = name, compute, exact
        self.every.append(self)

    def __missing__(self, array_type: type) -> Any:
        if array_type is None or array_type in WEAK_DTYPES or array_type is type(None):
            return None
        backend = register_type(array_type)
        if backend is None:
            return None
        with registration:  # a kernel found before a data type is registered must not be stored afterwards
            kernel = backend.kernel(self._name, self._compute, exact=self._exact)
            wrap = KernelTable.wrap
            self[array_type] = kernel = kernel if wrap is None else wrap(self._name, kernel)
        return kernel


def wrap_kernels(wrap: Callable[[str, Any], Any] | None) -> None:
    """Call ``wrap(name, kernel)`` for every kernel from now on, and call what it returns instead; None ends that."""
    with registration:
        KernelTable.wrap = None if wrap is None else staticmethod(wrap)
        for table in KernelTable.every:
            table.clear()


def register_type(array_type: type) -> Backend | None:
    """Return the backend of an array type, or None; register its data types at the first call."""
    if array_type not in KNOWN_TYPES:
        backend = backend_for_type(array_type)
        if backend is None:
            return None
        with registration:
            if backend not in KNOWN_TYPES.values():
                backend.when_dtypes_change(partial(register_dtypes, backend))
                register_dtypes(backend)
            KNOWN_TYPES[array_type] = backend
    return KNOWN_TYPES[array_type]


def register_dtypes(backend: Backend) -> None:
    """Register a backend's data types, and forget all kernels, which may depend on the data types in use."""
    with registration:
        for group, kinds in dtypes.KINDS.items():
            TAKEN[group] |= backend.dtypes_of_kind(*kinds)
        for number, group in dtypes.ADAPTS_TO.items():
            WEAK_DTYPES[number] |= backend.dtypes_of_kind(*dtypes.KINDS[group])
        ROUNDED_DTYPES.update(backend.rounded_dtypes)
        for table in KernelTable.every:
            table.clear()
