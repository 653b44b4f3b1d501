"""Datasets made of others: parts, concatenations, and several side by side."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, chain
from operator import index as as_index
from operator import itemgetter
from typing import Any

from ..options import checked
from ..options.kinds import Kind, read
from .arguments import ITERABLE_SAMPLES, SIZED_SAMPLES, BatchIndices, IndexSequence, ManySamples, Samples
from .dataset import UNFIT, Dataset, IterableDataset, as_integers, batch_of, refuse_indices


class Subset(Dataset):
    """A subset of the samples of a dataset.

    Parameters
    ----------
    dataset : Dataset, or anything with ``__getitem__``
        The dataset.
    indices : sequence of int, or tensor
        The indices of the samples.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.

    Examples
    --------
    >>> subset = tl.data.Subset(["a", "b", "c"], [2, 0])
    >>> len(subset), subset[0]
    (2, 'c')
    """

    @checked
    def __init__(self, dataset: Samples, indices: IndexSequence) -> None:
        self.dataset, self.indices = dataset, as_integers(indices)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)

    @checked
    def batch(self, indices: BatchIndices) -> Any:
        try:
            inner = [self.indices[index] for index in as_integers(indices)]
        except UNFIT as error:
            refuse_indices(self, indices, error)
            raise
        return batch_of(self.dataset, inner)


class ConcatDataset(Dataset):
    """The samples of several datasets, one dataset after the other.

    Parameters
    ----------
    datasets : sequence of Dataset, or of anything with ``__getitem__`` and ``__len__``
        The datasets; at least one.

    Attributes
    ----------
    cumulative_sizes : list of int
        The number of samples up to the end of each dataset.

    Raises
    ------
    TypeError
        If a dataset has no samples by index or no length.
    ValueError
        If there are no datasets.

    Examples
    --------
    >>> both = tl.data.ConcatDataset(["ab", "cde"])
    >>> len(both), both[2], both[-1]
    (5, 'c', 'e')
    """

    @checked
    def __init__(self, datasets: ManySamples) -> None:
        self.datasets = _read_all("ConcatDataset", SIZED_SAMPLES, datasets)
        self.cumulative_sizes = list(accumulate(map(len, self.datasets)))

    def __getitem__(self, index: int) -> Any:
        number = as_index(index)
        place = number + len(self) if number < 0 else number
        if not 0 <= place < len(self):
            raise IndexError(f"ConcatDataset: index {number} is out of range for {len(self)} samples")
        part = bisect_right(self.cumulative_sizes, place)
        before = self.cumulative_sizes[part - 1] if part else 0
        return self.datasets[part][place - before]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset):
    """The samples of several iterable datasets, one dataset after the other.

    Parameters
    ----------
    datasets : sequence of IterableDataset
        The datasets, or other iterables that can be iterated over repeatedly; at least one.

    Raises
    ------
    TypeError
        If one of them is not iterable.
    ValueError
        If there are no datasets.

    Examples
    --------
    >>> list(tl.data.ChainDataset([range(2), range(5, 7)]))
    [0, 1, 5, 6]
    """

    @checked
    def __init__(self, datasets: ManySamples) -> None:
        self.datasets = _read_all("ChainDataset", ITERABLE_SAMPLES, datasets)

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum(map(len, self.datasets))


class StackDataset(Dataset):
    """Datasets side by side: a sample is a tuple, or a dictionary, of one sample of each.

    Parameters
    ----------
    *args : Dataset, or anything with ``__getitem__`` and ``__len__``
        Datasets of equal length, whose samples become tuples.
    **kwargs : Dataset
        Datasets of equal length, whose samples become dictionaries; instead of `args`.

    Raises
    ------
    TypeError
        If a dataset has no samples by index or no length.
    ValueError
        If there are no datasets, their lengths differ, or there are both `args` and `kwargs`.

    Examples
    --------
    >>> tl.data.StackDataset("ab", [1.0, 2.0])[1]
    ('b', 2.0)
    >>> tl.data.StackDataset(image="ab", label=[0, 1])[0]
    {'image': 'a', 'label': 0}
    """

    datasets: tuple[Any, ...] | dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError("StackDataset: datasets are given either as args or by name as kwargs, not both")
        named = kwargs or {f"args[{number}]": dataset for number, dataset in enumerate(args)}
        found = {name: read("StackDataset", name, SIZED_SAMPLES, dataset) for name, dataset in named.items()}
        lengths = {name: len(dataset) for name, dataset in found.items()}
        if len(set(lengths.values())) != 1:
            raise ValueError(
                f"StackDataset: the datasets must have one length, not {lengths}"
                if lengths
                else "StackDataset: there must be at least one dataset"
            )
        self.datasets = found if kwargs else tuple(found.values())

    def _each(self, take: Callable[[Any], Any]) -> Any:
        """Return what `take` takes of each dataset, in the form of a sample."""
        if isinstance(self.datasets, dict):
            return {name: take(dataset) for name, dataset in self.datasets.items()}
        return tuple(map(take, self.datasets))

    def __getitem__(self, index: int) -> Any:
        return self._each(itemgetter(index))

    def __len__(self) -> int:
        return len(next(iter(self.datasets.values())) if isinstance(self.datasets, dict) else self.datasets[0])

    @checked
    def batch(self, indices: BatchIndices) -> Any:
        try:
            return self._each(lambda dataset: batch_of(dataset, indices))
        except UNFIT as error:
            refuse_indices(self, indices, error)
            raise


def _read_all(owner: str, kind: Kind, datasets: Iterable[Any]) -> list[Any]:
    found = list(datasets)
    if not found:
        raise ValueError(f"{owner}: there must be at least one dataset")
    for number, dataset in enumerate(found):
        if kind is SIZED_SAMPLES and isinstance(dataset, IterableDataset):
            raise TypeError(f"{owner}: datasets[{number}] is an iterable dataset; ChainDataset joins these")
        read(owner, f"datasets[{number}]", kind, dataset)
    return found
