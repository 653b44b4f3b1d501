"""EMA: evaluation with an exponential moving average of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from ...options import Fraction, checked
from .base import Callback

if TYPE_CHECKING:
    from ..trainer import Trainer


class EMA(Callback):
    """Keeps an exponential moving average of the parameters, with which the model is evaluated.

    Parameters
    ----------
    decay : float
        The weight of the average so far at each step of the optimizer, from 0 to 1.

    Attributes
    ----------
    averaged : AveragedModel or None
        The average, from the beginning of the training on.

    Examples
    --------
    >>> model = tl.nn.Linear(2, 1)
    >>> ema = tl.train.EMA(0.99)
    >>> trainer = tl.train.Trainer(
    ...     model, tl.nn.MSELoss(), tl.optim.SGD(model.parameters(), lr=0.1), callbacks=[ema], progress=False
    ... )
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=3)
    >>> trainer.evaluated_model is ema.averaged, ema.averaged.n_averaged
    (True, tensor(4))
    """

    @checked
    def __init__(self, decay: Fraction = 0.999) -> None:
        self.decay = decay
        self.averaged: AveragedModel | None = None
        self._state: Mapping[str, Any] | None = None

    def on_fit_start(self, trainer: Trainer) -> None:
        if self.averaged is None:
            self.averaged = AveragedModel(trainer.model, multi_avg_fn=get_ema_multi_avg_fn(self.decay))
            self.averaged.update_parameters(trainer.model)
        if self._state is not None:
            self.averaged.load_state_dict(self._state)
            self._state = None
        trainer.evaluated_model = self.averaged

    def on_after_optimizer_step(self, trainer: Trainer) -> None:
        assert self.averaged is not None
        self.averaged.update_parameters(trainer.model)

    def state_dict(self) -> dict[str, Any]:
        return {} if self.averaged is None else {"averaged": self.averaged.state_dict()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self._state = state_dict["averaged"]
