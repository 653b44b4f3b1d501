"""RunFile: a record of a run by which it can be repeated and compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..run_files import RUN, description, parameters_hash, write_run
from .base import Callback

if TYPE_CHECKING:
    from ..trainer import Trainer


class RunFile(Callback):
    """Writes ``run.json`` into the trainer's folder: what the run is made of, and a hash of the parameters each epoch.

    It holds settings, versions, the backend, seeds, the command line and environment variables on which results can
    depend. ``python -m tensorlab replay run.json`` repeats the run, and says in which epoch the two part.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> model = tl.nn.Linear(2, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), optimizer, folder=folder, progress=False)
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=2)
    >>> len(tl.train.read_run(folder)["epochs"])
    2
    """

    order: ClassVar[int] = 10

    def __init__(self) -> None:
        self._description: dict[str, Any] = {}
        self._epochs: list[dict[str, Any]] = []

    def on_fit_start(self, trainer: Trainer) -> None:
        if not trainer.resumed and not trainer.epochs_done:
            self._epochs = []
        if not (trainer.resumed and self._description):
            self._description = description(trainer)
        self._write(trainer)

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        self._epochs.append({"epoch": trainer.epochs_done, "parameters": parameters_hash(trainer.model)})
        self._write(trainer)

    def _write(self, trainer: Trainer) -> None:
        if trainer.folder is None:
            raise ValueError("RunFile: folder must be given to the Trainer")
        write_run(Path(trainer.folder) / RUN, {**self._description, "epochs": self._epochs})

    def state_dict(self) -> dict[str, Any]:
        return {"description": self._description, "epochs": self._epochs}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self._description, self._epochs = dict(state_dict["description"]), list(state_dict["epochs"])
