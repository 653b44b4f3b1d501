"""einops on tensors: import this module to register the backend.

``einops.array_api`` works without it, as tensors follow the standard; ``einops.rearrange`` and related functions look
up a backend by the type of the tensor.

Examples
--------
>>> import einops
>>> import tensorlab.interop.einops
>>> einops.rearrange(tl.zeros((2, 3, 4)), "b c w -> b (w c)").shape
(2, 12)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from einops._backends import AbstractBackend

from ..ops.creation import arange, asarray
from ..ops.einsum import einsum
from ..ops.joining import concat, stack, tile
from ..ops.shapes import expand_dims, permute_dims
from ..tensor import Tensor


class TensorlabBackend(AbstractBackend):
    """The primitives of einops on tensors; einops finds the class as a subclass of `AbstractBackend`."""

    framework_name = "tensorlab"

    def is_appropriate_type(self, tensor: Any) -> bool:
        return isinstance(tensor, Tensor)

    def from_numpy(self, x: Any) -> Tensor:
        return asarray(x)

    def to_numpy(self, x: Tensor) -> Any:
        return x.numpy()

    def arange(self, start: int, stop: int) -> Tensor:
        return arange(start, stop)

    def transpose(self, x: Tensor, axes: Sequence[int]) -> Tensor:
        return permute_dims(x, tuple(axes))

    def stack_on_zeroth_dimension(self, tensors: Sequence[Tensor]) -> Tensor:
        return stack(tensors)

    def add_axis(self, x: Tensor, new_position: int) -> Tensor:
        return expand_dims(x, new_position)

    def tile(self, x: Tensor, repeats: Sequence[int]) -> Tensor:
        return tile(x, tuple(repeats))

    def concat(self, tensors: Sequence[Tensor], axis: int) -> Tensor:
        return concat(tensors, axis=axis)

    def is_float_type(self, x: Tensor) -> bool:
        return x.dtype.kind == "real floating"

    def einsum(self, pattern: str, *x: Tensor) -> Tensor:
        return einsum(pattern, *x)
