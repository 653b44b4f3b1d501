"""Colours: brightness, contrast, saturation and hue."""

from __future__ import annotations

from typing import Any

from ....backend import backend_of
from ....ops.arithmetic import abs as absolute
from ....ops.arithmetic import clip, maximum, minimum
from ....ops.contraction import matmul
from ....ops.declare import composite
from ....ops.indexing import getitem
from ....ops.joining import concat
from ....ops.reduction import mean
from ....ops.rounding import floor
from ....ops.rounding import round as rounded
from ....ops.shapes import astype, broadcast_to, reshape
from ....tensor import ArrayT, array_of
from ..arguments import HuePerImage, NonNegativePerImage
from .images import as_floating, check_images, clipped, column, dtype_of, largest_value, on_batch

RED, GREEN, BLUE = 0.2989, 0.587, 0.114
"""The weights of ITU-R 601-2 luma."""

COLOURS = (1, 3)
"""The numbers of channels that functions of colours take."""


def _channel(image: Any, index: int) -> Any:
    """Return one channel, with its axis."""
    return getitem(image, (..., slice(index, index + 1), slice(None), slice(None)))


def _luma(image: Any) -> Any:
    """Return the grey values of images, as floating-point numbers; of integers without fractions."""
    values = as_floating(image)
    if image.shape[-3] == 1:
        return values
    array: Any = array_of(values)
    weights = backend_of(array).asarray([[RED, GREEN, BLUE]], dtype=array.dtype, device=array.device)
    *outer, height, width = image.shape
    grey = matmul(weights, reshape(values, (*outer, height * width)))  # in half the time of sums of three channels
    grey = reshape(grey, (*outer[:-1], 1, height, width))
    return grey if dtype_of(image).is_floating else floor(grey)


def _blended(image: Any, other: Any, ratio: Any) -> Any:
    """Return ``ratio * image + (1 - ratio) * other``, between black and white."""
    values = as_floating(image)
    ratio = column(ratio, values)
    total = values * ratio
    total += other * (1.0 - ratio)  # in place, as it is in the cache
    return clipped(total, dtype_of(image))


@composite(image="real")
def rgb_to_grayscale(image: ArrayT, num_output_channels: int = 1) -> ArrayT:
    """Return the grey values of colour images, ``0.2989 R + 0.587 G + 0.114 B``.

    Parameters
    ----------
    image : Tensor, shape (..., 3, height, width) or (..., 1, height, width)
        The images; those with one channel are grey already.
    num_output_channels : {1, 3}
        The number of channels of the result, all equal.

    Returns
    -------
    Tensor
        Shape ``(..., num_output_channels, height, width)``, in the type of `image`; fractions of integers are cut off.

    Raises
    ------
    ShapeError
        If `image` has another number of channels.
    ValueError
        If `num_output_channels` is neither 1 nor 3.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.rgb_to_grayscale(tl.tensor([[[1.0]], [[0.0]], [[0.0]]]))
    tensor([[[0.2989]]])
    """
    check_images(image, COLOURS)
    if num_output_channels not in COLOURS:
        raise ValueError(f"num_output_channels must be 1 or 3, not {num_output_channels}")
    dtype = dtype_of(image)
    grey = image if image.shape[-3] == 1 else on_batch(lambda x: astype(_luma(x), dtype, copy=False), image)
    if num_output_channels == 1:
        return grey
    return broadcast_to(grey, (*image.shape[:-3], 3, *image.shape[-2:]))


@composite(image="real")
def adjust_brightness(image: ArrayT, brightness_factor: NonNegativePerImage) -> ArrayT:
    """Multiply images by a factor.

    Parameters
    ----------
    image : Tensor, shape (..., 1 or 3, height, width)
        Images with values between 0 and 1, or integers.
    brightness_factor : float or sequence of float
        0 gives black, 1 the image itself, 2 twice its brightness. Of a batch, one for each image if it is a sequence.

    Returns
    -------
    Tensor
        The shape and type of `image`.

    Raises
    ------
    ShapeError
        If `image` does not have 1 or 3 channels, or the number of factors is not that of the images.
    ValueError
        If the factor is negative.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.adjust_brightness(tl.tensor([[[0.25, 0.75]]]), 2.0)
    tensor([[[0.5, 1. ]]])
    """
    check_images(image, COLOURS)

    def brightened(x: Any, factor: Any) -> Any:
        values = as_floating(x)
        return clipped(values * column(factor, values), dtype_of(x))

    return on_batch(brightened, image, brightness_factor=brightness_factor)


@composite(image="real")
def adjust_contrast(image: ArrayT, contrast_factor: NonNegativePerImage) -> ArrayT:
    """Blend images with the mean of their grey values.

    Parameters
    ----------
    image : Tensor, shape (..., 1 or 3, height, width)
        Images with values between 0 and 1, or integers.
    contrast_factor : float or sequence of float
        0 gives a grey image, 1 the image itself, 2 twice its contrast. Of a batch, one for each image if it is a
        sequence.

    Returns
    -------
    Tensor
        The shape and type of `image`.

    Raises
    ------
    ShapeError
        If `image` does not have 1 or 3 channels, or the number of factors is not that of the images.
    ValueError
        If the factor is negative.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.adjust_contrast(tl.tensor([[[0.25, 0.75]]]), 0.5)
    tensor([[[0.375, 0.625]]])
    """
    check_images(image, COLOURS)
    if 0 in image.shape:
        return image
    return on_batch(
        lambda x, factor: _blended(x, mean(_luma(x), axis=(-3, -2, -1), keepdims=True), factor),
        image,
        contrast_factor=contrast_factor,
    )


@composite(image="real")
def adjust_saturation(image: ArrayT, saturation_factor: NonNegativePerImage) -> ArrayT:
    """Blend images with their grey values.

    Parameters
    ----------
    image : Tensor, shape (..., 1 or 3, height, width)
        Images with values between 0 and 1, or integers. Those with one channel are returned unchanged.
    saturation_factor : float or sequence of float
        0 gives grey values, 1 the image itself, 2 twice its saturation. Of a batch, one for each image if it is a
        sequence.

    Returns
    -------
    Tensor
        The shape and type of `image`.

    Raises
    ------
    ShapeError
        If `image` does not have 1 or 3 channels, or the number of factors is not that of the images.
    ValueError
        If the factor is negative.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.adjust_saturation(tl.tensor([[[1.0]], [[0.0]], [[0.0]]]), 0.0).ravel()
    tensor([0.2989, 0.2989, 0.2989])
    """
    check_images(image, COLOURS)
    if image.shape[-3] == 1:
        return image
    return on_batch(lambda x, factor: _blended(x, _luma(x), factor), image, saturation_factor=saturation_factor)


@composite(image="real")
def adjust_hue(image: ArrayT, hue_factor: HuePerImage) -> ArrayT:
    """Shift the hue of images around the colour circle.

    Value and saturation of HSV (Smith, Color gamut transform pairs, 1978) stay the same.

    Parameters
    ----------
    image : Tensor, shape (..., 1 or 3, height, width)
        Images with values between 0 and 1, or integers. Those with one channel are returned unchanged.
    hue_factor : float or sequence of float
        The shift in turns, in [-0.5, 0.5]. Of a batch, one for each image if it is a sequence.

    Returns
    -------
    Tensor
        The shape and type of `image`.

    Raises
    ------
    ShapeError
        If `image` does not have 1 or 3 channels, or the number of shifts is not that of the images.
    ValueError
        If the shift is not in [-0.5, 0.5].

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.adjust_hue(tl.tensor([[[1.0]], [[0.0]], [[0.0]]]), 0.5).ravel()
    tensor([0., 1., 1.])
    """
    check_images(image, COLOURS)
    return image if image.shape[-3] == 1 else on_batch(_with_hue, image, hue_factor=hue_factor)


def _with_hue(image: Any, shift: Any) -> Any:
    """Shift the hue without the way through HSV: a channel is ``value - chroma * distance``, piecewise linear in it.

    With the hue h in sixths of a turn, the distance of red, green and blue is ``clip(2 - |h - 3|, 0, 1)``, and that of
    ``h - 2`` and ``h - 4``, where h is taken modulo 6 (Wikipedia, HSL and HSV, alternative conversion).
    """
    dtype = dtype_of(image)
    values = as_floating(image)
    red, green, blue = (_channel(values, index) for index in range(3))
    value = maximum(maximum(red, green), blue)
    chroma = value - minimum(minimum(red, green), blue)
    is_red = astype(red == value, values.dtype)
    is_green = astype(green == value, values.dtype) * (1.0 - is_red)
    is_blue = 1.0 - is_red - is_green
    sector = is_red * (green - blue) + is_green * (blue - red) + is_blue * (red - green)
    hue = sector / (chroma + astype(chroma == 0, values.dtype)) + 2.0 * is_green + 4.0 * is_blue
    hue = hue + 6.0 * column(shift, values)
    channels = []
    for centre in (3.0, 5.0, 1.0):
        away = hue - centre
        away = absolute(away - 6.0 * rounded(away / 6.0))
        channels.append(value - chroma * clip(2.0 - away, 0.0, 1.0))
    shifted = concat(channels, axis=-3)
    if dtype.is_floating:
        return shifted
    white = largest_value(dtype)
    return clipped(shifted * ((white + 1.0 - 1e-3) / white), dtype)  # as to_dtype scales
