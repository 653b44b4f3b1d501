"""Steps on more samples than fit into memory at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autodiff.graph import no_grad
from ..tensor import Tensor
from .checks import positive, whole
from .optimizer import Optimizer


class GradientAccumulation:
    """One step of an optimizer for several batches: their mean gradient is that of one large batch.

    So it is if the losses are means over batches of equal size, and no layer looks at a batch as a whole, as batch
    normalisation does. A round begins with the gradients as they are: nothing else should put any there.

    Parameters
    ----------
    optimizer : Optimizer
        What takes the steps; its gradients are forgotten after each.
    steps : int
        How many batches make a step.
    before_step : callable, optional
        Called without arguments when the gradients of a round are complete, for instance to clip them.

    Raises
    ------
    ValueError, TypeError
        If `optimizer` is none, `steps` is no integer greater than 0, or `before_step` cannot be called.

    Examples
    --------
    >>> w = tl.tensor([1.0], requires_grad=True)
    >>> accumulate = tl.optim.gradient_accumulation.GradientAccumulation(tl.optim.SGD([w], lr=0.1), steps=2)
    >>> for x in (1.0, 3.0, 5.0):
    ...     print(accumulate.backward((x * w).sum()), accumulate.pending)
    False 1
    True 0
    False 1
    >>> w  # the gradient was 2
    tensor([0.8], requires_grad=True)
    >>> accumulate.flush()
    True
    >>> w  # the gradient was 5
    tensor([0.3], requires_grad=True)
    """

    def __init__(self, optimizer: Optimizer, steps: int, before_step: Callable[[], Any] | None = None) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"optimizer must be an Optimizer: {optimizer!r}")
        if optimizer.needs_closure:
            raise TypeError(f"{type(optimizer).__name__} computes the loss by itself, from a closure: accumulate there")
        whole(steps=steps)
        positive(steps=steps)
        if before_step is not None and not callable(before_step):
            raise TypeError(f"before_step must be callable: {before_step!r}")
        self.optimizer, self.steps, self.before_step = optimizer, steps, before_step
        self._pending = 0

    @property
    def pending(self) -> int:
        """How many batches wait for their step."""
        return self._pending

    def backward(self, loss: Tensor) -> bool:
        """Add the gradients of a batch, and take a step if it is the last of its round.

        Parameters
        ----------
        loss : Tensor
            The batch's, 0-d.

        Returns
        -------
        bool
            Whether a step was taken.

        Notes
        -----
        If the step raises, its round is over all the same and the gradients are forgotten, so that the next round
        begins as any other.
        """
        (loss / self.steps).backward()
        self._pending += 1
        if self._pending == self.steps:
            self._step()
        return self._pending == 0

    def flush(self) -> bool:
        """Take a step with the batches of an unfinished round, by their own mean, for instance at an epoch's end.

        Returns
        -------
        bool
            Whether a step was taken; not if no batch was waiting.
        """
        if not self._pending:
            return False
        with no_grad():
            for parameter in self.optimizer.parameters():
                if parameter.grad is not None:
                    parameter.grad *= self.steps / self._pending
        self._step()
        return True

    def _step(self) -> None:
        self._pending = 0
        try:
            if self.before_step is not None:
                self.before_step()
            self.optimizer.step()
        finally:
            self.optimizer.zero_grad()
