"""Transforms of the size of images and the place of their pixels."""

from __future__ import annotations

from dataclasses import KW_ONLY
from math import exp, log, sqrt
from typing import Any

from ...errors import ShapeError
from ...options import Finite, Fraction, Size, Sizes, declared
from . import functional as F
from .arguments import Fractions, Interpolation, PaddingMode, PerChannel, PerSide, Ratios
from .base import Draws, Params, RandomTransform, SometimesTransform, Transform
from .functional.cropping import square
from .functional.padding import sides


@declared
class Resize(Transform):
    """Resizes images.

    Parameters
    ----------
    size : int, tuple of int or None
        The height and width of the result; or the length of its shorter side, which keeps the aspect ratio. None, with
        `max_size`, makes that the length of the longer side.
    interpolation : {"nearest", "nearest-exact", "bilinear", "bicubic", "lanczos"}
        How values are interpolated.
    max_size : int, optional
        The largest length of the longer side, where `size` is that of the shorter one.
    antialias : bool
        Whether filters are widened where images shrink, as in Pillow; without effect on "nearest".

    Examples
    --------
    >>> tl.data.transforms.Resize(224)(tl.zeros(3, 480, 640)).shape
    (3, 224, 298)
    """

    size: Sizes | None
    interpolation: Interpolation = "bilinear"
    max_size: Size | None = None
    antialias: bool = True

    def transform(self, image: Any, params: Params) -> Any:
        return F.resize(image, self.size, self.interpolation, self.max_size, self.antialias)

    def transform_mask(self, mask: Any, params: Params) -> Any:
        return F.resize(mask, self.size, "nearest", self.max_size)


@declared
class CenterCrop(Transform):
    """Cuts a rectangle out of the centre of images, with zeros where it is larger than they are.

    Parameters
    ----------
    size : int or tuple of int
        The height and width of the rectangle; one number for a square.

    Examples
    --------
    >>> tl.data.transforms.CenterCrop(224)(tl.zeros(3, 480, 640)).shape
    (3, 224, 224)
    """

    size: Sizes

    def transform(self, image: Any, params: Params) -> Any:
        return F.center_crop(image, self.size)

    transform_mask = transform


@declared
class FiveCrop(Transform):
    """Cuts out the four corners and the centre of images, as a tuple.

    Parameters
    ----------
    size : int or tuple of int
        The height and width of the crops; one number for squares.

    Examples
    --------
    >>> len(tl.data.transforms.FiveCrop(224)(tl.zeros(3, 480, 640)))
    5
    """

    size: Sizes

    def transform(self, image: Any, params: Params) -> Any:
        return F.five_crop(image, self.size)

    transform_mask = transform


@declared
class TenCrop(Transform):
    """Cuts out the four corners and the centre of images and of their mirror images, as a tuple.

    Parameters
    ----------
    size : int or tuple of int
        The height and width of the crops; one number for squares.
    vertical_flip : bool
        Whether the mirror images are upside down instead of left to right.

    Examples
    --------
    The crops as a batch, of whose predictions the mean is taken:

    >>> transform = tl.data.transforms.Compose([tl.data.transforms.TenCrop(224), tl.data.transforms.Lambda(tl.stack)])
    >>> transform(tl.zeros(3, 480, 640)).shape
    (10, 3, 224, 224)
    """

    size: Sizes
    vertical_flip: bool = False

    def transform(self, image: Any, params: Params) -> Any:
        return F.ten_crop(image, self.size, self.vertical_flip)

    transform_mask = transform


@declared
class Pad(Transform):
    """Pads images at their sides.

    Parameters
    ----------
    padding : int or tuple of int
        The number of pixels to add: on all sides; (left and right, top and bottom); or (left, top, right, bottom).
    fill : float or tuple of float
        The value of new pixels in mode "constant", or one for each channel.
    padding_mode : {"constant", "edge", "reflect", "symmetric"}
        What is added: `fill`; the last pixel; the mirror image without the last pixel, or with it.
    mask_fill : float
        The value of new pixels of masks in mode "constant".

    Examples
    --------
    >>> tl.data.transforms.Pad(1)(tl.ones(1, 1, 1))
    tensor([[[0., 0., 0.],
             [0., 1., 0.],
             [0., 0., 0.]]])
    """

    padding: PerSide
    fill: PerChannel = 0
    padding_mode: PaddingMode = "constant"
    _: KW_ONLY
    mask_fill: Finite = 0

    def __post_init__(self) -> None:
        sides(self.padding, "Pad: padding")

    def transform(self, image: Any, params: Params) -> Any:
        return F.pad(image, self.padding, self.fill, self.padding_mode)

    def transform_mask(self, mask: Any, params: Params) -> Any:
        return F.pad(mask, self.padding, self.mask_fill, self.padding_mode)


@declared
class RandomCrop(RandomTransform):
    """Cuts a rectangle out of images at a random place.

    Parameters
    ----------
    size : int or tuple of int
        The height and width of the rectangle; one number for a square.
    padding : int or tuple of int, optional
        How much images are padded before, as in `Pad`.
    pad_if_needed : bool
        Whether an image that is smaller than the rectangle is padded by the difference, at both ends.
    fill, padding_mode, mask_fill
        As in `Pad`.

    Raises
    ------
    ShapeError
        When called, if the rectangle is larger than the padded image.

    Examples
    --------
    >>> crop = tl.data.transforms.RandomCrop(32, padding=4)
    >>> crop(tl.zeros(128, 3, 32, 32)).shape
    (128, 3, 32, 32)
    """

    size: Sizes
    padding: PerSide | None = None
    pad_if_needed: bool = False
    fill: PerChannel = 0
    padding_mode: PaddingMode = "constant"
    _: KW_ONLY
    mask_fill: Finite = 0

    def __post_init__(self) -> None:
        square(self.size, "RandomCrop: size")
        sides(self.padding or 0, "RandomCrop: padding")

    def draw(self, image: Any, draws: Draws) -> Params:
        height, width = square(self.size, "size")
        left, top, right, bottom = self._padding(image)
        rows, columns = image.shape[-2] + top + bottom, image.shape[-1] + left + right
        if height > rows or width > columns:
            raise ShapeError(
                f"RandomCrop: the size ({height}, {width}) is larger than the {'padded ' if self.padding else ''}image "
                f"of height {rows} and width {columns}; pad_if_needed=True pads it"
            )
        return {"top": draws.integer(0, rows - height + 1), "left": draws.integer(0, columns - width + 1)}

    def _padding(self, image: Any) -> tuple[int, int, int, int]:
        left, top, right, bottom = sides(self.padding or 0)
        if not self.pad_if_needed:
            return left, top, right, bottom
        height, width = square(self.size, "size")
        rows = max(0, height - (image.shape[-2] + top + bottom))
        columns = max(0, width - (image.shape[-1] + left + right))
        return left + columns, top + rows, right + columns, bottom + rows

    def transform(self, image: Any, params: Params) -> Any:
        return self._cropped(image, params, self.fill)

    def transform_mask(self, mask: Any, params: Params) -> Any:
        return self._cropped(mask, params, self.mask_fill)

    def _cropped(self, image: Any, params: Params, fill: Any) -> Any:
        padded = F.pad(image, self._padding(image), fill, self.padding_mode)
        return F.crop(padded, params["top"], params["left"], *square(self.size, "size"))


@declared
class RandomResizedCrop(RandomTransform):
    """Cuts a random rectangle out of images and resizes it (Szegedy et al., Going deeper with convolutions, 2015).

    Parameters
    ----------
    size : int or tuple of int
        The height and width of the result; one number for a square.
    scale : pair of float
        The range of the rectangle's area, as a fraction of the image's.
    ratio : pair of float
        The range of its width divided by its height, whose logarithm is uniform. After ten rectangles that do not fit
        into the image, the largest central one of a permitted ratio is taken.
    interpolation : {"nearest", "nearest-exact", "bilinear", "bicubic", "lanczos"}
        How values are interpolated.
    antialias : bool
        Whether filters are widened where images shrink.

    Examples
    --------
    >>> tl.data.transforms.RandomResizedCrop(224)(tl.zeros(2, 3, 256, 256)).shape
    (2, 3, 224, 224)
    """

    size: Sizes
    scale: Fractions = (0.08, 1.0)
    ratio: Ratios = (3 / 4, 4 / 3)
    interpolation: Interpolation = "bilinear"
    antialias: bool = True

    def __post_init__(self) -> None:
        square(self.size, "RandomResizedCrop: size")

    def draw(self, image: Any, draws: Draws) -> Params:
        rows, columns = image.shape[-2:]
        found = random_rectangle((rows, columns), self.scale, self.ratio, draws, most=(rows, columns))
        height, width = found or self._largest(rows, columns)
        if found:
            top, left = draws.integer(0, rows - height + 1), draws.integer(0, columns - width + 1)
        else:
            top, left = (rows - height) // 2, (columns - width) // 2
        return {"top": top, "left": left, "height": height, "width": width}

    def _largest(self, rows: int, columns: int) -> tuple[int, int]:
        narrowest, widest = self.ratio
        if columns < narrowest * rows:
            return round(columns / narrowest), columns
        return rows, round(rows * widest) if columns > widest * rows else columns

    def transform(self, image: Any, params: Params) -> Any:
        size = square(self.size, "size")
        return F.resized_crop(image, **params, size=size, interpolation=self.interpolation, antialias=self.antialias)

    def transform_mask(self, mask: Any, params: Params) -> Any:
        return F.resized_crop(mask, **params, size=square(self.size, "size"), interpolation="nearest")


def random_rectangle(
    size: tuple[int, int], scale: Any, ratio: Any, draws: Draws, most: tuple[int, int]
) -> tuple[int, int] | None:
    """Return the height and width of a rectangle of random area and width-to-height ratio.

    Returns None if ten rectangles in a row are larger than `most`.
    """
    for _ in range(10):
        area = size[0] * size[1] * draws.uniform(*scale)
        aspect = exp(draws.uniform(log(ratio[0]), log(ratio[1])))
        height, width = round(sqrt(area / aspect)), round(sqrt(area * aspect))
        if 0 < height <= most[0] and 0 < width <= most[1]:
            return height, width
    return None


@declared
class RandomHorizontalFlip(SometimesTransform):
    """Mirrors images left to right with a probability.

    Parameters
    ----------
    p : float
        The probability with which an image is transformed.

    Examples
    --------
    >>> tl.data.transforms.RandomHorizontalFlip(p=1.0)(tl.tensor([[[1, 2, 3]]]))
    tensor([[[3, 2, 1]]])
    """

    p: Fraction = 0.5

    def transform(self, image: Any, params: Params) -> Any:
        return F.horizontal_flip(image)

    transform_mask = transform


@declared
class RandomVerticalFlip(SometimesTransform):
    """Turns images upside down with a probability.

    Parameters
    ----------
    p : float
        The probability with which an image is transformed.

    Examples
    --------
    >>> tl.data.transforms.RandomVerticalFlip(p=1.0)(tl.tensor([[[1], [2]]])).ravel()
    tensor([2, 1])
    """

    p: Fraction = 0.5

    def transform(self, image: Any, params: Params) -> Any:
        return F.vertical_flip(image)

    transform_mask = transform
