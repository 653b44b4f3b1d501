"""The searches: trials of an objective, one after the other, each of which is logged before the next begins."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Generator, Mapping
from math import isfinite
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

from ...options import Size, checked
from ...options.kinds import Having
from ...random.bit_stream import SEED
from ...random.functions import randint
from ..randomness import seeded
from .distributions import Choice, Space, as_space, described
from .log import SearchLog, complete_lines, parsed, with_values
from .strategies import Grid, Optuna, Point, Random, Strategy
from .trials import Direction, SearchResult, Status, Trial

Seed = Annotated[int, SEED]
Path_ = str | os.PathLike[str]
Pruner = Annotated[Any, Having("a pruner of Optuna", ("prune",))]
LARGEST_SEED = 2**31 - 1


@checked
def grid_search(
    objective: Callable[..., Any],
    space: Mapping[str, Any],
    *,
    direction: Direction = "maximize",
    seed: Seed | None = None,
    log: Path_ | None = None,
    resume: bool = False,
    callback: Callable[[Trial], Any] | None = None,
) -> SearchResult:
    """Try all combinations of hyperparameters.

    Parameters
    ----------
    objective : callable
        ``objective(**params)`` returns the value, a number: measured on held-out data that is not the test set, see
        `tensorlab.train.search`. A generator function yields values on the way, such as one for each epoch; the last
        one is the value, unless it returns another.
    space : mapping from str to list
        The values of each hyperparameter.
    direction : {"maximize", "minimize"}
        Whether large or small values are better.
    seed : int, optional
        Each trial begins with the random states of `seed_everything` for this seed, so that trials do not depend on one
        another; they are restored afterwards. By default a seed is drawn.
    log : str or path, optional
        A file to which each trial is appended as a line of JSON as soon as it ends; see `read_search`.
    resume : bool
        Whether to go on with an existing log: trials in it are not run again. The space, the direction and the seed
        must be those of the log, and the result is the one that the search would have had without an interruption.
    callback : callable, optional
        Called with each `Trial` when it ends; `print` shows a line for each.

    Returns
    -------
    SearchResult
        The trials. One whose objective raised an error, or returned NaN or infinity, is among them as "failed".

    Raises
    ------
    FileExistsError
        If there is a log, and `resume` is False.
    ValueError, TypeError
        If an argument is out of range, or the log is that of another search.

    Examples
    --------
    >>> from tensorlab.train import search
    >>> found = search.grid_search(lambda lr, width: -lr * width, {"lr": [0.1, 0.2], "width": [4, 8]}, seed=0)
    >>> found.best_params, found.best_value
    ({'lr': 0.1, 'width': 4}, -0.4)
    """
    known = as_space("grid_search", space)
    for name, distribution in known.items():
        if not isinstance(distribution, Choice):
            raise TypeError(f"grid_search: space[{name!r}] must be a list of values, not {distribution!r}")
    grid = Grid(known)
    run = Run("grid_search", objective, known, direction, seed, log, resume, callback)
    return run.of(grid, grid.count)


@checked
def random_search(
    objective: Callable[..., Any],
    space: Mapping[str, Any],
    trials: Size,
    *,
    direction: Direction = "maximize",
    seed: Seed | None = None,
    log: Path_ | None = None,
    resume: bool = False,
    callback: Callable[[Trial], Any] | None = None,
) -> SearchResult:
    """Try random combinations of hyperparameters.

    Where few of the hyperparameters matter, this finds better values than a grid of as many trials.

    Parameters
    ----------
    objective : callable
        As of `grid_search`.
    space : mapping from str to distribution or list
        `Uniform`, `LogUniform`, `Integers` or `Choice` for each hyperparameter; a list is a choice.
    trials : int
        The number of trials, including those of a log. A search can be resumed with more.
    direction, seed, log, resume, callback
        As of `grid_search`; the seed determines the combinations as well.

    Returns
    -------
    SearchResult
        The trials.

    Raises
    ------
    FileExistsError
        If there is a log, and `resume` is False.
    ValueError, TypeError
        If an argument is out of range, or the log is that of another search.

    References
    ----------
    J. Bergstra and Y. Bengio (2012), Random search for hyper-parameter optimization.

    Examples
    --------
    >>> from tensorlab.train import search
    >>> space = {"lr": search.LogUniform(1e-4, 1.0), "layers": search.Integers(1, 4), "bias": [True, False]}
    >>> found = search.random_search(lambda lr, layers, bias: -abs(lr - 0.01), space, trials=20, seed=0)
    >>> 0.005 < found.best_params["lr"] < 0.02
    True
    """
    known = as_space("random_search", space)
    run = Run("random_search", objective, known, direction, seed, log, resume, callback)
    return run.of(Random(known, run.seed), trials)


@checked
def optuna_search(
    objective: Callable[..., Any],
    space: Mapping[str, Any],
    trials: Size,
    *,
    direction: Direction = "maximize",
    seed: Seed | None = None,
    log: Path_ | None = None,
    resume: bool = False,
    callback: Callable[[Trial], Any] | None = None,
    pruner: Pruner | None = None,
    sampler: Callable[[int], Any] | None = None,
) -> SearchResult:
    """Try combinations of hyperparameters that Optuna suggests from the values of those before.

    If the objective is a generator function, trials that are not promising are stopped early (pruned): by default those
    whose value is worse than the median of earlier trials at the same step.

    Parameters
    ----------
    objective : callable
        As of `grid_search`.
    space : mapping from str to distribution or list
        `Uniform`, `LogUniform`, `Integers` or `Choice` for each hyperparameter; a list is a choice.
    trials : int
        The number of trials, including those of a log. A search can be resumed with more.
    direction, seed, log, resume, callback
        As of `grid_search`; the seed determines the suggestions as well.
    pruner : optuna.pruners.BasePruner, optional
        What decides which trials are stopped: a `MedianPruner` by default, ``optuna.pruners.NopPruner()`` stops none.
    sampler : callable, optional
        ``sampler(seed)`` makes the sampler of one trial; a `TPESampler` by default.

    Returns
    -------
    SearchResult
        The trials.

    Raises
    ------
    ImportError
        If Optuna is not installed: it comes with the extra ``search``.
    FileExistsError
        If there is a log, and `resume` is False.
    ValueError, TypeError
        If an argument is out of range, or the log is that of another search.

    References
    ----------
    T. Akiba, S. Sano, T. Yanase, T. Ohta and M. Koyama (2019), Optuna: a next-generation hyperparameter optimization
    framework.

    Examples
    --------
    >>> from tensorlab.train import search
    >>> def accuracy(lr):
    ...     for epoch in range(1, 5):
    ...         yield 1 - abs(lr - 0.1) / epoch
    >>> found = search.optuna_search(accuracy, {"lr": search.Uniform(0.0, 1.0)}, trials=20, seed=0)
    >>> sum(trial.status == "pruned" for trial in found.trials) > 0, found.best_value > 0.95
    (True, True)
    """
    known = as_space("optuna_search", space)
    run = Run("optuna_search", objective, known, direction, seed, log, resume, callback)
    return run.of(Optuna(known, run.seed % LARGEST_SEED, direction, pruner, sampler), trials)


@checked
def read_search(path: Path_) -> SearchResult:
    """Read the log of a search, also while the search goes on.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    SearchResult
        The trials. Values of hyperparameters that are neither numbers nor text are there by their names.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not the log of a search.

    Examples
    --------
    >>> import tempfile
    >>> from tensorlab.train import search
    >>> path = tempfile.mkdtemp() + "/search.jsonl"
    >>> found = search.grid_search(lambda x: -x, {"x": [1, 2]}, log=path)
    >>> search.read_search(path).best_params
    {'x': 1}
    """
    file = Path(path)
    header, trials = parsed(file, complete_lines(file))
    return SearchResult(trials, header["direction"], {name: described(d) for name, d in header["space"].items()})


class Run:
    """A search that is under way: the objective, and the log of the trials so far."""

    def __init__(
        self,
        owner: str,
        objective: Callable[..., Any],
        space: Space,
        direction: Direction,
        seed: int | None,
        log: Path_ | None,
        resume: bool,
        callback: Callable[[Trial], Any] | None,
    ) -> None:
        self.objective, self.space, self.direction, self.callback = objective, space, direction, callback
        fresh = seed is None and not (resume and log is not None and Path(log).exists())
        header = {
            "search": owner,
            "direction": direction,
            "seed": int(randint(0, LARGEST_SEED, ())) if fresh else seed,
            "space": {name: distribution.description() for name, distribution in space.items()},
        }
        self.log = SearchLog(owner, None if log is None else Path(log), header, resume)
        self.log.trials = with_values(self.log.trials, space)
        self.seed: int = self.log.header["seed"]

    def of(self, strategy: Strategy, count: int) -> SearchResult:
        """Run the trials that are missing, and return all."""
        for number in range(len(self.log.trials), count):
            trial = self._trial(number, strategy.point(number, self.log.trials), strategy)
            strategy.finish(trial)
            self.log.add(trial)
            if self.callback is not None:
                self.callback(trial)
        return SearchResult(self.log.trials, self.direction, self.space)

    def _trial(self, number: int, point: Point, strategy: Strategy) -> Trial:
        params = {name: distribution.value(point[name]) for name, distribution in self.space.items()}
        intermediate: list[float] = []
        value, status, error, began = None, "failed", "", perf_counter()
        try:
            with seeded(self.seed):
                value, status = self._evaluated(params, intermediate, strategy)
        except Exception:
            error = traceback.format_exc()
        seconds = round(perf_counter() - began, 3)
        return Trial(number, params, status, value, intermediate, seconds, error, point)  # type: ignore[arg-type]

    def _evaluated(self, params: dict[str, Any], intermediate: list[float], strategy: Strategy) -> tuple[float, Status]:
        """Return the value of the objective, and whether it was pruned; add what it yields to a list."""
        found = self.objective(**params)
        if not isinstance(found, Generator):
            return _finite(found), "complete"
        try:
            while True:
                intermediate.append(_finite(next(found)))
                if strategy.should_prune(len(intermediate) - 1, intermediate[-1]):
                    return intermediate[-1], "pruned"
        except StopIteration as end:
            if end.value is None and not intermediate:
                raise ValueError("the objective yielded no value") from None
            return intermediate[-1] if end.value is None else _finite(end.value), "complete"
        finally:
            found.close()


def _finite(value: Any) -> float:
    """Return what an objective returned or yielded as a float."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"the objective gave {value!r} instead of a number") from None
    if not isfinite(number):
        raise ValueError(f"the objective gave {number}")
    return number
