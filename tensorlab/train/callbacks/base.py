"""The base class of callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ...tensor import Tensor

if TYPE_CHECKING:
    from ..trainer import Trainer


class Callback:
    """The base class of callbacks: hooks that a `Trainer` calls. A subclass overrides some of them.

    The order of the hooks::

        on_fit_start
        for each epoch:
            on_train_epoch_start
            for each batch:
                on_train_batch_start
                on_before_backward, on_after_backward
                on_before_optimizer_step, on_after_optimizer_step     unless gradients are accumulated further
                on_train_batch_end
            on_validation_start
            for each held-out batch: on_validation_batch_end
            on_validation_end
            on_train_epoch_end
        on_fit_end                                                    or on_exception

    Callbacks are called by ascending `order`; those of equal order as they were given to the trainer. A hook that is
    not overridden costs nothing.

    A callback that keeps something from one call to the next defines `state_dict` and `load_state_dict`, so that a
    resumed run continues as if it had not been interrupted. When a run is resumed, ``load_state_dict`` and then
    ``on_fit_start`` are called; ``on_train_epoch_start`` is not called a second time for an epoch that is continued.

    Attributes
    ----------
    order : int
        0 unless a class says otherwise. Loggers have 10 and see what other callbacks have logged; checkpoints have 20
        and save the states of all others.

    Examples
    --------
    >>> class LargestLoss(tl.train.Callback):
    ...     def on_fit_start(self, trainer):
    ...         self.largest = 0.0
    ...
    ...     def on_train_batch_end(self, trainer, batch, batch_idx):
    ...         self.largest = max(self.largest, trainer.last_loss.item())
    """

    order: ClassVar[int] = 0

    def on_fit_start(self, trainer: Trainer) -> None:
        """Called before the first epoch; in a resumed training after its state was loaded (`Trainer.resumed`)."""

    def on_train_epoch_start(self, trainer: Trainer) -> None:
        """Called when an epoch begins, after the model was put into training mode."""

    def on_train_batch_start(self, trainer: Trainer, batch: Any, batch_idx: int) -> None:
        """Called before a batch is used; it is on the model's device. `batch_idx` counts from 0 in each epoch."""

    def on_before_backward(self, trainer: Trainer, loss: Tensor) -> Tensor | None:
        """Called before gradients are computed; a loss that is returned replaces `loss`, but is not logged."""
        return None

    def on_after_backward(self, trainer: Trainer) -> None:
        """Called after gradients were computed, and before they are clipped."""

    def on_before_optimizer_step(self, trainer: Trainer) -> None:
        """Called when the gradients of a step are complete and clipped."""

    def on_after_optimizer_step(self, trainer: Trainer) -> None:
        """Called after the optimizer's step; `Trainer.global_step` counts it already."""

    def on_train_batch_end(self, trainer: Trainer, batch: Any, batch_idx: int) -> None:
        """Called after a batch was used."""

    def on_validation_start(self, trainer: Trainer) -> None:
        """Called when `Trainer.evaluate` begins."""

    def on_validation_batch_end(self, trainer: Trainer, batch: Any, batch_idx: int) -> None:
        """Called after each held-out batch."""

    def on_validation_end(self, trainer: Trainer) -> None:
        """Called when `Trainer.evaluate` has logged its results."""

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        """Called when an epoch ends, after its validation; ``trainer.logged`` has the values of the epoch."""

    def on_fit_end(self, trainer: Trainer) -> None:
        """Called after the last epoch, also if the training was stopped early."""

    def on_exception(self, trainer: Trainer, exception: BaseException) -> None:
        """Called when an exception, `KeyboardInterrupt` included, ends `Trainer.fit`; it is raised again afterwards."""

    def on_save_checkpoint(self, trainer: Trainer, checkpoint: dict[str, Any]) -> None:
        """Called before a checkpoint is written; entries can be added."""

    def on_load_checkpoint(self, trainer: Trainer, checkpoint: Mapping[str, Any]) -> None:
        """Called when a checkpoint was read, before anything is restored from it."""

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of this callback: nested dictionaries and lists of tensors, numbers, text."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take a state that `state_dict` has returned."""


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))
"""The names of all hooks."""
