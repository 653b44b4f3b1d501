"""Random erasing."""

from __future__ import annotations

from typing import Any

from ...options import Fraction, declared
from ...random import default_generator
from . import functional as F
from .arguments import Fractions, PerChannel, Ratios
from .base import Draws, Params, SometimesTransform
from .functional.images import dtype_of
from .geometry import random_rectangle


@declared
class RandomErasing(SometimesTransform):
    """Replaces a random rectangle of images (Zhong et al., Random erasing data augmentation, 2020).

    Parameters
    ----------
    p : float
        The probability with which an image is transformed.
    scale : pair of float
        The range of the rectangle's area, as a fraction of the image's.
    ratio : pair of float
        The range of its height divided by its width, whose logarithm is uniform. After ten rectangles that do not fit,
        the image stays as it is.
    value : float, sequence of float or "random"
        The new value, one for each channel, or standard normal noise, for floating-point images.
    inplace : bool
        Accepted for compatibility with torchvision; the image is never changed.

    Notes
    -----
    Masks stay as they are.

    Examples
    --------
    >>> tl.data.transforms.RandomErasing(p=1.0)(tl.ones(3, 32, 32)).shape
    (3, 32, 32)
    """

    p: Fraction = 0.5
    scale: Fractions = (0.02, 0.33)
    ratio: Ratios = (0.3, 3.3)
    value: PerChannel | str = 0.0
    inplace: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.value, str) and self.value != "random":
            raise ValueError(
                f"RandomErasing: value must be a number, one for each channel or 'random', not {self.value!r}"
            )

    def draw(self, image: Any, draws: Draws) -> Params:
        rows, columns = image.shape[-2:]
        ratio = (1 / self.ratio[1], 1 / self.ratio[0])
        found = random_rectangle((rows, columns), self.scale, ratio, draws, most=(rows - 1, columns - 1))
        height, width = found or (0, 0)
        top, left = draws.integer(0, rows - height + 1), draws.integer(0, columns - width + 1)
        return {"i": top, "j": left, "h": height, "w": width}

    def make_params(self, image: Any) -> Params:
        params = super().make_params(image)
        if self.value == "random" and "i" in params:
            count = [len(params["i"])] if isinstance(params["i"], list) else []
            shape = (*count, *image.shape[-3:])
            source = self.generator or default_generator
            params["v"] = source.normal(shape, dtype=dtype_of(image), device=image.device)
        return params

    def transform(self, image: Any, params: Params) -> Any:
        return F.erase(image, **{"v": self.value, **params})
