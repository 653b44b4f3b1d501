"""Conversion of images: to tensors and data types, and normalisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ...backend import DTypeLike
from ...options import declared
from . import functional as F
from .arguments import PerChannel
from .base import Params, Transform


class ToImage(Transform):
    """Makes images tensors whose channels come first.

    Arrays of shape ``(height, width, channels)``, matrices and Pillow images are converted; a tensor stays as it is.

    Examples
    --------
    >>> import numpy as np
    >>> tl.data.transforms.ToImage()(np.zeros((480, 640, 3), np.uint8)).shape
    (3, 480, 640)
    """

    def __call__(self, image: Any, /, *masks: Any) -> Any:
        image = F.to_image(image)
        return (image, *masks) if masks else image


class PILToTensor(Transform):
    """Makes Pillow images tensors of the same data type, whose channels come first.

    Examples
    --------
    >>> from PIL import Image
    >>> tl.data.transforms.PILToTensor()(Image.new("L", (640, 480))).shape
    (1, 480, 640)
    """

    takes_batches: ClassVar[bool] = False

    def __call__(self, image: Any, /, *masks: Any) -> Any:
        image = F.pil_to_tensor(image)
        return (image, *masks) if masks else image


class ToTensor(Transform):
    """Makes images float32 tensors with values between 0 and 1, whose channels come first.

    This is `ToImage` and ``ToDtype(scale=True)``.

    Examples
    --------
    >>> import numpy as np
    >>> tl.data.transforms.ToTensor()(np.full((1, 2, 3), 255, np.uint8)).ravel()
    tensor([1., 1., 1., 1., 1., 1.])
    """

    def __call__(self, image: Any, /, *masks: Any) -> Any:
        image = F.to_dtype(F.to_image(image), "float32", scale=True)
        return (image, *masks) if masks else image


@declared
class ToPILImage(Transform):
    """Makes a tensor a Pillow image.

    Parameters
    ----------
    mode : str, optional
        Pillow's mode; by default "L", "LA", "RGB" or "RGBA" by the number of channels.

    Examples
    --------
    >>> tl.data.transforms.ToPILImage()(tl.zeros(3, 480, 640)).size
    (640, 480)
    """

    takes_batches: ClassVar[bool] = False
    mode: str | None = None

    def transform(self, image: Any, params: Params) -> Any:
        return F.to_pil_image(image, self.mode)


@declared
class ToDtype(Transform):
    """Converts images to a data type.

    Parameters
    ----------
    dtype : dtype
        The data type.
    scale : bool
        Whether black and white stay black and white; see `functional.to_dtype`.

    Examples
    --------
    >>> tl.data.transforms.ToDtype(tl.float32, scale=True)(tl.tensor([[[0, 255]]], dtype="uint8"))
    tensor([[[0., 1.]]])
    """

    dtype: DTypeLike
    scale: bool = False

    def transform(self, image: Any, params: Params) -> Any:
        return F.to_dtype(image, self.dtype, self.scale)


@declared
class Normalize(Transform):
    """Subtracts a mean from each channel of floating-point images and divides by a standard deviation.

    Parameters
    ----------
    mean, std : float or sequence of float
        One number for all channels, or one for each.
    inplace : bool
        Accepted for compatibility with torchvision; the image is never changed.

    Raises
    ------
    ValueError
        If a standard deviation is zero.

    Examples
    --------
    >>> tl.data.transforms.Normalize([0.5], [0.25])(tl.tensor([[[0.25, 0.75]]]))
    tensor([[[-1.,  1.]]])
    """

    mean: PerChannel
    std: PerChannel
    inplace: bool = False

    def __post_init__(self) -> None:
        if 0 in (self.std if isinstance(self.std, tuple) else (self.std,)):
            raise ValueError(f"Normalize: std must not be zero, but is {self.std}")

    def transform(self, image: Any, params: Params) -> Any:
        return F.normalize(image, self.mean, self.std)


@declared
class Lambda(Transform):
    """Applies a function to images.

    Parameters
    ----------
    lambd : callable
        From an image to an image. To reach worker processes it must be a function of a module, not a lambda.

    Examples
    --------
    >>> tl.data.transforms.Lambda(tl.sqrt)(tl.tensor([[[4.0]]]))
    tensor([[[2.]]])
    """

    takes_batches: ClassVar[bool] = False
    lambd: Callable[..., Any]

    def transform(self, image: Any, params: Params) -> Any:
        return self.lambd(image)
