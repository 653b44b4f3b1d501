"""Unpooling: maxima returned to their places, a partial inverse of max pooling."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from ...docstrings import documented_like
from ...errors import ShapeError
from ...ops.declare import composite
from ...ops.pooling import put_at_places
from ...ops.shapes import reshape
from ...tensor import ArrayT
from .pooling import spatial_size
from .window_geometry import IntOrInts, Sizes, per_axis, positive_per_axis


@composite(input="any", indices="integral")
def max_unpool1d(
    input: ArrayT,
    indices: ArrayT,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    output_size: IntOrInts | None = None,
) -> ArrayT:
    """Zeros with the maxima of signals at the places where `max_pool1d` found them.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial) or (channels, *spatial)
        The maxima, or values computed from them.
    indices : Tensor of integers, the shape of `input`
        Indices as pooling returns them with ``return_indices=True``. Where windows overlapped, an index can occur
        twice: the last element stays then, and gradients go to both, as in PyTorch.
    kernel_size, stride, padding : int or tuple of int
        As in pooling.
    output_size : int or sequence of int, optional
        The spatial size, or the whole shape, of what was pooled, as several sizes give the same result. By default
        the one that the windows cover exactly.

    Returns
    -------
    Tensor
        Shape ``(batch, channels, *output_size)``.

    Raises
    ------
    ShapeError
        If the shapes of input and indices differ, or the number of axes does not match.
    ValueError
        If pooling `output_size` cannot give this input's shape, or a setting is out of range.
    IndexError
        If an index is out of range (on a GPU it wraps instead).

    Examples
    --------
    >>> x = tl.tensor([[[1.0, 5.0, 3.0, 2.0]]])
    >>> pooled, places = tl.nn.functional.max_pool1d(x, 2, return_indices=True)
    >>> tl.nn.functional.max_unpool1d(pooled, places, 2)
    tensor([[[0., 5., 3., 0.]]])
    """
    return _unpool(1, input, indices, kernel_size, stride, padding, output_size)


@documented_like(max_unpool1d)
@composite(input="any", indices="integral")
def max_unpool2d(
    input: ArrayT,
    indices: ArrayT,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    output_size: IntOrInts | None = None,
) -> ArrayT:
    """Zeros with the maxima of images at the places where `max_pool2d` found them.

    Examples
    --------
    >>> pooled, places = tl.nn.functional.max_pool2d(tl.ones(1, 3, 5, 5), 2, return_indices=True)
    >>> tl.nn.functional.max_unpool2d(pooled, places, 2, output_size=(5, 5)).shape
    (1, 3, 5, 5)
    """
    return _unpool(2, input, indices, kernel_size, stride, padding, output_size)


@documented_like(max_unpool1d)
@composite(input="any", indices="integral")
def max_unpool3d(
    input: ArrayT,
    indices: ArrayT,
    kernel_size: IntOrInts,
    stride: IntOrInts | None = None,
    padding: IntOrInts = 0,
    output_size: IntOrInts | None = None,
) -> ArrayT:
    """Zeros with the maxima of volumes at the places where `max_pool3d` found them.

    Examples
    --------
    >>> pooled, places = tl.nn.functional.max_pool3d(tl.ones(1, 3, 4, 4, 4), 2, return_indices=True)
    >>> tl.nn.functional.max_unpool3d(pooled, places, 2).shape
    (1, 3, 4, 4, 4)
    """
    return _unpool(3, input, indices, kernel_size, stride, padding, output_size)


def _unpool(ndim: int, x: Any, indices: Any, kernel: Any, stride: Any, padding: Any, output_size: Any) -> Any:
    size = spatial_size(x, ndim)
    if tuple(indices.shape) != tuple(x.shape):
        raise ShapeError(f"indices of shape {tuple(indices.shape)} must have the shape of the input, {tuple(x.shape)}")
    wanted = _unpooled_size(size, *unpooling_geometry(ndim, kernel, stride, padding), output_size)
    channels = tuple(x.shape[:-ndim])
    flat = (*channels, prod(size))
    return reshape(put_at_places(reshape(x, flat), reshape(indices, flat), prod(wanted)), (*channels, *wanted))


def unpooling_geometry(ndim: int, kernel: Any, stride: Any, padding: Any) -> tuple[Sizes, Sizes, Sizes]:
    """Return window, step and padding, one number per spatial axis each.

    Raises
    ------
    ValueError
        If one is out of range.
    """
    kernel = positive_per_axis(kernel, ndim, "kernel_size")
    stride = kernel if stride is None else positive_per_axis(stride, ndim, "stride")
    pads = per_axis(padding, ndim, "padding")
    if min(pads) < 0:
        raise ValueError(f"padding must not be negative: {padding!r}")
    return kernel, stride, pads


def _unpooled_size(
    size: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, output_size: int | Sequence[int] | None
) -> Sizes:
    """Return the spatial size of what was pooled: the one asked for, if pooling can have led from it to `size`."""
    ndim = len(size)
    usual = tuple((n - 1) * s + k - 2 * p for n, k, s, p in zip(size, kernel, stride, padding, strict=True))
    if output_size is None:
        wanted = usual
    elif isinstance(output_size, int):
        wanted = (output_size,) * ndim
    else:
        wanted = tuple(output_size)
        wanted = wanted[2:] if len(wanted) == ndim + 2 else wanted
    if len(wanted) != ndim:
        raise ValueError(f"output_size must have {ndim} or {ndim + 2} entries, not {len(wanted)}: {output_size!r}")
    for axis, (n, middle, step) in enumerate(zip(wanted, usual, stride, strict=True)):
        if n < 0 or not middle - step < n < middle + step:
            raise ValueError(
                f"output_size {wanted} cannot have been pooled to {size}: its entry {axis} must lie between "
                f"{max(middle - step + 1, 0)} and {middle + step - 1}"
            )
    return wanted
