"""Work in blocks on several threads. NumPy lets go of the interpreter inside its loops, so large blocks run at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import cache
from typing import TypeVar

T = TypeVar("T")

MOST_THREADS = 4
"""Elementwise work is bound by memory, which a few processors saturate, and they take turns at the interpreter."""


@cache
def thread_count() -> int:
    """Return how many threads compute: as many as processors, or as OMP_NUM_THREADS says, `MOST_THREADS` at most."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(int(asked) if asked.isdecimal() and int(asked) else usable, MOST_THREADS)


@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, thread_count() - 1), thread_name_prefix="tensorlab")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_helpers.cache_clear)  # threads do not live on in a child


def in_threads(work: Callable[[Iterator[T]], None], blocks: Sequence[T]) -> None:
    """Call ``work(some)`` on each thread; together they are handed each of `blocks` once, as they ask for more.

    So a thread that shares its processor with others does less, and nobody waits for it.
    """
    shared = iter(blocks)
    tasks = []
    with suppress(RuntimeError):  # the interpreter is shutting down: what is left is done by this thread
        for _ in range(min(thread_count(), len(blocks)) - 1):
            # In the caller's context, which holds what NumPy does about overflow and the like.
            tasks.append(_helpers().submit(copy_context().run, work, shared))
    try:
        work(shared)
    finally:
        for task in tasks:
            task.result()
