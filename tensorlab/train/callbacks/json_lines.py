"""JSONLinesLogger: a line of JSON for each epoch, and for every n-th step if asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...options import Size, checked
from ..logs import LOG, append_row, json_row, write_rows
from .base import Callback
from .folders import folder_of

if TYPE_CHECKING:
    from ..trainer import Trainer

STEPS = "steps.jsonl"


class JSONLinesLogger(Callback):
    """Writes the values of each epoch to ``log.jsonl``, and those of steps to ``steps.jsonl``: JSON, one line for each.

    A resumed run continues after the lines up to its checkpoint; a new run replaces the files.

    Parameters
    ----------
    folder : str or path, optional
        Where to write; by default the trainer's folder.
    every_n_steps : int, optional
        Writes the loss and the learning rate after this many steps of the optimizer. By default no steps are written.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> logger = tl.train.JSONLinesLogger(folder, every_n_steps=2)
    >>> model = tl.nn.Linear(2, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), optimizer, callbacks=[logger], progress=False)
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=5)
    >>> [row["step"] for row in tl.train.read_log(f"{folder}/steps.jsonl")]
    [2, 4]
    """

    order: ClassVar[int] = 10

    @checked
    def __init__(self, folder: str | os.PathLike[str] | None = None, *, every_n_steps: Size | None = None) -> None:
        self.folder = None if folder is None else Path(folder)
        self.every_n_steps = every_n_steps
        self._rates: dict[str, float] = {}
        self._length = 0
        """The length of the file of steps."""

    def on_fit_start(self, trainer: Trainer) -> None:
        folder = folder_of(self, trainer)
        write_rows(folder / LOG, map(json_row, trainer.history))
        if self.every_n_steps is not None:
            self._length = truncate(folder / STEPS, self._length if trainer.resumed or trainer.epochs_done else 0)

    def on_before_optimizer_step(self, trainer: Trainer) -> None:
        if self.every_n_steps is not None:
            self._rates = trainer.rates()  # a schedule may change them after the step

    def on_after_optimizer_step(self, trainer: Trainer) -> None:
        if self.every_n_steps is None or trainer.global_step % self.every_n_steps:
            return
        assert trainer.last_loss is not None
        values = {"epoch": trainer.epoch + 1, "step": trainer.global_step, "loss": trainer.last_loss.item()}
        row = json_row(values | self._rates)
        append_row(folder_of(self, trainer) / STEPS, row)
        self._length += len(row.encode())

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        append_row(folder_of(self, trainer) / LOG, json_row(trainer.logged))

    def state_dict(self) -> dict[str, Any]:
        return {"length": self._length}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self._length = state_dict["length"]


def truncate(path: Path, length: int) -> int:
    """Cut a log file to its first bytes, and return how many there are; the file is made if there is none."""
    with path.open("a+b") as file:
        kept = min(length, file.seek(0, os.SEEK_END))
        file.truncate(kept)
    return kept
