"""Gradients of several batches, weighted by their items, as if these were one batch; and their clipping."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from ..autodiff.graph import no_grad
from ..nn.utils import clip_grad_adaptive_, clip_grad_norm_, clip_grad_value_
from ..optim.optimizer import Optimizer
from ..tensor import Tensor

ClipBy = Literal["norm", "value", "adaptive"]
CLIPS: dict[ClipBy, Callable[..., Any]] = {
    "norm": clip_grad_norm_,
    "value": clip_grad_value_,
    "adaptive": clip_grad_adaptive_,
}


class Updates:
    """The gradients of rounds of batches.

    The loss of a batch, a mean over its items, enters with the weight ``items / unit``, where the unit is the number of
    batches in a round times the items of the first one. If the batches differ in size, the gradients are scaled by
    ``unit / all items`` in the end.

    Parameters
    ----------
    optimizer : Optimizer
        Its gradients are reset when a round begins.
    rounds : int
        Number of batches in a round.
    clip : float or None
        Bound on the gradients.
    clip_by : {"norm", "value", "adaptive"}
        What is bounded: the norm of all gradients together, the magnitude of each element, or the ratio of the norms of
        each unit's gradient and weights.
    summed : bool
        Whether losses are sums over their items rather than means.
    """

    def __init__(self, optimizer: Optimizer, rounds: int, clip: float | None, clip_by: ClipBy, summed: bool) -> None:
        self.optimizer, self.rounds, self.limit, self.clip_by = optimizer, rounds, clip, clip_by
        self.summed = summed
        self.reset()

    def reset(self) -> None:
        """Forget an unfinished round."""
        self.pending, self._items, self._unit = 0, 0, 0

    @property
    def is_complete(self) -> bool:
        """Whether the round has all its batches."""
        return self.pending == self.rounds

    def mean(self, loss: Tensor, items: int) -> Tensor:
        """Return a loss as a mean over its items."""
        return loss / items if self.summed else loss

    def backward(self, loss: Tensor, items: int) -> None:
        """Add the gradients of a batch."""
        if self.pending == 0:
            self.optimizer.zero_grad()
            self._items, self._unit = 0, items * self.rounds
        if self.rounds > 1 and not self.summed:
            loss = loss * (items / self._unit)
        loss.backward(retain_graph=self.optimizer.needs_graph)
        self.pending += 1
        self._items += items

    def finish(self) -> None:
        """End a round: scale and clip the gradients, which are then those of one batch."""
        self.pending = 0
        if self._items != self._unit and not self.summed:
            self._scale(self._unit / self._items)
        if self.limit is not None:
            CLIPS[self.clip_by](list(self.optimizer.parameters()), self.limit)

    def _scale(self, factor: float) -> None:
        with no_grad():
            for parameter in self.optimizer.parameters():
                if parameter.grad is not None:
                    parameter.grad *= factor

    def state_dict(self) -> dict[str, Any]:
        """Return the state; in the middle of a round with the gradients so far."""
        if not self.pending:
            return {"pending": 0}
        gradients = [parameter.grad for parameter in self.optimizer.parameters()]
        return {"pending": self.pending, "items": self._items, "unit": self._unit, "gradients": gradients}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue a round."""
        self.reset()
        if not state_dict["pending"]:
            return
        self.pending, self._items, self._unit = (state_dict[name] for name in ("pending", "items", "unit"))
        for parameter, grad in zip(self.optimizer.parameters(), state_dict["gradients"], strict=True):
            parameter.grad = None if grad is None else grad.to(dtype=parameter.dtype, device=parameter.device)
