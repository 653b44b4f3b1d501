"""Automatic augmentation: random sequences of simple transforms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import atan, degrees
from typing import Annotated, Any

from ...options import Count, Positive, Size, declared
from ...options.kinds import Whole
from ...random import default_generator
from . import functional as F
from .arguments import PerChannel, WarpInterpolation
from .base import Draws, Params, RandomTransform, on_chosen
from .functional.images import as_floating, clipped, column, dtype_of, largest_value

Magnitudes = Callable[[float, int, int], float]
"""From a strength in [0, 1], a height and a width to a magnitude."""


def _up_to(largest: float) -> Magnitudes:
    return lambda strength, height, width: largest * strength


def _of_width(fraction: float) -> Magnitudes:
    return lambda strength, height, width: fraction * width * strength


def _of_height(fraction: float) -> Magnitudes:
    return lambda strength, height, width: fraction * height * strength


def _bits(most: int, fewer: int) -> Magnitudes:
    return lambda strength, height, width: round(most - fewer * strength)


def _space(
    shear: float, x: Magnitudes, y: Magnitudes, angle: float, colour: float, bits: Magnitudes
) -> Mapping[str, Any]:
    """Return the magnitudes of each transform of a method; None for those without."""
    return {
        "ShearX": _up_to(shear),
        "ShearY": _up_to(shear),
        "TranslateX": x,
        "TranslateY": y,
        "Rotate": _up_to(angle),
        "Brightness": _up_to(colour),
        "Color": _up_to(colour),
        "Contrast": _up_to(colour),
        "Sharpness": _up_to(colour),
        "Posterize": bits,
        "Solarize": lambda strength, height, width: 1.0 - strength,
        "AutoContrast": None,
        "Equalize": None,
    }


UNSIGNED = ("Posterize", "Solarize")
"""The transforms whose magnitude has no sign."""

RAND_AUGMENT = {"Identity": None, **_space(0.3, _of_width(150 / 331), _of_height(150 / 331), 30.0, 0.9, _bits(8, 4))}
TRIVIAL_AUGMENT = {"Identity": None, **_space(0.99, _up_to(32.0), _up_to(32.0), 135.0, 0.99, _bits(8, 6))}
AUG_MIX = _space(0.3, _of_width(1 / 3), _of_height(1 / 3), 30.0, 0.9, _bits(4, 4))
COLOURS = ("Brightness", "Color", "Contrast", "Sharpness")


def augmented(name: str, image: Any, magnitude: Any, how: Mapping[str, Any]) -> Any:
    """Return an image changed by one transform, or a batch with a magnitude for each image."""

    def each(function: Callable[[float], Any]) -> Any:
        return [function(m) for m in magnitude] if isinstance(magnitude, list) else function(magnitude)

    match name:
        case "ShearX":
            shear = each(lambda m: (degrees(atan(m)), 0.0))
            return F.affine(image, 0.0, (0.0, 0.0), 1.0, shear, **how, center=(0.0, 0.0))
        case "ShearY":
            shear = each(lambda m: (0.0, degrees(atan(m))))
            return F.affine(image, 0.0, (0.0, 0.0), 1.0, shear, **how, center=(0.0, 0.0))
        case "TranslateX":
            return F.affine(image, 0.0, each(lambda m: (int(m), 0.0)), 1.0, (0.0, 0.0), **how)
        case "TranslateY":
            return F.affine(image, 0.0, each(lambda m: (0.0, int(m))), 1.0, (0.0, 0.0), **how)
        case "Rotate":
            return F.rotate(image, magnitude, **how)
        case "Brightness":
            return F.adjust_brightness(image, each(lambda m: 1.0 + m))
        case "Color":
            return F.adjust_saturation(image, each(lambda m: 1.0 + m))
        case "Contrast":
            return F.adjust_contrast(image, each(lambda m: 1.0 + m))
        case "Sharpness":
            return F.adjust_sharpness(image, each(lambda m: 1.0 + m))
        case "Posterize":
            return F.posterize(image, each(int))
        case "Solarize":
            white = largest_value(dtype_of(image))
            return F.solarize(image, each(lambda m: white * m))
        case "AutoContrast":
            return F.autocontrast(image)
        case "Equalize":
            return F.equalize(image)
    return image


@declared
class _AutoAugmentation(RandomTransform):
    """What the methods share: drawing a transform and its magnitude, and applying those drawn for a batch."""

    def _operation(self, space: Mapping[str, Any], strength: float, image: Any, draws: Draws) -> tuple[str, float]:
        """Return the name and the magnitude of a random transform."""
        name = tuple(space)[draws.integer(0, len(space))]
        if space[name] is None:
            return name, 0.0
        magnitude = space[name](strength, *image.shape[-2:])
        return name, -magnitude if name not in UNSIGNED and draws.uniform() <= 0.5 else magnitude

    def _applied(self, image: Any, operations: Any) -> Any:
        """Apply one operation, or to each image of a batch its own."""
        how = {"interpolation": self.interpolation, "fill": self.fill}  # type: ignore[attr-defined]
        if not isinstance(operations, list):
            return augmented(operations[0], image, operations[1], how)
        for name in dict.fromkeys(name for name, _ in operations):
            own = [magnitude for other, magnitude in operations if other == name]
            chosen = [other == name for other, _ in operations]
            image = on_chosen(lambda part, name=name, own=own: augmented(name, part, own, how), chosen, image)
        return image


@declared
class RandAugment(_AutoAugmentation):
    """Applies a few random transforms of one strength (Cubuk et al., RandAugment, 2020).

    Parameters
    ----------
    num_ops : int
        The number of transforms.
    magnitude : int
        Their strength: the index of one of `num_magnitude_bins` magnitudes, from none to the largest.
    num_magnitude_bins : int
        The number of magnitudes.
    interpolation : {"nearest", "bilinear"}
        How geometric transforms interpolate.
    fill : float or tuple of float, optional
        The value outside of moved images, or one for each channel; black by default.

    Raises
    ------
    ValueError
        If `magnitude` is not below `num_magnitude_bins`.

    Examples
    --------
    >>> tl.data.transforms.RandAugment()(tl.zeros(8, 3, 32, 32, dtype="uint8")).shape
    (8, 3, 32, 32)
    """

    num_ops: Count = 2
    magnitude: Count = 9
    num_magnitude_bins: Size = 31
    interpolation: WarpInterpolation = "nearest"
    fill: PerChannel | None = None

    def __post_init__(self) -> None:
        if self.magnitude >= self.num_magnitude_bins:
            raise ValueError(f"RandAugment: magnitude={self.magnitude} must be below {self.num_magnitude_bins}")

    def draw(self, image: Any, draws: Draws) -> Params:
        strength = self.magnitude / max(1, self.num_magnitude_bins - 1)
        return {
            f"operation_{number}": self._operation(RAND_AUGMENT, strength, image, draws)
            for number in range(self.num_ops)
        }

    def transform(self, image: Any, params: Params) -> Any:
        for operations in params.values():
            image = self._applied(image, operations)
        return image


@declared
class TrivialAugmentWide(_AutoAugmentation):
    """Applies one random transform of random strength (Müller and Hutter, TrivialAugment, 2021).

    Parameters
    ----------
    num_magnitude_bins : int
        The number of strengths, from none to the largest.
    interpolation, fill
        As in `RandAugment`.

    Examples
    --------
    >>> tl.data.transforms.TrivialAugmentWide()(tl.zeros(8, 3, 32, 32, dtype="uint8")).shape
    (8, 3, 32, 32)
    """

    num_magnitude_bins: Size = 31
    interpolation: WarpInterpolation = "nearest"
    fill: PerChannel | None = None

    def draw(self, image: Any, draws: Draws) -> Params:
        strength = draws.integer(0, self.num_magnitude_bins) / max(1, self.num_magnitude_bins - 1)
        return {"operation": self._operation(TRIVIAL_AUGMENT, strength, image, draws)}

    def transform(self, image: Any, params: Params) -> Any:
        return self._applied(image, params["operation"])


@declared
class AugMix(_AutoAugmentation):
    """Mixes images with several chains of random transforms of them (Hendrycks et al., AugMix, 2020).

    Parameters
    ----------
    severity : int
        The number of strengths that are drawn from, of ten, from none to the largest.
    mixture_width : int
        The number of chains.
    chain_depth : int
        The length of the chains; a negative number for one to three, drawn for each.
    alpha : float
        The parameter of the distributions of the weights: a beta distribution of the part of the image itself, and a
        Dirichlet distribution of the chains; greater than 0.
    all_ops : bool
        Whether brightness, colour, contrast and sharpness are changed, too.
    interpolation, fill
        As in `RandAugment`.

    Examples
    --------
    >>> tl.data.transforms.AugMix()(tl.zeros(8, 3, 32, 32, dtype="uint8")).shape
    (8, 3, 32, 32)
    """

    severity: Annotated[int, Whole(1, 10)] = 3
    mixture_width: Size = 3
    chain_depth: int = -1
    alpha: Positive = 1.0
    all_ops: bool = True
    interpolation: WarpInterpolation = "bilinear"
    fill: PerChannel | None = None

    def draw(self, image: Any, draws: Draws) -> Params:
        space = {name: magnitude for name, magnitude in AUG_MIX.items() if self.all_ops or name not in COLOURS}
        return {"chains": tuple(self._chain(space, image, draws) for _ in range(self.mixture_width))}

    def _chain(self, space: Mapping[str, Any], image: Any, draws: Draws) -> tuple[Any, ...]:
        """Return the transforms of a chain, filled up with identities."""
        longest = self.chain_depth if self.chain_depth > 0 else 3
        length = longest if self.chain_depth > 0 else draws.integer(1, 4)
        chain = [self._operation(space, draws.integer(0, self.severity) / 9, image, draws) for _ in range(length)]
        return (*chain, *[("Identity", 0.0)] * (longest - length))

    def make_params(self, image: Any) -> Params:
        params, count = super().make_params(image), self._samples(image)
        shape = (count,) if count else ()
        source = self.generator or default_generator
        own = source.beta(self.alpha, self.alpha, shape)
        parts = source.dirichlet([self.alpha] * self.mixture_width, shape) * (1.0 - own[..., None])
        weights = [tuple(row) for row in parts.tolist()] if shape else tuple(parts.tolist())
        return {"own": own.tolist(), "parts": weights, **params}

    def transform(self, image: Any, params: Params) -> Any:
        own, parts, chains = params["own"], params["parts"], params["chains"]
        several = isinstance(own, list)
        mixed = _weighted(image, own)
        for number in range(self.mixture_width):
            changed = image
            for operations in self._steps(chains, number):
                changed = self._applied(changed, operations)
            mixed = mixed + _weighted(changed, [row[number] for row in parts] if several else parts[number])
        return clipped(mixed, dtype_of(image))

    @staticmethod
    def _steps(chains: Any, number: int) -> Any:
        """Return the steps of a chain; of a batch, those of its images together."""
        if isinstance(chains, list):
            return map(list, zip(*(own[number] for own in chains), strict=True))
        return chains[number]


def _weighted(image: Any, weight: Any) -> Any:
    values = as_floating(image)
    return values * column(weight, values)
