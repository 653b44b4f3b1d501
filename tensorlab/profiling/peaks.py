"""What a machine can do: operations in products of matrices, and bytes in copies, per second."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from time import perf_counter
from typing import Any, NamedTuple

from ..backend import Backend, BackendUnavailable, active_backend, get_backend
from ..options import checked

SIZES_ON_HOST, SIZES_ON_DEVICE = (512, 1024), (2048, 8192)
COPY_ON_HOST, COPY_ON_DEVICE = 64 << 20, 1 << 30
"""Bytes that are copied: more than caches hold."""


class Peak(NamedTuple):
    """Peak rates of a backend: floating-point operations and bytes per second."""

    flops: float
    bandwidth: float

    def seconds(self, flops: float, octets: float) -> float:
        """Return the least time in which the machine does so many operations and moves so many bytes."""
        return max(flops / self.flops, octets / self.bandwidth)


@checked
def peak(backend: str | None = None) -> Peak:
    """Measure the peak rates of a backend, once in a process: float32 products, and a copy that reads and writes.

    Parameters
    ----------
    backend : str, optional
        The name of the backend; the active one by default.

    Raises
    ------
    BackendUnavailable
        If there is no such backend, or it cannot be used here.

    Examples
    --------
    >>> rates = tl.profiling.peak()
    >>> rates.flops > 1e8 and rates.bandwidth > 1e8
    True
    """
    try:
        return _measured(active_backend().name if backend is None else get_backend(backend).name)
    except BackendUnavailable as error:
        raise BackendUnavailable(f"peak: backend={backend!r}: {error}") from None


@cache
def _measured(name: str) -> Peak:
    backend = get_backend(name)
    sizes, octets = (SIZES_ON_HOST, COPY_ON_HOST) if backend.on_host else (SIZES_ON_DEVICE, COPY_ON_DEVICE)
    xp = backend.xp
    source = xp.ones(octets // 4, dtype=xp.float32)
    copy = 2 * octets / _least_seconds(backend, lambda: xp.asarray(source, copy=True))
    return Peak(max(2 * n**3 / _product_seconds(backend, n) for n in sizes), copy)


def _product_seconds(backend: Backend, n: int) -> float:
    matrix = backend.xp.ones((n, n), dtype=backend.xp.float32)
    return _least_seconds(backend, lambda: backend.xp.matmul(matrix, matrix))


def _least_seconds(backend: Backend, call: Callable[[], Any], calls: int = 5) -> float:
    times = []
    for _ in range(calls):
        backend.synchronize()
        start = perf_counter()
        call()
        backend.synchronize()
        times.append(perf_counter() - start)
    return min(times)
