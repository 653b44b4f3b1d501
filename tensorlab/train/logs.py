"""Log files: a row of values for each epoch or step."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..io.replacing import replace_file
from ..options import checked

LOG = "log.jsonl"
"""The name of the log of epochs in the folder of a run."""

LOGS = (LOG, "log.csv")
"""The names of logs of epochs, of which the first that exists is read."""

TIMES = ("seconds", "samples_per_second")
"""The columns that differ when a run is repeated."""


@checked
def read_log(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Read the log of a run, also while the run is in progress.

    Parameters
    ----------
    path : str or path
        A file of `JSONLinesLogger` or `CSVLogger`, or the folder of a run.

    Returns
    -------
    list of dict
        The rows: numbers, strings and lists by column. A last line that is not complete yet is left out.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or no log in the folder.
    ValueError
        If it is not such a file.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> model = tl.nn.Linear(2, 1)
    >>> optimizer = tl.optim.SGD(model.parameters(), lr=0.1)
    >>> trainer = tl.train.Trainer(model, tl.nn.MSELoss(), optimizer, folder=folder, progress=False)
    >>> history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=3)
    >>> tl.train.read_log(folder) == history
    True
    """
    file = Path(path)
    if file.is_dir():
        file = next((file / name for name in LOGS if (file / name).exists()), file / LOG)
    text = file.read_text(encoding="utf-8")
    complete = text[: text.rfind("\n") + 1]
    try:
        return _from_csv(complete) if file.suffix == ".csv" else [json.loads(line) for line in complete.splitlines()]
    except ValueError as error:
        raise ValueError(f"{os.fspath(file)} is not the log of a run: {error}") from error


def _from_csv(text: str) -> list[dict[str, Any]]:
    rows = csv.DictReader(text.splitlines())
    return [{name: _value(cell) for name, cell in row.items() if cell} for row in rows]


def _value(cell: str) -> Any:
    """Return the number, list or string that a cell holds."""
    with suppress(ValueError):
        return json.loads(cell.replace("nan", "NaN").replace("inf", "Infinity") if cell in _NONFINITE else cell)
    return cell


_NONFINITE = ("nan", "inf", "-inf")


def write_rows(path: Path, rows: Iterable[str]) -> None:
    """Replace a log file by one with these lines, atomically; its folder is made if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, lambda new: new.write_text("".join(rows), encoding="utf-8"), sync=False)


def append_row(path: Path, row: str) -> None:
    """Append a line to a log file."""
    with path.open("a", encoding="utf-8") as file:
        file.write(row)


def json_row(values: Mapping[str, Any]) -> str:
    """Return a line of JSON. Numbers that are not finite are written as NaN and Infinity."""
    return json.dumps(values, ensure_ascii=False, default=str) + "\n"
