"""Tilings of space: each vector becomes the indicator of the tile in which it lies."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Annotated

from ..backend.dtypes import int64
from ..backend.memory import require_memory
from ..errors import ShapeError
from ..nn.functional.embedding import one_hot
from ..nn.layers.base import Layer
from ..ops.arithmetic import clip
from ..ops.creation import asarray
from ..ops.joining import concat
from ..ops.reduction import sum as reduce_sum
from ..ops.rounding import floor
from ..ops.shapes import astype
from ..options import Size, declared
from ..options.kinds import Many, Real
from ..tensor import Tensor

Bounds = Annotated[Sequence[float], Many(Real(-inf, inf, "()"))]


@declared
class TileCoding(Layer):
    """Indicators of the tiles of one or several grids (Sutton and Barto, "Reinforcement Learning", 9.5.4).

    The box from `low` to `high` is cut into `tiles` intervals along each coordinate. Each further tiling is shifted
    by a fraction of a tile, so that a linear model on top is a function with steps of ``1 / tilings`` of a tile.

    Parameters
    ----------
    low, high : sequence of float
        The corners of the box. Points outside belong to the nearest tile.
    tiles : int
        Number of tiles along each coordinate.
    tilings : int
        Number of grids. Grid `k` is shifted by ``k / tilings`` of a tile along each coordinate, and those after the
        first have one tile more along each.

    Attributes
    ----------
    out_features : int
        The number of features: that of the tiles of all grids.

    Raises
    ------
    ValueError
        If the corners have different lengths, or `high` is not above `low`.
    ShapeError
        When called, if points do not have the coordinates of the corners.

    Examples
    --------
    >>> tl.features.TileCoding([0.0], [1.0], tiles=4)(tl.tensor([[0.3], [0.9]]))
    tensor([[0., 1., 0., 0.],
            [0., 0., 0., 1.]])
    """

    low: Bounds
    high: Bounds
    tiles: Size
    tilings: Size = 1

    def __post_init__(self) -> None:
        name = type(self).__name__
        if len(self.low) != len(self.high) or not self.low:
            raise ValueError(f"{name}: low and high must have one length, not {len(self.low)} and {len(self.high)}")
        if not all(a < b for a, b in zip(self.low, self.high)):
            raise ValueError(f"{name}: high must be above low, but they are {list(self.high)} and {list(self.low)}")

        require_memory(name, f"tilings={self.tilings} grids", self.tilings)
        self._sides = [self.tiles] + [self.tiles + 1] * (self.tilings - 1)
        self.out_features = sum(side ** len(self.low) for side in self._sides)

    def forward(self, input: Tensor) -> Tensor:
        """Return the features, (..., out_features), of points, (..., coordinates)."""
        if input.ndim == 0 or input.shape[-1] != len(self.low):
            raise ShapeError(f"TileCoding: input must be (..., {len(self.low)}), not of shape {tuple(input.shape)}")
        low, high = (asarray(corner, dtype=input.dtype, device=input.device) for corner in (self.low, self.high))
        place = (input - low) / (high - low) * self.tiles
        grids = [self._indicators(place + number / self.tilings, side) for number, side in enumerate(self._sides)]
        return astype(concat(grids, axis=-1), input.dtype)

    def _indicators(self, place: Tensor, side: int) -> Tensor:
        """Return the indicators of the tiles of one grid; `place` is in units of tiles."""
        tile = astype(clip(floor(place), 0, side - 1), int64)
        strides = [side**power for power in reversed(range(len(self.low)))]
        number = reduce_sum(tile * asarray(strides, dtype=int64, device=place.device), axis=-1)
        return one_hot(number, side ** len(self.low))
