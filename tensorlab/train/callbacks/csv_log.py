"""CSVLogger: a row of comma-separated values for each epoch."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...options import checked
from ..logs import append_row, write_rows
from .base import Callback
from .folders import folder_of

if TYPE_CHECKING:
    from ..trainer import Trainer

FILE = "log.csv"


class CSVLogger(Callback):
    """Writes the values of each epoch to ``log.csv``, which spreadsheets and pandas read.

    A value that is new in an epoch gets a column, which is empty in the rows above. A resumed run
    continues after the rows up to its checkpoint; a new run replaces the file.

    Parameters
    ----------
    folder : str or path, optional
        Where to write; by default the trainer's folder.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = tempfile.mkdtemp()
    >>> model = tl.nn.Linear(2, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> trainer = tl.train.Trainer(
    ...     model, tl.nn.MSELoss(), optimizer, callbacks=[tl.train.CSVLogger(folder)], progress=False
    ... )
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=1)
    >>> pathlib.Path(folder, "log.csv").read_text().splitlines()[0]
    'epoch,step,loss,lr,seconds,samples_per_second'
    """

    order: ClassVar[int] = 10

    @checked
    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self.folder = None if folder is None else Path(folder)
        self._columns: list[str] = []

    def on_fit_start(self, trainer: Trainer) -> None:
        self._columns = []
        self._write(trainer)

    def on_train_epoch_end(self, trainer: Trainer) -> None:
        if set(trainer.logged) <= set(self._columns):
            append_row(folder_of(self, trainer) / FILE, _row(self._columns, trainer.logged))
        else:
            self._write(trainer)

    def _write(self, trainer: Trainer) -> None:
        """Write the whole file, with the columns of all epochs in the order in which they appeared."""
        self._columns = list(dict.fromkeys(name for values in trainer.history for name in values))
        header = [_row(self._columns, {name: name for name in self._columns})] if self._columns else []
        write_rows(
            folder_of(self, trainer) / FILE, [*header, *(_row(self._columns, values) for values in trainer.history)]
        )


def _row(columns: list[str], values: Mapping[str, Any]) -> str:
    text = io.StringIO()
    csv.DictWriter(text, columns, lineterminator="\n").writerow(values)
    return text.getvalue()
