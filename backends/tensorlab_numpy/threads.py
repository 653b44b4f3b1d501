"""Blocks of work on several threads. NumPy releases the GIL inside its loops, so that large blocks run in parallel."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import cache
from typing import TypeVar

T = TypeVar("T")

MAX_THREADS = 4
"""Elementwise work is memory-bound: a few processors saturate the bandwidth, and the GIL serializes the rest."""


_limit = [MAX_THREADS]


def limit_threads(count: int) -> None:
    """Use at most `count` threads from now on."""
    _limit[0] = min(count, MAX_THREADS)


def thread_count() -> int:
    """Return the number of threads: OMP_NUM_THREADS or that of processors, but at most the limit."""
    return min(_usable_threads(), _limit[0])


@cache
def _usable_threads() -> int:
    asked = os.environ.get("OMP_NUM_THREADS", "")
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(asked) if asked.isdecimal() and int(asked) else usable


@cache
def _thread_pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, thread_count() - 1), thread_name_prefix="tensorlab")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_thread_pool.cache_clear)  # threads do not survive a fork


def in_threads(work: Callable[[Iterator[T]], None], blocks: Sequence[T]) -> None:
    """Call ``work(iterator)`` on each thread; the iterators share `blocks`, and each block is taken once.

    A thread whose processor is busy takes fewer blocks, so that the others do not wait for it.
    """
    shared = iter(blocks)
    tasks = []
    with suppress(RuntimeError):  # while the interpreter shuts down, this thread does the work
        for _ in range(min(thread_count(), len(blocks)) - 1):
            # In the caller's context, which holds the settings of np.errstate.
            tasks.append(_thread_pool().submit(copy_context().run, work, shared))
    try:
        work(shared)
    finally:
        for task in tasks:
            task.result()
