"""The log of a search: a line of JSON that describes it, and one for each trial."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .distributions import Space, label
from .trials import Trial


class SearchLog:
    """A log file; without a path nothing is written.

    Parameters
    ----------
    owner : str
        The function that errors name.
    path : path, optional
        The file.
    header : dict
        What describes the search, as plain data.
    resume : bool
        Whether trials in an existing file are taken over; otherwise there must be no file.
    """

    def __init__(self, owner: str, path: Path | None, header: dict[str, Any], resume: bool) -> None:
        self.path, self.header, self.trials = path, header, list[Trial]()
        if path is None:
            if resume:
                raise ValueError(f"{owner}: resume needs the log of the search that it goes on with")
        elif not path.exists() or (resume and not complete_lines(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._write(json.dumps(header) + "\n", "w")
        elif not resume:
            raise FileExistsError(f"{owner}: log {str(path)!r} exists; resume=True goes on with it")
        else:
            self._take_over(owner, path)

    def _take_over(self, owner: str, path: Path) -> None:
        lines = complete_lines(path)
        found, self.trials = parsed(path, lines)
        for key, value in self.header.items():
            if key == "seed" and value is None:
                self.header["seed"] = found.get("seed")
            elif found.get(key) != value:
                raise ValueError(
                    f"{owner}: log {str(path)!r} is that of another search: its {key} is {found.get(key)!r}, "
                    f"not {value!r}"
                )
        self._write("".join(f"{line}\n" for line in lines), "w")  # without a line that was cut off

    def add(self, trial: Trial) -> None:
        """Append a trial; it is on the disk when this returns."""
        self.trials.append(trial)
        shown = {name: label(value) for name, value in trial.params.items()}
        self._write(json.dumps({**asdict_of(trial), "params": shown}) + "\n", "a")

    def _write(self, text: str, mode: str) -> None:
        if self.path is not None:
            with open(self.path, mode, encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())


def asdict_of(trial: Trial) -> dict[str, Any]:
    """Return the fields of a trial, whose parameters may be of any type."""
    return asdict(Trial(**{**vars(trial), "params": {}}))


def complete_lines(path: Path) -> list[str]:
    """Return the lines of a file but a last one that was cut off."""
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def parsed(path: Path, lines: list[str]) -> tuple[dict[str, Any], list[Trial]]:
    """Return the header and the trials of a log.

    Raises
    ------
    ValueError
        If it is not the log of a search.
    """
    try:
        header, *rows = map(json.loads, lines)
        if "space" not in header:
            raise KeyError("space")
        return header, [Trial(**row) for row in rows]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{str(path)!r} is not the log of a search: {error}") from error


def with_values(trials: list[Trial], space: Space) -> list[Trial]:
    """Return trials of a log with the values of a space in the place of their names."""
    return [Trial(**{**vars(t), "params": {name: d.value(t.point[name]) for name, d in space.items()}}) for t in trials]
