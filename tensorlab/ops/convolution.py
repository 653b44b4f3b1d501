"""Convolution of any number of dimensions, and its two transposes.

The three are bilinear, and each one's gradients are the other two, so derivatives of every order exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from ..autodiff.op import op
from ..autodiff.record import sample
from ..backend import Backend
from ..backend.kernels.window_geometry import Pairs, output_size
from ..errors import ShapeError
from ..tensor import ArrayT
from .declare import channels_last_hint
from .reduction import sum
from .shapes import Shape, reshape

Sizes = tuple[int, ...]


def convolution_shape(
    x: Shape, w: Shape, b: Shape | None = None, *, stride: Sizes, padding: Pairs, dilation: Sizes, groups: int
) -> Shape:
    """Return the shape of a convolution's result.

    Raises
    ------
    ShapeError
        If images and filters do not match; the message names shapes, axes and channels.
    """
    if len(x) != len(w) or len(x) < 3:
        raise ShapeError(f"convolution: images of shape {x} and filters of shape {w} differ in the number of axes")
    if x[1] != w[1] * groups:
        raise ShapeError(_channel_message(x, w, groups))
    if groups < 1 or w[0] % groups:
        raise ShapeError(f"convolution: {w[0]} output channels do not divide into {groups} groups (filters {w})")
    out = output_size(x[2:], w[2:], stride, padding, dilation)
    for axis, n in enumerate(out):
        if n < 1:
            reach = dilation[axis] * (w[2 + axis] - 1) + 1
            raise ShapeError(
                f"convolution: a window of length {reach} does not fit axis {2 + axis} of images of shape {x} with "
                f"padding {tuple(padding[axis])}"
            )
    if b is not None and tuple(b) != w[:1]:
        raise ShapeError(f"convolution: bias of shape {b} does not match filters of shape {w}: it must be {w[:1]}")
    return (x[0], w[0], *out)


def _channel_message(x: Shape, w: Shape, groups: int) -> str:
    expected = w[1] * groups
    message = (
        f"convolution expects {expected} channels on axis 1 of the images (filters of shape {w}"
        f"{f', {groups} groups' if groups > 1 else ''}), but images of shape {x} have {x[1]}"
    )
    if x[-1] == expected:
        message += channels_last_hint(len(x))
    return message


def count_convolution(shapes: Sequence[Shape], out: Shape, params: Mapping[str, Any]) -> int:
    """Count a multiplication and an addition per filter element and output position."""
    return 2 * prod(out) * prod(shapes[1][1:])


def _geometry(stride: Sizes, padding: Pairs, dilation: Sizes, groups: int) -> dict[str, Any]:
    return {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


CASES = [
    ((2, 3, 7), (4, 3, 3), (5,), {"stride": (1,), "padding": ((0, 0),), "dilation": (1,), "groups": 1}),
    ((2, 4, 8), (6, 2, 3), (6,), {"stride": (2,), "padding": ((1, 2),), "dilation": (2,), "groups": 2}),
    (
        (2, 2, 5, 6),
        (3, 2, 3, 2),
        (4, 3),
        {"stride": (2, 1), "padding": ((1, 1), (0, 1)), "dilation": (1, 2), "groups": 1},
    ),
    (
        (1, 3, 4, 4),
        (3, 1, 2, 2),
        (3, 3),
        {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 3},
    ),
    (
        (1, 2, 3, 4, 3),
        (2, 2, 2, 2, 2),
        (2, 3, 2),
        {"stride": (1,) * 3, "padding": ((0, 0),) * 3, "dilation": (1,) * 3, "groups": 1},
    ),
]
"""Image shape, filter shape, output size and geometry of the sample calls."""


def _output_shape(case: tuple[Any, ...]) -> Shape:
    x, w, _, geometry = case
    return convolution_shape(x, w, **geometry)


@op(
    vjp={
        "x": lambda g, w, x_shape, stride, padding, dilation, groups: convolution_input_grad(
            g, w, input_size=x_shape[2:], **_geometry(stride, padding, dilation, groups)
        ),
        "w": lambda g, x, w_shape, stride, padding, dilation, groups: convolution_weight_grad(
            x, g, kernel_size=w_shape[2:], **_geometry(stride, padding, dilation, groups)
        ),
        "b": lambda g: sum(g, axis=(0, *range(2, g.ndim))),
    },
    jvp={
        "x": lambda t, w, stride, padding, dilation, groups: convolution(
            t, w, None, **_geometry(stride, padding, dilation, groups)
        ),
        "w": lambda t, x, stride, padding, dilation, groups: convolution(
            x, t, None, **_geometry(stride, padding, dilation, groups)
        ),
        "b": lambda t, w_shape: reshape(t, (1, -1) + (1,) * (len(w_shape) - 2)),
    },
    shape=convolution_shape,
    flops=count_convolution,
    samples=[sample(x, w, (w[0],), **geometry) for x, w, _, geometry in CASES]
    + [sample(*CASES[0][:2], None, **CASES[0][3])],
    tolerance={"float32": 1e-5},
    checks_first=True,
)
def convolution(
    backend: Backend,
    x: ArrayT,
    w: ArrayT,
    b: ArrayT | None = None,
    /,
    *,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
) -> ArrayT:
    """Cross-correlate images with filters, plus a bias per output channel.

    Parameters
    ----------
    x : tensor or array, shape (batch, in_channels, *spatial)
        Images of any number of spatial axes.
    w : tensor or array, shape (out_channels, in_channels / groups, *kernel)
        Filters.
    b : tensor or array, shape (out_channels,), optional
        Bias.
    stride, dilation : tuple of int
        Step of the window and spacing of its elements, per spatial axis.
    padding : tuple of (int, int)
        Zeros before and after each spatial axis.
    groups : int
        Number of groups of channels, which are convolved independently.

    Returns
    -------
    Tensor
        Shape ``(batch, out_channels, *out)``.

    Raises
    ------
    ShapeError
        If channels, groups or sizes do not match.

    Examples
    --------
    >>> x, w = tl.ones((1, 1, 4)), tl.ones((1, 1, 3))
    >>> tl.ops.convolution.convolution(x, w, stride=(1,), padding=((0, 0),), dilation=(1,), groups=1)
    tensor([[[3., 3.]]])
    """
    return backend.convolution(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)


@op(
    vjp={
        "g": lambda g_, w, stride, padding, dilation, groups: convolution(
            g_, w, None, **_geometry(stride, padding, dilation, groups)
        ),
        "w": lambda g_, g, w_shape, stride, padding, dilation, groups: convolution_weight_grad(
            g_, g, kernel_size=w_shape[2:], **_geometry(stride, padding, dilation, groups)
        ),
    },
    kind="linear",
    shape=lambda g, w, input_size, groups, **_: (g[0], w[1] * groups, *input_size),
    flops=lambda shapes, out, params: 2 * prod(shapes[0]) * prod(shapes[1][1:]),
    samples=[sample(_output_shape(case), case[1], input_size=case[0][2:], **case[3]) for case in CASES],
    tolerance={"float32": 1e-5},
)
def convolution_input_grad(
    backend: Backend,
    g: ArrayT,
    w: ArrayT,
    /,
    *,
    input_size: Sizes,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
) -> ArrayT:
    """Transpose of `convolution` with respect to its images: transposed convolution.

    Examples
    --------
    >>> g, w = tl.ones((1, 1, 2)), tl.ones((1, 1, 3))
    >>> tl.ops.convolution.convolution_input_grad(
    ...     g, w, input_size=(4,), stride=(1,), padding=((0, 0),), dilation=(1,), groups=1
    ... )
    tensor([[[1., 2., 2., 1.]]])
    """
    return backend.convolution_input_grad(
        g, w, input_size=input_size, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


@op(
    vjp={
        "x": lambda g_, g, x_shape, stride, padding, dilation, groups: convolution_input_grad(
            g, g_, input_size=x_shape[2:], **_geometry(stride, padding, dilation, groups)
        ),
        "g": lambda g_, x, stride, padding, dilation, groups: convolution(
            x, g_, None, **_geometry(stride, padding, dilation, groups)
        ),
    },
    kind="linear",
    shape=lambda x, g, kernel_size, groups, **_: (g[1], x[1] // groups, *kernel_size),
    flops=lambda shapes, out, params: 2 * prod(shapes[1]) * prod(out[1:]),
    samples=[sample(case[0], _output_shape(case), kernel_size=case[1][2:], **case[3]) for case in CASES],
    tolerance={"float32": 1e-5},
)
def convolution_weight_grad(
    backend: Backend,
    x: ArrayT,
    g: ArrayT,
    /,
    *,
    kernel_size: Sizes,
    stride: Sizes,
    padding: Pairs,
    dilation: Sizes,
    groups: int,
) -> ArrayT:
    """Transpose of `convolution` with respect to its filters.

    Examples
    --------
    >>> x, g = tl.ones((1, 1, 4)), tl.ones((1, 1, 2))
    >>> tl.ops.convolution.convolution_weight_grad(
    ...     x, g, kernel_size=(3,), stride=(1,), padding=((0, 0),), dilation=(1,), groups=1
    ... )
    tensor([[[2., 2., 2.]]])
    """
    return backend.convolution_weight_grad(
        x, g, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
