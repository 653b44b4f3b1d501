"""Transforms of colours."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ...options import Finite, Fraction, declared
from ...options.kinds import Whole
from . import functional as F
from .arguments import FactorRange, HueRange
from .base import Draws, Params, RandomTransform, SometimesTransform, Transform

ADJUSTMENTS = {
    "brightness": F.adjust_brightness,
    "contrast": F.adjust_contrast,
    "saturation": F.adjust_saturation,
    "hue": F.adjust_hue,
}


@declared
class ColorJitter(RandomTransform):
    """Changes brightness, contrast, saturation and hue at random, in random order.

    The order is drawn once for a batch, so that each change is made to all images at once; how much is changed is drawn
    for each image.

    Parameters
    ----------
    brightness, contrast, saturation : float or pair of float, optional
        The range of the factor, see `functional.adjust_brightness`; one number for ``(max(0, 1 - x), 1 + x)``.
    hue : float or pair of float, optional
        The range of the shift in turns, within [-0.5, 0.5]; one number for ``(-hue, hue)``.

    Examples
    --------
    >>> tl.data.transforms.ColorJitter(0.2, 0.2, 0.2, 0.1)(tl.rand(8, 3, 32, 32)).shape
    (8, 3, 32, 32)
    """

    brightness: FactorRange | None = None
    contrast: FactorRange | None = None
    saturation: FactorRange | None = None
    hue: HueRange | None = None

    def draw(self, image: Any, draws: Draws) -> Params:
        ranges = {name: getattr(self, name) for name in ADJUSTMENTS}
        return {name: draws.uniform(*bounds) for name, bounds in ranges.items() if bounds is not None}

    def make_params(self, image: Any) -> Params:
        params = super().make_params(image)
        order = Draws(self.generator, 4).permutation(len(ADJUSTMENTS))
        names = [tuple(ADJUSTMENTS)[place] for place in order]
        return {name: params[name] for name in names if name in params}

    def transform(self, image: Any, params: Params) -> Any:
        for name, amount in params.items():
            image = ADJUSTMENTS[name](image, amount)
        return image


@declared
class Grayscale(Transform):
    """Converts images to grey values.

    Parameters
    ----------
    num_output_channels : {1, 3}
        The number of channels of the result, all equal.

    Examples
    --------
    >>> tl.data.transforms.Grayscale()(tl.zeros(3, 32, 32)).shape
    (1, 32, 32)
    """

    num_output_channels: Literal[1, 3] = 1

    def transform(self, image: Any, params: Params) -> Any:
        return F.rgb_to_grayscale(image, self.num_output_channels)


@declared
class RandomGrayscale(SometimesTransform):
    """Takes the colour of images with a probability; the number of channels stays.

    Examples
    --------
    >>> tl.data.transforms.RandomGrayscale(p=1.0)(tl.tensor([[[1.0]], [[0.0]], [[0.0]]])).ravel()
    tensor([0.2989, 0.2989, 0.2989])
    """

    p: Fraction = 0.1

    def transform(self, image: Any, params: Params) -> Any:
        return F.rgb_to_grayscale(image, num_output_channels=image.shape[-3])


@declared
class RandomPosterize(SometimesTransform):
    """Keeps the highest bits of each value, with a probability.

    Parameters
    ----------
    bits : int
        The number of bits, from 0 to 8.

    Examples
    --------
    >>> tl.data.transforms.RandomPosterize(1, p=1.0)(tl.tensor([[[100, 200]]], dtype="uint8"))
    tensor([[[  0, 128]]], dtype=uint8)
    """

    bits: Annotated[int, Whole(0, 8)]
    p: Fraction = 0.5

    def transform(self, image: Any, params: Params) -> Any:
        return F.posterize(image, self.bits)


@declared
class RandomSolarize(SometimesTransform):
    """Inverts the values that are not below a threshold, with a probability.

    Parameters
    ----------
    threshold : float
        The lowest value that is inverted.

    Examples
    --------
    >>> tl.data.transforms.RandomSolarize(0.5, p=1.0)(tl.tensor([[[0.25, 0.75]]]))
    tensor([[[0.25, 0.25]]])
    """

    threshold: Finite
    p: Fraction = 0.5

    def transform(self, image: Any, params: Params) -> Any:
        return F.solarize(image, self.threshold)


@declared
class RandomInvert(SometimesTransform):
    """Takes the negative of images with a probability.

    Parameters
    ----------
    p : float
        The probability with which an image is transformed.

    Examples
    --------
    >>> tl.data.transforms.RandomInvert(p=1.0)(tl.tensor([[[0.25, 0.75]]]))
    tensor([[[0.75, 0.25]]])
    """

    p: Fraction = 0.5

    def transform(self, image: Any, params: Params) -> Any:
        return F.invert(image)


@declared
class RandomAutocontrast(SometimesTransform):
    """Stretches the values of each channel from black to white, with a probability.

    Parameters
    ----------
    p : float
        The probability with which an image is transformed.

    Examples
    --------
    >>> tl.data.transforms.RandomAutocontrast(p=1.0)(tl.tensor([[[0.25, 0.375, 0.75]]]))
    tensor([[[0.  , 0.25, 1.  ]]])
    """

    p: Fraction = 0.5

    def transform(self, image: Any, params: Params) -> Any:
        return F.autocontrast(image)


@declared
class RandomEqualize(SometimesTransform):
    """Equalises the histogram of each channel, with a probability.

    Parameters
    ----------
    p : float
        The probability with which an image is transformed.

    Examples
    --------
    >>> tl.data.transforms.RandomEqualize(p=1.0)(tl.rand(3, 32, 32)).shape
    (3, 32, 32)
    """

    p: Fraction = 0.5

    def transform(self, image: Any, params: Params) -> Any:
        return F.equalize(image)
