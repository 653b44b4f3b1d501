"""Changes that depend on which values an image has: stretching and equalisation."""

from __future__ import annotations

from typing import Any

from ....backend import backend_of
from ....ops.comparison import where
from ....ops.cumulative import cumulative_sum
from ....ops.declare import composite
from ....ops.indexing import take
from ....ops.reduction import max as largest
from ....ops.reduction import min as smallest
from ....ops.sets import bincount
from ....ops.shapes import astype, reshape
from ....tensor import ArrayT, Tensor, array_of
from .color import COLOURS
from .conversion import to_dtype
from .images import as_floating, check_images, clipped, dtype_of, largest_value, on_batch


@composite(image="real")
def autocontrast(image: ArrayT) -> ArrayT:
    """Stretch the values of each channel so that the darkest becomes black and the lightest white.

    Parameters
    ----------
    image : Tensor, shape (..., 1 or 3, height, width)
        Images with values between 0 and 1, or integers. A channel of one value stays as it is.

    Returns
    -------
    Tensor
        The shape and type of `image`.

    Raises
    ------
    ShapeError
        If `image` does not have 1 or 3 channels.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.autocontrast(tl.tensor([[[0.25, 0.375, 0.75]]]))
    tensor([[[0.  , 0.25, 1.  ]]])
    """
    check_images(image, COLOURS)
    return image if 0 in image.shape else on_batch(_stretched, image)


def _stretched(image: Any) -> Any:
    dtype, values = dtype_of(image), as_floating(image)
    low, high = (find(values, axis=(-2, -1), keepdims=True) for find in (smallest, largest))
    flat = astype(low == high, values.dtype)
    scale = (high - low) * (1.0 / largest_value(dtype)) + flat
    return clipped((values - low * (1.0 - flat)) / scale, dtype)


@composite(image="real")
def equalize(image: ArrayT) -> ArrayT:
    """Equalise the histogram of each channel, as Pillow does: all of 256 levels become about equally frequent.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        Images with values between 0 and 1, or integers, which are scaled to 256 levels and back.

    Returns
    -------
    Tensor
        The shape and type of `image`.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.equalize((tl.arange(1024) // 8).astype("uint8").reshape(1, 32, 32)).max()
    tensor(255, dtype=uint8)
    """
    check_images(image)
    if 0 in image.shape:
        return image
    return on_batch(_equalized, image.detach() if isinstance(image, Tensor) else image)


def _equalized(image: Any) -> Any:
    levels = astype(to_dtype(image, "uint8", scale=True), "int64")
    xp = backend_of(array_of(levels)).xp
    *outer, height, width = levels.shape
    flat = reshape(array_of(levels), (-1, height * width))
    rows = flat.shape[0]
    place = flat + 256 * xp.reshape(xp.arange(rows, dtype=xp.int64, device=flat.device), (-1, 1))
    counts = reshape(bincount(reshape(place, (-1,)), minlength=256 * rows), (rows, 256))
    below = cumulative_sum(counts, axis=1)
    # Pixels of the lightest level that occurs are not counted: the last step up of the cumulative histogram.
    lightest = largest(where(counts > 0, below - counts, 0), axis=1, keepdims=True)
    step = lightest // 255
    safe = where(step > 0, step, 1)
    table = where(step > 0, (below - counts + step // 2) // safe, xp.arange(256, dtype=xp.int64, device=flat.device))
    table = where(table > 255, 255, table)
    equal = reshape(take(reshape(table, (-1,)), reshape(place, (-1,))), (*outer, height, width))
    return to_dtype(astype(equal, "uint8"), dtype_of(image), scale=True)
