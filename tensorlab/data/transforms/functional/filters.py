"""Filters: blurring and sharpening."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Any

from ....ops.declare import composite
from ....ops.indexing import getitem
from ....ops.joining import concat
from ....ops.padding import pad as pad_ends
from ....ops.rounding import round as rounded
from ....options import Sizes
from ....tensor import ArrayT
from ..arguments import NonNegativePerImage, SigmaPerImage
from .color import COLOURS
from .images import as_floating, check_images, clipped, column, dtype_of, on_batch, restored


def _shifted(x: Any, axis: int, start: int, length: int) -> Any:
    """Return `length` elements along the last or the last but one axis."""
    window = slice(start, start + length)
    return getitem(x, (..., window) if axis == -1 else (..., window, slice(None)))


def _filtered(x: Any, axis: int, weights: Sequence[Any]) -> Any:
    """Return the weighted sums of neighbours along an axis, where all of them exist."""
    length = x.shape[axis] - len(weights) + 1
    total = _shifted(x, axis, 0, length) * weights[0]
    for start, weight in enumerate(weights[1:], 1):
        total = total + _shifted(x, axis, start, length) * weight
    return total


@composite(image="real")
def gaussian_blur(image: ArrayT, kernel_size: Sizes, sigma: SigmaPerImage = None) -> ArrayT:
    """Blur images with a Gaussian.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images; they are continued by reflection.
    kernel_size : int or tuple of two int
        The numbers of weights along the width and the height, odd.
    sigma : float or pair of float, optional
        The standard deviations along the width and the height, in pixels; ``0.15 * kernel_size + 0.35`` by default. Of
        a batch, one pair for each image if it is a sequence of pairs.

    Returns
    -------
    Tensor
        The shape and type of `image`; integers are rounded to the nearest.

    Raises
    ------
    ValueError
        If a kernel size is not odd, or a deviation not positive.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.gaussian_blur(tl.tensor([[[0.0, 0.0, 1.0, 0.0, 0.0]] * 3]), 3, 1.0)[0, 1]
    tensor([0.        , 0.27406862, 0.45186275, 0.27406862, 0.        ])
    """
    check_images(image)
    sizes = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    if len(sizes) != 2 or not all(n % 2 for n in sizes):
        raise ValueError(f"kernel_size must be one odd number or two, (along the width, along the height), not {sizes}")
    if sigma is None:
        sigma = tuple(0.15 * n + 0.35 for n in sizes)
    deviations: Any = sigma if isinstance(sigma, tuple) else (sigma, sigma)
    each = bool(deviations) and isinstance(deviations[0], tuple)
    if 0 in image.shape:
        return image

    def blurred(x: Any, rows: Any) -> Any:
        values = as_floating(x)
        pairs = rows if each else [deviations]
        for axis, size, place in ((-1, sizes[0], 0), (-2, sizes[1], 1)):
            weights = list(zip(*(_gaussian(size, pair[place]) for pair in pairs), strict=True))
            values = pad_ends(values, {axis: size // 2}, "reflect")
            values = _filtered(values, axis, [column(list(w), values) if each else w[0] for w in weights])
        return restored(values, dtype_of(x))

    return on_batch(blurred, image, sigma=deviations if each else None)


def _gaussian(size: int, sigma: float) -> list[float]:
    """Return weights of a Gaussian that sum to one."""
    weights = [exp(-((place - (size - 1) / 2) ** 2) / (2 * sigma**2)) for place in range(size)]
    total = sum(weights)
    return [weight / total for weight in weights]


@composite(image="real")
def adjust_sharpness(image: ArrayT, sharpness_factor: NonNegativePerImage) -> ArrayT:
    """Blend images with a smoothed copy, whose border is that of the image.

    Parameters
    ----------
    image : Tensor, shape (..., 1 or 3, height, width)
        Images with values between 0 and 1, or integers.
    sharpness_factor : float or sequence of float
        0 gives the smoothed image, 1 the image itself, 2 twice its sharpness. Of a batch, one for each image if it is
        a sequence.

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
    >>> F.adjust_sharpness(tl.tensor([[[0, 0, 0], [0, 130, 0], [0, 0, 0]]], dtype="uint8"), 0.0)[0, 1]
    tensor([ 0, 50,  0], dtype=uint8)
    """
    check_images(image, COLOURS)
    if 0 in image.shape or min(image.shape[-2:]) <= 2:
        return image

    def sharpened(x: Any, factor: Any) -> Any:
        dtype, values = dtype_of(x), as_floating(x)
        inner = getitem(values, (..., slice(1, -1), slice(1, -1)))
        smooth = (_filtered(_filtered(values, -1, (1.0, 1.0, 1.0)), -2, (1.0, 1.0, 1.0)) + 4.0 * inner) * (1.0 / 13.0)
        smooth = smooth if dtype.is_floating else rounded(smooth)
        inner = inner + (smooth - inner) * (1.0 - column(factor, values))
        return clipped(_framed(inner, values), dtype)

    return on_batch(sharpened, image, sharpness_factor=sharpness_factor)


def _framed(inner: Any, image: Any) -> Any:
    """Return the inner part with the border pixels of an image around it."""
    rows, every = slice(1, -1), slice(None)
    left, right = (getitem(image, (..., rows, slice(place, stop))) for place, stop in ((0, 1), (-1, None)))
    above, below = (getitem(image, (..., slice(place, stop), every)) for place, stop in ((0, 1), (-1, None)))
    return concat([above, concat([left, inner, right], axis=-1), below], axis=-2)
