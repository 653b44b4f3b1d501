"""Pooling of any number of dimensions, and its transposes."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import Draw, Sample, count_nothing, sample
from ..backend import Backend
from ..backend.kernels.window_geometry import Pairs, output_size
from ..errors import ShapeError
from ..tensor import ArrayT
from .declare import channels_last_hint
from .indexing import take_along_axis
from .shapes import Shape

Sizes = tuple[int, ...]


def pooled_shape(
    x: Shape, *, kernel_size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes | None = None, **_: Any
) -> Shape:
    """Return the shape of pooled images.

    Raises
    ------
    ShapeError
        If the images have another number of axes, or no window fits.
    """
    if len(x) != len(kernel_size) + 2:
        raise ShapeError(f"pooling over {len(kernel_size)} axes expects (batch, channels, *spatial), not shape {x}")
    out = output_size(x[2:], kernel_size, stride, padding, dilation or (1,) * len(kernel_size))
    for axis, n in enumerate(out):
        if n < 1:
            raise ShapeError(
                f"pooling: a window of length {kernel_size[axis]} does not fit axis {2 + axis} of images of shape {x} "
                f"with padding {tuple(padding[axis])}{_layout_hint(x)}"
            )
    return (*x[:2], *out)


def _layout_hint(x: Shape) -> str:
    """Return a hint for images whose last axis is so short that it may be the channels."""
    if len(x) < 4 or x[-1] > 4 or min(x[1:-1]) <= 4:
        return ""
    return channels_last_hint(len(x))


CASES: list[tuple[Shape, dict[str, Any]]] = [
    ((2, 2, 6), {"kernel_size": (2,), "stride": (2,), "padding": ((0, 0),)}),
    ((2, 2, 5, 6), {"kernel_size": (3, 2), "stride": (2, 1), "padding": ((1, 1), (0, 1))}),
    ((1, 2, 4, 3, 4), {"kernel_size": (2, 2, 2), "stride": (2, 1, 2), "padding": ((0, 0),) * 3}),
]


def _dilated(geometry: dict[str, Any]) -> dict[str, Any]:
    return {**geometry, "dilation": (1,) * len(geometry["kernel_size"])}


def _samples(make: Callable[[Shape, dict[str, Any]], Sample]) -> list[Sample]:
    return [make(shape, geometry) for shape, geometry in CASES]


def _index_draw(shape: Shape, geometry: dict[str, Any]) -> Draw:
    # Position 0 of the first windows can be padding; with a position that is always inside, the maps are transposes of
    # each other, as for max_pool's indices.
    last = prod(geometry["kernel_size"]) - 1
    inside = last if not any(map(any, geometry["padding"])) else 2
    return Draw(pooled_shape(shape, **geometry), min(inside, last), min(inside, last) + 1, "integer")


def _unpool_max(
    g: tuple[Any, Any],
    out: tuple[Any, Any],
    x_shape: Shape,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
) -> Any:
    return max_unpool(
        g[0], out[1], input_size=x_shape[2:], kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
    )


def _push_max(
    t: Any, out: tuple[Any, Any], kernel_size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes
) -> tuple[Any, None]:
    return pool_gather(t, out[1], kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation), None


@op(
    vjp={"x": _unpool_max},
    jvp={"x": _push_max},
    takes="real",
    shape=lambda x, **geometry: (pooled_shape(x, **geometry),) * 2,
    flops=lambda shapes, out, params: prod(out[0]) * prod(params["kernel_size"]),
    results=2,
    differentiable_results=(0,),
    samples=_samples(lambda shape, geometry: sample(shape, **_dilated(geometry))),
    checks_first=True,
)
def max_pool(
    backend: Backend, x: ArrayT, /, *, kernel_size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes
) -> tuple[ArrayT, ArrayT]:
    """The maximum of each window, and its position in the window.

    Parameters
    ----------
    x : tensor or array, shape (batch, channels, *spatial)
        Real.
    kernel_size, stride, dilation : tuple of int
        Size and step of the window and spacing of its elements, per spatial axis.
    padding : tuple of (int, int)
        Padding before and after each spatial axis; it is never the maximum.

    Returns
    -------
    values : Tensor, shape (batch, channels, *out)
        NaN where the window contains one.
    index : Tensor of integers, shape (batch, channels, *out)
        Position in the window in C order; the first of elements that tie.

    Raises
    ------
    ShapeError
        If no window fits.

    Examples
    --------
    >>> x = tl.tensor([[[1.0, 5.0, 3.0, 2.0]]])
    >>> tl.ops.pooling.max_pool(x, kernel_size=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))[0]
    tensor([[[5., 3.]]])
    """
    return backend.max_pool(x, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)


@op(
    vjp={
        "g": lambda g_, index, kernel_size, stride, padding, dilation: pool_gather(
            g_, index, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
        )
    },
    kind="linear",
    shape=lambda g, index, input_size, **_: (*g[:2], *input_size),
    samples=_samples(
        lambda shape, geometry: sample(
            pooled_shape(shape, **geometry), _index_draw(shape, geometry), input_size=shape[2:], **_dilated(geometry)
        )
    ),
)
def max_unpool(
    backend: Backend,
    g: ArrayT,
    index: ArrayT,
    /,
    *,
    input_size: Sizes,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
) -> ArrayT:
    """Add each element at position `index` of its window in images of zeros: the transpose of `pool_gather`.

    Examples
    --------
    >>> g, index = tl.tensor([[[5.0, 3.0]]]), tl.tensor([[[1, 0]]])
    >>> geometry = dict(kernel_size=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))
    >>> tl.ops.pooling.max_unpool(g, index, input_size=(4,), **geometry)
    tensor([[[0., 5., 3., 0.]]])
    """
    return backend.max_unpool(
        g, index, input_size=input_size, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
    )


@op(
    vjp={
        "x": lambda g, index, x_shape, kernel_size, stride, padding, dilation: max_unpool(
            g,
            index,
            input_size=x_shape[2:],
            kernel_size=kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
        )
    },
    kind="linear",
    shape=lambda x, index, **_: index,
    samples=_samples(lambda shape, geometry: sample(shape, _index_draw(shape, geometry), **_dilated(geometry))),
)
def pool_gather(
    backend: Backend, x: ArrayT, index: ArrayT, /, *, kernel_size: Sizes, stride: Sizes, padding: Pairs, dilation: Sizes
) -> ArrayT:
    """The element at position `index` of each window.

    Examples
    --------
    >>> x, index = tl.tensor([[[1.0, 5.0, 3.0, 2.0]]]), tl.tensor([[[1, 0]]])
    >>> tl.ops.pooling.pool_gather(x, index, kernel_size=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))
    tensor([[[5., 3.]]])
    """
    return backend.pool_gather(x, index, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)


@op(
    vjp={
        "x": lambda g, x_shape, kernel_size, stride, padding: avg_unpool(
            g, input_size=x_shape[2:], kernel_size=kernel_size, stride=stride, padding=padding
        )
    },
    kind="linear",
    takes="floating",
    shape=pooled_shape,
    flops=lambda shapes, out, params: prod(out) * prod(params["kernel_size"]),
    samples=_samples(lambda shape, geometry: sample(shape, **geometry)),
    checks_first=True,
)
def avg_pool(backend: Backend, x: ArrayT, /, *, kernel_size: Sizes, stride: Sizes, padding: Pairs) -> ArrayT:
    """The mean of each window, padding counted as zeros.

    Parameters
    ----------
    x : tensor or array, shape (batch, channels, *spatial)
        Floating-point.
    kernel_size, stride : tuple of int
        Size and step of the window, per spatial axis.
    padding : tuple of (int, int)
        Zeros before and after each spatial axis.

    Returns
    -------
    Tensor
        Shape ``(batch, channels, *out)``.

    Raises
    ------
    ShapeError
        If no window fits.

    Examples
    --------
    >>> x = tl.tensor([[[1.0, 5.0, 3.0, 2.0]]])
    >>> tl.ops.pooling.avg_pool(x, kernel_size=(2,), stride=(2,), padding=((0, 0),))
    tensor([[[3. , 2.5]]])
    """
    return backend.avg_pool(x, kernel_size=kernel_size, stride=stride, padding=padding)


@op(
    vjp={
        "g": lambda g_, kernel_size, stride, padding: avg_pool(
            g_, kernel_size=kernel_size, stride=stride, padding=padding
        )
    },
    kind="linear",
    shape=lambda g, input_size, **_: (*g[:2], *input_size),
    samples=_samples(lambda shape, geometry: sample(pooled_shape(shape, **geometry), input_size=shape[2:], **geometry)),
)
def avg_unpool(
    backend: Backend, g: ArrayT, /, *, input_size: Sizes, kernel_size: Sizes, stride: Sizes, padding: Pairs
) -> ArrayT:
    """Spread each element evenly over its window in images of zeros: the transpose of `avg_pool`.

    Examples
    --------
    >>> g = tl.tensor([[[2.0, 4.0]]])
    >>> tl.ops.pooling.avg_unpool(g, input_size=(4,), kernel_size=(2,), stride=(2,), padding=((0, 0),))
    tensor([[[1., 1., 2., 2.]]])
    """
    return backend.avg_unpool(g, input_size=input_size, kernel_size=kernel_size, stride=stride, padding=padding)


# -- unpooling ---------------------------------------------------------------------------------------------------------


def _put(x: Shape, index: Shape, size: int) -> Shape:
    if x != index:
        raise ShapeError(f"unpooling: indices of shape {index} must have the shape of the elements, {x}")
    return (*x[:-1], size)


@op(
    vjp={"x": lambda g, index: take_along_axis(g, index, -1)},
    jvp={"x": lambda t, index, size: put_at_places(t, index, size)},
    kind="linear",
    takes={"index": "integral"},
    shape=_put,
    flops=count_nothing,
    samples=[
        sample((2, 3, 1), Draw((2, 3, 1), 0, 4, "integer"), size=4),
        sample((0, 2), Draw((0, 2), 0, 4, "integer"), size=5),
    ],
    checks_first=True,
)
def put_at_places(backend: Backend, x: ArrayT, index: ArrayT, /, size: int) -> ArrayT:
    """Zeros with the elements of `x` at positions `index` along the last axis.

    Parameters
    ----------
    x : tensor or array, shape (..., n)
        Any type.
    index : tensor or array of integers, shape (..., n)
        Positions below `size`. Of elements at the same position the last one stays; gradients still go to all, as in
        PyTorch's unpooling.
    size : int
        The length of the last axis of the result.

    Returns
    -------
    Tensor
        Shape ``(..., size)``.

    Raises
    ------
    ShapeError
        If the shapes differ.
    IndexError
        If a position is out of range.

    Examples
    --------
    >>> tl.ops.pooling.put_at_places(tl.tensor([[5.0, 3.0]]), tl.tensor([[2, 0]]), 4)
    tensor([[3., 0., 5., 0.]])
    """
    xp = backend.xp
    rows = prod(x.shape[:-1])
    out = xp.zeros((rows, size), dtype=x.dtype, device=x.device)
    row = xp.expand_dims(xp.arange(rows, device=x.device), axis=1)
    shape = (rows, x.shape[-1])
    backend.index_put(out, (row, xp.reshape(index, shape)), xp.reshape(x, shape))
    return xp.reshape(out, (*x.shape[:-1], size))
