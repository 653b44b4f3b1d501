"""Windows of images as columns of a matrix, and the transpose."""

from __future__ import annotations

from math import prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend
from ..backend.kernels.window_geometry import Pairs, inner_slices, kernel_offsets, output_size, pad_spatial, padded_size
from ..errors import ShapeError
from ..tensor import ArrayT
from .shapes import Shape

Sizes = tuple[int, ...]


def _window_counts(size: Sizes, kernel_size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes) -> Sizes:
    counts = output_size(size, kernel_size, stride, padding, dilation)
    for axis, n in enumerate(counts):
        if n < 1:
            reach = dilation[axis] * (kernel_size[axis] - 1) + 1
            raise ShapeError(
                f"a window of length {reach} does not fit spatial axis {axis} of size {size} with padding "
                f"{tuple(padding[axis])}"
            )
    return counts


def _unfolded(x: Shape, *, kernel_size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes) -> Shape:
    if len(x) != len(kernel_size) + 2:
        raise ShapeError(
            f"images of {len(kernel_size)} spatial axes have axes (batch, channels, *spatial), with or without batch, "
            f"not shape {x}"
        )
    counts = _window_counts(x[2:], kernel_size, stride, padding, dilation)
    return (x[0], x[1] * prod(kernel_size), prod(counts))


def _folded(
    columns: Shape, *, output_size: Sizes, kernel_size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes
) -> Shape:
    if len(columns) != 3:
        raise ShapeError(
            f"columns have axes (batch, channels * window, windows), with or without batch, not shape {columns}"
        )
    if columns[1] % prod(kernel_size):
        raise ShapeError(
            f"axis 1 of shape {columns} must be a multiple of the window's {prod(kernel_size)} elements "
            f"(kernel_size {kernel_size})"
        )
    counts = _window_counts(output_size, kernel_size, stride, padding, dilation)
    if columns[2] != prod(counts):
        raise ShapeError(
            f"axis 2 of shape {columns} must have one entry for each of the {prod(counts)} windows {counts} that "
            f"fit images of size {output_size}"
        )
    return (columns[0], columns[1] // prod(kernel_size), *output_size)


CASES: list[tuple[Shape, dict[str, Any]]] = [
    ((2, 2, 6), {"kernel_size": (2,), "stride": (2,), "padding": ((0, 0),), "dilation": (1,)}),
    ((2, 2, 5, 6), {"kernel_size": (3, 2), "stride": (2, 1), "padding": ((1, 1), (0, 0)), "dilation": (1, 2)}),
    ((0, 1, 3, 3), {"kernel_size": (2, 2), "stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}),
]
"""Image shape and geometry of the sample calls."""


def _geometry(kernel_size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes) -> dict[str, Any]:
    return {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}


@op(
    vjp={
        "x": lambda g, x_shape, kernel_size, stride, padding, dilation: columns_to_windows(
            g, output_size=x_shape[2:], **_geometry(kernel_size, stride, padding, dilation)
        )
    },
    kind="linear",
    shape=_unfolded,
    flops=lambda shapes, out, params: 0,
    samples=[sample(shape, **geometry) for shape, geometry in CASES],
    checks_first=True,
)
def windows_to_columns(
    backend: Backend, x: ArrayT, /, *, kernel_size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes
) -> ArrayT:
    """The windows of images as columns.

    Parameters
    ----------
    x : tensor or array, shape (batch, channels, *spatial)
        Images of any number of spatial axes.
    kernel_size, stride, dilation : tuple of int
        Size and step of the window and spacing of its elements, per spatial axis.
    padding : tuple of (int, int)
        Zeros before and after each spatial axis.

    Returns
    -------
    Tensor
        Shape ``(batch, channels * prod(kernel_size), windows)``: axis 1 runs over the channels, and within each over
        the window in C order.

    Raises
    ------
    ShapeError
        If the images have another number of axes, or no window fits.

    Examples
    --------
    >>> x = tl.tensor([[[1.0, 2.0, 3.0]]])
    >>> tl.ops.folding.windows_to_columns(x, kernel_size=(2,), stride=(1,), padding=((0, 0),), dilation=(1,))
    tensor([[[1., 2.],
             [2., 3.]]])
    """
    xp, (batch, channels) = backend.xp, x.shape[:2]
    counts = output_size(x.shape[2:], kernel_size, stride, padding, dilation)
    padded = pad_spatial(xp, x, padding, 0)
    columns = xp.empty((batch, channels, prod(kernel_size), *counts), dtype=x.dtype, device=x.device)
    for i, window in enumerate(kernel_offsets(kernel_size, stride, dilation, counts)):
        columns[:, :, i, ...] = padded[(..., *window)]
    return xp.reshape(columns, (batch, channels * prod(kernel_size), prod(counts)))


@op(
    vjp={
        "columns": lambda g, kernel_size, stride, padding, dilation: windows_to_columns(
            g, **_geometry(kernel_size, stride, padding, dilation)
        )
    },
    kind="linear",
    shape=_folded,
    flops=lambda shapes, out, params: prod(shapes[0]),
    samples=[sample(_unfolded(shape, **geometry), output_size=shape[2:], **geometry) for shape, geometry in CASES],
    checks_first=True,
)
def columns_to_windows(
    backend: Backend,
    columns: ArrayT,
    /,
    *,
    output_size: Sizes,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
) -> ArrayT:
    """Add windows, given as columns, at their places in images of zeros: the transpose of `windows_to_columns`.

    Examples
    --------
    >>> geometry = dict(kernel_size=(2,), stride=(1,), padding=((0, 0),), dilation=(1,))
    >>> tl.ops.folding.columns_to_windows(tl.ones((1, 2, 2)), output_size=(3,), **geometry)
    tensor([[[1., 2., 1.]]])
    """
    xp, batch = backend.xp, columns.shape[0]
    channels = columns.shape[1] // prod(kernel_size)
    counts = _window_counts(output_size, kernel_size, stride, padding, dilation)
    parts = xp.reshape(columns, (batch, channels, prod(kernel_size), *counts))
    images = xp.zeros((batch, channels, *padded_size(output_size, padding)), dtype=columns.dtype, device=columns.device)
    for i, window in enumerate(kernel_offsets(kernel_size, stride, dilation, counts)):
        images[(..., *window)] += parts[:, :, i, ...]
    return images[(..., *inner_slices(output_size, padding))]
