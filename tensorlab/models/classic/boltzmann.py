"""The Boltzmann machine, exact by enumeration or approximate by Gibbs sampling."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from ...autodiff.graph import no_grad
from ...errors import ShapeError
from ...ops.creation import arange, zeros
from ...ops.declare import composite
from ...ops.exponential import sigmoid
from ...ops.joining import concat
from ...ops.matrices import tril, triu
from ...ops.reduction import logsumexp, sum
from ...ops.shapes import broadcast_to
from ...ops.softmax import softmax
from ...options import Count, Positive, Size, declared
from ...random import Generator, default_generator
from ...tensor import Tensor
from .base import Estimator

MOST_ENUMERATED = 20
"""The largest number of units whose states are enumerated."""


def binary_states(count: int, like: Tensor) -> Tensor:
    """Return all states, (2**count, count), of 0 and 1, with the type and on the device of a tensor."""
    if count > MOST_ENUMERATED:
        raise ValueError(f"the states of {count} units are too many to enumerate; at most {MOST_ENUMERATED} can be")
    numbers, powers = arange(2**count, device=like.device), 2 ** arange(count, device=like.device)
    return (numbers[:, None] // powers % 2).astype(like.dtype)


@declared
class BoltzmannMachine(Estimator):
    """The Boltzmann machine (Ackley, Hinton and Sejnowski, 1985): symmetric connections between all units, 0 or 1.

    The probability of a state is proportional to ``exp(-energy)``, with ``energy = -s @ W @ s / 2 - b @ s``. Learning
    follows the gradient of the log-likelihood: the correlations with the visible units clamped to the data, less those
    of the free-running machine.

    Parameters
    ----------
    n_visible : int
        Number of visible units.
    n_hidden : int
        Number of hidden units.
    method : {"exact", "gibbs"}
        Whether `fit` enumerates all states, of up to 20 units, or samples: the hidden units with the visible ones
        clamped, and all units in chains that go on from step to step.
    lr : float
        Length of a step.
    steps : int
        Number of steps, each on all samples.
    sweeps : int
        Number of updates of each unit in a step of ``"gibbs"``.
    generator : Generator, optional
        Source of the initial weights and of the samples; the default generator by default.

    Attributes
    ----------
    weight : Tensor, shape (n_visible + n_hidden, n_visible + n_hidden)
        The connections, symmetric, with a diagonal of 0. They begin as small random numbers.
    bias : Tensor, shape (n_visible + n_hidden,)
        The biases.

    Examples
    --------
    >>> x = tl.tensor([[0.0, 0.0], [1.0, 1.0]])
    >>> model = tl.models.classic.BoltzmannMachine(2, lr=0.5, steps=500).fit(x)
    >>> model.log_prob(x).exp().round(decimals=1)
    tensor([0.5, 0.5])
    """

    n_visible: Size
    n_hidden: Count = 0
    method: Literal["exact", "gibbs"] = "exact"
    lr: Positive = 0.1
    steps: Size = 200
    sweeps: Size = 1
    generator: Generator | None = None
    weight: ClassVar[Tensor]
    bias: ClassVar[Tensor]

    def __post_init__(self) -> None:
        count = self.n_visible + self.n_hidden
        drawn = (self.generator or default_generator).normal((count, count), 0.0, 0.1)
        self._store(weight=off_diagonal((drawn + drawn.mT) / 2), bias=zeros(count))

    @composite(x="real floating")
    def energy(self, x: Tensor) -> Tensor:
        """Return the energies of states of all units, (..., n_visible + n_hidden)."""
        return -sum((x @ self.weight) * x, axis=-1) / 2 - x @ self.bias

    def log_partition(self) -> Tensor:
        """Return the logarithm of the partition function, by enumeration of all states."""
        return logsumexp(-self.energy(binary_states(self.bias.size, self.bias)))

    @composite(x="real floating")
    def log_prob(self, x: Tensor) -> Tensor:
        """Return the log-likelihoods, (m,), of visible states, (m, n_visible), by enumeration of the hidden ones."""
        return logsumexp(-self.energy(self._completed(x)), axis=-1) - self.log_partition()

    forward = log_prob

    def _completed(self, x: Tensor) -> Tensor:
        """Return visible states with all hidden ones, (m, 2**n_hidden, units)."""
        if x.ndim != 2 or x.shape[1] != self.n_visible:
            raise ShapeError(f"x must be visible states, (m, {self.n_visible}), not of shape {x.shape}")
        hidden = binary_states(self.n_hidden, self.bias)
        shape = (x.shape[0], hidden.shape[0])
        visible = broadcast_to(x[:, None, :], (*shape, self.n_visible))
        return concat([visible, broadcast_to(hidden, (*shape, self.n_hidden))], axis=-1)

    @no_grad()
    @composite(x="real floating")
    def gibbs(self, x: Tensor, sweeps: Size = 1, clamped: Count = 0, temperature: Positive = 1.0) -> Tensor:
        """Return states of all units, (m, units), after updates of all but the first `clamped` in turn.

        Each unit is set to 1 with the probability ``sigmoid(field / temperature)``; annealing lowers the temperature
        from call to call.
        """
        x, source = x + 0, self.generator or default_generator
        for _ in range(sweeps):
            for unit in range(clamped, self.bias.size):
                field = x @ self.weight[unit] + self.bias[unit]
                x[:, unit] = source.bernoulli(sigmoid(field / temperature))
        return x

    @no_grad()
    @composite(x="real floating")
    def fit(self, x: Tensor, y: None = None) -> Self:  # type: ignore[override]
        """Learn the distribution of visible states, (m, n_visible), of 0 and 1."""
        completed = self._completed(x)
        start = (self.generator or default_generator).bernoulli(0.5, (x.shape[0], self.bias.size), dtype=x.dtype)
        clamped, free = concat([x, start[:, self.n_visible :]], axis=1), start
        for _ in range(self.steps):
            if self.method == "exact":
                data = statistics(completed, softmax(-self.energy(completed), axis=-1) / x.shape[0])
                states = binary_states(self.bias.size, self.bias)
                model = statistics(states, softmax(-self.energy(states), axis=-1))
            else:
                clamped = self.gibbs(clamped, self.sweeps, clamped=self.n_visible)
                free = self.gibbs(free, self.sweeps)
                data, model = statistics(clamped), statistics(free)
            self._store(
                weight=self.weight + self.lr * off_diagonal(data[0] - model[0]),
                bias=self.bias + self.lr * (data[1] - model[1]),
            )
        return self


def statistics(states: Tensor, probabilities: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the expected products and values of units."""
    states = states.reshape(-1, states.shape[-1])
    weighted = states / states.shape[0] if probabilities is None else states * probabilities.reshape(-1, 1)
    return weighted.mT @ states, sum(weighted, axis=0)


def off_diagonal(matrix: Tensor) -> Tensor:
    """Return a matrix with a diagonal of 0."""
    return tril(matrix, -1) + triu(matrix, 1)
