"""Diffusion models: noise that is added step by step, and a network that removes it."""

from __future__ import annotations

from math import pi
from typing import ClassVar, Literal

from ...autodiff.graph import no_grad
from ...errors import ShapeError
from ...nn.functional import mse_loss, position_angles, silu
from ...nn.layers.base import Layer
from ...nn.layers.linear import Linear
from ...nn.module.containers import ModuleList
from ...nn.module.module import Module
from ...ops.arithmetic import clip
from ...ops.creation import arange, linspace
from ...ops.cumulative import cumulative_prod
from ...ops.declare import composite
from ...ops.joining import concat
from ...ops.trigonometric import cos, sin
from ...options import Positive, ShapeLike, Size, declared
from ...random import Generator, default_generator
from ...tensor import Tensor
from .base import Depth


@declared
class NoisePredictor(Layer):
    """A small network that predicts the noise in vectors, given the step.

    Sinusoids of the step are added to the input of each hidden layer, which adds to what the one before returned.

    Parameters
    ----------
    features : int
        Length of the vectors.
    hidden : int
        Size of the hidden layers.
    depth : int
        Number of hidden layers.
    time_features : int
        Number of sinusoids; even.

    Examples
    --------
    >>> tl.models.classic.NoisePredictor(2)(tl.zeros(5, 2), tl.tensor([0, 1, 2, 3, 4])).shape
    (5, 2)
    """

    features: Size
    hidden: Size = 256
    depth: Depth = 3
    time_features: Size = 32

    def __post_init__(self) -> None:
        if self.time_features % 2:
            raise ValueError(f"{type(self).__name__}: time_features must be even, not {self.time_features}")
        self.input = Linear(self.features, self.hidden)
        self.times = ModuleList(Linear(self.time_features, self.hidden) for _ in range(self.depth))
        self.layers = ModuleList(Linear(self.hidden, self.hidden) for _ in range(self.depth))
        self.output = Linear(self.hidden, self.features)

    @composite(x="real floating", t="integral")
    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Return the noise in vectors, (n, features), at the steps, (n,)."""
        if x.ndim != 2 or t.shape != x.shape[:1]:
            raise ShapeError(f"x and t must be vectors and their steps, (n, d) and (n,), not {x.shape} and {t.shape}")
        rates = position_angles(2, self.time_features, device=x.device, dtype=x.dtype)[1]
        angles = t.astype(x.dtype)[:, None] * rates
        time = concat([sin(angles), cos(angles)], axis=1)
        hidden = self.input(x)
        for embed, layer in zip(self.times, self.layers):
            hidden = hidden + layer(silu(hidden + embed(time)))
        return self.output(silu(hidden))


@declared
class DDPM(Layer):
    """A denoising diffusion probabilistic model (Ho, Jain and Abbeel, 2020).

    Noise is added in steps, ``q(x_t | x_0) = N(sqrt(abar_t) x_0, 1 - abar_t)``, where abar is the cumulative product of
    ``1 - beta``. A network learns to predict the noise, and samples are drawn by going back from noise.

    Parameters
    ----------
    model : Module
        Takes noisy samples, (n, ...), and their steps, (n,), from 0 on, and returns the noise: a `NoisePredictor`.
    steps : int
        Number of steps.
    schedule : {"linear", "cosine"}
        The variances beta: from 1e-4 to 0.02, scaled by ``1000 / steps`` for other numbers of steps; or such that abar
        is a squared cosine (Nichol and Dhariwal, 2021).
    clip : float, optional
        Largest magnitude of the data, to which estimates of the clean samples are limited in sampling.
    generator : Generator, optional
        Source of the random numbers; the default generator by default.

    Attributes
    ----------
    betas : Tensor, shape (steps,)
        The variances.
    alphas_cumprod : Tensor, shape (steps,)
        The products abar.

    Examples
    --------
    >>> diffusion = tl.models.classic.DDPM(tl.models.classic.NoisePredictor(2), steps=50)
    >>> diffusion.loss(tl.zeros(8, 2)).shape, diffusion.sample((4, 2)).shape
    ((), (4, 2))
    """

    model: Module
    steps: Size = 1000
    schedule: Literal["linear", "cosine"] = "linear"
    clip: Positive | None = None
    generator: Generator | None = None
    betas: ClassVar[Tensor]
    alphas_cumprod: ClassVar[Tensor]
    _shown = ("steps", "schedule")

    def __post_init__(self) -> None:
        betas = linear_betas(self.steps) if self.schedule == "linear" else cosine_betas(self.steps)
        self.register_buffer("betas", betas.astype("float32"))
        self.register_buffer("alphas_cumprod", cumulative_prod(1 - betas, axis=0).astype("float32"))

    @property
    def _source(self) -> Generator:
        return self.generator or default_generator

    def _noise(self, x: Tensor) -> Tensor:
        return self._source.normal(x.shape, dtype=x.dtype, device=x.device)

    def _signal(self, x: Tensor, t: Tensor) -> Tensor:
        """Return abar of the steps, in a shape that broadcasts with samples."""
        return self.alphas_cumprod[t].astype(x.dtype).reshape(-1, *[1] * (x.ndim - 1))

    @composite(x="real floating", t="integral", noise="real floating")
    def q_sample(self, x: Tensor, t: Tensor, noise: Tensor | None = None) -> Tensor:
        """Return samples, (n, ...), with the noise of the steps, (n,), from 0 to ``steps - 1``."""
        signal = self._signal(x, t)
        return signal.sqrt() * x + (1 - signal).sqrt() * (self._noise(x) if noise is None else noise)

    @composite(x="real floating", t="integral")
    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Return the noise that the network predicts in noisy samples."""
        return self.model(x, t)

    @composite(x="real floating")
    def loss(self, x: Tensor) -> Tensor:
        """Return the mean squared error of the noise predicted in samples, (n, ...), at random steps."""
        t = self._source.integers(0, self.steps, (x.shape[0],), device=x.device)
        noise = self._noise(x)
        return mse_loss(self.model(self.q_sample(x, t, noise), t), noise)

    @composite(x="real floating", start="real floating")
    def posterior(self, x: Tensor, start: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """Return mean and variance of the step before, ``q(x_(t-1) | x_t, x_0)``, given `x` and the clean `start`."""
        beta, signal = self.betas[step], self.alphas_cumprod[step]
        before = self.alphas_cumprod[step - 1] if step else self.betas[0] * 0 + 1
        weight_start = before.sqrt() * beta / (1 - signal)
        weight_x = (1 - beta).sqrt() * (1 - before) / (1 - signal)
        return weight_start * start + weight_x * x, beta * (1 - before) / (1 - signal)

    @no_grad()
    @composite(x="real floating")
    def p_sample(self, x: Tensor, step: int) -> Tensor:
        """Return samples of the step before, from noisy samples, (n, ...), of a step."""
        t = arange(x.shape[0], device=x.device) * 0 + step
        signal = self.alphas_cumprod[step]
        start = (x - (1 - signal).sqrt() * self.model(x, t)) / signal.sqrt()
        if self.clip is not None:
            start = clip(start, -self.clip, self.clip)
        mean, variance = self.posterior(x, start, step)
        return mean + variance.sqrt() * self._noise(x) if step else mean

    @no_grad()
    @composite()
    def sample(self, shape: ShapeLike) -> Tensor:
        """Draw samples of a shape, (n, ...), by ancestral sampling from noise."""
        x = self._source.normal(shape, dtype=self.betas.dtype, device=self.betas.device)
        for step in reversed(range(self.steps)):
            x = self.p_sample(x, step)
        return x


LARGEST_BETA = 0.999
"""The last steps of the cosine schedule would remove all signal."""


def linear_betas(steps: int) -> Tensor:
    """Return variances that rise linearly."""
    scale = 1000 / steps
    return clip(linspace(1e-4 * scale, 0.02 * scale, steps, dtype="float64"), 0.0, LARGEST_BETA)


def cosine_betas(steps: int) -> Tensor:
    """Return variances for which the signal is a squared cosine."""
    signal = cos((arange(steps + 1, dtype="float64") / steps + 0.008) / 1.008 * pi / 2).square()
    return clip(1 - signal[1:] / signal[:-1], 0.0, LARGEST_BETA)
