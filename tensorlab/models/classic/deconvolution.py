"""The deconvolutional network: convolutional sparse coding in layers."""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from typing import Any, Self

from ...autodiff.graph import no_grad
from ...errors import ShapeError
from ...nn.functional import conv2d, conv_transpose2d, softshrink
from ...nn.module.parameter import Parameter
from ...nn.module.parameter_containers import ParameterList
from ...ops.creation import zeros_like
from ...ops.declare import composite
from ...ops.linalg.norms import vector_norm
from ...options import NonNegative, Positive, Size, declared
from ...random import Generator, default_generator
from ...tensor import Tensor
from .base import Estimator, batches


@declared
class DeconvolutionalNetwork(Estimator):
    """The deconvolutional network (Zeiler, Krishnan, Taylor and Fergus, 2010): images as sums of sparse maps' filters.

    Each layer minimises ``||sum_k z_k * f_k - x||**2 / 2 + sparsity * sum(|z|)`` over its maps z, which are inferred
    for each image by FISTA (Beck and Teboulle, 2009), and over its filters f, which are learned. The maps of a layer
    are the image of the next. Maps are larger than images by ``kernel_size - 1``.

    Parameters
    ----------
    in_channels : int
        Number of the images' channels.
    maps : tuple of int
        Number of maps of each layer.
    kernel_size : int
        Height and width of the filters.
    sparsity : float
        Weight of the maps' magnitudes.
    steps : int
        Number of steps of inference.
    lr : float
        Length of a filter's step along the gradient, relative to that which the maps allow.
    epochs : int
        Number of passes over the images, for each layer.
    batch_size : int
        Number of images of a step.
    generator : Generator, optional
        Source of the filters and of the order of images; the default generator by default.

    Attributes
    ----------
    filters : ParameterList
        The filters of each layer, (maps, channels, kernel_size, kernel_size), each of length 1.

    Examples
    --------
    >>> images = tl.Generator(0).normal((4, 1, 8, 8))
    >>> model = tl.models.classic.DeconvolutionalNetwork(1, (6,), kernel_size=3, epochs=2).fit(images)
    >>> maps = model(images)
    >>> maps.shape, model.reconstruct(maps).shape
    ((4, 6, 10, 10), (4, 1, 8, 8))
    """

    in_channels: Size
    maps: tuple[Size, ...]
    kernel_size: Size = 5
    sparsity: NonNegative = 0.1
    steps: Size = 50
    lr: Positive = 0.5
    epochs: Size = 10
    batch_size: Size = 16
    generator: Generator | None = None

    def __post_init__(self) -> None:
        source, sizes = self.generator or default_generator, (self.in_channels, *self.maps)
        window = (self.kernel_size, self.kernel_size)
        self.filters = ParameterList(
            [unit_length(source.normal((above, below, *window))) for below, above in pairwise(sizes)]
        )

    @no_grad()
    @composite(x="real floating")
    def fit(self, x: Tensor, y: None = None) -> Self:  # type: ignore[override]
        """Learn the filters of images, (n, in_channels, height, width), layer by layer."""
        self._check(x)
        for filters in self.filters:
            for _ in range(self.epochs):
                for chosen in batches(x.shape[0], self.batch_size, x, self.generator):
                    self._learn(filters, x[chosen])
            x = infer(x, filters, self.sparsity, self.steps)
        return self

    def _learn(self, filters: Parameter, x: Tensor) -> None:
        """Make one step of the filters, with the maps that they infer."""
        maps = infer(x, filters, self.sparsity, self.steps)
        # The derivative by the filters is the correlation of the errors with the maps: images and maps as channels.
        error = synthesize(maps, filters) - x
        slope = conv2d(maps.transpose(0, 1), error.transpose(0, 1)).flip((-2, -1))
        bound = maps.square().sum()
        if bound.item() > 0:
            filters.copy_(unit_length(filters - self.lr * self.kernel_size**2 * slope / bound))

    @no_grad()
    @composite(x="real floating")
    def forward(self, x: Tensor) -> Tensor:
        """Return the maps of the top layer, inferred from images, (n, in_channels, height, width)."""
        self._check(x)
        for filters in self.filters:
            x = infer(x, filters, self.sparsity, self.steps)
        return x

    @composite(z="real floating")
    def reconstruct(self, z: Tensor) -> Tensor:
        """Return the images of maps of the top layer."""
        for filters in reversed(self.filters):
            z = synthesize(z, filters)
        return z

    @composite(x="real floating", z="real floating")
    def energy(self, x: Tensor, z: Tensor) -> Tensor:
        """Return what the first layer minimises, for images and its maps."""
        return (synthesize(z, self.filters[0]) - x).square().sum() / 2 + self.sparsity * abs(z).sum()

    def _check(self, x: Tensor) -> None:
        if x.ndim != 4 or x.shape[1] != self.in_channels or 0 in x.shape:
            raise ShapeError(f"x must be images, (n, {self.in_channels}, height, width), not of shape {x.shape}")


def synthesize(maps: Tensor, filters: Tensor) -> Tensor:
    """Return the sum of the maps convolved with their filters."""
    return conv_transpose2d(maps, filters, padding=filters.shape[-1] - 1)


def analyze(images: Tensor, filters: Tensor) -> Tensor:
    """Return the transpose of `synthesize`: correlations of images with filters."""
    return conv2d(images, filters, padding=filters.shape[-1] - 1)


def infer(x: Tensor, filters: Tensor, sparsity: float, steps: int) -> Tensor:
    """Return the sparse maps of images, by FISTA."""
    rate = 1 / largest_eigenvalue(filters)
    maps = ahead = zeros_like(analyze(x, filters))
    momentum = 1.0
    for _ in range(steps):
        slope = analyze(synthesize(ahead, filters) - x, filters)
        new = softshrink(ahead - rate * slope, sparsity * rate)
        following = (1 + sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + (momentum - 1) / following * (new - maps)
        maps, momentum = new, following
    return maps


def largest_eigenvalue(filters: Tensor) -> float:
    """Return a bound of the largest eigenvalue of `analyze` after `synthesize`."""
    # The norm of a convolution is at most the sum of its kernel's magnitudes; of matrices, the square of the norm is at
    # most the largest row sum times the largest column sum (Schur's test).
    magnitudes = abs(filters).sum(axis=(-2, -1))
    return (magnitudes.sum(axis=0).max() * magnitudes.sum(axis=1).max()).item()


def unit_length(filters: Any) -> Any:
    """Return filters scaled to length 1."""
    return filters / vector_norm(filters, axis=(1, 2, 3), keepdims=True)
