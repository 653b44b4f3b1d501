"""Histograms: the distributions of parameters and of their gradients."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...nn.module.module import Module
from ...ops.statistics import histogram
from ...options import Size, checked
from ...tensor import Tensor
from ..logs import append_row
from .base import Callback
from .folders import folder_of
from .json_lines import truncate
from .tensorboard import TensorBoardLogger

if TYPE_CHECKING:
    from ..trainer import Trainer

FILE = "histograms.jsonl"


class Histograms(Callback):
    """Writes histograms of parameters, and of the gradients of the last step, every few epochs.

    They go to TensorBoard if there is a `TensorBoardLogger`, and as lines of JSON to ``histograms.jsonl``: with
    ``epoch``, ``step``, ``name``, ``kind`` (``"parameter"`` or ``"gradient"``), ``counts``, ``edges`` and
    ``nonfinite``, the number of elements that are NaN or infinite and not counted.

    Parameters
    ----------
    folder : str or path, optional
        Where to write the file; by default the trainer's folder.
    every_n_epochs : int
        Distance of the epochs.
    bins : int
        Number of bins of equal width.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> model = tl.nn.Linear(2, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> histograms = tl.train.Histograms(folder, bins=4)
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), optimizer, callbacks=[histograms], progress=False)
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=1)
    >>> rows = tl.train.read_log(f"{folder}/histograms.jsonl")
    >>> [(row["kind"], row["name"], sum(row["counts"])) for row in rows]
    [('parameter', 'weight', 2), ('gradient', 'weight', 2), ('parameter', 'bias', 1), ('gradient', 'bias', 1)]
    """

    order: ClassVar[int] = 11  # after the loggers, whose files it adds to

    @checked
    def __init__(
        self, folder: str | os.PathLike[str] | None = None, *, every_n_epochs: Size = 1, bins: Size = 64
    ) -> None:
        self.folder = None if folder is None else Path(folder)
        self.every_n_epochs, self.bins = every_n_epochs, bins
        self._length = 0
        self._model: Module | None = None
        """The model during epochs after which gradients are needed."""
        self._gradients: list[Tensor | None] = []

    def on_fit_start(self, trainer: Trainer) -> None:
        if trainer.resumed and self._gradients:  # of the last step, if that was the last of its epoch
            self._model = trainer.model
            for parameter, grad in zip(trainer.model.parameters(), self._gradients, strict=True):
                parameter.grad = None if grad is None else grad.to(device=parameter.device, dtype=parameter.dtype)
        folder = folder_of(self, trainer)
        folder.mkdir(parents=True, exist_ok=True)
        self._length = truncate(folder / FILE, self._length if trainer.resumed or trainer.epochs_done else 0)

    def on_train_epoch_start(self, trainer: Trainer) -> None:
        self._model = None if (trainer.epoch + 1) % self.every_n_epochs else trainer.model

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        self._model = None
        if trainer.epochs_done % self.every_n_epochs:
            return
        loggers = trainer.callbacks.instances(TensorBoardLogger)
        for row, values in self._rows(trainer):
            line = json.dumps({"epoch": trainer.epochs_done, "step": trainer.global_step, **row}) + "\n"
            append_row(folder_of(self, trainer) / FILE, line)
            self._length += len(line.encode())
            for logger in loggers:
                logger.add_histogram(f"{row['kind']}s/{row['name']}", row["counts"], row["edges"], values, trainer)

    def _rows(self, trainer: Trainer) -> Iterator[tuple[dict[str, Any], Tensor]]:
        """Yield the histograms, each with the values that it counts."""
        for name, parameter in trainer.model.named_parameters():
            for kind, values in (("parameter", parameter), ("gradient", parameter.grad)):
                if values is None or not values.nelement():
                    continue
                values = values.detach()
                finite = values[values.isfinite()]
                if finite.nelement():
                    counts, edges = histogram(finite, self.bins)
                    row = {"name": name, "kind": kind, "counts": counts.tolist(), "edges": edges.tolist()}
                    yield row | {"nonfinite": values.nelement() - finite.nelement()}, finite

    def state_dict(self) -> dict[str, Any]:
        gradients = [] if self._model is None else [parameter.grad for parameter in self._model.parameters()]
        return {"length": self._length, "gradients": gradients}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self._length, self._gradients = state_dict["length"], list(state_dict["gradients"])
