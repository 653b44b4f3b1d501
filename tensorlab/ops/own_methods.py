"""Methods of tensors that are not functions of the namespace, or have other arguments there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..autodiff.custom import custom_gradient
from ..backend import Backend, Device, DType, DTypeLike
from ..backend.dtypes import name_of
from ..errors import ShapeError
from ..options import ArrayOrScalar, Scalar, ShapeLike
from ..tensor import Tensor
from . import arithmetic, comparison, creation, indexing, joining, reduction, rounding, shapes
from .creation import Data, DeviceLike, asarray, backend_and_name
from .declare import composite


def getitem(x: Tensor, index: Any) -> Tensor:
    """``x[index]``."""
    if isinstance(index, list):
        index = asarray(index, dtype=None if index else "int64", device=x.device)
    return indexing.getitem(x, indexing.plain_index(index))


def iterate(x: Tensor) -> Iterator[Tensor]:
    """Iterate over the first axis."""
    return iter([x[i] for i in range(len(x))])


def contains(x: Tensor, value: Any) -> bool:
    """Whether some element equals `value`."""
    return bool(reduction.any(comparison.equal(x, value)))


@composite()
def reshape(x: Tensor, *shape: Any) -> Tensor:
    """The same elements in another shape, given as one tuple or as several numbers."""
    return shapes.reshape(x, shapes.from_arguments(shape))


@composite()
def permute(x: Tensor, *axes: Any) -> Tensor:
    """The axes in another order, given as one tuple or as several numbers."""
    return shapes.permute_dims(x, shapes.from_arguments(axes))


@composite()
def expand(x: Tensor, *shape: Any) -> Tensor:
    """Repeat axes of length 1; -1 keeps a length."""
    wanted = tuple(shapes.from_arguments(shape))
    old = (1,) * (len(wanted) - x.ndim) + x.shape
    return shapes.broadcast_to(x, tuple(o if n == -1 else n for n, o in zip(wanted, old, strict=True)))


def dim(x: Tensor) -> int:
    """The number of axes."""
    return x.ndim


def clone(x: Tensor) -> Tensor:
    """A copy, through which gradients flow."""
    return arithmetic.positive(x)


def transposed(x: Tensor) -> Tensor:
    """The axes of a matrix exchanged.

    Raises
    ------
    ShapeError
        If the number of axes is not 2.
    """
    if x.ndim != 2:
        raise ShapeError(f".T is for 2 axes, not shape {x.shape}; use .mT or .permute(...)")
    return shapes.permute_dims(x, (1, 0))


@composite()
def stack_with(x: Tensor, others: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Stack the tensor and others of its shape along a new axis."""
    return joining.stack([x, *others], axis=axis)


@composite()
def add(x: Tensor, other: ArrayOrScalar, *, alpha: Scalar = 1) -> Tensor:
    """``x + alpha * other``, elementwise.

    Examples
    --------
    >>> tl.ones(2).add(tl.ones(2), alpha=3)
    tensor([4., 4.])
    """
    return arithmetic.add(x, other if alpha == 1 else alpha * other)


@composite()
def sub(x: Tensor, other: ArrayOrScalar, *, alpha: Scalar = 1) -> Tensor:
    """``x - alpha * other``, elementwise.

    Examples
    --------
    >>> tl.ones(2).sub(tl.ones(2), alpha=3)
    tensor([-2., -2.])
    """
    return arithmetic.subtract(x, other if alpha == 1 else alpha * other)


@composite()
def flip(x: Tensor, *axes: Any) -> Tensor:
    """Reverse the order of elements along axes, given as one tuple or as several numbers; along all by default.

    Examples
    --------
    >>> tl.tensor([1.0, 2.0]).flip(0)
    tensor([2., 1.])
    """
    return joining.flip(x, axis=shapes.from_arguments(axes) if axes else None)


@composite()
def where(x: Tensor, condition: Tensor, other: ArrayOrScalar) -> Tensor:
    """The elements of the tensor where a condition holds, and those of `other` elsewhere.

    Examples
    --------
    >>> tl.tensor([1.0, 2.0]).where(tl.tensor([True, False]), 0.0)
    tensor([1., 0.])
    """
    return comparison.where(condition, x, other)


@composite()
def expand_as(x: Tensor, other: Tensor) -> Tensor:
    """The tensor broadcast to the shape of another.

    Examples
    --------
    >>> tl.ones(1).expand_as(tl.zeros(2))
    tensor([1., 1.])
    """
    return shapes.broadcast_to(x, other.shape)


@composite()
def reshape_as(x: Tensor, other: Tensor) -> Tensor:
    """The same elements in the shape of another tensor.

    Examples
    --------
    >>> tl.ones(2, 1).reshape_as(tl.zeros(2))
    tensor([1., 1.])
    """
    return shapes.reshape(x, other.shape)


@composite()
def type_as(x: Tensor, other: Tensor) -> Tensor:
    """The tensor with the data type of another.

    Examples
    --------
    >>> tl.tensor([1, 2]).type_as(tl.zeros(2))
    tensor([1., 2.])
    """
    return shapes.astype(x, other.dtype, copy=False)


def contiguous(x: Tensor) -> Tensor:
    """The tensor itself if its elements are contiguous in memory and in C order, else a copy for which this holds.

    Examples
    --------
    >>> tl.tensor([[1.0], [2.0]]).T.contiguous()
    tensor([[1., 2.]])
    """
    flags = getattr(x._array, "flags", None)
    return x if flags is None or flags.c_contiguous else reshape(reshape(x, -1), *x.shape)


def element_size(x: Tensor) -> int:
    """Bytes per element.

    Examples
    --------
    >>> tl.ones(2).element_size()
    4
    """
    return x.itemsize


@composite()
def new_tensor(x: Tensor, data: Data, *, dtype: DTypeLike = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor from data, with the data type and on the device of this one.

    Examples
    --------
    >>> tl.ones(2).new_tensor([1, 2])
    tensor([1., 2.])
    """
    return creation.tensor(data, dtype=dtype or x.dtype, device=x.device, requires_grad=requires_grad)


def new_maker(maker: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return a method that makes a filled tensor, with the data type and on the device of another."""

    def make(x: Tensor, shape: ShapeLike, *more: Any, dtype: DTypeLike = None, requires_grad: bool = False) -> Tensor:
        return maker(shape, *more, dtype=dtype or x.dtype, device=x.device, requires_grad=requires_grad)

    make.__name__ = f"new_{maker.__name__}"
    make.__doc__ = f"Call `{maker.__name__}` with the data type and the device of the tensor."
    return composite()(make)


@composite()
def rounded(x: Tensor, decimals: int = 0) -> Tensor:
    """``round(x, decimals)``: a tensor.

    Examples
    --------
    >>> round(tl.tensor([1.26]), 1)
    tensor([1.3])
    """
    return rounding.round(x, decimals=decimals)


def divided(x: Any, other: Any) -> tuple[Tensor, Tensor]:
    """``divmod(x, other)``.

    Examples
    --------
    >>> divmod(tl.tensor([7.0]), 2)
    (tensor([3.]), tensor([1.]))
    """
    return arithmetic.floor_divide(x, other), arithmetic.remainder(x, other)


# -- the namespace -----------------------------------------------------------------------------------------------------

API_VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12")
"""The versions of the Array API standard that the namespace conforms to."""


def namespace(x: Tensor, /, *, api_version: str | None = None) -> Any:
    """The array namespace that the tensor belongs to: tensorlab itself.

    Raises
    ------
    ValueError
        If tensorlab does not conform to this version of the standard.
    """
    if api_version is not None and api_version not in API_VERSIONS:
        raise ValueError(f"tensorlab conforms to the Array API of {', '.join(API_VERSIONS)}, not {api_version!r}")
    return sys.modules[__name__.partition(".")[0]]


# -- moving ------------------------------------------------------------------------------------------------------------


@composite()
def to(
    x: Tensor, target: Any = None, /, *, dtype: DTypeLike = None, device: DeviceLike = None, copy: bool = False
) -> Tensor:
    """Move to another backend or device, or cast; gradients flow back.

    Parameters
    ----------
    x : Tensor
        Any tensor.
    target : str, Device, dtype or Tensor
        A backend (``"cupy"``), a device (``"cuda:1"``, ``"cpu"``), a data type, or a tensor to match in both.
    dtype : dtype, optional
        What to cast to.
    device : str or Device, optional
        Where to move to.
    copy : bool
        Whether to copy even if nothing changes.

    Returns
    -------
    Tensor
        `x` itself if nothing changes and `copy` is False.

    Raises
    ------
    BackendUnavailable
        If the target is not available.
    """
    if isinstance(target, Tensor):
        dtype, device = target.dtype, target.device
    elif isinstance(target, Device):
        device = target
    elif isinstance(target, DType) or (target is not None and name_of(target) is not None):
        dtype = target
    elif isinstance(target, str):
        device = target
    elif target is not None:
        raise TypeError(f"to: target must be a device, a data type or a tensor, not {target!r}")
    moved = x if dtype is None else shapes.astype(x, dtype, copy=False)
    if device is not None:
        moved = _moved(moved, *backend_and_name(device))
    return clone(moved) if copy and moved is x else moved


def _moved(x: Tensor, backend: Backend, device: str | None) -> Tensor:
    source, source_device = x.backend, x.device
    if backend is source and device in (None, source_device.name):
        return x

    @custom_gradient
    def move(x: Tensor) -> Any:
        array = x._array if backend is source else source.to_numpy(x._array)
        made = backend.asarray(array, dtype=backend.native(x.dtype), device=backend.native_device(device), copy=True)
        return Tensor(made), lambda g: _moved(g, source, source_device.name)

    return move(x)


CASTS = {
    "bfloat16": "bfloat16",
    "bool": "bool",
    "double": "float64",
    "float": "float32",
    "half": "float16",
    "int": "int32",
    "long": "int64",
    "short": "int16",
}
"""PyTorch's methods that cast, and their data types."""


def cast_to(dtype: str) -> Callable[[Tensor], Tensor]:
    """Return the method that casts to a data type; a tensor of that type is returned unchanged."""

    def cast(x: Tensor) -> Tensor:
        return shapes.astype(x, dtype, copy=False)

    return cast


@composite()
def to_device(x: Tensor, device: DeviceLike, /, *, stream: Any = None) -> Tensor:
    """Move to another device, as in the Array API standard; see `to`.

    Raises
    ------
    ValueError
        If a stream is given: the current one is always used.
    """
    if stream is not None:
        raise ValueError("to_device: tensors move on the current stream; stream must be None")
    return to(x, device=device)


def cpu(x: Tensor) -> Tensor:
    """The tensor in host memory: a copy unless it is there already."""
    return to(x, "cpu")
