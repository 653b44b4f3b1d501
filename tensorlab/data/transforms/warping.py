"""Random rotation, affine maps and perspective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY
from typing import Annotated, Any

from ...options import Finite, Fraction, declared
from ...options.kinds import listed
from . import functional as F
from .arguments import AngleRange, PerChannel, Range, RangeOrSpread, Scales, WarpInterpolation
from .base import Draws, Params, RandomTransform, SometimesTransform


class _Shear(RangeOrSpread):
    """A range of angles along x, or one along x and one along y."""

    def read(self, value: Any) -> Any:
        entries = listed(value)
        if entries is not None and len(entries) == 4:
            return (*Range().read(entries[:2]), *Range().read(entries[2:]))
        return super().read(value)

    @property
    def text(self) -> str:
        return "a non-negative number, a range (low, high), or (low_x, high_x, low_y, high_y)"


Shear = Annotated[float | Sequence[float], _Shear()]


@declared
class RandomRotation(RandomTransform):
    """Rotates images by a random angle.

    Parameters
    ----------
    degrees : float or pair of float
        The range of the angle, counter-clockwise; one number for ``(-degrees, degrees)``.
    interpolation : {"nearest", "bilinear"}
        The nearest pixel, or linear interpolation of four.
    expand : bool
        Whether the result is as large as the rotated image; not for batches, unless `same_on_batch` is set.
    center : pair of float, optional
        The (x, y) that stays in place, from the upper left corner; by default the centre.
    fill : float or tuple of float
        The value outside of the image, or one for each channel.
    mask_fill : float
        The value outside of masks.

    Examples
    --------
    >>> tl.data.transforms.RandomRotation(10)(tl.zeros(3, 32, 32)).shape
    (3, 32, 32)
    """

    degrees: AngleRange
    interpolation: WarpInterpolation = "nearest"
    expand: bool = False
    center: tuple[float, float] | None = None
    fill: PerChannel = 0
    _: KW_ONLY
    mask_fill: Finite = 0

    def draw(self, image: Any, draws: Draws) -> Params:
        return {"angle": draws.uniform(*self.degrees)}  # type: ignore[misc]

    def transform(self, image: Any, params: Params) -> Any:
        return F.rotate(image, params["angle"], self.interpolation, self.expand, self.center, self.fill)

    def transform_mask(self, mask: Any, params: Params) -> Any:
        return F.rotate(mask, params["angle"], "nearest", self.expand, self.center, self.mask_fill)


@declared
class RandomAffine(RandomTransform):
    """Rotates, moves, scales and shears images at random.

    Parameters
    ----------
    degrees : float or pair of float
        The range of the angle, clockwise; one number for ``(-degrees, degrees)``.
    translate : pair of float, optional
        The largest shift to either side, as fractions of the width and the height.
    scale : pair of float, optional
        The range of the factor by which images grow.
    shear : float, pair of float or four float, optional
        The range of the angle of shear along the width; four numbers for the width and then the height.
    interpolation, fill, center, mask_fill
        As in `RandomRotation`.

    Examples
    --------
    >>> tl.data.transforms.RandomAffine(10, translate=(0.1, 0.1), scale=(0.9, 1.1))(tl.zeros(8, 3, 32, 32)).shape
    (8, 3, 32, 32)
    """

    degrees: AngleRange
    translate: tuple[Fraction, Fraction] | None = None
    scale: Scales | None = None
    shear: Shear | None = None
    interpolation: WarpInterpolation = "nearest"
    fill: PerChannel = 0
    center: tuple[float, float] | None = None
    _: KW_ONLY
    mask_fill: Finite = 0

    def draw(self, image: Any, draws: Draws) -> Params:
        shear: Any = self.shear or (0.0, 0.0)
        return {
            "angle": draws.uniform(*self.degrees),  # type: ignore[misc]
            "translate": tuple(
                float(round(draws.uniform(-most * length, most * length)))
                for most, length in zip(self.translate or (0.0, 0.0), image.shape[:-3:-1], strict=True)
            ),
            "scale": draws.uniform(*(self.scale or (1.0, 1.0))),
            "shear": (draws.uniform(*shear[:2]), draws.uniform(*shear[2:]) if len(shear) == 4 else 0.0),
        }

    def transform(self, image: Any, params: Params) -> Any:
        return F.affine(image, **params, interpolation=self.interpolation, fill=self.fill, center=self.center)

    def transform_mask(self, mask: Any, params: Params) -> Any:
        return F.affine(mask, **params, fill=self.mask_fill, center=self.center)


@declared
class RandomPerspective(SometimesTransform):
    """Looks at images from a random direction, with a probability.

    Parameters
    ----------
    distortion_scale : float
        How far the corners move inwards at most, as a fraction of half the width and height; in [0, 1].
    p : float
        The probability with which an image is transformed.
    interpolation, fill, mask_fill
        As in `RandomRotation`.

    Examples
    --------
    >>> tl.data.transforms.RandomPerspective(p=1.0)(tl.zeros(3, 32, 32)).shape
    (3, 32, 32)
    """

    distortion_scale: Fraction = 0.5
    p: Fraction = 0.5
    interpolation: WarpInterpolation = "bilinear"
    fill: PerChannel = 0
    _: KW_ONLY
    mask_fill: Finite = 0

    def draw(self, image: Any, draws: Draws) -> Params:
        height, width = image.shape[-2:]
        most_y, most_x = (int(self.distortion_scale * (length // 2)) + 1 for length in (height, width))

        def corner(right: bool, lower: bool) -> tuple[int, int]:
            x = draws.integer(width - most_x, width) if right else draws.integer(0, most_x)
            y = draws.integer(height - most_y, height) if lower else draws.integer(0, most_y)
            return x, y

        start = [(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)]
        end = [corner(False, False), corner(True, False), corner(True, True), corner(False, True)]
        return {"coefficients": F.perspective_coefficients(start, end)}

    def transform(self, image: Any, params: Params) -> Any:
        return F.perspective(image, None, None, self.interpolation, self.fill, **params)

    def transform_mask(self, mask: Any, params: Params) -> Any:
        return F.perspective(mask, None, None, "nearest", self.mask_fill, **params)
