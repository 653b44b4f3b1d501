"""Layers that make signals, images and volumes larger or smaller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import functional as F
from ..module.module import Module


class Upsample(Module):
    """Signals, images or volumes of another size; see `functional.interpolate`.

    Parameters
    ----------
    size : int or tuple of int, optional
        The spatial size wanted.
    scale_factor : float or tuple of float, optional
        Or by what factor; sizes are rounded down.
    mode : str
        "nearest", "linear", "bilinear", "trilinear", "bicubic", or what else `functional.interpolate` has.
    align_corners : bool, optional
        Whether first and last elements stay in place, or the outer edges of the elements do (the default).
    recompute_scale_factor : bool, optional
        Whether positions follow from the sizes rather than from `scale_factor`.

    Examples
    --------
    >>> tl.nn.Upsample(scale_factor=2)(tl.tensor([[[1.0, 2.0]]]))
    tensor([[[1., 1., 2., 2.]]])
    """

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        self.size = size
        self.scale_factor: float | tuple[float, ...] | None
        if isinstance(scale_factor, list | tuple):
            self.scale_factor = tuple(map(float, scale_factor))
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None  # type: ignore[arg-type]
        self.mode, self.align_corners = mode, align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, x: Any) -> Any:
        return F.interpolate(
            x, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        wanted = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{wanted}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Images of another size, of the nearest pixels: `Upsample` with mode "nearest".

    Parameters
    ----------
    size : int or tuple of int, optional
        Height and width wanted.
    scale_factor : float or tuple of float, optional
        Or by what factor.

    Examples
    --------
    >>> tl.nn.UpsamplingNearest2d(scale_factor=2)(tl.ones(1, 1, 2, 3)).shape
    (1, 1, 4, 6)
    """

    def __init__(
        self, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None
    ) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Images of another size, corners in place: `Upsample` with mode "bilinear" and ``align_corners=True``.

    Parameters
    ----------
    size : int or tuple of int, optional
        Height and width wanted.
    scale_factor : float or tuple of float, optional
        Or by what factor.

    Examples
    --------
    >>> tl.nn.UpsamplingBilinear2d(size=(1, 3))(tl.tensor([[[[1.0, 2.0]]]]))
    tensor([[[[1. , 1.5, 2. ]]]])
    """

    def __init__(
        self, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None
    ) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
