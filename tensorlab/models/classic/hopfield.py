"""The Hopfield network, an associative memory."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from ...autodiff.graph import no_grad
from ...ops.comparison import where
from ...ops.creation import eye
from ...ops.declare import composite
from ...ops.joining import stack
from ...ops.linalg.least_squares import pinv
from ...ops.reduction import all, sum
from ...options import Size, declared
from ...random import Generator, default_generator
from ...tensor import Tensor
from .base import Estimator, check_samples


@declared
class HopfieldNetwork(Estimator):
    """The Hopfield network (Hopfield, 1982): patterns of -1 and 1 are minima of an energy, which updates descend.

    Units are updated one at a time, in random order, until none changes. As the weights are symmetric without a
    diagonal, the energy ``-s @ W @ s / 2`` never rises.

    Parameters
    ----------
    rule : {"hebb", "pseudo-inverse"}
        Hebb's rule, ``W = X.T @ X / n``, which holds about 0.14 random patterns for each unit; or the projection on the
        patterns (Personnaz, Guyon and Dreyfus, 1985), which holds any linearly independent ones. The diagonal is
        then set to 0.
    max_sweeps : int
        Largest number of updates of each unit.
    generator : Generator, optional
        Source of the orders; the default generator by default.

    Attributes
    ----------
    weight : Tensor, shape (n, n)
        The weights, after `fit`.

    Examples
    --------
    >>> pattern = tl.tensor([[1.0, 1.0, -1.0, -1.0, 1.0]])
    >>> model = tl.models.classic.HopfieldNetwork().fit(pattern)
    >>> model.predict(tl.tensor([[-1.0, 1.0, -1.0, -1.0, 1.0]]))
    tensor([[ 1.,  1., -1., -1.,  1.]])
    """

    rule: Literal["hebb", "pseudo-inverse"] = "hebb"
    max_sweeps: Size = 100
    generator: Generator | None = None
    weight: ClassVar[Tensor]

    @no_grad()
    @composite(x="real floating")
    def fit(self, x: Tensor, y: None = None) -> Self:  # type: ignore[override]
        """Store patterns, (p, n), of -1 and 1."""
        check_samples(x)
        if not all(abs(x) == 1):
            raise ValueError("x must have patterns of -1 and 1")
        weight = x.mT @ x / x.shape[1] if self.rule == "hebb" else pinv(x) @ x
        return self._store(weight=weight * (1 - eye(x.shape[1], dtype=x.dtype, device=x.device)))

    @composite(x="real floating")
    def energy(self, x: Tensor) -> Tensor:
        """Return the energies of states, (..., n)."""
        self._require_fitted("weight")
        return -sum((x @ self.weight) * x, axis=-1) / 2

    forward = energy

    @no_grad()
    @composite(x="real floating")
    def predict(self, x: Tensor) -> Tensor:
        """Return the states, (m, n), in which updates of states, (m, n), end."""
        return self.trajectory(x)[-1]

    @no_grad()
    @composite(x="real floating")
    def trajectory(self, x: Tensor) -> Tensor:
        """Return the states, (sweeps + 1, m, n), before, between and after the sweeps over all units."""
        self._require_fitted("weight")
        check_samples(x)
        source, states = self.generator or default_generator, [x]
        for _ in range(self.max_sweeps):
            current = states[-1] + 0
            for unit in source.permutation(x.shape[1]).tolist():
                current[:, unit] = updated(current[:, unit], current @ self.weight[unit])
            states.append(current)
            if all(current == states[-2]):
                break
        return stack(states)


def updated(state: Tensor, field: Tensor) -> Tensor:
    """Return the sign of the field, or the old state where it is 0."""
    return where(field == 0, state, where(field > 0, 1.0, 0 * state - 1.0))
