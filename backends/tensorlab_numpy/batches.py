"""Functions of batches, applied to a few samples at a time so that temporary arrays stay in the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Any

import numpy as np

from .threads import in_threads

BLOCK_BYTES = 1 << 18
"""Bytes of the batch per block; sizes from 128 kB to 1 MB are equally fast."""

SMALL = 1 << 21
"""Batches of fewer bytes are computed at once, as they stay in the cache and threads would not save time."""


def map_batch(function: Callable[..., Any], batch: Any, /, *others: Sequence[Any]) -> Any:
    """Return ``function(batch, *others)``, computed block by block on several threads."""
    if len(batch) < 2 or batch.nbytes < SMALL:
        return function(batch, *others)
    count = max(1, BLOCK_BYTES * len(batch) // batch.nbytes)
    result: list[Any] = []
    lock = Lock()

    def work(starts: Iterator[int]) -> None:
        for start in starts:
            part = function(*(values[start : start + count] for values in (batch, *others)))
            with lock:  # the shape and type of the result are known when the first block is
                if not result:
                    result.append(np.empty((len(batch), *part.shape[1:]), part.dtype))
            result[0][start : start + count] = part

    in_threads(work, range(0, len(batch), count))
    return result[0]
