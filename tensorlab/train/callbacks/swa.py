"""SWA: the average of the models of the last epochs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ...nn.layers.batchnorm import _BatchNorm
from ...optim.swa_utils import AveragedModel, update_bn
from ...options import BelowOne, Count, Size, checked
from ..batches import mover
from ..trials import preserved
from .base import Callback

if TYPE_CHECKING:
    from ..trainer import Trainer


class SWA(Callback):
    """Stochastic weight averaging (Izmailov et al., 2018): the model becomes the average of those of the last epochs.

    The average is taken at the end of epochs. When the training ends, the model gets the averages, and its batch
    normalization statistics of the training data for them. Until then the model is evaluated as it is. The learning
    rate should be constant, and rather large, while models are averaged: a schedule for the trainer is
    ``SequentialLR(optimizer, [CosineAnnealingLR(optimizer, 15), SWALR(optimizer, swa_lr=0.05)], milestones=[15])``.

    Parameters
    ----------
    start : int or float
        Number of epochs before the first that counts, or the fraction of the training.
    every_n_epochs : int
        Distance of the epochs that count.

    Attributes
    ----------
    averaged : AveragedModel or None
        The average; None before the training.

    Examples
    --------
    >>> model = tl.nn.Linear(2, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> swa = tl.train.SWA(start=0.5)
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), optimizer, callbacks=[swa], progress=False)
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=4)
    >>> swa.averaged.n_averaged, bool((model.weight == swa.averaged.module.weight).all())
    (tensor(2), True)
    """

    @checked
    def __init__(self, start: Count | BelowOne = 0.75, *, every_n_epochs: Size = 1) -> None:
        self.start, self.every_n_epochs = start, every_n_epochs
        self.averaged: AveragedModel | None = None
        self._state: Mapping[str, Any] | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        if self.averaged is None or not (trainer.resumed or trainer.epochs_done):
            self.averaged = AveragedModel(trainer.model)
        if self._state is not None:
            self.averaged.load_state_dict(self._state)
            self._state = None

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        first = self.start if isinstance(self.start, int) else int(self.start * trainer.stop_epoch)
        since = trainer.epochs_done - first - 1
        if since >= 0 and since % self.every_n_epochs == 0:
            assert self.averaged is not None
            self.averaged.update_parameters(trainer.model)

    def on_fit_end(self, trainer: Trainer) -> None:
        if self.averaged is None or int(self.averaged.n_averaged) == 0:
            return
        if any(isinstance(module, _BatchNorm) for module in trainer.model.modules()):
            with preserved(trainer.train_data):
                update_bn(_batches(trainer), self.averaged)
        trainer.model.load_state_dict(self.averaged.module.state_dict())

    def state_dict(self) -> dict[str, Any]:
        return {} if self.averaged is None else {"averaged": self.averaged.state_dict()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self._state = state_dict["averaged"]


def _batches(trainer: Trainer) -> Iterable[Any]:
    if trainer.train_data is None:
        raise RuntimeError("SWA: batch normalization needs the training data, and there was no epoch")
    return map(mover(trainer.model, trainer.precision), trainer.train_data)
