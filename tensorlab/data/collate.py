"""Collating samples into batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..backend import backend_for_type
from ..ops.creation import asarray, tensor
from ..ops.joining import stack
from ..tensor import Tensor


def default_collate(batch: Sequence[Any]) -> Any:
    """Collate samples of the same structure into a batch.

    Parameters
    ----------
    batch : sequence
        The samples: tensors, arrays, numbers or strings, or nested tuples, lists and dictionaries of these.

    Returns
    -------
    object
        The batch, in the structure of a sample: tensors and arrays are stacked along a new first axis, numbers become
        a tensor, strings a list.

    Raises
    ------
    ShapeError
        If tensors have different shapes.
    TypeError
        If a sample is of none of these types.
    ValueError
        If tuples or lists have different lengths, or there are no samples.

    Examples
    --------
    >>> default_collate([(tl.zeros(2), 0), (tl.ones(2), 1)])
    (tensor([[0., 0.],
            [1., 1.]]), tensor([0, 1]))
    """
    if not batch:
        raise ValueError("there are no samples to collate")
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(batch)
    if isinstance(first, str | bytes):
        return list(batch)
    if isinstance(first, bool | int | float | complex):
        return tensor(list(batch))
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*map(default_collate, zip(*batch, strict=True)))
    if isinstance(first, tuple | list):
        return type(first)(map(default_collate, zip(*batch, strict=True)))
    if backend_for_type(type(first)) is not None or hasattr(first, "__array__"):
        return stack([asarray(sample) for sample in batch])
    raise TypeError(
        f"samples can be tensors, arrays, numbers, strings, tuples, lists and dictionaries, not "
        f"{type(first).__name__}; pass a collate_fn to the DataLoader for other types"
    )
