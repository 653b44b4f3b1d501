"""Steps on more samples than fit into memory at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autodiff.graph import no_grad
from ..options import Size, checked
from ..tensor import Tensor
from .optimizer import Optimizer


class GradientAccumulation:
    """One step of an optimizer for several batches, whose mean gradient is that of one large batch.

    This holds if the losses are means over batches of equal size, and no layer depends on the whole batch, as batch
    normalization does. A round adds to the gradients that are there: nothing else should compute any.

    Parameters
    ----------
    optimizer : Optimizer
        Takes the steps; its gradients are reset after each.
    steps : int
        Number of batches per step.
    before_step : callable, optional
        Called without arguments when the gradients of a round are complete, for instance to clip them.

    Raises
    ------
    ValueError, TypeError
        If `optimizer` is not an optimizer, `steps` is not a positive integer, or `before_step` is not callable.

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

    @checked
    def __init__(self, optimizer: Optimizer, steps: Size, before_step: Callable[[], Any] | None = None) -> None:
        if optimizer.needs_closure:
            raise TypeError(f"{type(optimizer).__name__} computes the loss by itself, from a closure: accumulate there")
        self.optimizer, self.steps, self.before_step = optimizer, steps, before_step
        self._pending = 0

    @property
    def pending(self) -> int:
        """The number of batches since the last step."""
        return self._pending

    @checked
    def backward(self, loss: Tensor) -> bool:
        """Add the gradients of a batch, and take a step if it is the last of its round.

        Parameters
        ----------
        loss : Tensor
            The loss of the batch, 0-d.

        Returns
        -------
        bool
            Whether a step was taken.

        Notes
        -----
        If the step raises, its round has ended and the gradients are reset, so that the next round begins as usual.
        """
        (loss / self.steps).backward()
        self._pending += 1
        if self._pending == self.steps:
            self._step()
        return self._pending == 0

    def flush(self) -> bool:
        """Take a step by the mean of the batches of an unfinished round, for instance at the end of an epoch.

        Returns
        -------
        bool
            Whether a step was taken: False if there was no batch.
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
