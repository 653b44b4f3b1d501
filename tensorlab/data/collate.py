"""Collating samples into batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..backend import active_backend, backend_for_type
from ..ops.creation import asarray, tensor
from ..ops.declare import composite
from ..ops.joining import stack
from ..tensor import Tensor, wrapped
from .arguments import SampleList
from .structure import like

NUMBERS = (bool, int, float, complex)

TYPES_OF_NUMBERS = ((complex, "complex128"), (float, "float64"))
"""The data types that hold all numbers if one is of this class, the widest first."""


@composite()
def default_collate(batch: SampleList) -> Any:
    """Collate samples of the same structure into a batch.

    Parameters
    ----------
    batch : sequence
        The samples: tensors, arrays, numbers or strings, or nested tuples, lists and dictionaries of these.

    Returns
    -------
    object
        The batch, in the structure of a sample: tensors and arrays are stacked along a new first axis, numbers become
        a tensor, strings a list. Named tuples, ordered dictionaries and other mappings keep their class. Python floats
        become float64, and complex numbers complex128, so that no digit is lost.

    Raises
    ------
    ShapeError
        If tensors have different shapes.
    TypeError
        If a sample is of none of these types, or of another type than the first.
    ValueError
        If tuples or lists have different lengths, dictionaries different keys, or there are no samples.

    Examples
    --------
    >>> default_collate([(tl.zeros(2), 0), (tl.ones(2), 1)])
    (tensor([[0., 0.],
            [1., 1.]]), tensor([0, 1]))
    """
    samples = list(batch)
    if not samples:
        raise ValueError("batch must have at least one sample")
    return _collated(samples)


def _collated(samples: list[Any]) -> Any:
    first = samples[0]
    if isinstance(first, Tensor):
        return _arrays(samples)
    if isinstance(first, str | bytes):
        return samples
    if isinstance(first, NUMBERS):
        return _numbers(samples)
    if isinstance(first, Mapping):
        return _mapping(samples)
    if isinstance(first, tuple | list):
        return _sequence(samples)
    if _is_array(first):
        return _arrays(samples)
    raise TypeError(
        f"samples of a batch can be tensors, arrays, numbers, strings, tuples, lists and dictionaries, not "
        f"{type(first).__name__}; pass a collate_fn to the DataLoader for other types"
    )


def _is_array(x: Any) -> bool:
    return isinstance(x, Tensor) or backend_for_type(type(x)) is not None or hasattr(x, "__array__")


def _arrays(samples: list[Any]) -> Tensor:
    _require_all(_is_array, samples)
    stacked: Tensor = stack([asarray(sample) for sample in samples])
    return stacked


def _numbers(samples: list[Any]) -> Tensor:
    _require_all(lambda sample: isinstance(sample, NUMBERS), samples)
    dtype = next((name for kind, name in TYPES_OF_NUMBERS if any(isinstance(x, kind) for x in samples)), "int64")
    dtype = "bool" if all(isinstance(x, bool) for x in samples) else dtype
    try:
        backend = active_backend()
        return wrapped(backend.asarray(samples, dtype=backend.native(dtype)))  # `tensor` would look at every number
    except (OverflowError, TypeError, ValueError):
        return tensor(samples, dtype=dtype)


def _mapping(samples: list[Mapping[Any, Any]]) -> Mapping[Any, Any]:
    """Collate the entries of each key, in a mapping of the class of the first sample."""
    _require_all(lambda sample: isinstance(sample, Mapping), samples)
    first = samples[0]
    for number, sample in enumerate(samples):
        if sample.keys() != first.keys():
            raise ValueError(
                f"sample {number} of the batch has the keys {list(sample)}, but sample 0 has {list(first)}"
            )
    entries = {key: _collated([sample[key] for sample in samples]) for key in first}
    collated: Mapping[Any, Any] = like(first, entries)
    return collated


def _sequence(samples: list[Any]) -> Any:
    """Collate the entries at each position, in a tuple or list of the class of the first sample."""
    _require_all(lambda sample: isinstance(sample, tuple | list), samples)
    first = samples[0]
    for number, sample in enumerate(samples):
        if len(sample) != len(first):
            raise ValueError(
                f"sample {number} of the batch has {len(sample)} entries, but sample 0 has {len(first)}; make tensors "
                "of lists of numbers and pad them, or pass a collate_fn to the DataLoader"
            )
    return like(first, [_collated(list(column)) for column in zip(*samples)])


def _require_all(fits: Callable[[Any], bool], samples: list[Any]) -> None:
    """Refuse samples that cannot be collated with the first one."""
    for number, sample in enumerate(samples):
        if not fits(sample):
            raise TypeError(
                f"sample {number} of the batch is of type {type(sample).__name__}, but sample 0 is of type "
                f"{type(samples[0]).__name__}"
            )
