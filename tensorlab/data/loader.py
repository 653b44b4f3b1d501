"""The data loader: iteration over a dataset in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..options import Size, checked
from ..random import Generator
from .arguments import Batches, Indices, Samples
from .dataset import as_integers, batch_of
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler


class DataLoader:
    """Iterates over a dataset in batches; every iteration starts anew.

    Parameters
    ----------
    dataset : Dataset, or anything with ``__getitem__`` and ``__len__``
        The dataset. Batches of a `Dataset` are made by its `batch` method.
    batch_size : int or None
        The number of samples per batch; None gives single samples, without a batch axis.
    shuffle : bool
        Whether to draw a new random order for every iteration.
    sampler : iterable of int, optional
        The indices of samples in order, instead of `shuffle`.
    batch_sampler : iterable of sequences of int, optional
        The indices of batches in order, instead of `batch_size`, `shuffle`, `sampler` and `drop_last`.
    collate_fn : callable, optional
        Makes a batch from a list of samples; `default_collate` by default.
    drop_last : bool
        Whether to omit the last batch if it is smaller.
    generator : Generator, optional
        The source of the random order; the default generator if not given.

    Raises
    ------
    TypeError
        If an argument is of the wrong type: an iterable as a dataset, for example, which has no samples by index.
    ValueError
        If arguments are incompatible, or the batch size is not positive.

    Examples
    --------
    >>> data = tl.data.TensorDataset(tl.arange(5), 10 * tl.arange(5))
    >>> for x, y in tl.data.DataLoader(data, batch_size=2):
    ...     print(x, y)
    tensor([0, 1]) tensor([ 0, 10])
    tensor([2, 3]) tensor([20, 30])
    tensor([4]) tensor([40])
    """

    @checked
    def __init__(
        self,
        dataset: Samples,
        batch_size: Size | None = 1,
        shuffle: bool = False,
        sampler: Indices | None = None,
        batch_sampler: Batches | None = None,
        *,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        drop_last: bool = False,
        generator: Generator | None = None,
    ) -> None:
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: a sampler determines the order: shuffle must be False")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError(
                "DataLoader: batch_sampler is mutually exclusive with batch_size, shuffle, sampler and drop_last"
            )
        if batch_size is None and drop_last:
            raise ValueError("DataLoader: drop_last requires batches, but batch_size is None")
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.collate_fn, self.generator = collate_fn, generator
        if batch_sampler is None:
            sampler = self._default_sampler(shuffle) if sampler is None else sampler
            batch_sampler = None if batch_size is None else BatchSampler(sampler, batch_size, drop_last)
        self.sampler: Any = sampler
        self.batch_sampler = batch_sampler

    def _default_sampler(self, shuffle: bool) -> Sampler:
        if not hasattr(self.dataset, "__len__"):
            raise TypeError(
                f"DataLoader: dataset must have a length, __len__, unless there is a sampler or batch_sampler; "
                f"{type(self.dataset).__name__} has none"
            )
        return RandomSampler(self.dataset, generator=self.generator) if shuffle else SequentialSampler(self.dataset)

    def __iter__(self) -> Iterator[Any]:
        if self.batch_sampler is None:
            return (self._sample(index) for index in self.sampler)
        return (self._batch(indices) for indices in self.batch_sampler)

    def _sample(self, index: int) -> Any:
        sample = self.dataset[index]
        return sample if self.collate_fn is None else self.collate_fn(sample)

    def _batch(self, indices: Any) -> Any:
        if self.collate_fn is None:
            return batch_of(self.dataset, indices)
        return self.collate_fn([self.dataset[index] for index in as_integers(indices)])

    def __len__(self) -> int:
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]
