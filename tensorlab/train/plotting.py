"""Curves of runs, from their logs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .logs import LOGS, TIMES, read_log

OMITTED = ("step", *TIMES)
"""The columns of logs that are not drawn."""


def find_logs(paths: Sequence[str | os.PathLike[str]]) -> dict[str, Path]:
    """Return log files by the names of their runs: those given, and those anywhere below the folders given.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    found: dict[str, Path] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            found[str(path.with_suffix(""))] = path
            continue
        folders = sorted({log.parent for name in LOGS for log in path.rglob(name)})
        for folder in folders:
            found[str(folder)] = next(folder / name for name in LOGS if (folder / name).exists())
    if not found:
        raise FileNotFoundError(f"there are no logs of runs in {', '.join(map(str, paths))}")
    return _shortened(found)


def _shortened(logs: dict[str, Path]) -> dict[str, Path]:
    """Return logs by name without the folders that are common to all names."""
    if len(logs) == 1:
        return {Path(name).name: log for name, log in logs.items()}
    common = os.path.commonpath(logs)
    return {os.path.relpath(name, common): log for name, log in logs.items()}


def plot_runs(paths: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str] | None = None) -> Path:
    """Draw the curves of runs into a picture, and return its path.

    Parameters
    ----------
    paths : sequence of str or path
        Log files, folders of runs, or folders with folders of runs.
    out : str or path, optional
        The picture; by default ``curves.png`` in the first folder.
    """
    from ..viz import training_curves

    runs: dict[str, Any] = {}
    for name, log in find_logs(paths).items():
        rows = read_log(log)
        if rows:
            runs[name] = [{key: value for key, value in row.items() if key not in OMITTED} for row in rows]
    if not runs:
        raise ValueError(f"the logs in {', '.join(map(str, paths))} have no epochs yet")
    first = Path(paths[0])
    picture = (first if first.is_dir() else first.parent) / "curves.png" if out is None else Path(out)
    training_curves(runs).savefig(picture, dpi=150)
    return picture
