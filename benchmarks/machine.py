"""The machine, and the peak rates of each backend in products of matrices and in copies."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import tensorlab as tl
from tensorlab.backend import Backend

from .harness import MOST_WAITING, Contender

THREADS = os.cpu_count() or 1
PEAK_SIZES = (512, 1024, 2048)
COPY_BYTES = 256 << 20
PACKAGES = ("tensorlab", "numpy", "cupy-cuda12x", "cupy-cuda13x", "torch", "pytest-benchmark")


def torch_module() -> Any:
    """Return PyTorch, set to one thread per processor, or None if it is not installed."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(THREADS)
    return torch


def backends() -> list[str]:
    """Return the names of the available backends, those of the CPU first."""
    usable = [name for name, why_not in tl.available_backends().items() if why_not is None]
    return sorted(usable, key=lambda name: (on_gpu(name), name != "numpy", name))


def backend_named(name: str) -> Backend:
    with tl.use_backend(name) as backend:
        return backend


def on_gpu(name: str) -> bool:
    """Return whether the arrays of a backend are on a GPU."""
    return backend_named(name).devices()[0].startswith("cuda")


@dataclass(frozen=True)
class Peak:
    """The peak rates of a backend: operations per second in a matrix product, bytes per second in a copy."""

    flops: float
    bandwidth: float

    def __str__(self) -> str:
        return (
            f"{self.flops / 1e9:.0f} GFLOP/s (the best of float32 products of size {', '.join(map(str, PEAK_SIZES))}) "
            f"and {self.bandwidth / 1e9:.1f} GB/s (a copy of {COPY_BYTES >> 20} MB, read and written)"
        )


@cache
def peak(name: str) -> Peak:
    """Measure the peak of a backend, once."""
    with tl.use_backend(name) as backend:
        sizes = PEAK_SIZES if not on_gpu(name) else (*PEAK_SIZES, 8192)
        flops = max(2 * n**3 / _product_time(backend, n) for n in sizes)
        source = tl.ones(COPY_BYTES // 4).array
        target = backend.xp.empty_like(source)

        def copy() -> None:
            target[...] = source

        return Peak(flops, 2 * COPY_BYTES / _least_time(copy, backend))


def _product_time(backend: Backend, n: int) -> float:
    a, b = tl.randn(n, n).array, tl.randn(n, n).array
    return _least_time(lambda: backend.xp.matmul(a, b), backend)


def _least_time(call: Callable[[], Any], backend: Backend, seconds: float = 1.0) -> float:
    """Return the least time of a call; wait a few seconds for processors that are not used by other programs."""
    contender = Contender(call, backend.synchronize)
    contender.settle()
    deadline = time.perf_counter() + 5 * seconds
    while not contender.times or sum(contender.times) < seconds or min(contender.waits) > MOST_WAITING:
        contender.block()
        if time.perf_counter() > deadline:
            break
    return min(contender.times)


def facts() -> dict[str, Any]:
    """Return the description of the machine and the software for the files with results."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu_name(),
        "gpu": gpu_name(),
        "threads": THREADS,
        "blas": blas_libraries(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    names = re.findall(r"^model name\s*:\s*(.*)$", info.read_text(), re.MULTILINE) if info.exists() else []
    return names[0].strip() if names else platform.processor() or platform.machine()


def gpu_name() -> str | None:
    """Return the name of the first GPU that CuPy or PyTorch finds, or None."""
    if any(on_gpu(name) for name in backends()):
        import cupy

        return cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    torch = torch_module()
    return torch.cuda.get_device_name(0) if torch and torch.cuda.is_available() else None


def blas_libraries() -> list[str]:
    """Return the BLAS libraries in this process, with their versions and threads."""
    from threadpoolctl import threadpool_info

    return [
        f"{pool['internal_api']} {pool['version']} ({pool['num_threads']} threads)"
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    ]


def slug() -> str:
    """Return a name of the machine for file names."""
    parts = [cpu_name(), f"{THREADS} threads", gpu_name() if any(map(on_gpu, backends())) else None]
    return re.sub(r"[^a-z0-9]+", "-", " ".join(filter(None, parts)).lower()).strip("-")
