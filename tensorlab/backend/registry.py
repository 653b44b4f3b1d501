"""The registry: installed backends, the active one, and the backend of an array."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, partial
from threading import RLock
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from ..blocks import Setting, SettingChange
from ..errors import BackendError, BackendUnavailable
from ..options import checked
from .base import Backend

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

P = ParamSpec("P")
R = TypeVar("R")

ENTRY_POINT_GROUP = "tensorlab.backends"
VARIABLE = "TENSORLAB_BACKEND"
AUTO_ORDER = ("cupy", "llvm", "numpy")


_registered: dict[str, type[Backend]] = {}
_instances: dict[str, Backend] = {}
_instantiation = RLock()
_by_type: dict[type, Backend] = {}
_process_default: list[Backend | None] = [None]
_active: Setting[Backend | None] = Setting("tensorlab_backend", None)


@cache
def _entry_points() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # takes longer to import than all modules of tensorlab.backend

    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}


def register_backend(cls: type[Backend]) -> type[Backend]:
    """Register a backend for this process without installing it; can be used as a decorator.

    An installed distribution registers its backend permanently with the entry point group ``tensorlab.backends``.

    Parameters
    ----------
    cls : type
        A subclass of :class:`Backend`; `use_backend` takes its ``name``.
    """
    _registered[cls.name] = cls
    return cls


def _installed_names() -> list[str]:
    return sorted({*_registered, *_entry_points()})


def _load(name: str) -> type[Backend]:
    if name in _registered:
        return _registered[name]
    loaded: type[Backend] = _entry_points()[name].load()
    return loaded


def _unavailable(name: str) -> str | None:
    """Return why an installed backend cannot be used, or None if it can."""
    try:
        return _load(name).unavailable()
    except Exception as error:  # a broken plugin must not affect the other backends
        return f"its package cannot be imported: {error}"


def _array_package(name: str) -> str | None:
    """Return the package of a backend's arrays; None if the backend's own package cannot be imported."""
    try:
        return _load(name).array_package
    except Exception:  # as in `_unavailable`, which says why
        return None


def available_backends() -> dict[str, str | None]:
    """Return all installed backends by name, with the reason why each cannot be used, or None if it can.

    Examples
    --------
    >>> available_backends()["numpy"] is None
    True
    """
    return {name: _unavailable(name) for name in _installed_names()}


def _report() -> str:
    lines = (f"  {name}: {reason or 'usable'}" for name, reason in available_backends().items())
    return "Installed backends:\n" + "\n".join(lines)


def get_backend(name: str) -> Backend:
    """Return the instance of the backend `name`; ``"auto"`` stands for the fastest one that can run here.

    Raises
    ------
    BackendUnavailable
        If it is not installed or cannot run here; the message lists all backends with the reasons.
    """
    if name == "auto":
        name = next(n for n in AUTO_ORDER if n in _installed_names() and _unavailable(n) is None)
    if name in _instances:
        return _instances[name]
    if name not in _installed_names():
        raise BackendUnavailable(f"there is no backend {name!r}.\n{_report()}")
    reason = _unavailable(name)
    if reason is not None:
        raise BackendUnavailable(f"the backend {name!r} cannot be used here: {reason}\n{_report()}")
    with _instantiation:
        if name not in _instances:
            backend = _load(name)()
            _claim_types(backend)
            backend.when_dtypes_change(partial(_claim_types, backend))
            _instances[name] = backend
    return _instances[name]


def _claim_types(backend: Backend) -> None:
    for array_type in backend.array_types:
        _by_type[array_type] = backend


def active_backend() -> Backend:
    """Return the backend of new arrays.

    It is set by the innermost ``with use_backend(...)`` of this thread, else by the last `use_backend` call of the
    process, else by `TENSORLAB_BACKEND` when a backend is first needed; NumPy by default.
    """
    backend = _active.get() or _process_default[0]
    if backend is None:
        backend = _process_default[0] = get_backend(os.environ.get(VARIABLE) or "numpy")
    return backend


class use_backend(SettingChange["Backend | None"]):
    """Set the active backend: for the process when called, for a block in one thread as context manager or decorator.

    Parameters
    ----------
    name : str
        ``"numpy"``, ``"cupy"``, ``"auto"``, or the name of any installed backend.

    Notes
    -----
    Other threads are not affected by a block, except between the call and the beginning of the block; a thread that
    must not be affected sets its own backend with a block. An interrupt (Ctrl-C) between the two is one after the call:
    the backend stays that of the process. No interrupt in the block or at its end leaves the backend changed.

    Raises
    ------
    BackendUnavailable
        If it is not installed or cannot run here.

    Examples
    --------
    >>> with use_backend("numpy"):
    ...     active_backend().name
    'numpy'
    """

    setting = _active

    @checked
    def __init__(self, name: str) -> None:
        self.bound = get_backend(name)
        self._previous_default = [_process_default[0]]
        _process_default[0] = self.bound

    def changed(self, outer: Backend | None) -> Backend:
        """Return the backend inside."""
        self._began_block()
        return self.bound

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        self._began_block()
        return super().__call__(function)

    def _began_block(self) -> None:
        """Restore the backend of the process, which the constructor has set, unless it was set again since."""
        if self._previous_default and _process_default[0] is self.bound:
            _process_default[0] = self._previous_default[0]
        self._previous_default.clear()


def backend_for_type(array_type: type) -> Backend | None:
    """Return the backend of an array type, or None if no installed backend has it."""
    backend = _by_type.get(array_type)
    if backend is not None:
        return backend
    package = array_type.__module__.partition(".")[0]
    for name in _installed_names():
        if name not in _instances and _array_package(name) == package and _unavailable(name) is None:
            get_backend(name)
    return _by_type.get(array_type)


def backend_of(array: Any) -> Backend:
    """Return the backend of an array.

    Raises
    ------
    BackendError
        If it is not an array of an installed backend.
    """
    backend = _by_type.get(type(array)) or backend_for_type(type(array))
    if backend is None:
        raise BackendError(
            f"{type(array).__module__}.{type(array).__qualname__} is not an array of an installed backend "
            f"({', '.join(_installed_names())}); convert it with tensorlab.asarray(...)"
        )
    return backend


def backend_for_dlpack(kind: int) -> Backend:
    """Return a backend for memory of DLPack's device type `kind`: the active one if it has such memory, else another.

    Raises
    ------
    BackendUnavailable
        If no available backend has such memory.
    """
    usable = (name for name in _installed_names() if _unavailable(name) is None and _load(name).dlpack_device == kind)
    if (active := active_backend()).dlpack_device == kind:
        return active
    if (name := next(usable, None)) is None:
        raise BackendUnavailable(f"no available backend has memory of DLPack's device type {kind}.\n{_report()}")
    return get_backend(name)


def resolve_target(target: str) -> tuple[Backend, str | None]:
    """Return the backend and the device name for ``.to(target)``.

    Parameters
    ----------
    target : str
        A backend (``"cupy"``), a backend and device index (``"cupy:1"``), or a device (``"cpu"``, ``"cuda"``,
        ``"cuda:1"``); the devices of the active backend come first.

    Raises
    ------
    BackendUnavailable
        If there is no available backend or device of this name.
    """
    if not isinstance(target, str):
        raise TypeError(f"device must be a device, or the name of a device or backend, not {type(target).__name__}")
    name, _, index = target.partition(":")
    if name in _installed_names():
        backend = get_backend(name)
        return backend, (f"{backend.devices()[0].partition(':')[0]}:{index}" if index else None)
    candidates = [active_backend(), *(get_backend(n) for n, reason in available_backends().items() if reason is None)]
    for backend in candidates:
        for device in backend.devices():
            if target in (device, device.partition(":")[0]):
                return backend, device
    raise BackendUnavailable(f"no backend or device is called {target!r}.\n{_report()}")
