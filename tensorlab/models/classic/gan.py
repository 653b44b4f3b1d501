"""Generative adversarial networks: their losses and training steps."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ...autodiff.graph import no_grad
from ...autodiff.transforms import grad
from ...errors import ShapeError
from ...nn.functional import softplus
from ...nn.layers.base import Layer
from ...nn.module.module import Module
from ...ops.declare import composite
from ...ops.linalg.norms import vector_norm
from ...options import NonNegative, Size, declared
from ...options.kinds import Having
from ...random import Generator, default_generator
from ...tensor import Tensor

Optimizer = Annotated[Any, Having("an optimizer with zero_grad and step", ("zero_grad", "step"))]


@composite(real="real floating", fake="real floating")
def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Cross entropy of telling data from samples, ``mean(-log D(x)) + mean(-log(1 - D(G(z))))``.

    Parameters
    ----------
    real : Tensor
        Scores of data; D is their sigmoid.
    fake : Tensor
        Scores of samples.

    Returns
    -------
    Tensor
        Shape (). ``2 * log(2)`` if the scores are 0.

    Examples
    --------
    >>> tl.models.classic.discriminator_loss(tl.zeros(4), tl.zeros(4)).round(decimals=4)
    tensor(1.3863)
    """
    return softplus(-real).mean() + softplus(fake).mean()


@composite(fake="real floating")
def generator_loss(fake: Tensor) -> Tensor:
    """The generator's loss that does not saturate, ``mean(-log D(G(z)))`` (Goodfellow et al., 2014, section 3).

    Parameters
    ----------
    fake : Tensor
        Scores of samples; D is their sigmoid.

    Returns
    -------
    Tensor
        Shape ().

    Examples
    --------
    >>> tl.models.classic.generator_loss(tl.zeros(4)).round(decimals=4)
    tensor(0.6931)
    """
    return softplus(-fake).mean()


@composite(real="real floating", fake="real floating")
def gradient_penalty(critic: Module, real: Tensor, fake: Tensor, generator: Generator | None = None) -> Tensor:
    """Penalty of a critic's slope, ``mean((||grad critic(x)|| - 1)**2)`` between data and samples (WGAN-GP).

    The points are drawn uniformly on the lines between data and samples (Gulrajani et al., 2017).

    Parameters
    ----------
    critic : Module
        Gives each point a score; points must not interact, as they do in batch normalisation.
    real : Tensor, shape (n, ...)
        Data.
    fake : Tensor, shape (n, ...)
        As many samples.
    generator : Generator, optional
        Source of the points; the default generator by default.

    Returns
    -------
    Tensor
        Shape ().

    Raises
    ------
    ShapeError
        If the shapes differ.

    Examples
    --------
    >>> critic = tl.nn.Linear(2, 1)
    >>> penalty = tl.models.classic.gradient_penalty(critic, tl.ones(4, 2), tl.zeros(4, 2))
    >>> tl.allclose(penalty, (critic.weight.norm() - 1) ** 2)
    True
    """
    if real.shape != fake.shape or real.ndim < 2:
        raise ShapeError(f"real and fake must be (n, ...), of equal shapes, not {real.shape} and {fake.shape}")
    source = generator or default_generator
    place = source.uniform((real.shape[0], *[1] * (real.ndim - 1)), dtype=real.dtype, device=real.device)
    points = (fake + place * (real - fake)).detach()
    slopes = grad(lambda x: critic(x).sum())(points)
    return (vector_norm(slopes.flatten(1), axis=1) - 1).square().mean()


@declared
class GAN(Layer):
    """A generative adversarial network: a generator against a discriminator, or against a critic.

    Alternate `discriminator_step` and `generator_step`, each with the optimizer of the network that it trains. A critic
    needs about five steps for each of the generator's, and an optimizer without momentum.

    Parameters
    ----------
    generator : Module
        Makes samples, (n, ...), from standard normal vectors, (n, latent_features).
    discriminator : Module
        Gives each sample a score, (n, 1) or (n,).
    latent_features : int
        Length of the normal vectors.
    loss : {"gan", "wgan-gp"}
        Cross entropies (Goodfellow et al., 2014); or differences of mean scores with the penalty of the critic's slope
        (Gulrajani et al., 2017).
    penalty : float
        Weight of the slope's penalty.
    random : Generator, optional
        Source of the random numbers; the default generator by default.

    Examples
    --------
    >>> from tensorlab import nn, optim
    >>> model = tl.models.classic.GAN(nn.Linear(3, 2), nn.Linear(2, 1), latent_features=3, loss="wgan-gp")
    >>> critic = optim.Adam(model.discriminator.parameters(), lr=1e-3)
    >>> generator = optim.Adam(model.generator.parameters(), lr=1e-3)
    >>> for step in range(2):
    ...     d_loss = model.discriminator_step(tl.randn(8, 2), critic)
    ...     g_loss = model.generator_step(8, generator)
    >>> d_loss.shape, model.sample(5).shape
    ((), (5, 2))
    """

    generator: Module
    discriminator: Module
    latent_features: Size
    loss: Literal["gan", "wgan-gp"] = "gan"
    penalty: NonNegative = 10.0
    random: Generator | None = None
    _shown = ("latent_features", "loss")

    def forward(self, z: Tensor) -> Tensor:
        """Return the samples, (n, ...), of latent vectors, (n, latent_features)."""
        return self.generator(z)

    def _latent(self, count: int) -> Tensor:
        like: Any = next(self.generator.parameters(), None)
        options: Any = {} if like is None else {"dtype": like.dtype, "device": like.device}
        return (self.random or default_generator).normal((count, self.latent_features), **options)

    @no_grad()
    @composite()
    def sample(self, count: Size) -> Tensor:
        """Draw samples, (count, ...)."""
        return self.generator(self._latent(count))

    @composite(real="real floating")
    def discriminator_loss(self, real: Tensor) -> Tensor:
        """Return the loss of the discriminator or critic for data, (n, ...), and as many samples."""
        fake = self.sample(real.shape[0])
        scores = self.discriminator(real), self.discriminator(fake)
        if self.loss == "gan":
            return discriminator_loss(*scores)
        slope = gradient_penalty(self.discriminator, real, fake, self.random)
        return scores[1].mean() - scores[0].mean() + self.penalty * slope

    @composite()
    def generator_loss(self, count: Size) -> Tensor:
        """Return the loss of the generator for new samples."""
        scores = self.discriminator(self.generator(self._latent(count)))
        return generator_loss(scores) if self.loss == "gan" else -scores.mean()

    @composite(real="real floating")
    def discriminator_step(self, real: Tensor, optimizer: Optimizer) -> Tensor:
        """Make a step of the discriminator with data, (n, ...), and return its loss."""
        return stepped(self.discriminator_loss(real), optimizer)

    @composite()
    def generator_step(self, count: Size, optimizer: Optimizer) -> Tensor:
        """Make a step of the generator with so many samples, and return its loss."""
        return stepped(self.generator_loss(count), optimizer)


def stepped(loss: Tensor, optimizer: Any) -> Tensor:
    """Make the step of an optimizer that minimises a loss, and return the loss."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()
