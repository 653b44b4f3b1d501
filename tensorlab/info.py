"""The report of ``python -m tensorlab info``: versions, backends and devices."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from .backend import BackendUnavailable, active_backend, available_backends, get_backend
from .backend.registry import VARIABLE

COMPANIONS = ("matplotlib", "scikit-learn", "tqdm", "threadpoolctl", "array-api-compat", "torch")
"""Optional packages, and those that tensorlab is compared with."""


def report() -> str:
    """Return a report of versions, backends (and why they cannot be used), devices, memory, BLAS and threads.

    Examples
    --------
    >>> print(tl.info.report().splitlines()[0].split()[0])
    tensorlab
    """
    lines = [
        f"tensorlab {version('tensorlab')}",
        f"Python {platform.python_version()} on {platform.platform()}, {os.cpu_count()} CPUs",
        f"active backend: {_active()}",
        "",
        "backends",
    ]
    for name, reason in available_backends().items():
        lines.append(f"  {name}: {reason or 'usable'}")
        if reason is None:
            lines += [f"    {fact}" for fact in _facts(name)]
    lines += ["", "packages", *(f"  {name} {_version(name)}" for name in COMPANIONS)]
    return "\n".join(lines)


def _active() -> str:
    setting = os.environ.get(VARIABLE)
    source = f"{VARIABLE}={setting}" if setting else f"{VARIABLE} is not set"
    try:
        return f"{active_backend().name} ({source})"
    except BackendUnavailable as error:
        return f"none ({source}): {str(error).splitlines()[0]}"


def _facts(name: str) -> Iterator[str]:
    backend = get_backend(name)
    for fact, value in backend.describe().items():
        yield f"{fact}: {value}"
    yield f"devices: {', '.join(backend.devices())}"
    memory = backend.memory()
    if memory:
        yield "memory: " + ", ".join(f"{kind} {size / 2**30:.1f} GiB" for kind, size in memory.items())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
