"""Radial basis functions around given centres."""

from __future__ import annotations

from ..errors import ShapeError
from ..nn.module.module import Module
from ..nn.module.parameter import Parameter
from ..ops.exponential import exp
from ..ops.shapes import reshape
from ..options import Positive, checked
from ..tensor import Tensor
from .kernels import squared_distances


class RBFFeatures(Module):
    """Gaussian bumps around centres, ``exp(-gamma * ||x - c||**2)`` (Broomhead and Lowe, 1988).

    Followed by `nn.Linear`, it is an RBF network. Make `centers` a parameter to learn them as well.

    Parameters
    ----------
    centers : Tensor, shape (k, d)
        The centres, such as some of the samples. A `Parameter` is registered as one, another tensor as a buffer.
    gamma : float
        Inverse of twice the variance of the bumps.

    Attributes
    ----------
    centers : Tensor or Parameter
        The centres.

    Raises
    ------
    ShapeError
        If `centers` is not a matrix; when called, if the vectors differ in length from the centres.

    Examples
    --------
    >>> tl.features.RBFFeatures(tl.tensor([[0.0, 0.0], [1.0, 0.0]]))(tl.tensor([1.0, 0.0])).round(decimals=4)
    tensor([0.3679, 1.    ])
    """

    @checked
    def __init__(self, centers: Tensor, gamma: Positive = 1.0) -> None:
        super().__init__()
        if centers.ndim != 2:
            raise ShapeError(f"{type(self).__name__}: centers must be a matrix, not of shape {tuple(centers.shape)}")
        self.gamma = gamma
        if not isinstance(centers, Parameter):
            self.register_buffer("centers", None)
        self.centers = centers

    def forward(self, input: Tensor) -> Tensor:
        """Return the features, (..., k), of vectors, (..., d)."""
        count, length = self.centers.shape
        if input.ndim == 0 or input.shape[-1] != length:
            raise ShapeError(f"RBFFeatures: input must be (..., {length}), not of shape {tuple(input.shape)}")
        points = reshape(input, (-1, length))
        return reshape(exp(-self.gamma * squared_distances(points, self.centers)), (*input.shape[:-1], count))

    def extra_repr(self) -> str:
        return f"{', '.join(map(str, self.centers.shape))}, gamma={self.gamma}"
