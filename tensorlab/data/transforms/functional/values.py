"""Functions of single values: powers, negatives, and fewer levels."""

from __future__ import annotations

from typing import Any

from ....ops.arithmetic import clip, maximum, minimum, pow
from ....ops.comparison import where
from ....ops.declare import composite
from ....ops.rounding import floor
from ....options import Positive
from ....tensor import ArrayT
from ..arguments import BitsPerImage, NonNegativePerImage, PerImage
from .images import as_floating, check_images, clipped, column, dtype_of, largest_value, on_batch


@composite(image="real")
def adjust_gamma(image: ArrayT, gamma: NonNegativePerImage, gain: Positive = 1.0) -> ArrayT:
    """Raise the values of images to a power: ``gain * image ** gamma``, of values between 0 and 1.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        Images with values between 0 and 1, or integers, which are scaled to that range.
    gamma : float or sequence of float
        The exponent: more than 1 makes shadows darker. Of a batch, one for each image if it is a sequence.
    gain : float
        The factor.

    Returns
    -------
    Tensor
        The shape and type of `image`.

    Raises
    ------
    ValueError
        If `gamma` is negative, or `gain` is not positive.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.adjust_gamma(tl.tensor([[[0.5, 1.0]]]), 2.0)
    tensor([[[0.25, 1.  ]]])
    """
    check_images(image)
    dtype = dtype_of(image)
    white = largest_value(dtype)

    def raised(x: Any, power: Any) -> Any:
        values = as_floating(x)
        values = pow(values if dtype.is_floating else values * (1.0 / white), column(power, values))
        if gain != 1.0:
            values = clip(values * gain, 0.0, 1.0)
        return values if dtype.is_floating else clipped(values * (white + 1.0 - 1e-3), dtype)

    return on_batch(raised, image, gamma=gamma)


@composite(image="real")
def invert(image: ArrayT) -> ArrayT:
    """Return the negative of images: ``1 - image``, or the largest integer minus the image.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        Images with values between 0 and 1, or integers.

    Returns
    -------
    Tensor
        The shape and type of `image`.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.invert(tl.tensor([[[0, 255]]], dtype="uint8"))
    tensor([[[255,   0]]], dtype=uint8)
    """
    check_images(image)
    return on_batch(_negative, image)


def _negative(image: Any) -> Any:
    dtype = dtype_of(image)
    return 1.0 - image if dtype.is_floating else int(largest_value(dtype)) - image


@composite(image="real")
def posterize(image: ArrayT, bits: BitsPerImage) -> ArrayT:
    """Keep the highest bits of each value.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        Images with values between 0 and 1, of which as many levels remain, or integers.
    bits : int or sequence of int
        The number of bits, from 0 to 8. Of a batch, one for each image if it is a sequence.

    Returns
    -------
    Tensor
        The shape and type of `image`.

    Raises
    ------
    ValueError
        If `bits` is out of range.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.posterize(tl.tensor([[[100, 200]]], dtype="uint8"), 1)
    tensor([[[  0, 128]]], dtype=uint8)
    """
    check_images(image)
    dtype = dtype_of(image)
    if dtype.is_floating:
        return on_batch(_with_levels, image, bits=bits)
    width = 8 * dtype.itemsize - dtype.kind.startswith("signed")

    def masked(x: Any, counts: Any) -> Any:
        each = isinstance(counts, tuple | list)
        masks = [((1 << n) - 1) << (width - n) for n in (counts if each else (counts,))]
        return x & (column(masks, x) if each else masks[0])

    return on_batch(masked, image, bits=bits)


def _with_levels(image: Any, bits: Any) -> Any:
    levels = column([2.0**n for n in bits] if isinstance(bits, tuple | list) else 2.0**bits, image)
    return minimum(maximum(floor(image * levels), 0.0), levels - 1.0) / levels


@composite(image="real")
def solarize(image: ArrayT, threshold: PerImage) -> ArrayT:
    """Invert the values that are not below a threshold.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        Images with values between 0 and 1, or integers.
    threshold : float or sequence of float
        The lowest value that is inverted. Of a batch, one for each image if it is a sequence.

    Returns
    -------
    Tensor
        The shape and type of `image`.

    Raises
    ------
    ValueError
        If the threshold is above the largest value: 1, or that of the integers.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.solarize(tl.tensor([[[0.25, 0.75]]]), 0.5)
    tensor([[[0.25, 0.25]]])
    """
    check_images(image)
    dtype = dtype_of(image)
    highest: Any = max(threshold, default=0.0) if isinstance(threshold, tuple) else threshold
    if highest > largest_value(dtype):
        raise ValueError(f"threshold must be at most {largest_value(dtype):g} for images of {dtype}, not {highest}")
    return on_batch(
        lambda x, limit: where(as_floating(x) >= column(limit, as_floating(x)), _negative(x), x),
        image,
        threshold=threshold,
    )
