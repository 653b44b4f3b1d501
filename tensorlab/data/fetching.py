"""How batches are fetched from a dataset: by indices, or one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from .collate import default_collate
from .dataset import as_integers, batch_of, samples_of

Collate = Callable[[Any], Any]


class End:
    """What an iterable dataset gives instead of a batch when it has no more samples."""


class MapFetcher:
    """Fetches a batch by the indices of its samples, or single samples if `batched` is False."""

    def __init__(self, dataset: Any, collate_fn: Collate | None, batched: bool) -> None:
        self.dataset, self.collate_fn, self.batched = dataset, collate_fn, batched

    def begin(self, state: Mapping[str, Any] | None) -> None:
        """Begin an epoch."""

    def state(self) -> None:
        """Return the state of the dataset: it has none."""

    def __call__(self, indices: Any) -> Any:
        try:
            return self._batch(indices) if self.batched else self._sample(indices)
        except StopIteration as error:  # would end the loop as if there were no more batches
            raise RuntimeError(f"a sample of {type(self.dataset).__name__} raised StopIteration") from error

    def _batch(self, indices: Any) -> Any:
        if self.collate_fn is None:
            return batch_of(self.dataset, indices)
        return self.collate_fn(samples_of(self.dataset, as_integers(indices)))

    def _sample(self, index: Any) -> Any:
        (sample,) = samples_of(self.dataset, [index])
        return sample if self.collate_fn is None else self.collate_fn(sample)


class IterableFetcher:
    """Fetches the next batch of an iterable dataset, or the next sample if there is no batch size."""

    def __init__(self, dataset: Any, collate_fn: Collate | None, batch_size: int | None, drop_last: bool) -> None:
        self.dataset, self.collate_fn, self.batch_size, self.drop_last = dataset, collate_fn, batch_size, drop_last
        self._samples: Iterator[Any] | None = None

    def begin(self, state: Mapping[str, Any] | None) -> None:
        """Begin an epoch, or continue one from the state of the dataset."""
        self._samples = None
        if state is not None:
            self.dataset.load_state_dict(state)

    def state(self) -> Any:
        """Return the state of the dataset, or None if it has none."""
        return self.dataset.state_dict() if keeps_state(self.dataset) else None

    def __call__(self, indices: None) -> Any:
        if self._samples is None:  # here, where the random numbers are those of the batch
            self._samples = iter(self.dataset)
        if self.batch_size is None:
            return self._sample(self._samples)
        samples = list(islice(self._samples, self.batch_size))
        if not samples or (self.drop_last and len(samples) < self.batch_size):
            return End()
        return (self.collate_fn or default_collate)(samples)

    def _sample(self, samples: Iterator[Any]) -> Any:
        for sample in samples:
            return sample if self.collate_fn is None else self.collate_fn(sample)
        return End()


def keeps_state(dataset: Any) -> bool:
    """Whether a dataset can tell its position and continue from there."""
    return hasattr(dataset, "state_dict") and hasattr(dataset, "load_state_dict")
