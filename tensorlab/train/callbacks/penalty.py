"""Penalty: a term that is added to the loss, from an epoch on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...optim.regularization import ElasticPenalty
from ...options import checked
from ...tensor import Tensor
from .base import Callback

if TYPE_CHECKING:
    from ..trainer import Trainer


class Penalty(Callback):
    """Adds a penalty on parameters to the loss; its `start` says from which epoch on, its epochs are counted here.

    Logged are the loss without it, which can be compared with that of held-out data, and the mean penalty of each
    epoch, 0 before the first.

    Parameters
    ----------
    penalty : ElasticPenalty
        An `L1Penalty`, `L2Penalty` or `ElasticPenalty` of `tensorlab.optim`.
    name : str
        The name under which it is logged.

    Examples
    --------
    >>> model = tl.nn.Linear(2, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> sparse = tl.train.Penalty(tl.optim.L1Penalty([model.weight], 0.01, start=2))
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), optimizer, callbacks=[sparse], progress=False)
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=3)
    >>> [row["penalty"] > 0 for row in history]
    [False, False, True]
    """

    @checked
    def __init__(self, penalty: ElasticPenalty, *, name: str = "penalty") -> None:
        self.penalty, self.name = penalty, name
        self._value: Tensor | float = 0.0

    def on_fit_start(self, trainer: Trainer) -> None:
        if not trainer.resumed and not trainer.epochs_done:
            self.penalty.epoch = 0

    def on_before_backward(self, trainer: Trainer, loss: Tensor) -> Tensor | None:
        if not self.penalty.active:
            self._value = 0.0
            return None
        value = self.penalty()
        self._value = value.detach()
        return loss + value

    def on_train_batch_end(self, trainer: Trainer, batch: Any, batch_idx: int) -> None:
        trainer.log(self.name, self._value)

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        self.penalty.step()

    def state_dict(self) -> dict[str, Any]:
        return self.penalty.state_dict()

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self.penalty.load_state_dict(state_dict)
