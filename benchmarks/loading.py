"""Data loading to measure, written once for tensorlab and PyTorch, which are passed as `lib`."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from .models import Program

SECONDS_PER_SAMPLE = 0.005


class Waiting:
    """A dataset whose samples take a while, without computing."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> int:
        if index >= self.count:
            raise IndexError
        time.sleep(SECONDS_PER_SAMPLE)
        return index


def waiting_for_samples(workers: int, threads: bool = False) -> Callable[[Any], Program]:
    """Return a builder of an epoch over samples that take a while; PyTorch has processes where this has threads."""

    def build(lib: Any) -> Program:
        options: dict[str, Any] = {"num_workers": workers, "persistent_workers": True} if workers else {}
        if threads and hasattr(lib, "data"):
            options["worker_type"] = "thread"
        loader = data_of(lib).DataLoader(Waiting(80), 4, **options)
        return lambda **how: deque(loader, maxlen=0)

    return build


def tensors_in_memory(workers: int = 0) -> Callable[[Any], Program]:
    """Return a builder of the next batch of 32 out of 10,000 shuffled images of digits and their labels."""

    def build(lib: Any) -> Program:
        dataset = data_of(lib).TensorDataset(lib.randn(10_000, 1, 28, 28), lib.randint(0, 10, (10_000,)))
        options: dict[str, Any] = {"num_workers": workers, "persistent_workers": True} if workers else {}
        batches = _endless(data_of(lib).DataLoader(dataset, 32, shuffle=True, **options))
        return lambda **how: next(batches)

    return build


def data_of(lib: Any) -> Any:
    """Return the namespace of data sets and loaders."""
    return lib.data if hasattr(lib, "data") else lib.utils.data


def _endless(loader: Any) -> Iterator[Any]:
    while True:
        yield from loader
