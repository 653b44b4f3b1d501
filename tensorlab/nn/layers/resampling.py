"""Layers that enlarge or shrink signals, images and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Annotated

from ...options import Sizes, declared
from ...options.kinds import PerAxis, Real
from .. import functional as F
from ..functional.resampling import InterpolationMode
from .base import UnaryLayer

Factors = Annotated[float | Sequence[float], PerAxis(Real(0, inf, "()"))]


@declared
class Upsample(UnaryLayer, function=F.interpolate):
    """Signals, images or volumes of another size, by interpolation.

    Examples
    --------
    >>> tl.nn.Upsample(scale_factor=2)(tl.tensor([[[1.0, 2.0]]]))
    tensor([[[1., 1., 2., 2.]]])
    """

    size: Sizes | None = None
    scale_factor: Factors | None = None
    mode: InterpolationMode = "nearest"
    align_corners: bool | None = None
    recompute_scale_factor: bool | None = None

    def __post_init__(self) -> None:
        factors = self.scale_factor
        self.scale_factor = tuple(map(float, factors)) if isinstance(factors, Sequence) else factors and float(factors)

    def extra_repr(self) -> str:
        wanted = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{wanted}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Images of another size, of the nearest pixels: `Upsample` with mode "nearest".

    Examples
    --------
    >>> tl.nn.UpsamplingNearest2d(scale_factor=2)(tl.ones(1, 1, 2, 3)).shape
    (1, 1, 4, 6)
    """

    def __init__(self, size: Sizes | None = None, scale_factor: Factors | None = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Images of another size, corners in place: `Upsample` with mode "bilinear" and ``align_corners=True``.

    Examples
    --------
    >>> tl.nn.UpsamplingBilinear2d(size=(1, 3))(tl.tensor([[[[1.0, 2.0]]]]))
    tensor([[[[1. , 1.5, 2. ]]]])
    """

    def __init__(self, size: Sizes | None = None, scale_factor: Factors | None = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
