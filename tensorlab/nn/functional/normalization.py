"""Normalisation over layers, groups and neighbouring channels, and of vectors to unit length."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import index
from typing import Any

from ...backend import dtypes
from ...errors import ShapeError
from ...ops.declare import composite
from ...ops.linalg.norms import norm_at_least
from ...ops.normalization import normalize_trailing
from ...ops.pooling import avg_pool
from ...ops.shapes import reshape
from ...options import Size
from ...tensor import ArrayT
from .batchnorm import affine, one_per_channel


def _checked_shape(input: Any, normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    """Return the lengths of the axes to normalise over as a tuple.

    Raises
    ------
    ShapeError
        If they are not the lengths of the input's last axes.
    """
    given = normalized_shape if isinstance(normalized_shape, list | tuple) else (normalized_shape,)
    lengths, shape = tuple(map(index, given)), tuple(input.shape)
    if not lengths:
        raise ShapeError("normalized_shape must name at least one axis")
    if shape[max(len(shape) - len(lengths), 0) :] != lengths:
        message = (
            f"normalized_shape {lengths} must be the lengths of the last axes of the input, which has shape {shape}"
        )
        if len(shape) > 2 and shape[1:2] == lengths:
            message += "; to normalize over the channels on axis 1, move that axis to the end"
        raise ShapeError(message)
    return lengths


@composite(input="real floating", weight="real floating", bias="real floating")
def layer_norm(
    input: ArrayT,
    normalized_shape: int | Sequence[int],
    weight: ArrayT | None = None,
    bias: ArrayT | None = None,
    eps: float = 1e-5,
) -> ArrayT:
    """Shift and scale the last axes to mean zero and variance one, then by `weight` and `bias`.

    (Ba, Kiros and Hinton, "Layer Normalization", 2016.)

    Parameters
    ----------
    input : Tensor, shape (..., *normalized_shape)
        Real floating-point.
    normalized_shape : int or sequence of int
        Lengths of the axes to normalise over together.
    weight, bias : Tensor, shape (*normalized_shape,), optional
        Scale and shift of the result.
    eps : float
        Added to the variance, which is the population's.

    Returns
    -------
    Tensor
        The shape of `input`.

    Raises
    ------
    ShapeError
        If the shapes do not fit.

    Examples
    --------
    >>> tl.nn.functional.layer_norm(tl.tensor([[1.0, 3.0], [10.0, 50.0]]), 2, eps=0.0)
    tensor([[-1.,  1.],
            [-1.,  1.]])
    """
    ndim = len(_checked_shape(input, normalized_shape))
    return normalize_trailing(input, weight, bias, ndim=ndim, eps=eps)


@composite(input="real floating", weight="real floating")
def rms_norm(
    input: ArrayT, normalized_shape: int | Sequence[int], weight: ArrayT | None = None, eps: float | None = None
) -> ArrayT:
    """Divide by the root mean square over the last axes, ``sqrt(mean(input**2) + eps)``, and multiply by `weight`.

    (Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.)

    Parameters
    ----------
    input : Tensor, shape (..., *normalized_shape)
        Real floating-point.
    normalized_shape : int or sequence of int
        Lengths of the axes over which the mean is taken.
    weight : Tensor, shape (*normalized_shape,), optional
        Scale of the result.
    eps : float, optional
        Added to the mean square; by default the input's ``finfo(dtype).eps``, and that of float32 for types below
        single precision, which are computed in float32.

    Returns
    -------
    Tensor
        The shape of `input`.

    Raises
    ------
    ShapeError
        If the shapes do not fit.

    Examples
    --------
    >>> tl.nn.functional.rms_norm(tl.tensor([[1.0, 7.0]]), 2)
    tensor([[0.2, 1.4]])
    """
    ndim = len(_checked_shape(input, normalized_shape))
    if eps is None:
        eps = 2.0**-52 if dtypes.named(input.dtype) == dtypes.float64 else 2.0**-23
    return normalize_trailing(input, weight, None, ndim=ndim, eps=eps, centred=False)


@composite(input="real floating", weight="real floating", bias="real floating")
def group_norm(
    input: ArrayT, num_groups: Size, weight: ArrayT | None = None, bias: ArrayT | None = None, eps: float = 1e-5
) -> ArrayT:
    """Shift and scale each group of channels of each sample to mean zero and variance one, then each channel.

    (Wu and He, "Group Normalization", 2018.)

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial)
        Real floating-point.
    num_groups : int
        Number of groups into which the channels are divided.
    weight, bias : Tensor, shape (channels,), optional
        Scale and shift of each channel of the result.
    eps : float
        Added to the variance, which is the population's.

    Returns
    -------
    Tensor
        The shape of `input`.

    Raises
    ------
    ShapeError
        If there is no channel axis, the channels do not divide into the groups, or weight or bias do not have one
        number per channel.
    ValueError
        If there is only one value per group.

    Examples
    --------
    >>> tl.nn.functional.group_norm(tl.tensor([[1.0, 3.0, 10.0, 50.0]]), 2, eps=0.0)
    tensor([[-1.,  1., -1.,  1.]])
    """
    per_channel = one_per_channel(input, weight=weight, bias=bias)
    batch, channels, *spatial = input.shape
    if channels % num_groups:
        raise ShapeError(
            f"the {channels} channels on axis 1 of the input of shape {tuple(input.shape)} do not divide into "
            f"num_groups={num_groups} groups"
        )
    size = channels // num_groups * prod(spatial)
    if batch * size == 1:
        raise ValueError(f"group_norm needs more than one value per group, not shape {tuple(input.shape)}")
    rows = reshape(input, (batch, num_groups, size))
    normal = reshape(normalize_trailing(rows, ndim=1, eps=eps), tuple(input.shape))
    return affine(normal, weight, bias, per_channel)


@composite(input="real floating")
def local_response_norm(input: ArrayT, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> ArrayT:
    """Divide each element by a power of the mean square of the channels around its own.

    Each is divided by ``(k + alpha * m) ** beta``, where m is the sum of squares over `size` neighbouring channels,
    from ``c - size // 2`` to ``c + (size - 1) // 2``, divided by `size`; missing channels count as zeros.
    (Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012, 3.3.)

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial)
        Real floating-point, with one spatial axis or more.
    size : int
        Number of neighbouring channels.
    alpha, beta, k : float
        Factor, exponent and summand of the formula above.

    Returns
    -------
    Tensor
        The shape of `input`.

    Raises
    ------
    ValueError
        If `size` is not positive.
    ShapeError
        If `input` has fewer than three axes.

    Examples
    --------
    >>> tl.nn.functional.local_response_norm(tl.tensor([[[1.0], [2.0]]]), 2, alpha=2.0, beta=1.0)
    tensor([[[0.5       ],
             [0.33333334]]])
    """
    if size < 1:
        raise ValueError(f"local_response_norm: size must be positive, not {size}")
    if len(input.shape) < 3:
        raise ShapeError(
            "the input must have a batch axis, a channel axis and at least one spatial axis, not shape "
            f"{tuple(input.shape)}"
        )
    return divided_by_neighbours(input, (size // 2, (size - 1) // 2), size, alpha, beta, k)


def divided_by_neighbours(x: Any, around: tuple[int, int], size: int, alpha: float, beta: float, k: float) -> Any:
    """Divide by a power of the sum of squares over channels `around` (before, after) each, divided by `size`."""
    batch, channels, *spatial = x.shape
    if not prod(x.shape):
        return x * 1
    squares = reshape(x * x, (batch, 1, channels, prod(spatial)))
    before, after = (min(reach, channels) for reach in around)  # there is nothing farther away
    window = before + 1 + after
    means = avg_pool(squares, kernel_size=(window, 1), stride=(1, 1), padding=((before, after), (0, 0)))
    return x / (reshape(means, tuple(x.shape)) * (alpha * window / size) + k) ** beta


@composite(input="floating")
def normalize(input: ArrayT, p: float = 2.0, axis: int | tuple[int, ...] = 1, eps: float = 1e-12) -> ArrayT:
    """Divide vectors by their norm, ``input / max(norm, eps)``.

    Parameters
    ----------
    input : Tensor
        Any shape; floating-point.
    p : float
        The order of the norm; see `tensorlab.linalg.vector_norm`.
    axis : int or tuple of int
        The axes over which the norm is taken.
    eps : float
        Least divisor; the gradient through the norm of shorter vectors is zero.

    Returns
    -------
    Tensor
        The shape of `input`.

    Raises
    ------
    ShapeError
        If an axis does not exist or is repeated.

    Examples
    --------
    >>> tl.nn.functional.normalize(tl.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[0.6, 0.8],
            [0. , 0. ]])
    """
    return input / norm_at_least(input, eps, p, axis)
