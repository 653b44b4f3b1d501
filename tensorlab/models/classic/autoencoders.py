"""Denoising and sparse autoencoders."""

from __future__ import annotations

from itertools import pairwise
from math import log
from typing import Annotated, Any, Literal

from ...nn.functional import mse_loss
from ...nn.layers.activation import Sigmoid
from ...nn.layers.base import Layer
from ...nn.layers.linear import Linear
from ...nn.module.containers import Sequential
from ...ops.declare import composite
from ...ops.special import xlogy
from ...options import NonNegative, Size, declared
from ...options.kinds import Real
from ...random import Generator, default_generator
from ...tensor import Tensor

Interior = Annotated[float, Real(0, 1, "()")]


@declared
class Autoencoder(Layer):
    """Layers that squeeze vectors into a code, and layers that restore them.

    All layers but the last end with a sigmoid. Train it by minimising `loss`.

    Parameters
    ----------
    sizes : tuple of int
        Length of the vectors, then the sizes of the encoder's layers, the last of which is the code. The decoder
        mirrors them.

    Attributes
    ----------
    encoder : Sequential
        The layers from vectors to codes.
    decoder : Sequential
        The layers from codes to vectors.

    Raises
    ------
    ValueError
        If there are fewer than two sizes.

    Examples
    --------
    >>> model = tl.models.classic.Autoencoder((64, 32, 8))
    >>> x = tl.rand(5, 64)
    >>> model.encode(x).shape, model(x).shape, model.loss(x).shape
    ((5, 8), (5, 64), ())
    """

    sizes: tuple[Size, ...]

    def __post_init__(self) -> None:
        if len(self.sizes) < 2:
            raise ValueError(f"{type(self).__name__}: sizes must have at least two entries, not {len(self.sizes)}")
        self.encoder = Sequential(*layers(self.sizes))
        self.decoder = Sequential(*layers(self.sizes[::-1])[:-1])

    @composite(x="real floating")
    def encode(self, x: Tensor) -> Tensor:
        """Return the codes, (..., sizes[-1]), of vectors, (..., sizes[0])."""
        return self.encoder(x)

    @composite(x="real floating")
    def forward(self, x: Tensor) -> Tensor:
        """Return the reconstructions of vectors, (..., sizes[0])."""
        return self.decoder(self.encoder(x))

    @composite(x="real floating")
    def loss(self, x: Tensor) -> Tensor:
        """Return the mean squared error of the reconstruction of vectors, (m, sizes[0])."""
        return mse_loss(self(x), x)


@declared
class DenoisingAutoencoder(Autoencoder):
    """An autoencoder that restores vectors from corrupted ones (Vincent, Larochelle, Bengio and Manzagol, 2008).

    Parameters
    ----------
    corruption : {"masking", "gaussian"}
        Whether elements are set to 0 with the probability `noise`, or get normal noise of that standard deviation.
    noise : float
        How much is corrupted; a probability, in [0, 1], for ``"masking"``.
    generator : Generator, optional
        Source of the noise; the default generator by default.

    Examples
    --------
    >>> model = tl.models.classic.DenoisingAutoencoder((64, 32), noise=0.5)
    >>> (model.corrupt(tl.ones(100, 64)) == 0).astype("float32").mean().round(decimals=1)
    tensor(0.5)
    """

    corruption: Literal["masking", "gaussian"] = "masking"
    noise: NonNegative = 0.3
    generator: Generator | None = None

    def __post_init__(self) -> None:
        if self.corruption == "masking" and self.noise > 1:
            raise ValueError(f"{type(self).__name__}: noise must be a probability, in [0, 1], not {self.noise}")
        super().__post_init__()

    @composite(x="real floating")
    def corrupt(self, x: Tensor) -> Tensor:
        """Return corrupted vectors."""
        source = self.generator or default_generator
        if self.corruption == "masking":
            return x * source.bernoulli(1 - self.noise, x.shape, dtype=x.dtype, device=x.device)
        return x + source.normal(x.shape, 0.0, self.noise, dtype=x.dtype, device=x.device)

    @composite(x="real floating")
    def loss(self, x: Tensor) -> Tensor:
        """Return the mean squared error of vectors restored from corrupted ones."""
        return mse_loss(self(self.corrupt(x)), x)


@declared
class SparseAutoencoder(Autoencoder):
    """An autoencoder whose code units are seldom active (Ng, 2011).

    The loss has the penalty ``beta * sum_j KL(rho || rho_j)``, where ``rho_j`` is the mean activation of code unit j in
    the batch.

    Parameters
    ----------
    rho : float
        The mean activation that units should have, in (0, 1).
    beta : float
        Weight of the penalty.

    Examples
    --------
    >>> model = tl.models.classic.SparseAutoencoder((64, 32), rho=0.1)
    >>> model.loss(tl.rand(10, 64)) > model.penalty(tl.full((10, 32), 0.1))
    tensor(True)
    """

    rho: Interior = 0.05
    beta: NonNegative = 0.1

    @composite(code="real floating")
    def penalty(self, code: Tensor) -> Tensor:
        """Return ``sum_j KL(rho || rho_j)`` of codes, (m, k), with elements in [0, 1]."""
        rho, mean = self.rho, code.mean(axis=0)
        entropy = -(rho * log(rho) + (1 - rho) * log(1 - rho))
        return -(xlogy(rho, mean) + xlogy(1 - rho, 1 - mean) + entropy).sum()

    @composite(x="real floating")
    def loss(self, x: Tensor) -> Tensor:
        """Return the mean squared error of the reconstruction of vectors, (m, sizes[0]), with the penalty."""
        code = self.encode(x)
        return mse_loss(self.decoder(code), x) + self.beta * self.penalty(code)


def layers(sizes: tuple[int, ...]) -> list[Any]:
    """Return linear layers of these sizes, each followed by a sigmoid."""
    return [layer for pair in pairwise(sizes) for layer in (Linear(*pair), Sigmoid())]
