"""Samplers: the order in which samples are loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..options import Size, checked
from ..random import Generator, randperm
from .arguments import Indices, Sized


class Sampler:
    """The base class of samplers: iterables over indices of samples."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__")


class SequentialSampler(Sampler):
    """All samples in order.

    Parameters
    ----------
    data_source : sized
        The dataset.

    Examples
    --------
    >>> list(tl.data.SequentialSampler("abc"))
    [0, 1, 2]
    """

    @checked
    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """All samples in random order, drawn anew for every iteration.

    Parameters
    ----------
    data_source : sized
        The dataset.
    generator : Generator, optional
        The source of the random order; the default generator if not given.

    Examples
    --------
    >>> sorted(tl.data.RandomSampler("abc", generator=tl.Generator(0)))
    [0, 1, 2]
    """

    @checked
    def __init__(self, data_source: Sized, *, generator: Generator | None = None) -> None:
        self.data_source, self.generator = data_source, generator

    def __iter__(self) -> Iterator[int]:
        return iter(randperm(len(self.data_source), generator=self.generator).tolist())

    def __len__(self) -> int:
        return len(self.data_source)


class BatchSampler(Sampler):
    """The indices of another sampler, in batches.

    Parameters
    ----------
    sampler : iterable of int
        The indices in order.
    batch_size : int
        The number of indices per batch.
    drop_last : bool
        Whether to omit the last batch if it is smaller.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.
    ValueError
        If the batch size is not positive.

    Examples
    --------
    >>> list(tl.data.BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    @checked
    def __init__(self, sampler: Indices, batch_size: Size, drop_last: bool) -> None:
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        batch: list[int] = []
        for index in self.sampler:
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        samples: int = len(self.sampler)  # type: ignore[arg-type]
        return samples // self.batch_size if self.drop_last else -(-samples // self.batch_size)
