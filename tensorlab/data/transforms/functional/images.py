"""What functions of images share: their layout, their range of values, and how batches are computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....backend import backend_of
from ....backend.dtypes import DType
from ....errors import ShapeError
from ....ops.arithmetic import clip
from ....ops.rounding import round as rounded
from ....ops.shapes import astype
from ....tensor import Tensor, array_of

LIKELY_CHANNELS = (1, 3, 4)
"""Numbers of channels by which an image is told whose channels come last."""


def check_images(image: Any, channels: tuple[int, ...] | None = None, least: int = 3) -> None:
    """Refuse arrays that are not images of shape ``(..., channels, height, width)``.

    Raises
    ------
    ShapeError
        If there are fewer than `least` axes or another number of channels, or the channels seem to come last.
    """
    shape = tuple(image.shape)
    if len(shape) < least:
        raise ShapeError(f"image must have shape (..., channels, height, width), not {shape}")
    if len(shape) > 2 and shape[-1] in LIKELY_CHANNELS and min(shape[-3:-1]) > max(LIKELY_CHANNELS):
        raise ShapeError(
            f"image must have shape (..., channels, height, width), and {shape} looks like (..., height, width, "
            "channels); ToImage() or permuting the axes puts the channels first"
        )
    if channels is not None and shape[-3] not in channels:
        raise ShapeError(f"image must have {' or '.join(map(str, channels))} channels, not shape {shape}")


def dtype_of(image: Any) -> DType:
    """Return the data type of a tensor or an array."""
    array: Any = array_of(image)
    return backend_of(array).dtype_of(array)


def largest_value(dtype: DType) -> float:
    """Return the value of white: 1 for floating-point images, the largest integer for others."""
    if dtype.is_floating:
        return 1.0
    if dtype.kind == "bool":
        raise TypeError("image must hold numbers, not bool; astype makes a mask an image")
    return float(2 ** (8 * dtype.itemsize - dtype.kind.startswith("signed")) - 1)


def as_floating(image: Any) -> Any:
    """Return an image for arithmetic: integers as float32, floating-point numbers unchanged."""
    return image if dtype_of(image).is_floating else astype(image, "float32")


def restored(values: Any, dtype: DType) -> Any:
    """Return values in a data type, to whose range they are clipped; integers are rounded to the nearest."""
    if dtype.is_floating:
        return values
    if dtype.kind != "bool":
        white = largest_value(dtype)
        values = clip(values, 0.0 if dtype.kind.startswith("unsigned") else -white, white)
    return astype(rounded(values), dtype)


def clipped(values: Any, dtype: DType) -> Any:
    """Return values between black and white, in a data type; fractions are cut off."""
    values = clip(values, 0.0, largest_value(dtype))
    return values if dtype.is_floating else astype(values, dtype)


def check_entries(image: Any, **values: Any) -> None:
    """Refuse tuples and lists of values, by name, that do not have one entry for each image of a batch.

    Raises
    ------
    ShapeError
        If the number of entries is not that of the images, or there is no batch.
    """
    for name, entries in values.items():
        if isinstance(entries, tuple | list) and (len(image.shape) < 4 or len(entries) != image.shape[0]):
            raise ShapeError(
                f"{name} has {len(entries)} entries, one for each image of a batch, but the shape is "
                f"{tuple(image.shape)}"
            )


def on_batch(function: Callable[..., Any], image: Any, **values: Any) -> Any:
    """Return ``function(image, *values)``, computed for some samples of a batch at a time where that is faster.

    Each of `values` belongs to all images, or is a tuple or list with one entry for each sample of the batch, whose
    axis is the first one; the function is called with the entries of its samples.

    Raises
    ------
    ShapeError
        If the number of entries is not that of the samples.
    """
    check_entries(image, **values)
    several = [isinstance(value, tuple | list) for value in values.values()]
    lists = [value for value, split in zip(values.values(), several, strict=True) if split]

    def call(batch: Any, *rows: Any) -> Any:
        own = iter(rows)
        entries = [next(own) if split else value for value, split in zip(values.values(), several, strict=True)]
        return function(batch, *entries)

    if getattr(image, "requires_grad", False):
        return call(image, *lists)
    array: Any = array_of(image)
    result = call(array, *lists) if array.ndim < 4 else backend_of(array).map_batch(call, array, *lists)
    return Tensor(result) if isinstance(image, Tensor) else result


def column(value: Any, image: Any) -> Any:
    """Return a number as it is, and numbers of the samples of a batch as an array that broadcasts with the images."""
    if not isinstance(value, tuple | list):
        return value
    array: Any = array_of(image)
    backend = backend_of(array)
    numbers = backend.asarray(value, dtype=array.dtype, device=array.device)
    return backend.xp.reshape(numbers, (-1,) + (1,) * (array.ndim - 1))


def per_channel(name: str, value: Any, image: Any, dtype: Any = None) -> Any:
    """Return a number as it is, and numbers of the channels as an array of shape (channels, 1, 1).

    Raises
    ------
    ShapeError
        If the number of entries is neither 1 nor that of the channels.
    """
    if not isinstance(value, tuple | list):
        return value
    if len(value) not in (1, image.shape[-3]):
        raise ShapeError(
            f"{name} has {len(value)} entries, one for each channel, which does not fit the shape {tuple(image.shape)}"
        )
    array: Any = array_of(image)
    backend = backend_of(array)
    native = array.dtype if dtype is None else backend.native(dtype)
    return backend.xp.reshape(backend.asarray(value, dtype=native, device=array.device), (-1, 1, 1))
