"""What a worker knows of itself."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass
class WorkerInfo:
    """The worker in which code runs.

    Attributes
    ----------
    id : int
        The number of the worker, from 0.
    num_workers : int
        How many workers there are.
    seed : int
        A seed for generators of the dataset's own, in ``[0, 2**64)``: another one for each worker and epoch.
    dataset : Dataset
        The worker's dataset: a copy in a process, or the very dataset in a thread, where an `IterableDataset` is copied
        shallowly.

    Examples
    --------
    >>> info = tl.data.WorkerInfo(id=1, num_workers=2, seed=7, dataset=range(10))
    >>> list(info.dataset)[info.id :: info.num_workers]
    [1, 3, 5, 7, 9]
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


_current: ContextVar[WorkerInfo | None] = ContextVar("tensorlab_worker", default=None)


def get_worker_info() -> WorkerInfo | None:
    """Return the worker of a `DataLoader` in which this is called; None elsewhere.

    Examples
    --------
    >>> tl.data.get_worker_info() is None
    True
    """
    return _current.get()


def set_worker_info(info: WorkerInfo) -> None:
    """Say in which worker the code of this thread or process runs."""
    _current.set(info)
