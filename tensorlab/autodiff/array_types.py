"""The array types that ops have met: the backend of each, its data types, and each op's kernel for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import RLock
from typing import Any, ClassVar

from ..backend import Backend, backend_for_type, dtypes

KNOWN_TYPES: dict[type, Backend] = {}
"""The array types that an op has met, with their backends."""

TAKEN: dict[str, set[Any]] = {kinds: set() for kinds in dtypes.KINDS}
"""For each group of data types, the native ones of all backends in use."""

FLOATING_DTYPES, COMPLEX_DTYPES = TAKEN["floating"], TAKEN["complex floating"]

ROUNDED_DTYPES: set[Any] = set()
"""The native types in use that are computed in wider ones."""

WEAK_DTYPES: dict[type, set[Any]] = {number: set() for number in dtypes.ADAPTS_TO}
"""For each type of Python number, the native data types that it adapts to."""


learning = RLock()
"""Held while data types are learned, and while kernels are looked up, as these depend on them."""


class KernelTable(dict[Any, Any]):
    """The kernel of one op for each array type, found at the first call; None for what is no array."""

    every: ClassVar[list[KernelTable]] = []

    def __init__(self, name: str, compute: Callable[..., Any], exact: bool) -> None:
        super().__init__()
        self._name, self._compute, self._exact = name, compute, exact
        self.every.append(self)

    def __missing__(self, array_type: type) -> Any:
        if array_type is None or array_type in WEAK_DTYPES or array_type is type(None):
            return None
        backend = meet_type(array_type)
        if backend is None:
            return None
        with learning:  # a kernel found before a data type was met must not be stored after
            self[array_type] = kernel = backend.kernel(self._name, self._compute, exact=self._exact)
        return kernel


def meet_type(array_type: type) -> Backend | None:
    """Return the backend of an array type, and learn its data types at the first meeting."""
    if array_type not in KNOWN_TYPES:
        backend = backend_for_type(array_type)
        if backend is None:
            return None
        with learning:
            if backend not in KNOWN_TYPES.values():
                backend.when_dtypes_change(partial(learn_dtypes, backend))
                learn_dtypes(backend)
            KNOWN_TYPES[array_type] = backend
    return KNOWN_TYPES[array_type]


def learn_dtypes(backend: Backend) -> None:
    """Learn a backend's data types; kernels are looked up anew, as they may depend on which are in use."""
    with learning:
        for group, kinds in dtypes.KINDS.items():
            TAKEN[group] |= backend.dtypes_of_kind(*kinds)
        for number, group in dtypes.ADAPTS_TO.items():
            WEAK_DTYPES[number] |= backend.dtypes_of_kind(*dtypes.KINDS[group])
        ROUNDED_DTYPES.update(backend.rounded_dtypes)
        for table in KernelTable.every:
            table.clear()
