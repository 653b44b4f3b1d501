"""Polar coordinates."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError
from ..nn.layers.base import Layer
from ..ops.declare import composite
from ..ops.joining import concat
from ..ops.reduction import euclidean_norm
from ..ops.trigonometric import atan2
from ..options import declared
from ..tensor import ArrayT, Tensor


@composite(x="real floating")
def polar(x: ArrayT) -> ArrayT:
    """Polar coordinates of points in the plane, and hyperspherical ones in higher dimensions.

    Parameters
    ----------
    x : Tensor, shape (..., d)
        Points, with at least 2 coordinates.

    Returns
    -------
    Tensor
        Shape (..., d): the distance from the origin, then ``d - 1`` angles. The angle of coordinate `i` is between its
        axis and the rest of the vector, in [0, pi]; the last one, in the plane of the last two coordinates, is in
        [-pi, pi]. Gradients at the origin are zero.

    Raises
    ------
    ShapeError
        If points have fewer than 2 coordinates.

    Examples
    --------
    >>> tl.features.polar(tl.tensor([[1.0, 0.0], [0.0, 2.0]]))
    tensor([[1.       , 0.       ],
            [2.       , 1.5707964]])
    """
    if x.ndim == 0 or x.shape[-1] < 2:
        raise ShapeError(f"x must have at least 2 coordinates along its last axis, but its shape is {tuple(x.shape)}")
    last = x.shape[-1] - 1
    radii: list[Any] = [euclidean_norm(x[..., i:], axis=-1, keepdims=True) for i in range(last)]
    angles: list[Any] = [atan2(radii[i + 1], x[..., i : i + 1]) for i in range(last - 1)]
    return concat([radii[0], *angles, atan2(x[..., last:], x[..., last - 1 : last])], axis=-1)


@declared
class Polar(Layer, function=polar):
    """Polar coordinates of points in the plane, and hyperspherical ones in higher dimensions.

    Examples
    --------
    >>> tl.features.Polar()(tl.tensor([0.0, 3.0]))
    tensor([3.       , 1.5707964])
    """

    def forward(self, input: Tensor) -> Tensor:
        return polar(input)
