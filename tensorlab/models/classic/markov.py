"""Markov chains of finitely many states."""

from __future__ import annotations

from math import inf
from typing import Self

from ...autodiff.graph import no_grad
from ...backend.memory import require_memory
from ...errors import ShapeError
from ...nn.layers.base import Buffer
from ...ops.comparison import where
from ...ops.creation import eye, full_like, ones_like
from ...ops.declare import composite
from ...ops.exponential import log
from ...ops.joining import stack
from ...ops.linalg.solving import solve
from ...ops.reduction import sum
from ...ops.sets import bincount
from ...options import Count, NonNegative, Size, declared
from ...random import Generator, default_generator
from ...tensor import Tensor
from .base import Estimator


@declared
class MarkovChain(Estimator):
    """A Markov chain of the states 0, 1, 2, ..., with given or learned probabilities.

    Parameters
    ----------
    transition : Tensor, shape (k, k), optional
        Probabilities of the next state, one row for each state; learned by `fit` if not given.
    initial : Tensor, shape (k,), optional
        Probabilities of the first state; uniform by default.
    smoothing : float
        Added to the counts by `fit`, as by Laplace's rule of succession.

    Attributes
    ----------
    transition : Tensor, shape (k, k)
        The probabilities.
    initial : Tensor, shape (k,)
        Likewise.

    Raises
    ------
    ShapeError
        If `transition` is not a square matrix, or `initial` does not match it.

    Examples
    --------
    >>> chain = tl.models.classic.MarkovChain(tl.tensor([[0.9, 0.1], [0.5, 0.5]]))
    >>> chain.stationary().round(decimals=4), chain.sample(5).shape
    (tensor([0.8333, 0.1667]), (5,))
    """

    transition: Buffer = None
    initial: Buffer = None
    smoothing: NonNegative = 0.0

    def __post_init__(self) -> None:
        if self.transition is None:
            return
        shape = self.transition.shape
        if len(shape) != 2 or shape[0] != shape[1]:
            raise ShapeError(f"{type(self).__name__}: transition must be a square matrix, not of shape {shape}")
        if self.initial is None:
            self.initial = full_like(self.transition[0], 1 / shape[0])
        elif self.initial.shape != shape[:1]:
            raise ShapeError(f"{type(self).__name__}: initial must have shape {shape[:1]}, not {self.initial.shape}")

    @no_grad()
    @composite(x="integral")
    def fit(self, x: Tensor, y: None = None, n_states: Size | None = None) -> Self:  # type: ignore[override]
        """Estimate the probabilities by those of sequences, (length,) or (n, length), of states.

        States that no sequence leaves get a uniform row. `n_states` is the largest state plus one by default.
        """
        sequences = x.reshape(1, -1) if x.ndim == 1 else x
        if sequences.ndim != 2 or 0 in sequences.shape:
            raise ShapeError(f"x must be sequences of states, (length,) or (n, length), not of shape {x.shape}")
        count = int(sequences.max().item()) + 1 if n_states is None else n_states
        if sequences.min().item() < 0 or sequences.max().item() >= count:
            raise ValueError(f"x must have states from 0 to {count - 1}")
        pairs = (sequences[:, :-1] * count + sequences[:, 1:]).flatten()
        moves = bincount(pairs, minlength=count * count).reshape(count, count)
        return self._store(
            transition=normalized(moves.astype("float32") + self.smoothing),
            initial=normalized(bincount(sequences[:, 0], minlength=count).astype("float32") + self.smoothing),
        )

    def _probabilities(self) -> tuple[Tensor, Tensor]:
        self._require_fitted("transition")
        assert self.transition is not None and self.initial is not None
        return self.transition, self.initial

    def stationary(self) -> Tensor:
        """Return the distribution, (k,), that a step does not change.

        It is unique if the chain has one closed set of states; otherwise the system has no unique solution.
        """
        transition, _ = self._probabilities()
        # pi P = pi and pi 1 = 1 together are pi (I - P + 1 1^T) = 1^T.
        identity = eye(transition.shape[0], dtype=transition.dtype, device=transition.device)
        return solve((identity - transition).mT + 1, ones_like(transition[0]))

    @composite(x="integral")
    def log_prob(self, x: Tensor) -> Tensor:
        """Return the log probabilities of sequences, (..., length)."""
        transition, initial = self._probabilities()
        return log_or_minus_infinity(initial[x[..., 0]]) + sum(
            log_or_minus_infinity(transition[x[..., :-1], x[..., 1:]]), axis=-1
        )

    forward = log_prob

    @composite()
    def sample(self, length: Size, count: Count | None = None, generator: Generator | None = None) -> Tensor:
        """Draw a sequence, (length,), or several, (count, length)."""
        transition, initial = self._probabilities()
        require_memory("sample", f"length={length} states", length)
        source = generator or default_generator
        state = source.categorical(probs=initial, shape=() if count is None else (count,))
        states = [state]
        for _ in range(length - 1):
            state = source.categorical(probs=transition[state])
            states.append(state)
        return stack(states, axis=-1)


def log_or_minus_infinity(p: Tensor) -> Tensor:
    """Return logarithms of probabilities, of which some may be 0."""
    return where(p > 0, log(where(p > 0, p, 1.0)), -inf)


def normalized(counts: Tensor) -> Tensor:
    """Return frequencies along the last axis, equal ones where nothing was counted."""
    total = sum(counts, axis=-1, keepdims=True)
    uniform = full_like(counts, 1 / counts.shape[-1])
    return where(total > 0, counts / where(total > 0, total, 1.0), uniform)
