"""Datasets: samples by index."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import floor, isclose
from operator import index as as_index
from typing import Any

from ..ops.creation import asarray
from ..ops.declare import composite, require
from ..ops.indexing import take
from ..options import checked
from ..random import Generator, randperm
from ..tensor import Tensor
from .arguments import BatchIndices, IndexSequence, Lengths, Samples, SizedSamples
from .collate import default_collate


class Dataset:
    """The base class of datasets: a subclass defines ``__getitem__`` and ``__len__``.

    Examples
    --------
    >>> class Squares(tl.data.Dataset):
    ...     def __getitem__(self, index):
    ...         return index**2
    ...
    ...     def __len__(self):
    ...         return 10
    >>> Squares().batch([2, 3])
    tensor([4, 9])
    """

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define __getitem__")

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__} does not define __len__")

    @checked
    def batch(self, indices: BatchIndices) -> Any:
        """Return several samples as a batch. Override this in subclasses that can fetch them together."""
        try:
            samples = [self[index] for index in as_integers(indices)]
        except UNFIT as error:
            _refuse_indices(self, indices, error)
            raise
        if not samples:
            raise ValueError(f"{type(self).__name__}.batch: indices must have at least one index")
        return default_collate(samples)


class TensorDataset(Dataset):
    """A dataset whose samples are slices of tensors along the first axis.

    Parameters
    ----------
    *tensors : Tensor
        Tensors of equal length, on any backend and device.

    Raises
    ------
    TypeError
        If one of them is not a tensor.
    ValueError
        If there are no tensors, or their lengths differ.

    Examples
    --------
    >>> data = tl.data.TensorDataset(tl.arange(3), tl.tensor([0.0, 1.0, 4.0]))
    >>> data[2]
    (tensor(2), tensor(4.))
    >>> data.batch([0, 2])
    (tensor([0, 2]), tensor([0., 4.]))
    """

    def __init__(self, *tensors: Tensor) -> None:
        require("TensorDataset", **{f"tensors[{i}]": x for i, x in enumerate(tensors)})
        self.tensors = tuple(map(asarray, tensors))
        if not all(tensor.shape for tensor in self.tensors):
            raise ValueError("TensorDataset: a 0-d tensor has no samples")
        lengths = [len(tensor) for tensor in self.tensors]
        if len(set(lengths)) != 1:
            raise ValueError(f"TensorDataset: the tensors must have one length, not {lengths}")

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])

    @checked
    def batch(self, indices: BatchIndices) -> tuple[Tensor, ...]:
        try:
            rows = indices if isinstance(indices, Tensor) else asarray(list(map(as_index, indices)), dtype="int64")
            return tuple(take(tensor, rows.to(tensor.device), axis=0) for tensor in self.tensors)
        except UNFIT as error:
            _refuse_indices(self, indices, error)
            raise


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
            _refuse_indices(self, indices, error)
            raise
        return batch_of(self.dataset, inner)


def _refuse_indices(dataset: Dataset, indices: Sequence[int] | Tensor, error: Exception) -> None:
    """Raise an error that names the indices of a batch, if they are not integers or out of range."""
    owner = f"{type(dataset).__name__}.batch"
    for index in as_integers(indices):
        try:
            as_index(index)
        except TypeError:
            raise TypeError(f"{owner}: indices must be integers, not {index!r}") from error
    if isinstance(error, IndexError | OverflowError):
        raise IndexError(f"{owner}: indices must be in the range of the dataset: {error}") from error


UNFIT = (TypeError, ValueError, OverflowError, IndexError)
"""Errors that indices can cause."""


def batch_of(dataset: Any, indices: Sequence[int] | Tensor) -> Any:
    """Return several samples as a batch, by the dataset's `batch` method or one by one.

    Samples are fetched one by one if a subclass overrides only ``__getitem__``, to augment samples for example.
    """
    for cls in type(dataset).__mro__:
        if "batch" in vars(cls) and isinstance(dataset, Dataset):
            return dataset.batch(indices)
        if "__getitem__" in vars(cls):
            break
    return default_collate([dataset[index] for index in as_integers(indices)])


def as_integers(indices: Sequence[int] | Tensor) -> Sequence[int]:
    """Return the indices of a batch as Python integers, where they are a tensor or an array."""
    found: Sequence[int] = indices.tolist() if hasattr(indices, "tolist") else indices
    if not hasattr(found, "__iter__"):
        raise TypeError(f"indices must be a sequence of integers or a tensor, not {found!r}")
    return found


@composite()
def random_split(dataset: SizedSamples, lengths: Lengths, generator: Generator | None = None) -> list[Subset]:
    """Split a dataset at random.

    Parameters
    ----------
    dataset : Dataset, or anything with ``__getitem__`` and ``__len__``
        The dataset.
    lengths : sequence of int, or of float that sum to 1
        The number of samples, or the fraction, of each subset; the remainder of rounding goes to the first ones.
    generator : Generator, optional
        The source of the random order; the default generator if not given.

    Raises
    ------
    TypeError
        If an argument is of the wrong type.
    ValueError
        If a length is negative, or not a whole number where they are not fractions, or if the lengths do not sum to
        the length of the dataset.

    Examples
    --------
    >>> train, test = tl.data.random_split(range(10), [0.8, 0.2], tl.Generator(0))
    >>> len(train), len(test), sorted([*train, *test]) == list(range(10))
    (8, 2, True)
    """
    total = len(dataset)
    counts = _counts(lengths, total)
    if sum(counts) != total:
        raise ValueError(f"the lengths {list(lengths)} do not sum to the {total} samples of the dataset")
    order = randperm(total, generator=generator).tolist()
    return [Subset(dataset, order[stop - count : stop]) for stop, count in zip(accumulate(counts), counts, strict=True)]


def _counts(lengths: Sequence[float], total: int) -> list[int]:
    """Return the numbers of samples that the lengths stand for."""
    are_counts = all(length == int(length) for length in lengths)
    are_fractions = isclose(sum(lengths), 1.0) and not all(isinstance(length, int) for length in lengths)
    if min(lengths, default=0) < 0 or not (are_counts or are_fractions):
        raise ValueError(f"lengths must be numbers of samples, or fractions that sum to 1, not {list(lengths)}")
    if not are_fractions:
        return [int(length) for length in lengths]
    counts = [floor(total * length) for length in lengths]
    for number in range(total - sum(counts)):
        counts[number % len(counts)] += 1
    return counts
