"""Pooling by norms, and by maxima over neighbouring channels."""

from __future__ import annotations

from math import inf, prod
from typing import Any

from ...docstrings import documented_like
from ...errors import ShapeError
from ...ops.arithmetic import abs as absolute
from ...ops.arithmetic import multiply, negative, pow, root
from ...ops.declare import composite
from ...ops.reduction import max as maximum
from ...ops.shapes import normalized_axis, reshape
from ...tensor import ArrayT
from .pooling import avg_pool1d, avg_pool2d, avg_pool3d, max_pool1d, max_pool2d, max_pool3d
from .window_geometry import IntOrInts, positive_per_axis


@documented_like(avg_pool1d)
@composite(input="real floating")
def lp_pool1d(
    input: ArrayT, norm_type: float, kernel_size: IntOrInts, stride: IntOrInts | None = None, ceil_mode: bool = False
) -> ArrayT:
    """The root of the sum of powers over each window of signals: ``sum(x**p) ** (1 / p)``.

    The powers are of the elements, not of their absolute values: for odd `p` the root of a negative sum is NaN. Where
    the sum is zero, so is the gradient. A window that extends past the end is scaled as if it were full of elements of
    its mean power, as in PyTorch.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial) or (channels, *spatial)
        Real, floating-point.
    norm_type : float
        The power p, not zero. Infinity gives the greatest absolute value, minus infinity the least.
    ceil_mode : bool
        Whether a last window may extend past the end.

    Examples
    --------
    >>> tl.nn.functional.lp_pool1d(tl.tensor([[[3.0, 4.0, 0.0, 2.0]]]), 2, 2)
    tensor([[[5., 2.]]])
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


@documented_like(lp_pool1d)
@composite(input="real floating")
def lp_pool2d(
    input: ArrayT, norm_type: float, kernel_size: IntOrInts, stride: IntOrInts | None = None, ceil_mode: bool = False
) -> ArrayT:
    """The root of the sum of powers over each window of images: ``sum(x**p) ** (1 / p)``.

    Examples
    --------
    >>> tl.nn.functional.lp_pool2d(tl.ones(1, 1, 4, 4), 2, 2)
    tensor([[[[2., 2.],
              [2., 2.]]]])
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


@documented_like(lp_pool1d)
@composite(input="real floating")
def lp_pool3d(
    input: ArrayT, norm_type: float, kernel_size: IntOrInts, stride: IntOrInts | None = None, ceil_mode: bool = False
) -> ArrayT:
    """The root of the sum of powers over each window of volumes: ``sum(x**p) ** (1 / p)``.

    Examples
    --------
    >>> tl.nn.functional.lp_pool3d(tl.ones(1, 1, 4, 4, 4), 3, 2).shape
    (1, 1, 2, 2, 2)
    """
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


MEANS = {1: avg_pool1d, 2: avg_pool2d, 3: avg_pool3d}
MAXIMA = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}


def _lp_pool(ndim: int, x: Any, norm_type: float, kernel: Any, stride: Any, ceil_mode: bool) -> Any:
    p = float(norm_type)
    if p == 0:
        raise ValueError("norm_type must not be zero")
    if p == inf:
        return MAXIMA[ndim](absolute(x), kernel, stride, ceil_mode=ceil_mode)
    if p == -inf:
        return negative(MAXIMA[ndim](negative(absolute(x)), kernel, stride, ceil_mode=ceil_mode))
    means = MEANS[ndim](pow(x, p), kernel, stride, ceil_mode=ceil_mode)
    return root(multiply(means, float(prod(positive_per_axis(kernel, ndim, "kernel_size")))), p=p)


@composite(input="real")
def channel_max_pool(input: ArrayT, kernel_size: int, axis: int = 1) -> ArrayT:
    """The greatest element of each group of neighbouring channels; PyTorch has no such function.

    It follows the linear map in Goodfellow et al., "Maxout networks", 2013. Channels that tie share the gradient
    equally.

    Parameters
    ----------
    input : Tensor
        Real, any shape.
    kernel_size : int
        Number of channels in a group.
    axis : int
        The axis of the channels: 0 for images without a batch axis, -1 for features on the last axis.

    Returns
    -------
    Tensor
        `axis` shorter by the factor `kernel_size`.

    Raises
    ------
    ShapeError
        If the channels do not divide into such groups, or the axis does not exist.
    ValueError
        If `kernel_size` is not positive.

    Examples
    --------
    >>> tl.nn.functional.channel_max_pool(tl.tensor([[1.0, 4.0, 3.0, 2.0]]), 2)
    tensor([[4., 3.]])
    """
    if not isinstance(kernel_size, int) or kernel_size < 1:
        raise ValueError(f"kernel_size must be a positive integer, not {kernel_size!r}")
    shape: tuple[int, ...] = tuple(input.shape)
    axis = normalized_axis(axis, len(shape))
    if shape[axis] % kernel_size:
        raise ShapeError(
            f"{shape[axis]} channels on axis {axis} of shape {shape} do not divide into groups of {kernel_size}"
        )
    groups = (*shape[:axis], shape[axis] // kernel_size, kernel_size, *shape[axis + 1 :])
    return maximum(reshape(input, groups), axis=axis + 1)
