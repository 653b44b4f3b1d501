"""The deep convolutional inverse graphics network (Kulkarni, Whitney, Kohli and Tenenbaum, 2015)."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Annotated, Any

from ...distributions import kl_divergence
from ...nn.layers.activation import ReLU
from ...nn.layers.convolution import Conv2d
from ...nn.layers.linear import Flatten, Linear, Unflatten
from ...nn.layers.pooling import MaxPool2d
from ...nn.layers.resampling import Upsample
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...ops.comparison import where
from ...ops.creation import arange, asarray
from ...ops.declare import composite
from ...options import Count, NonNegative, Positive, Size, declared
from ...options.kinds import Function
from ...random import default_generator
from ...tensor import Tensor
from ..classic.gan import Optimizer, stepped
from ..registry import register_model
from .vae import VAE, prior_of


@declared
class DCIGN(VAE):
    """A variational autoencoder whose code is divided into factors of the scene, such as pose, light and shape.

    It learns from batches in which one factor alone varies. The units of all other factors are clamped: the decoder
    gets their mean over the batch, and their gradient, instead of that of the reconstruction, is their difference from
    that mean, times `invariance`. So the factor's units have to explain the batch, and the others do not react to it.

    Parameters
    ----------
    factors : tuple of int
        Number of the code's units of each factor, `latent_features` together. The paper's, for faces: azimuth,
        elevation, light, and all that is a face's own.
    invariance : float
        Factor of the gradients that pull the clamped units together.

    Raises
    ------
    ValueError
        If the factors do not have `latent_features` units together.

    Examples
    --------
    >>> from tensorlab import nn, optim
    >>> model = tl.models.DCIGN(nn.Linear(6, 6), nn.Linear(3, 6), latent_features=3, factors=(1, 2))
    >>> model.step(tl.rand(5, 6), 0, optim.Adam(model.parameters())).shape
    ()
    >>> model.clamp(tl.tensor([[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]]), 0)
    tensor([[1., 3., 4.],
            [3., 3., 4.]])
    """

    factors: tuple[Size, ...] = (1, 1, 1, 197)
    invariance: NonNegative = 0.01
    _shown = ("latent_features", "likelihood", "factors")

    def __post_init__(self) -> None:
        if sum(self.factors) != self.latent_features:
            raise ValueError(
                f"{type(self).__name__}: factors must have {self.latent_features} units together, as latent_features "
                f"says, not {self.factors}"
            )

    def _is_active(self, z: Tensor, factor: int) -> Tensor:
        """Return which units of the code belong to a factor."""
        if factor >= len(self.factors):
            raise ValueError(f"factor must be below {len(self.factors)}, the number of factors, not {factor}")
        first = sum(self.factors[:factor])
        unit = arange(self.latent_features, device=z.device)
        return (unit >= first) & (unit < first + self.factors[factor])

    @composite(z="real floating")
    def clamp(self, z: Tensor, factor: Count) -> Tensor:
        """Return codes, (n, latent_features), in which all units but a factor's have their mean over the batch."""
        return where(self._is_active(z, factor), z, z.mean(axis=0).detach())

    @composite(x="real floating")
    def clamped_loss(self, x: Tensor, factor: Count) -> Tensor:
        """Return the loss of a batch, (n, ...), in which one factor varies, the one of this number."""
        q = self.posterior(x)
        z = q.rsample(generator=self.generator)
        clamped = self.clamp(z, factor)
        strayed = where(self._is_active(z, factor), 0.0, z - clamped.detach()).square().sum(axis=1)
        divergence = self.beta * kl_divergence(q, prior_of(q))
        return (divergence - self.log_likelihood(x, clamped) + 0.5 * self.invariance * strayed).mean()

    @composite(x="real floating")
    def step(self, x: Tensor, factor: Count, optimizer: Optimizer) -> Tensor:
        """Make a step with a batch in which one factor varies, and return its loss."""
        return stepped(self.clamped_loss(x, factor), optimizer)

    @composite()
    def fit(
        self,
        batch_of: Annotated[Callable[[int], Tensor], Function()],
        optimizer: Optimizer,
        steps: Size,
        ratios: tuple[Positive, ...] | None = None,
    ) -> list[float]:
        """Make steps with batches in which a factor varies that is drawn for each step.

        Parameters
        ----------
        batch_of : callable
            Returns data, (n, ...), in which only the factor of the number that it is given varies.
        optimizer : Optimizer
            That of the parameters.
        steps : int
            Number of steps.
        ratios : tuple of float, optional
            How often each factor is drawn, relative to the others; the paper's are 1, 1, 1 and 10. Equally often by
            default.

        Returns
        -------
        list of float
            The losses.

        Raises
        ------
        ValueError
            If there is not one ratio for each factor.
        """
        ratios = ratios or (1.0,) * len(self.factors)
        if len(ratios) != len(self.factors):
            raise ValueError(f"ratios must have an entry for each of the {len(self.factors)} factors, not {ratios}")
        source = self.generator or default_generator
        drawn = source.multinomial(asarray(ratios, dtype="float64"), steps, replacement=True)
        return [self.step(batch_of(factor), factor, optimizer).item() for factor in drawn.tolist()]


@register_model
def dcign(
    channels: Size = 1, image_size: Size = 152, factors: tuple[Size, ...] = (1, 1, 1, 197), **options: Any
) -> DCIGN:
    """Inverse graphics network with three convolutions and pooling, and the reverse: 7,556,817 parameters.

    Windows and channels are the paper's; convolutions are padded, so that images of 150×150 pixels become 152×152.

    Parameters
    ----------
    channels : int
        Channels of the images.
    image_size : int
        Height and width of the images; a multiple of 8.
    factors : tuple of int
        Number of the code's units of each factor.
    **options
        Further arguments of `DCIGN`, such as `invariance`.

    Raises
    ------
    ValueError
        If `image_size` is not a multiple of 8.
    """
    if image_size % 8:
        raise ValueError(f"dcign: image_size must be a multiple of 8, not {image_size}")
    latent, shape = sum(factors), (32, image_size // 8, image_size // 8)
    encoder: list[Module] = []
    for inputs, outputs in ((channels, 96), (96, 64), (64, 32)):
        encoder += [Conv2d(inputs, outputs, 5, padding=2), ReLU(), MaxPool2d(2)]
    decoder: list[Module] = [Linear(latent, prod(shape)), ReLU(), Unflatten(1, shape)]
    for inputs, outputs in ((32, 64), (64, 96), (96, channels)):
        decoder += [Upsample(scale_factor=2), Conv2d(inputs, outputs, 7, padding=3), ReLU()]
    encoding = Sequential(*encoder, Flatten(1), Linear(prod(shape), 2 * latent))
    return DCIGN(encoding, Sequential(*decoder[:-1]), latent, factors=factors, **options)
