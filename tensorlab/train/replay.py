"""Repeating a run from its run file, and comparing two runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..options import checked
from .run_files import REPLAY_FOLDER, RUN, VARIABLES, read_run


@dataclass(frozen=True)
class RunComparison:
    """How far two runs agree, bit for bit.

    Attributes
    ----------
    epochs : int
        The number of epochs that both runs have.
    first_difference : int or None
        The first epoch, from 1, after which the parameters differ; None if there is none.
    lengths : tuple of int
        The number of epochs of each run.
    differences : dict from str to tuple
        What differs between the runs besides: versions, the backend, settings and so on, with both values.
    """

    epochs: int
    first_difference: int | None
    lengths: tuple[int, int]
    differences: Mapping[str, tuple[Any, Any]]

    @property
    def is_equal(self) -> bool:
        """Whether the runs have equally many epochs, and equal parameters after each."""
        return self.first_difference is None and self.lengths[0] == self.lengths[1]

    def __str__(self) -> str:
        if self.first_difference is not None:
            before = self.first_difference - 1
            told = f"the runs part in epoch {self.first_difference}" + (
                f"; up to epoch {before} they agree" * (before > 0)
            )
        elif not self.is_equal:
            first, second = self.lengths
            told = f"the runs agree up to epoch {self.epochs}; the first has {first} epochs, and the second {second}"
        else:
            told = f"the runs are equal: the same parameters, bit for bit, after each of {self.epochs} epochs"
        return "\n".join([told, *(f"  {name}: {_shown(*pair)}" for name, pair in self.differences.items())])


def _shown(a: Any, b: Any) -> str:
    """Return two values in words, unless they are long."""
    values = f"{a!r}, then {b!r}"
    return values if len(values) <= 100 else "differs; see the run files"


@checked
def compare_runs(first: str | os.PathLike[str], second: str | os.PathLike[str]) -> RunComparison:
    """Compare two runs by their run files.

    Parameters
    ----------
    first, second : str or path
        Run files, or folders of runs.

    Returns
    -------
    RunComparison
        Printed, it says in which epoch the runs part.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or it is not a run file.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> for rate in (0.1, 0.2):
    ...     _ = tl.seed_everything(0)
    ...     model = tl.nn.Linear(2, 1)
    ...     optimizer = tl.optim.SGD(model.parameters(), lr=rate)
    ...     trainer = tl.train.Trainer(
    ...         model, tl.nn.MSELoss(), optimizer, folder=f"{folder}/{rate}", progress=False
    ...     )
    ...     history = trainer.fit([(tl.ones(4, 2), tl.zeros(4, 1))], epochs=3)
    >>> tl.train.compare_runs(f"{folder}/0.1", f"{folder}/0.2").first_difference
    1
    """
    a, b = read_run(first), read_run(second)
    hashes = [[epoch["parameters"] for epoch in run["epochs"]] for run in (a, b)]
    pairs = list(zip(*hashes))
    parted = next((number for number, (x, y) in enumerate(pairs, 1) if x != y), None)
    return RunComparison(len(pairs), parted, (len(hashes[0]), len(hashes[1])), _differences(a, b))


COMPARED = ("versions", "platform", "processors", "backend", "seed", "deterministic", "environment", "settings")


def _differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the entries of run files that differ, each by its path."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in COMPARED:
        x, y = a.get(name), b.get(name)
        if isinstance(x, dict) and isinstance(y, dict):
            keys = dict.fromkeys([*x, *y])
            found |= {f"{name}.{key}": (x.get(key), y.get(key)) for key in keys if x.get(key) != y.get(key)}
        elif x != y:
            found[name] = (x, y)
    found.pop(f"environment.{REPLAY_FOLDER}", None)
    return found


@checked
def replay(run: str | os.PathLike[str], folder: str | os.PathLike[str] | None = None) -> RunComparison:
    """Repeat a run: start its program again with the same arguments, and compare the results.

    The program runs in the directory and with the environment variables of the run file. The folders of its runs
    are made inside a new one; what it writes elsewhere is written again.

    Parameters
    ----------
    run : str or path
        The run file, or the folder of the run.
    folder : str or path, optional
        The new folder; by default ``replay`` in the folder of the run, or ``replay-2`` and so on.

    Returns
    -------
    RunComparison
        The run and its repetition.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, it is not a run file, or the run was started interactively.
    RuntimeError
        If the program fails, or repeats no run of this name.
    """
    import subprocess  # slow to import

    path = Path(run) / RUN if Path(run).is_dir() else Path(run)
    old = read_run(path)
    command = _command(old, path)
    target = _new_folder(path.parent) if folder is None else Path(folder)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(VARIABLES)}
    environment = {**inherited, **old["environment"], REPLAY_FOLDER: str(target.resolve())}
    status = subprocess.run(command, cwd=old["directory"], env=environment, check=False).returncode
    if status:
        raise RuntimeError(f"replay: the program ended with status {status}: {' '.join(command)}")
    repeated = _repeated(old, target)
    if not repeated.exists():
        raise RuntimeError(f"replay: the program has not written {repeated}")
    return compare_runs(path, repeated)


def _command(run: Mapping[str, Any], path: Path) -> list[str]:
    arguments = list(run["command"])[1:]
    if not arguments or "ipykernel" in " ".join(arguments):
        raise ValueError(f"replay: {path} is of an interactive interpreter, which has no command that can be repeated")
    return [sys.executable, *arguments]


def _new_folder(beside: Path) -> Path:
    number = 1
    while (folder := beside / ("replay" if number == 1 else f"replay-{number}")).exists():
        number += 1
    return folder


def _repeated(run: Mapping[str, Any], target: Path) -> Path:
    """Return where the program has written the run file, as `redirected` places it."""
    directory = Path(run["directory"])
    folder = (directory / run["folder"]).resolve()
    inner = folder.relative_to(directory) if folder.is_relative_to(directory) else Path(folder.name)
    return target / inner / RUN
