"""Moving a module's parameters and buffers to another device, and casting them."""

from __future__ import annotations

from typing import Any, Self

from ...backend import DType, dtypes
from ...tensor import Tensor
from .parameter import Uninitialized
from .tree import ModuleTree


class Movable(ModuleTree):
    """A tree of modules whose parameters and buffers can be moved and cast."""

    def to(self, target: Any = None, /, *, dtype: Any = None, device: Any = None) -> Self:
        """Move parameters and buffers to another backend or device, or cast the floating ones; returns the module.

        The parameters stay the same objects, so an optimizer keeps working.

        Parameters
        ----------
        target : str, Device, dtype or Tensor
            A backend (``"cupy"``), a device (``"cuda:1"``), a data type, or a tensor whose device and type to take.
        dtype : dtype, optional
            A floating-point type.
        device : str or Device, optional
            A backend or a device.

        Raises
        ------
        TypeError
            If the data type is not floating.
        BackendUnavailable
            If the target cannot be used here.

        Examples
        --------
        >>> tl.nn.Linear(2, 3).to(tl.float64).weight.dtype
        tensorlab.float64
        """
        if isinstance(target, Tensor):
            dtype, device = target.dtype, target.device
        elif isinstance(target, DType) or (target is not None and dtypes.name_of(target) is not None):
            dtype = target
        elif target is not None:
            device = target
        if dtype is not None and not dtypes.named(dtype).is_floating:
            raise TypeError(f"a module's parameters are floating-point and cannot become {dtypes.named(dtype)}")
        tensors: dict[Tensor, None] = dict.fromkeys([*self.parameters(), *self.buffers()])
        for waiting in [tensor for tensor in tensors if isinstance(tensor, Uninitialized)]:
            waiting.recast(dtype, device)
            del tensors[waiting]
        everything = [*tensors, *(tensor.grad for tensor in tensors if tensor.grad is not None)]
        converted = [
            tensor.detach().to(dtype=dtype if tensor.dtype.is_floating else None, device=device)
            for tensor in everything
        ]
        for tensor, new in zip(everything, converted, strict=True):
            tensor.data = new
        return self

    def cpu(self) -> Self:
        """Move parameters and buffers to host memory; returns the module."""
        return self.to("cpu")

    def float(self) -> Self:
        """Cast floating parameters and buffers to float32; returns the module."""
        return self.to(dtypes.float32)

    def double(self) -> Self:
        """Cast floating parameters and buffers to float64; returns the module."""
        return self.to(dtypes.float64)

    def half(self) -> Self:
        """Cast floating parameters and buffers to float16; returns the module."""
        return self.to(dtypes.float16)
