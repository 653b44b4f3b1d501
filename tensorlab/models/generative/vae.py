"""Variational autoencoders (Kingma and Welling, "Auto-encoding variational Bayes", 2014)."""

from __future__ import annotations

from itertools import pairwise
from math import log, prod
from typing import Any, ClassVar, Literal

from ...autodiff.graph import no_grad
from ...backend.memory import require_memory
from ...distributions import Bernoulli, ContinuousBernoulli, Distribution, Independent, Normal, kl_divergence
from ...errors import ShapeError
from ...nn.layers.activation import ReLU, Tanh
from ...nn.layers.base import Layer
from ...nn.layers.linear import Flatten, Linear, Unflatten
from ...nn.module.containers import Sequential
from ...nn.module.module import Module
from ...ops.comparison import where
from ...ops.creation import arange, zeros_like
from ...ops.declare import composite
from ...ops.exponential import exp
from ...ops.joining import stack
from ...ops.reduction import logsumexp
from ...options import Count, NonNegative, Positive, Size, declared
from ...random import Generator, default_generator
from ...tensor import Tensor
from ..registry import register_model
from .pyramids import SMALLEST, contracting, expanding, halvings


@declared
class VAE(Layer):
    """A variational autoencoder: codes are drawn from a normal distribution that the encoder predicts.

    Its objective, the evidence lower bound, is ``E_q[log p(x | z)] - KL(q(z | x) || p(z))`` with a standard normal
    p(z). Train it by minimising `loss`.

    Parameters
    ----------
    encoder : Module
        Takes data, (n, ...), and returns the means, and then the logarithms of the variances, of the distributions q of
        the codes, (n, 2 latent_features).
    decoder : Module
        Takes codes, (n, latent_features), and returns what the data's distribution depends on, (n, ...).
    latent_features : int
        Length of the codes.
    likelihood : {"bernoulli", "continuous_bernoulli", "gaussian"}
        The decoder returns the logits of data in [0, 1], or the means of data with the standard deviation `scale`. The
        continuous Bernoulli distribution is a density of numbers between 0 and 1 (Loaiza-Ganem and Cunningham, 2019).
    scale : float
        Standard deviation of Gaussian data, given the code.
    beta : float
        Weight of the divergence in `loss`; other than one in a beta-VAE (Higgins et al., 2017).
    generator : Generator, optional
        Source of the random numbers; the default generator by default.

    Examples
    --------
    >>> from tensorlab import nn
    >>> model = tl.models.VAE(nn.Linear(6, 4), nn.Linear(2, 6), latent_features=2)
    >>> x = tl.rand(5, 6)
    >>> model(x).shape, model.elbo(x).shape, model.sample(3).shape
    ((5, 6), (5,), (3, 6))
    >>> z = model.posterior(x).rsample()
    >>> model.conditional(z).log_prob(x).shape
    (5,)
    """

    encoder: Module
    decoder: Module
    latent_features: Size
    likelihood: Literal["bernoulli", "continuous_bernoulli", "gaussian"] = "bernoulli"
    scale: Positive = 1.0
    beta: NonNegative = 1.0
    generator: Generator | None = None
    _shown: ClassVar[tuple[str, ...]] = ("latent_features", "likelihood")

    @composite(x="real floating")
    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the means and the logarithms of the variances, (n, latent_features), of the codes of data."""
        both, size = self.encoder(x), self.latent_features
        expected = (x.shape[0], 2 * size)
        if both.shape != expected:
            raise ShapeError(f"encoder must return shape {expected} for x of shape {x.shape}, not {both.shape}")
        return both[:, :size], both[:, size:]

    @composite(x="real floating")
    def posterior(self, x: Tensor) -> Distribution:
        """Return q(z | x), the distributions of the codes of data, (n, ...)."""
        mean, log_variance = self.encode(x)
        return diagonal_normal(mean, exp(0.5 * log_variance))

    @composite(z="real floating")
    def conditional(self, z: Tensor) -> Distribution:
        """Return p(x | z), the distributions of the data of codes, (n, latent_features)."""
        decoded = self.decoder(z)
        given: Distribution
        if self.likelihood == "gaussian":
            given = Normal(decoded, self.scale, validate_args=False)
        else:
            kind = Bernoulli if self.likelihood == "bernoulli" else ContinuousBernoulli
            given = kind(logits=decoded, validate_args=False)
        return Independent(given, decoded.ndim - 1, validate_args=False)

    @composite(mean="real floating", log_variance="real floating")
    def reparameterize(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Draw codes of these means and variances, through which gradients flow to both."""
        return diagonal_normal(mean, exp(0.5 * log_variance)).rsample(generator=self.generator)

    @composite(z="real floating")
    def decode(self, z: Tensor) -> Tensor:
        """Return the means of the data, (n, ...), of codes, (n, latent_features)."""
        return self.conditional(z).mean

    @composite(x="real floating")
    def forward(self, x: Tensor) -> Tensor:
        """Return the reconstructions of data, (n, ...), from the means of their codes."""
        return self.decode(self.encode(x)[0])

    @composite(x="real floating", z="real floating")
    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """Return ``log p(x | z)``, (n,), of data, (n, ...), and codes, (n, latent_features)."""
        given = self.conditional(z)
        shape = given.batch_shape + given.event_shape
        if shape != x.shape:
            raise ShapeError(f"decoder must return the shape of x, {x.shape}, for z of shape {z.shape}, not {shape}")
        return given.log_prob(x)

    @composite(x="real floating")
    def elbo(self, x: Tensor, samples: Size = 1) -> Tensor:
        """Return the evidence lower bound of ``log p(x)``, (n,), of data, (n, ...), from so many codes for each."""
        likelihood, divergence = self._terms(x, samples)
        return likelihood - divergence

    @composite(x="real floating")
    def loss(self, x: Tensor, samples: Size = 1) -> Tensor:
        """Return the mean of the negative evidence lower bound of data, its divergence weighted by `beta`."""
        likelihood, divergence = self._terms(x, samples)
        return (self.beta * divergence - likelihood).mean()

    def _terms(self, x: Tensor, samples: int) -> tuple[Tensor, Tensor]:
        """Return the mean log-likelihood of data given codes, and the codes' divergence from the prior."""
        require_memory(type(self).__name__, f"samples={samples}", samples)
        q = self.posterior(x)
        total: Any = 0.0
        for _ in range(samples):
            total = total + self.log_likelihood(x, q.rsample(generator=self.generator))
        return total / samples, kl_divergence(q, prior_of(q))

    @no_grad()
    @composite(x="real floating")
    def log_prob(self, x: Tensor, samples: Size = 100) -> Tensor:
        """Estimate ``log p(x)``, (n,), of data by importance sampling (Burda, Grosse and Salakhutdinov, 2016).

        The expected value is a lower bound that is tighter than the `elbo`, and approaches the truth with more samples.
        """
        require_memory(type(self).__name__, f"samples={samples}", samples)
        q = self.posterior(x)
        p, weights = prior_of(q), []
        for _ in range(samples):
            z = q.sample(generator=self.generator)
            weights.append(self.log_likelihood(x, z) + p.log_prob(z) - q.log_prob(z))
        return logsumexp(stack(weights), axis=0) - log(samples)

    @no_grad()
    @composite()
    def sample(self, count: Size) -> Tensor:
        """Draw codes and return the means of their data, (count, ...)."""
        like: Any = next(self.parameters())
        shape = (count, self.latent_features)
        source = self.generator or default_generator
        return self.decode(source.normal(shape, dtype=like.dtype, device=like.device))

    @no_grad()
    @composite(x="real floating", values="real floating")
    def traverse(self, x: Tensor, unit: Count, values: Tensor) -> Tensor:
        """Return the means of data whose codes have one unit set to other values.

        Parameters
        ----------
        x : Tensor, shape (n, ...)
            Data, whose codes' means are used.
        unit : int
            Which element of the codes changes.
        values : Tensor, shape (k,)
            Its values.

        Returns
        -------
        Tensor
            Shape (n, k, ...).
        """
        if unit >= self.latent_features or values.ndim != 1:
            raise ShapeError(
                f"unit must be below {self.latent_features} and values a vector, not {unit} and of shape {values.shape}"
            )
        mean = self.encode(x)[0][:, None]
        chosen = arange(self.latent_features, device=mean.device) == unit
        codes = where(chosen, values.astype(mean.dtype)[:, None], mean)
        decoded = self.decode(codes.flatten(0, 1))
        return decoded.reshape(x.shape[0], values.shape[0], *decoded.shape[1:])


def diagonal_normal(mean: Tensor, std: Tensor | float) -> Distribution:
    """Return the distributions of vectors with independent normal elements."""
    return Independent(Normal(mean, std, validate_args=False), 1, validate_args=False)


def prior_of(q: Distribution) -> Distribution:
    """Return the standard normal distributions p(z) beside q(z | x)."""
    return diagonal_normal(zeros_like(q.mean), 1.0)


@register_model
def vae(
    shape: tuple[Size, ...] = (784,), hidden: tuple[Size, ...] = (500,), latent_features: Size = 20, **options: Any
) -> VAE:
    """Variational autoencoder of linear layers, as published for digits of 28×28 pixels: 815,824 parameters.

    Parameters
    ----------
    shape : tuple of int
        Shape of a sample.
    hidden : tuple of int
        Sizes of the encoder's hidden layers, which the decoder mirrors; hyperbolic tangents follow them.
    latent_features : int
        Length of the codes.
    **options
        Further arguments of `VAE`, such as `likelihood`.
    """
    sizes = (prod(shape), *hidden)
    encoder = Sequential(Flatten(1), *_layers(sizes), Linear(sizes[-1], 2 * latent_features))
    mirrored = (latent_features, *hidden[::-1])
    decoder = Sequential(*_layers(mirrored), Linear(mirrored[-1], sizes[0]), Unflatten(1, shape))
    return VAE(encoder, decoder, latent_features, **options)


def _layers(sizes: tuple[int, ...]) -> list[Module]:
    return [layer for pair in pairwise(sizes) for layer in (Linear(*pair), Tanh())]


@register_model
def conv_vae(
    channels: Size = 1, image_size: Size = 32, latent_features: Size = 32, features: Size = 32, **options: Any
) -> VAE:
    """Variational autoencoder of convolutions that halve images, and others that double them: 527,745 parameters.

    Parameters
    ----------
    channels : int
        Channels of the images.
    image_size : int
        Height and width of the images; a power of two, 8 or more.
    latent_features : int
        Length of the codes.
    features : int
        Channels at half of the resolution; each further layer has twice as many.
    **options
        Further arguments of `VAE`, such as `likelihood`.
    """
    steps = halvings("conv_vae", image_size, features)
    shape = (features << steps - 1, SMALLEST, SMALLEST)
    contracted, expanded = (make(channels, features, steps, ReLU) for make in (contracting, expanding))
    encoder = Sequential(*contracted, Flatten(1), Linear(prod(shape), 2 * latent_features))
    decoder = Sequential(Linear(latent_features, prod(shape)), ReLU(), Unflatten(1, shape), *expanded)
    return VAE(encoder, decoder, latent_features, **options)
