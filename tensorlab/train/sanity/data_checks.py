"""Sanity checks of data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from math import isfinite
from typing import Annotated, Any, ClassVar

from ...autodiff.tree import leaves
from ...backend import backend_for_type
from ...ops.creation import asarray
from ...options import checked
from ...options.kinds import UNORDERED, Kind
from ...tensor import Tensor
from ..bits import bits
from ..trials import preserved
from .report import Check, listed


@dataclass(frozen=True)
class Samples(Kind):
    """A dataset, a loader or another iterable of samples."""

    text: ClassVar[str] = "a dataset, a loader or another iterable of samples"

    def read(self, value: Any) -> Any:
        """Return the value."""
        has_entries = hasattr(value, "__iter__") or hasattr(value, "__getitem__")
        if isinstance(value, UNORDERED) or getattr(value, "shape", None) == () or not has_entries:
            raise TypeError
        return value


Data = Annotated[Any, Samples()]


@checked
def finite_data(data: Data) -> Check:
    """Check that no sample has a NaN or an infinity, in its inputs or its targets.

    Parameters
    ----------
    data : Dataset, DataLoader, Tensor or iterable
        Samples: tensors, arrays or numbers, nested in tuples, lists and dictionaries. Of a loader, the dataset is read,
        in order. Random states are as before afterwards.

    Returns
    -------
    Check
        With the ``indices`` of the samples that are not finite in `details`.

    Examples
    --------
    >>> data = tl.data.TensorDataset(tl.tensor([0.0, tl.nan, 2.0, tl.inf]), tl.arange(4))
    >>> print(tl.train.sanity.finite_data(data))
    FAILED   finite_data  2 of 4 samples have NaN or infinity: samples 1, 3
    """
    count, indices = 0, []
    with preserved(data):
        for index, sample in samples_of(data):
            count += 1
            if not all(map(_is_finite, leaves(sample))):
                indices.append(index)
    if indices:
        message = f"{len(indices)} of {count} samples have NaN or infinity: samples {listed(indices)}"
        return Check("finite_data", False, message, {"indices": indices})
    return Check("finite_data", True, f"all {count} samples are finite", {"indices": []})


@checked
def no_shared_samples(train: Data, test: Data, *, key: Callable[[Any], Any] | None = None) -> Check:
    """Check that no sample for testing is one of those for training.

    Samples are the same if their contents are, by a hash of data types, shapes and elements; random augmentation hides
    that. Random states are as before afterwards.

    Parameters
    ----------
    train, test : Dataset, DataLoader, Tensor or iterable
        The samples; of a loader those of its dataset.
    key : callable, optional
        Returns the part of a sample that is compared; by default the first entry of a tuple or list, which are the
        inputs: the same inputs with other targets are shared too.

    Returns
    -------
    Check
        With ``pairs`` in `details`: for each shared sample its index in `train` (the first, if there are several) and
        its index in `test`.

    Examples
    --------
    >>> train, test = tl.tensor([[1, 2], [3, 4]]), tl.tensor([[5, 6], [3, 4]])
    >>> print(tl.train.sanity.no_shared_samples(train, test))
    FAILED   no_shared_samples  1 of 2 test samples are training samples (train, test): (1, 1)
    """
    key = _inputs if key is None else key
    first: dict[bytes, int] = {}
    with preserved(train, test):
        for index, sample in samples_of(train):
            first.setdefault(_digest(key(sample)), index)
        hashes = [(index, _digest(key(sample))) for index, sample in samples_of(test)]
    pairs = [(first[digest], index) for index, digest in hashes if digest in first]
    if pairs:
        message = f"{len(pairs)} of {len(hashes)} test samples are training samples (train, test): {listed(pairs)}"
        return Check("no_shared_samples", False, message, {"pairs": pairs})
    return Check("no_shared_samples", True, f"none of {len(hashes)} test samples", {"pairs": []})


def samples_of(data: Any) -> Iterator[tuple[Any, Any]]:
    """Return the samples of a dataset, or of a loader's dataset, with their indices."""
    dataset: Any = getattr(data, "dataset", data)
    if hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__"):
        return ((index, dataset[index]) for index in range(len(dataset)))
    samples: Iterable[Any] = dataset
    return enumerate(samples)


def _is_finite(leaf: Any) -> bool:
    if isinstance(leaf, float | complex):
        return isfinite(abs(leaf))
    tensor = _as_tensor(leaf)
    return tensor is None or not tensor.dtype.is_floating or bool(tensor.isfinite().all())


def _as_tensor(leaf: Any) -> Tensor | None:
    """Return a tensor or an array as a tensor; None for anything else, and for arrays of text."""
    if not (isinstance(leaf, Tensor) or backend_for_type(type(leaf)) is not None or hasattr(leaf, "__array__")):
        return None
    try:
        return asarray(leaf).detach()
    except TypeError:
        return None


def _inputs(sample: Any) -> Any:
    return sample[0] if isinstance(sample, tuple | list) and sample else sample


def _digest(sample: Any) -> bytes:
    found = blake2b(digest_size=16)
    for leaf in leaves(sample):
        tensor = _as_tensor(leaf)
        if tensor is None:
            found.update(repr(leaf).encode())
        else:
            found.update(f"{tensor.dtype}{tensor.shape}".encode() + bits(tensor))
    return found.digest()
