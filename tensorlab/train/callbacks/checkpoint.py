"""ModelCheckpoint: files from which training can be resumed, and those of the best epochs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from ...options import Size, checked
from ...options.kinds import Whole
from .base import Callback
from .folders import folder_of
from .monitor import Mode, improves, monitored

if TYPE_CHECKING:
    from ..loop import Loop
    from ..trainer import Trainer

SUFFIX = ".safetensors"
LAST = "last" + SUFFIX

LARGEST_SHARE = 0.02
"""The largest part of the time that goes into last checkpoints, unless the user says how often they are written."""


class ModelCheckpoint(Callback):
    """Writes checkpoints: the last one, from which `Trainer.fit` resumes, and those of the best epochs.

    Each is written whole or not at all. A checkpoint holds the state of the whole training; its entry ``"model"`` is
    the model's state dict::

        model.load_state_dict(tl.load("runs/digits/best.safetensors")["model"])

    Parameters
    ----------
    folder : str or path, optional
        Where to write; by default the trainer's folder.
    monitor : str, optional
        The logged value by which epochs are compared.
    mode : {"min", "max"}
        Whether smaller or larger values are better.
    save_top_k : int
        The number of best epochs whose checkpoints are kept; -1 keeps the checkpoints of all epochs, whether there is a
        `monitor` or not.
    every_n_epochs : int, optional
        Checkpoints are written after this many epochs, and after the last one. By default the best epochs are written
        always, and the last checkpoint after every epoch, unless epochs are so short that this would take more than two
        percent of the time.
    every_n_train_steps : int, optional
        The last checkpoint is written after this many steps of the optimizer as well, in the middle of epochs; the
        training data must be able to save its position, as a `DataLoader` does.

    Attributes
    ----------
    best_k_models : dict from str to float
        The files of the best epochs with their values, best first; named ``epoch=3-valid_loss=0.1234.safetensors``.
    best_model_path : str
        The first of them; empty if there is none.
    best_model_score : float or None
        Its value.

    Notes
    -----
    A run that is not resumed removes the checkpoints of an earlier run in the folder.

    Examples
    --------
    >>> import tempfile
    >>> best = tl.train.ModelCheckpoint(tempfile.mkdtemp(), monitor="loss", save_top_k=2)
    >>> model = tl.nn.Linear(2, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), optimizer, callbacks=[best], progress=False)
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=5)
    >>> best.best_model_score == min(row["loss"] for row in history), len(best.best_k_models)
    (True, 2)
    >>> _ = model.load_state_dict(tl.load(best.best_model_path)["model"])
    """

    order: ClassVar[int] = 20

    @checked
    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        monitor: str | None = None,
        mode: Mode = "min",
        save_top_k: Annotated[int, Whole(-1)] = 1,
        every_n_epochs: Size | None = None,
        every_n_train_steps: Size | None = None,
    ) -> None:
        if monitor is None and save_top_k > 1:
            raise ValueError("ModelCheckpoint: save_top_k needs monitor, the logged value by which epochs are compared")
        self.folder = None if folder is None else Path(folder)
        self.monitor, self.mode, self.save_top_k = monitor, mode, save_top_k
        self.every_n_epochs, self.every_n_train_steps = every_n_epochs, every_n_train_steps
        self.best_k_models: dict[str, float] = {}
        self._outdated: list[str] = []
        self._cost, self._written = 0.0, 0.0

    @property
    def best_model_path(self) -> str:
        """The file of the best epoch; empty if there is none."""
        return next(iter(self.best_k_models), "")

    @property
    def best_model_score(self) -> float | None:
        """The value of the best epoch."""
        return next(iter(self.best_k_models.values()), None)

    def last_path(self, trainer: Loop) -> Path:
        """Return the path of the last checkpoint."""
        return folder_of(self, trainer) / LAST

    def on_fit_start(self, trainer: Trainer) -> None:
        folder = folder_of(self, trainer)
        if not trainer.resumed and not trainer.epochs_done:
            self.best_k_models, self._outdated = {}, []
            for path in [folder / LAST, *folder.glob(f"epoch=*{SUFFIX}")]:
                path.unlink(missing_ok=True)
        self._remove_outdated()

    def on_train_batch_end(self, trainer: Trainer, batch: Any, batch_idx: int) -> None:
        every = self.every_n_train_steps
        if every and not trainer.updates.pending and trainer.global_step % every == 0:
            trainer.save_checkpoint(self.last_path(trainer))

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        every = self.every_n_epochs
        if every and trainer.epochs_done % every and not trainer.is_last_epoch:
            return
        path = self._rank(trainer)
        if path:
            trainer.save_checkpoint(path)
        if path or every or trainer.is_last_epoch or self._is_affordable():
            start = perf_counter()
            trainer.save_checkpoint(self.last_path(trainer))  # names the files above, hence comes after them
            self._written = perf_counter()
            self._cost = self._written - start
        self._remove_outdated()

    def _is_affordable(self) -> bool:
        return perf_counter() - self._written >= self._cost / LARGEST_SHARE

    def _rank(self, trainer: Trainer) -> str | None:
        """Enter the epoch among the best; return the path of its checkpoint, None if it is not one of them."""
        name = f"epoch={trainer.epochs_done}"
        if self.monitor is None:
            return str(folder_of(self, trainer) / (name + SUFFIX)) if self.save_top_k < 0 else None
        score = monitored(self, trainer, self.monitor)
        path = str(folder_of(self, trainer) / f"{name}-{self.monitor.replace('/', '_')}={score:.4f}{SUFFIX}")
        ranked = list(self.best_k_models.items())
        rank = next((n for n, (_, other) in enumerate(ranked) if improves(score, other, self.mode)), len(ranked))
        ranked.insert(rank, (path, score))
        kept = len(ranked) if self.save_top_k < 0 else self.save_top_k
        self.best_k_models = dict(ranked[:kept])
        self._outdated = [old for old, _ in ranked[kept:] if old != path]
        return path if path in self.best_k_models else None

    def _remove_outdated(self) -> None:
        for path in self._outdated:
            Path(path).unlink(missing_ok=True)

    def state_dict(self) -> dict[str, Any]:
        return {"best_k_models": self.best_k_models, "outdated": self._outdated}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self.best_k_models, self._outdated = dict(state_dict["best_k_models"]), list(state_dict["outdated"])
