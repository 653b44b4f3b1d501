"""Moving a module's parameters and buffers to another device, and casting them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Self

from ...backend import DType, DTypeLike, dtypes
from ...ops.creation import DeviceLike, empty_like
from ...options import checked
from ...options.kinds import kind_of, read
from ...tensor import Tensor
from .parameter import Uninitialized
from .tree import ModuleTree


class Movable(ModuleTree):
    """A tree of modules whose parameters and buffers can be moved and cast."""

    @checked
    def to(self, target: Any = None, /, *, dtype: DTypeLike = None, device: DeviceLike = None) -> Self:
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
            dtype = read("to", "target", kind_of(DTypeLike), target)
        elif target is not None:
            device = read("to", "target", kind_of(DeviceLike), target)
        if dtype is not None and not dtypes.named(dtype).is_floating:
            raise TypeError(
                f"to: dtype must be floating-point: the parameters of a module cannot become {dtypes.named(dtype)}"
            )
        tensors = self._tensors()
        for tensor in tensors:
            if isinstance(tensor, Uninitialized):
                tensor.recast(dtype, device)
        return self._convert(
            tensors, lambda tensor: tensor.to(dtype=dtype if tensor.dtype.is_floating else None, device=device)
        )

    def _tensors(self, recurse: bool = True) -> list[Tensor]:
        """Return the parameters and buffers, each once."""
        return list(dict.fromkeys([*self.parameters(recurse), *self.buffers(recurse)]))

    def _convert(self, tensors: Iterable[Tensor], convert: Callable[[Tensor], Tensor]) -> Self:
        """Replace the elements of tensors that have a shape, and of their gradients; returns the module."""
        tensors = [tensor for tensor in tensors if not isinstance(tensor, Uninitialized)]
        everything = [*tensors, *(tensor.grad for tensor in tensors if tensor.grad is not None)]
        converted = [convert(tensor.detach()) for tensor in everything]
        for tensor, new in zip(everything, converted, strict=True):
            tensor.data = new
        return self

    @checked
    def to_empty(self, *, device: DeviceLike, recurse: bool = True) -> Self:
        """Move parameters and buffers to a device without their elements, which are not set; returns the module.

        Parameters
        ----------
        device : Device or str or None
            A backend or a device; None for where each is.
        recurse : bool
            Whether to include the modules inside.

        Examples
        --------
        >>> tl.nn.Linear(2, 3).to_empty(device="cpu").weight.shape
        (3, 2)
        """
        tensors = self._tensors(recurse)
        for tensor in tensors:
            if isinstance(tensor, Uninitialized):
                tensor.recast(device=device)
        return self._convert(tensors, lambda tensor: empty_like(tensor, device=device or tensor.device))

    @checked
    def type(self, dst_type: DTypeLike) -> Self:
        """Cast all parameters and buffers, those of integers too, to a data type; returns the module.

        See Also
        --------
        to : Leaves integers as they are, such as the count of batches of `BatchNorm1d`.

        Examples
        --------
        >>> tl.nn.Linear(2, 3).type(tl.float64).weight.dtype
        tensorlab.float64
        """
        self.to(dtype=dst_type)
        return self._convert(self._tensors(), lambda tensor: tensor.to(dtype=dst_type))

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

    def bfloat16(self) -> Self:
        """Cast floating parameters and buffers to bfloat16; returns the module.

        Examples
        --------
        >>> tl.nn.Linear(2, 3).bfloat16().weight.dtype
        tensorlab.bfloat16
        """
        return self.to(dtypes.bfloat16)
