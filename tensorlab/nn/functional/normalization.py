"""Normalisation: of batches, layers, groups, instances and neighbouring channels, and of vectors to length one."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from operator import index
from typing import Any

from ...autodiff import ShapeError
from ...backend import dtypes
from ...ops.arithmetic import clip
from ...ops.declare import composite
from ...ops.linalg.norms import vector_norm
from ...ops.normalization import normalize_trailing, standardize
from ...ops.pooling import avg_pool
from ...ops.reduction import mean
from ...ops.shapes import reshape
from ...tensor import Tensor


@composite(input="real floating", running_mean="real floating", running_var="real floating", weight="real floating")

def batch_norm(
    input: Any,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Shift and scale each channel to mean zero and variance one, then by `weight` and `bias`.

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial)
        Floating-point.
    running_mean, running_var : Tensor, shape (channels,), or None
        With `training` they move towards the batch's mean and (unbiased) variance; else they are what is used.
    weight, bias : Tensor, shape (channels,), optional
        Scale and shift of the result.
    training : bool
        Whether to use the batch's statistics.
    momentum : float
        How far the running statistics move, in [0, 1].
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor
        The shape of `input`.

    Raises
    ------
    ValueError
        If in training there is only one value per channel or `eps` is not positive, or out of it `eps` is negative or
        there are no running statistics.
    ShapeError
        If there is no channel axis, or statistics, weight or bias have not one number per channel.

    Examples
    --------
    >>> x = tl.tensor([[1.0], [3.0]])
    >>> tl.nn.functional.batch_norm(x, None, None, training=True)
    tensor([[-0.999995],
            [ 0.999995]])
    """
    per_channel = _one_per_channel(
        input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    if eps < 0 or (training and eps == 0):
        raise ValueError(f"batch_norm: eps must be positive in training and never negative, not {eps}")
    if training:
        return _affine(_by_batch(input, running_mean, running_var, momentum, eps), weight, bias, per_channel)
    if running_mean is None or running_var is None:
        raise ValueError("batch_norm needs running_mean and running_var unless training=True")
    return _by_running(input, running_mean, running_var, weight, bias, eps, per_channel)


def _one_per_channel(x: Any, **given: Any) -> tuple[int, ...]:
    """Return the shape in which one number per channel broadcasts with `x`.

    Raises
    ------
    ShapeError
        If `x` has no channel axis, or something given another shape than one number per channel.
    """
    shape = tuple(x.shape)
    if len(shape) < 2:
        raise ShapeError(f"the input must have a batch axis and a channel axis, not shape {shape}")
    for name, value in given.items():
        if value is not None and tuple(value.shape) != shape[1:2]:
            message = (
                f"{name} must have one number for each of the {shape[1]} channels on axis 1 of the input of shape "
                f"{shape}, not shape {tuple(value.shape)}"
            )
            if tuple(value.shape) == shape[-1:]:
                order = (0, len(shape) - 1, *range(1, len(shape) - 1))
                message += f"; the input looks channels-last, which x.permute{order} puts right"
            raise ShapeError(message)
    return (-1,) + (1,) * (len(shape) - 2)


def _affine(x: Any, weight: Any, bias: Any, per_channel: tuple[int, ...]) -> Any:
    """Scale and shift each channel."""
    if weight is not None:
        x = x * reshape(weight, per_channel)
    return x if bias is None else x + reshape(bias, per_channel)


def _by_running(
    x: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any, eps: float, per_channel: tuple[int, ...]
) -> Any:
    """Normalise by running statistics: one scaling and one shift of each channel."""
    scale = (running_var + eps) ** -0.5
    if weight is not None:
        scale = scale * weight
    shift = -running_mean * scale
    return _affine(x, scale, shift if bias is None else shift + bias, per_channel)


def _by_batch(x: Any, running_mean: Tensor | None, running_var: Tensor | None, momentum: float, eps: float) -> Any:
    """Return `x` standardised by its own statistics; let the running ones follow."""
    count = prod(x.shape) // x.shape[1] if x.shape[1] else 0
    if count == 1:
        raise ValueError(
            f"batch_norm in training needs more than one value per channel, which shape {tuple(x.shape)} has not"
        )
    normal, average, variance = standardize(x, (0, *range(2, len(x.shape))), eps)
    _follow(running_mean, average, momentum)
    _follow(running_var, variance * (count / max(count - 1, 1)), momentum)
    return normal


def _follow(running: Tensor | None, value: Tensor, momentum: float) -> None:
    """Move a running statistic towards a value: new elements, as earlier results may still need the old ones."""
    if running is not None:
        running.data = running.detach() * (1 - momentum) + reshape(value.detach(), running.shape) * momentum


@composite(input="real floating", running_mean="real floating", running_var="real floating", weight="real floating")
def instance_norm(
    input: Any,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Shift and scale each channel of each sample to mean zero and variance one, then by `weight` and `bias`.

    (Ulyanov, Vedaldi and Lempitsky, "Instance Normalization: The Missing Ingredient for Fast Stylization", 2016.)

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial)
        Real floating-point.
    running_mean, running_var : Tensor, shape (channels,), or None
        With `use_input_stats` they move towards the mean over the batch of the samples' means and (unbiased)
        variances; else they are what is used.
    weight, bias : Tensor, shape (channels,), optional
        Scale and shift of the result.
    use_input_stats : bool
        Whether to use each sample's own statistics.
    momentum : float
        How far the running statistics move, in [0, 1].
    eps : float
        Added to the variance.

    Returns
    -------
    Tensor
        The shape of `input`.

    Raises
    ------
    ValueError
        If with `use_input_stats` there is only one value per channel and sample, or without there are no running
        statistics.
    ShapeError
        If there is no channel axis, or statistics, weight or bias have not one number per channel.

    Examples
    --------
    >>> tl.nn.functional.instance_norm(tl.tensor([[[1.0, 3.0], [10.0, 50.0]]]), eps=0.0)
    tensor([[[-1.,  1.],
             [-1.,  1.]]])
    """
    per_channel = _one_per_channel(
        input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ValueError("instance_norm needs running_mean and running_var unless use_input_stats=True")
        return _by_running(input, running_mean, running_var, weight, bias, eps, per_channel)
    spatial = tuple(input.shape[2:])
    count = prod(spatial)
    if count == 1:
        raise ValueError(
            "instance_norm needs more than one value per channel and sample, which shape "
            f"{tuple(input.shape)} has not"
        )
    if running_mean is None and running_var is None:
        normal = normalize_trailing(input, ndim=len(spatial), eps=eps)
    else:
        normal, average, variance = standardize(input, tuple(range(2, len(input.shape))), eps)
        _follow(running_mean, mean(average, axis=0), momentum)
        _follow(running_var, mean(variance, axis=0) * (count / max(count - 1, 1)), momentum)
    return _affine(normal, weight, bias, per_channel)


def _checked_shape(input: Any, normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    """Return the lengths of the axes to normalise over as a tuple.

    Raises
    ------
    ShapeError
        If they are not those of the input's last axes.
    """
    given = normalized_shape if isinstance(normalized_shape, list | tuple) else (normalized_shape,)
    lengths, shape = tuple(map(index, given)), tuple(input.shape)
    if not lengths:
        raise ShapeError("normalized_shape must name at least one axis")
    if shape[max(len(shape) - len(lengths), 0) :] != lengths:
        message = f"the last axes of the input must have the lengths {lengths}, as normalized_shape says, not those of {shape}"
        if len(shape) > 2 and shape[1:2] == lengths:
            message += "; to normalize over the channels on axis 1, move that axis to the end"
        raise ShapeError(message)
    return lengths


@composite(input="real floating", weight="real floating", bias="real floating")
def layer_norm(
    input: Any, normalized_shape: int | Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
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
    input: Any, normalized_shape: int | Sequence[int], weight: Any = None, eps: float | None = None
) -> Tensor:
    """Divide by the root of the mean square over the last axes, ``sqrt(mean(input**2) + eps)``; multiply by `weight`.

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
        Added to the mean square; the input's ``finfo(dtype).eps`` by default, for types below single precision that
        of float32, in which they are computed.

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
def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Tensor:
    """Shift and scale each group of channels of each sample to mean zero and variance one, then each channel.

    (Wu and He, "Group Normalization", 2018.)

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial)
        Real floating-point.
    num_groups : int
        Into how many groups the channels are divided.
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
        If there is no channel axis, the channels do not divide into the groups, or weight or bias have not one number
        per channel.
    ValueError
        If there is one value in all per group.

    Examples
    --------
    >>> tl.nn.functional.group_norm(tl.tensor([[1.0, 3.0, 10.0, 50.0]]), 2, eps=0.0)
    tensor([[-1.,  1., -1.,  1.]])
    """
    per_channel = _one_per_channel(input, weight=weight, bias=bias)
    batch, channels, *spatial = input.shape
    if num_groups < 1 or channels % num_groups:
        raise ShapeError(
            f"the {channels} channels on axis 1 of the input of shape {tuple(input.shape)} do not divide into "
            f"{num_groups} groups"
        )
    size = channels // num_groups * prod(spatial)
    if batch * size == 1:
        raise ValueError(f"group_norm needs more than one value per group, which shape {tuple(input.shape)} has not")
    rows = reshape(input, (batch, num_groups, size))
    normal = reshape(normalize_trailing(rows, ndim=1, eps=eps), tuple(input.shape))
    return _affine(normal, weight, bias, per_channel)


@composite(input="real floating")
def local_response_norm(
    input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divide each element by a power of the mean square of the channels around its own.

    Each is divided by ``(k + alpha * m) ** beta``, where m is the sum of squares over `size` neighbouring channels,
    from ``c - size // 2`` to ``c + (size - 1) // 2``, divided by `size`; channels that do not exist count as zeros.
    (Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012, 3.3.)

    Parameters
    ----------
    input : Tensor, shape (batch, channels, *spatial)
        Real floating-point, with one spatial axis or more.
    size : int
        Over how many channels.
    alpha, beta, k : float
        The factor, the exponent and the summand.

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
    return _divided_by_neighbours(input, (size // 2, (size - 1) // 2), size, alpha, beta, k)


def _divided_by_neighbours(
    x: Any, around: tuple[int, int], size: int, alpha: float, beta: float, k: float
) -> Any:
    """Divide by a power of the sum of squares over so many channels before and behind each; see above."""
    batch, channels, *spatial = x.shape
    if not prod(x.shape):
        return x * 1
    squares = reshape(x * x, (batch, 1, channels, prod(spatial)))
    before, behind = around
    window = before + 1 + behind
    means = avg_pool(squares, kernel_size=(window, 1), stride=(1, 1), padding=(around, (0, 0)))
    return x / (reshape(means, tuple(x.shape)) * (alpha * window / size) + k) ** beta


@composite(input="floating")
def normalize(input: Any, p: float = 2.0, axis: int | tuple[int, ...] = 1, eps: float = 1e-12) -> Tensor:
    """Divide vectors by their norm, ``input / max(norm, eps)``.

    Parameters
    ----------
    input : Tensor
        Any shape; floating-point.
    p : float
        The order of the norm; see `tensorlab.linalg.vector_norm`.
    axis : int or tuple of int
        Which axes make the vectors.
    eps : float
        What shorter vectors are divided by. The gradient through the norm is zero for them.

    Returns
    -------
    Tensor
        The shape of `input`.

    Raises
    ------
    ShapeError
        If an axis does not exist or is named twice.

    Examples
    --------
    >>> tl.nn.functional.normalize(tl.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[0.6, 0.8],
            [0. , 0. ]])
    """
    return input / clip(vector_norm(input, axis=axis, keepdims=True, ord=p), eps)
