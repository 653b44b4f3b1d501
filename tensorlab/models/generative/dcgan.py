"""DCGAN (Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional generative
adversarial networks", 2016).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ...errors import ShapeError
from ...nn.init.filling import normal_, zeros_
from ...nn.layers.activation import LeakyReLU, ReLU, Tanh
from ...nn.layers.base import Layer
from ...nn.layers.batchnorm import BatchNorm2d
from ...nn.layers.convolution import Conv2d, ConvTranspose2d
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...ops.declare import composite
from ...options import Size, declared
from ...tensor import Tensor
from ..classic.gan import GAN
from ..registry import register_model
from .pyramids import SMALLEST, contracting, expanding, halvings


@declared
class DCGANGenerator(Layer):
    """The generator: transposed convolutions, each of which doubles the resolution, from 4×4 pixels on.

    Parameters
    ----------
    latent_features : int
        Length of the latent vectors.
    channels : int
        Channels of the images.
    image_size : int
        Height and width of the images; a power of two, 8 or more.
    features : int
        Channels of the last hidden layer; each layer before has twice as many.

    Raises
    ------
    ValueError
        If `image_size` is not a power of two, or smaller than 8.

    Examples
    --------
    >>> tl.models.DCGANGenerator(image_size=16, features=8)(tl.randn(2, 100)).shape
    (2, 3, 16, 16)
    """

    latent_features: Size = 100
    channels: Size = 3
    image_size: Size = 64
    features: Size = 128

    def __post_init__(self) -> None:
        steps = halvings(type(self).__name__, self.image_size, self.features)
        widest = self.features << steps - 1
        self.main = Sequential(
            ConvTranspose2d(self.latent_features, widest, SMALLEST, bias=False),
            BatchNorm2d(widest),
            ReLU(),
            *expanding(self.channels, self.features, steps, ReLU, BatchNorm2d),
            Tanh(),
        )
        self.main.apply(_initialize)

    @composite(z="real floating")
    def forward(self, z: Tensor) -> Tensor:
        """Return images, (n, channels, image_size, image_size), from -1 to 1, of latent vectors, (n, features)."""
        if z.ndim < 2 or z.shape[1:] not in ((self.latent_features,), (self.latent_features, 1, 1)):
            raise ShapeError(f"z must be vectors, (n, {self.latent_features}), not of shape {z.shape}")
        return self.main(z.reshape(z.shape[0], self.latent_features, 1, 1))


@declared
class DCGANDiscriminator(Layer):
    """The discriminator: convolutions, each of which halves the resolution, down to 4×4 pixels.

    Parameters
    ----------
    channels : int
        Channels of the images.
    image_size : int
        Height and width of the images; a power of two, 8 or more.
    features : int
        Channels of the first hidden layer; each further layer has twice as many.

    Raises
    ------
    ValueError
        If `image_size` is not a power of two, or smaller than 8.

    Examples
    --------
    >>> tl.models.DCGANDiscriminator(image_size=16, features=8)(tl.zeros(2, 3, 16, 16)).shape
    (2,)
    """

    channels: Size = 3
    image_size: Size = 64
    features: Size = 128

    def __post_init__(self) -> None:
        steps = halvings(type(self).__name__, self.image_size, self.features)
        self.main = Sequential(
            *contracting(self.channels, self.features, steps, partial(LeakyReLU, 0.2), BatchNorm2d),
            Conv2d(self.features << steps - 1, 1, SMALLEST, bias=False),
        )
        self.main.apply(_initialize)

    @composite(images="real floating")
    def forward(self, images: Tensor) -> Tensor:
        """Return the scores, (n,), of images, (n, channels, image_size, image_size); large ones mean "real"."""
        shape = (self.channels, self.image_size, self.image_size)
        if images.shape[1:] != shape:
            raise ShapeError(f"images must have shape (n, {', '.join(map(str, shape))}), not {images.shape}")
        return self.main(images).reshape(-1)


def _initialize(module: Module) -> None:
    if isinstance(module, Conv2d | ConvTranspose2d):
        normal_(module.weight, std=0.02)
    elif isinstance(module, BatchNorm2d) and module.weight is not None and module.bias is not None:
        normal_(module.weight, mean=1.0, std=0.02)
        zeros_(module.bias)


@register_model
def dcgan(
    channels: Size = 3, image_size: Size = 64, latent_features: Size = 100, features: Size = 128, **options: Any
) -> GAN:
    """DCGAN for images from -1 to 1: 12,658,432 parameters of the generator and 11,036,160 of the discriminator.

    The paper trains both with ``Adam(lr=2e-4, betas=(0.5, 0.999))``.

    Parameters
    ----------
    channels : int
        Channels of the images.
    image_size : int
        Height and width of the images; a power of two, 8 or more.
    latent_features : int
        Length of the latent vectors.
    features : int
        Channels of the widest layers, that is, of those with the highest resolution.
    **options
        Further arguments of `classic.GAN`, such as `random`.
    """
    generator = DCGANGenerator(latent_features, channels, image_size, features)
    return GAN(generator, DCGANDiscriminator(channels, image_size, features), latent_features, **options)
