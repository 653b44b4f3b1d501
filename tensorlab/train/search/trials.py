"""The trials of a search, and what they show together."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...options import Size, checked
from .distributions import Space, label

Direction = Literal["maximize", "minimize"]
Status = Literal["complete", "pruned", "failed"]
STATUSES = ("complete", "pruned", "failed")


@dataclass(frozen=True)
class Trial:
    """One evaluation of the objective.

    Attributes
    ----------
    number : int
        The number of the trial, from 0.
    params : dict
        The values of the hyperparameters.
    status : {"complete", "pruned", "failed"}
        Whether the objective returned a value, was stopped early, or raised an error.
    value : float or None
        The value, or the last intermediate value of a pruned trial.
    intermediate : list of float
        The values that the objective yielded.
    seconds : float
        How long it took.
    error : str
        The error, with its traceback; empty if there was none.
    point : dict from str to float
        The points of the values in their distributions.
    """

    number: int
    params: dict[str, Any]
    status: Status
    value: float | None
    intermediate: list[float]
    seconds: float
    error: str
    point: dict[str, float]

    @property
    def reason(self) -> str:
        """The last line of the error."""
        return self.error.strip().rpartition("\n")[2]

    def __str__(self) -> str:
        outcome = f"{self.value:.6g}" if self.status == "complete" else self.status
        if self.status == "pruned":
            outcome += f" after {len(self.intermediate)} values at {self.value:.6g}"
        params = ", ".join(f"{name}={_shown(value)}" for name, value in self.params.items())
        reason = f": {self.reason}" if self.error else ""
        return f"trial {self.number}: {outcome} with {params} in {self.seconds:.1f} s{reason}"


class SearchResult:
    """The trials of a search: a table if printed, a picture if plotted.

    Attributes
    ----------
    trials : list of Trial
        The trials in the order in which they were run.
    direction : {"maximize", "minimize"}
        Which values are better.
    space : dict from str to distribution
        What the hyperparameters were drawn from.
    """

    def __init__(self, trials: Sequence[Trial], direction: Direction, space: Space) -> None:
        self.trials, self.direction, self.space = list(trials), direction, space

    @property
    def ranking(self) -> list[Trial]:
        """The trials with the best first: complete ones, then pruned ones, then failed ones in their order."""
        sign = -1 if self.direction == "maximize" else 1
        return sorted(self.trials, key=lambda t: (STATUSES.index(t.status), 0 if t.value is None else sign * t.value))

    @property
    def best(self) -> Trial:
        """The best complete trial, the first of several that are equal.

        Raises
        ------
        ValueError
            If no trial is complete; the message shows why one failed.
        """
        first = next(iter(self.ranking), None)
        if first is None or first.status != "complete":
            reason = next((f"; trial {t.number} failed: {t.reason}" for t in self.trials if t.error), "")
            raise ValueError(f"none of {len(self.trials)} trials is complete{reason}")
        return first

    @property
    def best_params(self) -> dict[str, Any]:
        """The hyperparameters of the best trial."""
        return self.best.params

    @property
    def best_value(self) -> float:
        """The value of the best trial."""
        value = self.best.value
        assert value is not None
        return value

    @checked
    def table(self, rows: Size | None = None) -> str:
        """Return the trials as a table, the best first.

        Parameters
        ----------
        rows : int, optional
            How many trials to show; by default all.

        Examples
        --------
        >>> from tensorlab.train import search
        >>> found = search.grid_search(lambda x, power: -((x - 1) ** power), {"x": [0, 1, 3], "power": [2, 4]})
        >>> lines = found.table(rows=2).splitlines()
        >>> lines[0]
        'trial  value  x  power  seconds'
        >>> lines[-1]
        '4 more'
        """
        names = list(self.space)
        header = ["trial", "value", *names, "seconds", ""]
        shown = self.ranking[:rows]
        lines = [header, *([*map(_shown, self._row(t)), f"{t.seconds:.1f}", _remark(t)] for t in shown)]
        widths = [max(map(len, column)) for column in zip(*lines)]
        text = "\n".join("  ".join(x.rjust(n) for x, n in zip(line[:-1], widths)) + "  " + line[-1] for line in lines)
        left = len(self.trials) - len(shown)
        return "\n".join(line.rstrip() for line in text.splitlines()) + (f"\n{left} more" if left else "")

    def _row(self, trial: Trial) -> list[Any]:
        return [trial.number, trial.value, *(label(trial.params[name]) for name in self.space)]

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        counts = ", ".join(f"{sum(t.status == s for t in self.trials)} {s}" for s in STATUSES)
        return f"<SearchResult of {len(self.trials)} trials: {counts}>"

    @checked
    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the trials as a table of comma-separated values, the best first.

        Parameters
        ----------
        path : str or path
            The file, which is replaced if there is one.
        """
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["trial", "value", *self.space, "status", "seconds", "error"])
            writer.writerows([*self._row(t), t.status, t.seconds, t.reason] for t in self.ranking)

    def plot(self) -> Any:
        """Draw the values of the trials against each hyperparameter.

        Returns
        -------
        matplotlib.figure.Figure
            With a panel for each hyperparameter.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        """
        from .plotting import plot_parameters

        return plot_parameters(self)

    def plot_parallel(self) -> Any:
        """Draw each trial as a line through its hyperparameters and its value, coloured by the value.

        Returns
        -------
        matplotlib.figure.Figure
            With an axis for each hyperparameter, and one for the value.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        """
        from .plotting import plot_parallel

        return plot_parallel(self)


def _shown(value: Any) -> str:
    """Return a value for a table."""
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(label(value))


def _remark(trial: Trial) -> str:
    if trial.status == "complete":
        return ""
    if trial.status == "pruned":
        return f"pruned after {len(trial.intermediate)} values"
    return f"failed: {trial.reason}"
