"""EarlyStopping: training ends when a value has stopped improving."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ...nn.module.module import Module
from ...options import Count, NonNegative, Size, checked
from .base import Callback
from .monitor import Mode, improves, monitored, worst

if TYPE_CHECKING:
    from ..trainer import Trainer


class EarlyStopping(Callback):
    """Stops training when a logged value has not improved for several epochs.

    Parameters
    ----------
    monitor : str
        The logged value.
    mode : {"min", "max"}
        Whether it should decrease, as a loss, or increase.
    patience : int
        The training ends after this many consecutive epochs without improvement, counting those that are looked at.
    min_delta : float
        Smallest change that counts as an improvement.
    restore_best_weights : bool
        Whether the model, and the average with which it is evaluated, have the parameters and buffers of the best
        epoch in the end: always, not only if the training was stopped here.
    start_from_epoch : int
        The number of epochs before the first that counts.
    every_n_epochs : int
        Every n-th epoch is looked at, for loops that evaluate the model less often than after each epoch.

    Attributes
    ----------
    best_score : float
        The best value so far.
    best_epoch : int
        Its epoch, from 1; 0 if there is none.
    wait : int
        The number of epochs without improvement since.
    stopped_epoch : int
        The epoch, from 1, in which the training was stopped; 0 if it was not.

    Notes
    -----
    A value that is NaN is no improvement.

    Examples
    --------
    >>> model = tl.nn.Linear(2, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.0)
    >>> stopping = tl.train.EarlyStopping(monitor="loss", patience=2)
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), optimizer, callbacks=[stopping], progress=False)
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=10)
    >>> stopping.best_epoch, stopping.stopped_epoch
    (1, 3)
    """

    @checked
    def __init__(
        self,
        monitor: str = "valid_loss",
        *,
        mode: Mode = "min",
        patience: Count = 3,
        min_delta: NonNegative = 0.0,
        restore_best_weights: bool = False,
        start_from_epoch: Count = 0,
        every_n_epochs: Size = 1,
    ) -> None:
        self.monitor, self.mode, self.patience, self.min_delta = monitor, mode, patience, min_delta
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch, self.every_n_epochs = start_from_epoch, every_n_epochs
        self._forget()

    def _forget(self) -> None:
        self.best_score, self.best_epoch, self.wait, self.stopped_epoch = worst(self.mode), 0, 0, 0
        self._best_weights: list[dict[str, Any]] | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        if not trainer.resumed:
            self._forget()

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        if trainer.epochs_done <= self.start_from_epoch or trainer.epochs_done % self.every_n_epochs:
            return
        score = monitored(self, trainer, self.monitor)
        if improves(score, self.best_score, self.mode, self.min_delta):
            self.best_score, self.best_epoch, self.wait = score, trainer.epochs_done, 0
            if self.restore_best_weights:
                self._best_weights = [deepcopy(model.state_dict()) for model in _models(trainer)]
            return
        self.wait += 1
        if self.wait >= self.patience:
            self.stopped_epoch, trainer.should_stop = trainer.epochs_done, True

    def on_fit_end(self, trainer: Trainer) -> None:
        if self._best_weights is not None:
            for model, weights in zip(_models(trainer), self._best_weights, strict=True):
                model.load_state_dict(weights)

    def state_dict(self) -> dict[str, Any]:
        names = ("best_score", "best_epoch", "wait", "stopped_epoch", "_best_weights")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        vars(self).update(state_dict)


def _models(trainer: Trainer) -> list[Module]:
    """Return the model, and its average if there is one."""
    return list(dict.fromkeys([trainer.model, trainer.evaluated_model]))
