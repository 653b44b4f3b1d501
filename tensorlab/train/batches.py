"""Batches on the model's device and in the trainer's precision, and the number of their items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from ..backend import Device, DType, backend_for_type, dtypes
from ..data.structure import mapped
from ..nn.module.module import Module
from ..nn.module.parameter import Uninitialized
from ..tensor import Tensor

Precision = Literal["64-true", "32-true", "bf16-true", "16-true"]

DTYPES: dict[str, DType] = {
    "64-true": dtypes.float64,
    "32-true": dtypes.float32,
    "bf16-true": dtypes.bfloat16,
    "16-true": dtypes.float16,
}
"""The data types of parameters and floating-point inputs, by Lightning's names of precisions."""


def mover(model: Module, precision: str | None) -> Callable[[Any], Any]:
    """Return a function that makes tensors of arrays, moves a batch to a model's device, and casts floating types."""
    tensors = (*model.parameters(), *model.buffers())
    device: Device | None = next((x.device for x in tensors if not isinstance(x, Uninitialized)), None)
    dtype = DTYPES[precision] if precision else None

    def convert(leaf: Any) -> Tensor:
        tensor = leaf if isinstance(leaf, Tensor) else Tensor(leaf)
        if device is not None and tensor.device != device:
            tensor = tensor.to(device=device)
        return tensor.to(dtype=dtype) if dtype is not None and tensor.dtype.is_floating else tensor

    return lambda batch: mapped(batch, convert, is_tensor_or_array)


def is_tensor_or_array(value: Any) -> bool:
    """Whether a part of a batch is a tensor, or an array, of which a trainer makes one."""
    return isinstance(value, Tensor) or backend_for_type(type(value)) is not None


def length_of(data: Any) -> int | None:
    """Return the number of batches in data; None if it is not known, as of an iterable dataset without a length."""
    try:
        return len(data)
    except TypeError:
        return None


def item_count(batch: Any) -> int:
    """Return the number of items in a batch: the length of the first axis of the first tensor that has one."""
    return next((tensor.shape[0] for tensor in tensors_in(batch) if tensor.shape), 1)


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in nested tuples, lists and mappings."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from tensors_in(part)
    elif isinstance(value, Mapping):
        yield from tensors_in(list(value.values()))
