"""Making a batch of samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..backend import backend_for_type
from ..ops.creation import asarray, tensor
from ..ops.joining import stack
from ..tensor import Tensor


def default_collate(batch: Sequence[Any]) -> Any:
    """Make a batch of samples, all of one structure.

    Parameters
    ----------
    batch : sequence
        Samples: tensors, arrays, numbers or strings, or tuples, lists and dictionaries of them, nested at will.

    Returns
    -------
    object
        Of a sample's structure: tensors and arrays stacked along a new first axis, numbers as a tensor, strings as a
        list.

    Raises
    ------
    ShapeError
        If tensors differ in shape.
    TypeError
        If a sample is of none of these types.
    ValueError
        If structures differ in length, or there is no sample.

    Examples
    --------
    >>> default_collate([(tl.zeros(2), 0), (tl.ones(2), 1)])
    (tensor([[0., 0.],
            [1., 1.]]), tensor([0, 1]))
    """
    if not batch:
        raise ValueError("there are no samples to make a batch of")
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
        f"a batch is made of tensors, arrays, numbers, strings, tuples, lists and dictionaries, not of "
        f"{type(first).__name__}; give the DataLoader a collate_fn of your own"
    )
