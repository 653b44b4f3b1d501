"""Transforms that blur and sharpen."""

from __future__ import annotations

from typing import Annotated, Any

from ...options import Fraction, NonNegative, Sizes, declared
from . import functional as F
from .arguments import RangeOrValue
from .base import Draws, Params, RandomTransform, SometimesTransform

SigmaRange = Annotated[Any, RangeOrValue(1e-9)]


@declared
class GaussianBlur(RandomTransform):
    """Blurs images with a Gaussian of random width.

    Parameters
    ----------
    kernel_size : int or tuple of two int
        The numbers of weights along the width and the height, odd.
    sigma : float or pair of float
        The standard deviation in pixels, or its range.

    Raises
    ------
    ValueError
        If a kernel size is not odd.

    Examples
    --------
    >>> tl.data.transforms.GaussianBlur(3)(tl.zeros(8, 3, 32, 32)).shape
    (8, 3, 32, 32)
    """

    kernel_size: Sizes
    sigma: SigmaRange = (0.1, 2.0)

    def __post_init__(self) -> None:
        sizes = self.kernel_size if isinstance(self.kernel_size, tuple) else (self.kernel_size,)
        if len(sizes) > 2 or not all(n % 2 for n in sizes):
            raise ValueError(f"GaussianBlur: kernel_size must be one odd number or two, not {self.kernel_size}")

    def draw(self, image: Any, draws: Draws) -> Params:
        sigma = draws.uniform(*self.sigma)
        return {"sigma": (sigma, sigma)}

    def transform(self, image: Any, params: Params) -> Any:
        return F.gaussian_blur(image, self.kernel_size, params["sigma"])


@declared
class RandomAdjustSharpness(SometimesTransform):
    """Changes the sharpness of images, with a probability.

    Parameters
    ----------
    sharpness_factor : float
        0 gives the smoothed image, 1 the image itself, 2 twice its sharpness.

    Examples
    --------
    >>> tl.data.transforms.RandomAdjustSharpness(2.0, p=1.0)(tl.zeros(3, 32, 32)).shape
    (3, 32, 32)
    """

    sharpness_factor: NonNegative
    p: Fraction = 0.5

    def transform(self, image: Any, params: Params) -> Any:
        return F.adjust_sharpness(image, self.sharpness_factor)
