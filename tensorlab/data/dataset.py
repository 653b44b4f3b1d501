"""Datasets: samples by index, or one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import index as as_index
from typing import TYPE_CHECKING, Any

from ..backend import active_backend
from ..backend.dtypes import int64
from ..ops.creation import asarray
from ..ops.declare import require
from ..ops.indexing import take
from ..options import checked
from ..tensor import Tensor, wrapped
from .arguments import BatchIndices
from .collate import default_collate

if TYPE_CHECKING:
    from .composition import ChainDataset, ConcatDataset


class Dataset:
    """The base class of datasets: a subclass defines ``__getitem__`` and ``__len__``.

    The sum of two datasets is their `ConcatDataset`.

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

    def __add__(self, other: Any) -> ConcatDataset:
        from .composition import ConcatDataset

        return ConcatDataset([self, other])

    @checked
    def batch(self, indices: BatchIndices) -> Any:
        """Return several samples as a batch. Override this in subclasses that can fetch them together."""
        try:
            samples = samples_of(self, indices)
        except UNFIT as error:
            refuse_indices(self, indices, error)
            raise
        if not samples:
            raise ValueError(f"{type(self).__name__}.batch: indices must have at least one index")
        return default_collate(samples)


class IterableDataset(Dataset):
    """The base class of datasets without indices: a subclass defines ``__iter__``.

    In a `DataLoader` with workers, each worker iterates over the dataset: it yields every sample once per worker,
    unless ``__iter__`` asks `get_worker_info` which part it is to yield. If the dataset has the methods ``state_dict``
    and ``load_state_dict``, the state of a loader holds its state, and a loader that continues begins with
    ``load_state_dict`` before ``__iter__``. The sum of two such datasets is their `ChainDataset`.

    Examples
    --------
    >>> class Countdown(tl.data.IterableDataset):
    ...     def __iter__(self):
    ...         info = tl.data.get_worker_info()
    ...         first, step = (0, 1) if info is None else (info.id, info.num_workers)
    ...         return iter(range(9 - first, -1, -step))
    >>> for batch in tl.data.DataLoader(Countdown(), batch_size=4):
    ...     print(batch)
    tensor([9, 8, 7, 6])
    tensor([5, 4, 3, 2])
    tensor([1, 0])
    """

    def __getitem__(self, index: int) -> Any:
        raise TypeError(f"{type(self).__name__} is an iterable dataset, which has no samples by index")

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__")

    def __add__(self, other: Any) -> ChainDataset:  # type: ignore[override]
        from .composition import ChainDataset

        return ChainDataset([self, other])


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
            rows = indices if isinstance(indices, Tensor) else _rows(indices)
            return tuple(take(tensor, rows.to(tensor.device), axis=0) for tensor in self.tensors)
        except UNFIT as error:
            refuse_indices(self, indices, error)
            raise


def _rows(indices: Sequence[int]) -> Tensor:
    """Return indices as a tensor. `asarray` would first look what kinds of numbers they are."""
    backend = active_backend()
    return wrapped(backend.asarray(list(map(as_index, indices)), dtype=backend.native(int64)))


UNFIT = (TypeError, ValueError, OverflowError, IndexError)
"""Errors that indices can cause."""


def refuse_indices(dataset: Dataset, indices: Sequence[int] | Tensor, error: Exception) -> None:
    """Raise an error that names the indices of a batch, if they are none, not integers or out of range."""
    owner = f"{type(dataset).__name__}.batch"
    if not as_integers(indices):
        raise ValueError(f"{owner}: indices must have at least one index") from error
    for index in as_integers(indices):
        try:
            as_index(index)
        except TypeError:
            raise TypeError(f"{owner}: indices must be integers, not {index!r}") from error
    if isinstance(error, IndexError | OverflowError) and not _all_in_range(dataset, indices):
        raise IndexError(f"{owner}: indices must be in the range of the dataset: {error}") from error


def _all_in_range(dataset: Dataset, indices: Sequence[int] | Tensor) -> bool:
    """Whether the samples exist as far as is known, so that an error was raised by the code that makes them."""
    try:
        length = len(dataset)
    except TypeError:
        return False
    return all(-length <= index < length for index in as_integers(indices))


def samples_of(dataset: Any, indices: Sequence[int] | Tensor) -> list[Any]:
    """Return samples in a list; an error gets a note that names the sample which raised it."""
    samples = []
    for index in as_integers(indices):
        try:
            samples.append(dataset[index])
        except Exception as error:
            error.add_note(f"Raised by sample {index} of {type(dataset).__name__}.")
            raise
    return samples


def batch_of(dataset: Any, indices: Sequence[int] | Tensor) -> Any:
    """Return several samples as a batch, by the dataset's `batch` method or one by one.

    Samples are fetched one by one if a subclass overrides only ``__getitem__``, to augment samples for example.
    """
    for cls in type(dataset).__mro__:
        if "batch" in vars(cls) and isinstance(dataset, Dataset):
            return dataset.batch(indices)
        if "__getitem__" in vars(cls):
            break
    return default_collate(samples_of(dataset, indices))


def as_integers(indices: Sequence[int] | Tensor) -> Sequence[int]:
    """Return the indices of a batch as Python integers, where they are a tensor or an array."""
    found: Sequence[int] = indices.tolist() if hasattr(indices, "tolist") else indices
    if not hasattr(found, "__iter__"):
        raise TypeError(f"indices must be a sequence of integers or a tensor, not {found!r}")
    return found
