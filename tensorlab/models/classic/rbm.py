"""Restricted Boltzmann machines, and the deep belief network that stacks them."""

from __future__ import annotations

from math import log, pi
from typing import ClassVar, Self

from ...autodiff.graph import no_grad
from ...errors import ShapeError
from ...nn.functional import softplus
from ...nn.module.parameter import Parameter
from ...ops.creation import zeros
from ...ops.declare import composite
from ...ops.exponential import sigmoid
from ...ops.reduction import logsumexp, sum
from ...options import Count, NonNegative, Positive, Size, declared
from ...random import Generator, default_generator
from ...tensor import Tensor
from .base import Estimator, batches, check_samples, descent_step
from .boltzmann import binary_states


@declared
class RBM(Estimator):
    """The restricted Boltzmann machine (Smolensky, 1986), trained by contrastive divergence (Hinton, 2002).

    Visible and hidden units are 0 or 1, with the energy ``-h @ weight @ v - visible_bias @ v - hidden_bias @ h``. CD-k
    lowers the free energy of the data and raises that of what `k` steps of Gibbs sampling make of them. PCD (Tieleman,
    2008) goes on from the samples of the step before instead.

    Parameters
    ----------
    n_visible, n_hidden : int
        Numbers of units.
    k : int
        Number of steps of Gibbs sampling.
    persistent : bool
        Whether the chains persist, PCD, or begin at the data, CD.
    lr : float
        Length of a step.
    epochs : int
        Number of passes over the samples.
    batch_size : int
        Number of samples of a step, and of chains.
    weight_decay : float
        Factor of the squared weights' penalty.
    generator : Generator, optional
        Source of the initial weights, the order of samples and the chains; the default generator by default.

    Attributes
    ----------
    weight : Parameter, shape (n_hidden, n_visible)
        The connections; they begin as normal with the standard deviation 0.01.
    visible_bias : Parameter, shape (n_visible,)
        They begin as 0.
    hidden_bias : Parameter, shape (n_hidden,)
        They begin as 0.

    Examples
    --------
    >>> x = tl.tensor([[0.0, 0.0, 1.0], [1.0, 1.0, 0.0]] * 8)
    >>> model = tl.models.classic.RBM(3, 2, lr=0.5, epochs=200, generator=tl.Generator(0)).fit(x)
    >>> model.log_prob(x).mean() > -1.2, model.transform(x).shape, model.sample(5).shape
    (tensor(True), (16, 2), (5, 3))
    """

    n_visible: Size
    n_hidden: Size
    k: Size = 1
    persistent: bool = False
    lr: Positive = 0.1
    epochs: Size = 10
    batch_size: Size = 32
    weight_decay: NonNegative = 0.0
    generator: Generator | None = None
    weight: ClassVar[Parameter]
    visible_bias: ClassVar[Parameter]
    hidden_bias: ClassVar[Parameter]

    def __post_init__(self) -> None:
        values = {
            "weight": self._source.normal((self.n_hidden, self.n_visible), 0.0, 0.01),
            "visible_bias": zeros(self.n_visible),
            "hidden_bias": zeros(self.n_hidden),
        }
        for name, value in values.items():
            self.register_parameter(name, Parameter(value))

    @property
    def _source(self) -> Generator:
        return self.generator or default_generator

    # -- the distribution ----------------------------------------------------------------------------------------------

    @composite(v="real floating")
    def free_energy(self, v: Tensor) -> Tensor:
        """Return ``-log(sum_h exp(-energy(v, h)))``, (...,), of visible states, (..., n_visible)."""
        return self._visible_energy(v) - sum(softplus(v @ self.weight.mT + self.hidden_bias), axis=-1)

    def _visible_energy(self, v: Tensor) -> Tensor:
        return -(v @ self.visible_bias)

    def log_partition(self) -> Tensor:
        """Return the logarithm of the partition function, by enumeration of the hidden states, at most 2**20."""
        h = binary_states(self.n_hidden, self.hidden_bias)
        return logsumexp(h @ self.hidden_bias + self._log_visible_sum(h @ self.weight))

    def _log_visible_sum(self, field: Tensor) -> Tensor:
        """Return the logarithm of the sum over the visible states, given the field of the hidden ones."""
        return sum(softplus(field + self.visible_bias), axis=-1)

    @composite(v="real floating")
    def log_prob(self, v: Tensor) -> Tensor:
        """Return the log-likelihoods, (m,), of visible states, (m, n_visible), by enumeration."""
        return -self.free_energy(v) - self.log_partition()

    # -- sampling ------------------------------------------------------------------------------------------------------

    @composite(v="real floating")
    def transform(self, v: Tensor) -> Tensor:
        """Return the probabilities of the hidden units, (..., n_hidden), given the visible, (..., n_visible)."""
        return sigmoid(v @ self.weight.mT + self.hidden_bias)

    forward = transform

    @composite(h="real floating")
    def reconstruct(self, h: Tensor) -> Tensor:
        """Return the means of the visible units, (..., n_visible), given the hidden, (..., n_hidden)."""
        return sigmoid(h @ self.weight + self.visible_bias)

    def _draw_visible(self, h: Tensor) -> Tensor:
        return self._source.bernoulli(self.reconstruct(h))

    @no_grad()
    @composite(v="real floating")
    def gibbs(self, v: Tensor, steps: Count = 1) -> Tensor:
        """Return visible states, (m, n_visible), after steps of Gibbs sampling: hidden units, then visible ones."""
        for _ in range(steps):
            v = self._draw_visible(self._source.bernoulli(self.transform(v)))
        return v

    @no_grad()
    @composite()
    def sample(self, count: Size, steps: Size = 1000) -> Tensor:
        """Draw visible states, (count, n_visible), by Gibbs sampling from random ones; the last are their means."""
        h = self._source.bernoulli(0.5, (count, self.n_hidden), dtype=self.weight.dtype, device=self.weight.device)
        v = self.gibbs(self._draw_visible(h), steps - 1)
        return self.reconstruct(self._source.bernoulli(self.transform(v)))

    # -- learning ------------------------------------------------------------------------------------------------------

    @composite(v="real floating", negative="real floating")
    def contrastive_divergence(self, v: Tensor, negative: Tensor) -> Tensor:
        """Return the difference of mean free energies between data and samples, whose gradient is that of CD.

        With samples of the machine's own distribution it is that of the negative log-likelihood.
        """
        return self.free_energy(v).mean() - self.free_energy(negative).mean()

    @composite(x="real floating")
    def fit(self, x: Tensor, y: None = None) -> Self:  # type: ignore[override]
        """Learn the distribution of visible states, (m, n_visible). Parameters are those that were learned so far."""
        check_samples(x)
        if x.shape[1] != self.n_visible:
            raise ShapeError(f"x must be visible states, (m, {self.n_visible}), not of shape {x.shape}")
        parameters = [self.weight, self.visible_bias, self.hidden_bias]
        chains = x[: self.batch_size]
        for _ in range(self.epochs):
            for chosen in batches(x.shape[0], self.batch_size, x, self.generator):
                v = x[chosen]
                chains = self.gibbs(chains if self.persistent else v, self.k)
                loss = self.contrastive_divergence(v, chains)
                self.zero_grad()
                (loss + self.weight_decay / 2 * self.weight.square().sum()).backward()
                descent_step(parameters, self.lr)
        return self


@declared
class GaussianRBM(RBM):
    """A restricted Boltzmann machine with real visible units, normal given the hidden ones (Welling et al., 2005).

    The energy is ``||v - visible_bias||**2 / 2 - h @ weight @ v - hidden_bias @ h``. Visible units have the variance 1
    given the hidden ones: scale the data, so that each feature has about that variance. A step must be about ten times
    shorter than that of `RBM`.

    Examples
    --------
    >>> x = tl.Generator(0).normal((64, 1)) + tl.tensor([[3.0, -3.0]])
    >>> model = tl.models.classic.GaussianRBM(2, 2, lr=0.05, epochs=50).fit(x)
    >>> abs(model.sample(200).mean(axis=0) - x.mean(axis=0)).max() < 0.5
    tensor(True)
    """

    def _visible_energy(self, v: Tensor) -> Tensor:
        return sum((v - self.visible_bias).square(), axis=-1) / 2

    def _log_visible_sum(self, field: Tensor) -> Tensor:
        constant = self.n_visible / 2 * log(2 * pi)
        return sum(field * self.visible_bias + field.square() / 2, axis=-1) + constant

    @composite(h="real floating")
    def reconstruct(self, h: Tensor) -> Tensor:
        """Return the means of the visible units, (..., n_visible), given the hidden, (..., n_hidden)."""
        return h @ self.weight + self.visible_bias

    def _draw_visible(self, h: Tensor) -> Tensor:
        return self._source.normal(mean=self.reconstruct(h))
