"""ThroughputMonitor: where the time of an epoch goes."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar

from ...options import checked
from ...tensor import Tensor
from .base import Callback

if TYPE_CHECKING:
    from ..trainer import Trainer

PHASES = ("data", "forward", "backward", "update", "validation")


class ThroughputMonitor(Callback):
    """Logs the seconds of each epoch in the phases of its loop.

    They are ``data_seconds`` (waiting for batches), ``forward_seconds`` (model, loss and metrics),
    ``backward_seconds``, ``update_seconds`` (clipping, the optimizer, and what other callbacks do then) and
    ``validation_seconds``. Samples per second are logged by every trainer.

    Parameters
    ----------
    synchronize : bool
        Whether to wait for the device at the end of each phase. On a GPU, where operations are only queued, the times
        are those of queueing otherwise; waiting slows the training down.

    Examples
    --------
    >>> model = tl.nn.Linear(2, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> monitor = tl.train.ThroughputMonitor()
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), optimizer, callbacks=[monitor], progress=False)
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=1)
    >>> [name for name in history[0] if name.endswith("_seconds")]
    ['data_seconds', 'forward_seconds', 'backward_seconds', 'update_seconds', 'validation_seconds']
    """

    order: ClassVar[int] = -30

    @checked
    def __init__(self, *, synchronize: bool = False) -> None:
        self.synchronize = synchronize
        self._seconds = dict.fromkeys(PHASES, 0.0)
        self._since = 0.0

    def on_fit_start(self, trainer: Trainer) -> None:
        self._since = perf_counter()

    def on_train_epoch_start(self, trainer: Trainer) -> None:
        self._seconds = dict.fromkeys(PHASES, 0.0)
        self._since = perf_counter()

    def on_train_batch_start(self, trainer: Trainer, batch: Any, batch_idx: int) -> None:
        self._end("data", trainer)

    def on_before_backward(self, trainer: Trainer, loss: Tensor) -> None:
        self._end("forward", trainer)

    def on_after_backward(self, trainer: Trainer) -> None:
        self._end("backward", trainer)

    def on_train_batch_end(self, trainer: Trainer, batch: Any, batch_idx: int) -> None:
        self._end("update", trainer)

    def on_validation_start(self, trainer: Trainer) -> None:
        self._end("update", trainer)  # of gradients that were left at the end of the epoch

    def on_validation_end(self, trainer: Trainer) -> None:
        self._end("validation", trainer)

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        for phase, seconds in self._seconds.items():
            trainer.log(f"{phase}_seconds", round(seconds, 3))

    def _end(self, phase: str, trainer: Trainer) -> None:
        """End a phase: the time since the last one is its time."""
        if self.synchronize:
            parameter = next(trainer.model.parameters(), None)
            if parameter is not None:
                parameter.backend.synchronize()
        now = perf_counter()
        self._seconds[phase] += now - self._since
        self._since = now

    def state_dict(self) -> dict[str, Any]:
        return {"seconds": dict(self._seconds)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self._seconds = dict(state_dict["seconds"])
