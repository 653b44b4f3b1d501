"""Conversion of images: to tensors and their data types, and normalisation."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ....backend import backend_for_type, dtypes
from ....backend.dtypes import RequiredDType
from ....errors import ShapeError
from ....ops.creation import asarray, tensor
from ....ops.declare import composite, require
from ....ops.shapes import astype, permute_dims
from ....tensor import ArrayT, Tensor
from ..arguments import PerChannel
from .images import check_images, dtype_of, largest_value, on_batch, per_channel


@composite()
def to_image(image: Any) -> Tensor:
    """Return an image as a tensor with the channels first.

    Parameters
    ----------
    image : array of shape (height, width) or (..., height, width, channels), Pillow image, or Tensor
        The channels of an array come last, as libraries that read pictures return them. A tensor is returned unchanged.

    Returns
    -------
    Tensor
        Shape ``(..., channels, height, width)``, with one channel for a matrix; the data type stays. Its memory may be
        that of the array.

    Raises
    ------
    ShapeError
        If an array has one axis or none, or its last axis is no number of channels: 1 to 4.
    TypeError
        If `image` is none of these.

    Examples
    --------
    >>> import numpy as np
    >>> F = tl.data.transforms.functional
    >>> F.to_image(np.zeros((480, 640, 3), np.uint8)).shape
    (3, 480, 640)
    """
    if isinstance(image, Tensor):
        return image
    if hasattr(image, "getbands"):  # of Pillow
        return pil_to_tensor(image)
    if backend_for_type(type(image)) is None and not hasattr(image, "__array__"):
        raise TypeError(f"image must be an array, a Pillow image or a tensor, not {type(image).__name__}")
    pixels: Any = asarray(image)
    shape = tuple(pixels.shape)
    if len(shape) < 2:
        raise ShapeError(f"image must have shape (height, width) or (..., height, width, channels), not {shape}")
    if len(shape) == 2:
        return pixels[None]
    if shape[-1] not in (1, 2, 3, 4):
        raise ShapeError(
            f"the last axis of an array must be its 1 to 4 channels, unlike that of shape {shape}; an image whose "
            "channels come first is passed as a tensor"
        )
    ndim = len(shape)
    turned: Tensor = permute_dims(pixels, (*range(ndim - 3), ndim - 1, ndim - 3, ndim - 2))
    return turned


@composite()
def pil_to_tensor(pic: Any) -> Tensor:
    """Return the pixels of a Pillow image as a tensor.

    Parameters
    ----------
    pic : PIL.Image.Image
        The image.

    Returns
    -------
    Tensor
        Shape ``(channels, height, width)``, in the data type of the image, uint8 as a rule. Palettes are not resolved:
        ``pic.convert("RGB")`` does that.

    Raises
    ------
    TypeError
        If `pic` is not a Pillow image.

    Examples
    --------
    >>> from PIL import Image
    >>> F = tl.data.transforms.functional
    >>> F.pil_to_tensor(Image.new("RGB", (640, 480))).shape
    (3, 480, 640)
    """
    if not hasattr(pic, "getbands"):
        raise TypeError(f"pic must be a Pillow image, not {type(pic).__name__}")
    if pic.width == 0 or pic.height == 0:
        raise ShapeError(f"a Pillow image of width {pic.width} and height {pic.height} has no pixels")
    pixels: Any = tensor(pic)
    return pixels[None] if len(pic.getbands()) == 1 else permute_dims(pixels, (2, 0, 1))


@composite(image="real")
def to_pil_image(image: ArrayT, mode: str | None = None) -> Any:
    """Return a tensor as a Pillow image.

    Parameters
    ----------
    image : Tensor, shape (channels, height, width) or (height, width)
        uint8, or floating-point with values between 0 and 1.
    mode : str, optional
        Pillow's mode; "L", "LA", "RGB" or "RGBA" by the number of channels.

    Returns
    -------
    PIL.Image.Image
        The image.

    Raises
    ------
    ImportError
        If Pillow is not installed.
    ShapeError
        If it is no single image of 1 to 4 channels.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.to_pil_image(tl.zeros(3, 480, 640)).size
    (640, 480)
    """
    try:
        pillow: Any = import_module("PIL.Image")
    except ImportError as error:
        raise ImportError("to_pil_image needs Pillow: pip install 'tensorlab[images]'") from error
    shape = tuple(image.shape)
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[0] not in (1, 2, 3, 4)):
        raise ShapeError(f"image must have shape (channels, height, width) with 1 to 4 channels, not {shape}")
    pixels: Any = (
        Tensor(to_dtype(image, "uint8", scale=True))
        if not isinstance(image, Tensor)
        else to_dtype(image.detach(), "uint8", scale=True)
    )
    pixels = permute_dims(pixels, (1, 2, 0)) if len(shape) == 3 else pixels
    pixels = pixels[..., 0] if len(shape) == 3 and shape[0] == 1 else pixels
    data = pixels.numpy()
    size, bands = (shape[-1], shape[-2]), 1 if data.ndim == 2 else data.shape[-1]
    return pillow.frombytes(mode or ("L", "LA", "RGB", "RGBA")[bands - 1], size, data.tobytes())


@composite(image="real")
def to_dtype(image: ArrayT, dtype: RequiredDType = "float32", scale: bool = False) -> ArrayT:
    """Return images in another data type.

    Parameters
    ----------
    image : Tensor
        Any shape.
    dtype : dtype
        The data type.
    scale : bool
        Whether black and white stay black and white: 0 and the largest value, which is 1 for floating-point numbers.

    Returns
    -------
    Tensor
        The shape of `image`. With `scale`, 256 intervals of [0, 1] of equal length become the 256 values of uint8.

    Raises
    ------
    ValueError
        If floating-point numbers have too few digits for the integers to which they would be scaled.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.to_dtype(tl.tensor([0, 255], dtype="uint8"), tl.float32, scale=True)
    tensor([0., 1.])
    """
    require("to_dtype", "real", image=image)
    source, wanted = dtype_of(image), dtypes.named(dtype)
    if source == wanted:
        return image
    if not scale:
        return astype(image, wanted)
    if source.is_floating and wanted.is_floating:
        return astype(image, wanted)
    if source.is_floating:
        if 8 * wanted.itemsize > {"float64": 53, "float32": 24}.get(source.name, 8):
            raise ValueError(f"{source} has too few digits to be scaled to {wanted}")
        return on_batch(lambda x: astype(x * (largest_value(wanted) + 1.0 - 1e-3), wanted), image)
    if wanted.is_floating:
        return on_batch(lambda x: astype(x, wanted) * (1.0 / largest_value(source)), image)
    shift = int(largest_value(source)).bit_length() - int(largest_value(wanted)).bit_length()
    return astype(image >> shift, wanted) if shift > 0 else astype(image, wanted) << -shift


@composite(image="floating")
def normalize(image: ArrayT, mean: PerChannel, std: PerChannel, inplace: bool = False) -> ArrayT:
    """Subtract a mean from each channel and divide by a standard deviation.

    Parameters
    ----------
    image : Tensor, shape (..., channels, height, width)
        The images.
    mean, std : float or sequence of float
        One number for all channels, or one for each.
    inplace : bool
        Accepted for compatibility with torchvision; the image is never changed.

    Returns
    -------
    Tensor
        The shape and type of `image`.

    Raises
    ------
    ShapeError
        If there is not one number for each channel.
    ValueError
        If a standard deviation is zero.

    Examples
    --------
    >>> F = tl.data.transforms.functional
    >>> F.normalize(tl.tensor([[[0.25]], [[0.75]]]), [0.5, 0.5], [0.25, 0.5]).ravel()
    tensor([-1. ,  0.5])
    """
    require("normalize", "floating", image=image)
    check_images(image)
    deviations: Any = std if isinstance(std, tuple) else (std,)
    if 0 in deviations:
        raise ValueError(f"std must not be zero, but is {std}")
    means, factors = (
        per_channel("mean", mean, image),
        per_channel("std", tuple(1.0 / number for number in deviations), image),
    )

    def normalized(x: Any) -> Any:
        centred = x - means
        centred *= factors  # in place, as it is in the cache
        return centred

    return on_batch(normalized, image)
