"""Which hyperparameters are tried next: all of a grid, random ones, or those that Optuna suggests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice, product
from math import prod
from typing import Any

from ...backend.dtypes import float64
from ...random import Generator
from .distributions import Choice, Distribution, Integers, LogUniform, Space, Uniform
from .trials import Direction, Trial

Point = dict[str, float]


class Strategy:
    """The base class. A strategy depends on the seed and on earlier trials alone, so that a search can be resumed."""

    def point(self, number: int, trials: Sequence[Trial]) -> Point:
        """Return the point of a trial, given those before it."""
        raise NotImplementedError

    def should_prune(self, step: int, value: float) -> bool:
        """Return whether the present trial should end after an intermediate value."""
        return False

    def finish(self, trial: Trial) -> None:
        """Take note of the outcome of the present trial."""


class Grid(Strategy):
    """All combinations of values, the last hyperparameter changing fastest."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.count = prod(len(d.values) for d in space.values() if isinstance(d, Choice))

    def point(self, number: int, trials: Sequence[Trial]) -> Point:
        grid = product(*(range(len(d.values)) for d in self.space.values() if isinstance(d, Choice)))
        return dict(zip(self.space, next(islice(grid, number, None))))


class Random(Strategy):
    """Independent draws from the distributions."""

    def __init__(self, space: Space, seed: int) -> None:
        self.space = space
        (self.generator,) = Generator(seed).spawn(1)  # trials have the seed itself
        self.drawn: list[list[float]] = []

    def point(self, number: int, trials: Sequence[Trial]) -> Point:
        while len(self.drawn) <= number:
            self.drawn.append(self.generator.uniform(len(self.space), dtype=float64).tolist())
        return {name: d.point(u) for (name, d), u in zip(self.space.items(), self.drawn[number])}


class Optuna(Strategy):
    """Suggestions of Optuna: by a tree-structured Parzen estimator (Bergstra et al., 2011), unless another is given.

    The sampler is made anew for each trial, with a seed that depends on its number, and trials of a log are added to
    the study. So a search that was resumed suggests what it would have suggested without an interruption.
    """

    def __init__(
        self, space: Space, seed: int, direction: Direction, pruner: Any, sampler: Callable[[int], Any] | None
    ) -> None:
        try:
            import optuna
        except ImportError as error:
            message = "optuna_search uses Optuna, which is not installed: pip install tensorlab[search]"
            raise ImportError(message) from error
        self.optuna, self.seed = optuna, seed
        self.sampler = sampler or (lambda seed: optuna.samplers.TPESampler(seed=seed))
        self.distributions = {name: self._distribution(d) for name, d in space.items()}
        verbosity = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)  # it announces each study
        try:
            self.study = optuna.create_study(direction=direction, pruner=pruner)
        finally:
            optuna.logging.set_verbosity(verbosity)
        self.trial: Any = None

    def _distribution(self, d: Distribution) -> Any:
        found = self.optuna.distributions
        if isinstance(d, Choice):
            return found.CategoricalDistribution(range(len(d.values)))
        if isinstance(d, Integers):
            return found.IntDistribution(d.low, d.high, log=d.log)
        if isinstance(d, Uniform | LogUniform):
            return found.FloatDistribution(d.low, d.high, log=isinstance(d, LogUniform))
        raise TypeError(f"optuna_search: space has {d!r}, which Optuna does not know")

    def point(self, number: int, trials: Sequence[Trial]) -> Point:
        for trial in trials[len(self.study.trials) :]:
            self.study.add_trial(self._finished(trial))
        self.study.sampler = self.sampler(self.seed + number)
        self.trial = self.study.ask(self.distributions)
        return dict(self.trial.params)

    def should_prune(self, step: int, value: float) -> bool:
        self.trial.report(value, step)
        return bool(self.trial.should_prune())

    def finish(self, trial: Trial) -> None:
        value = trial.value if trial.status == "complete" else None
        self.study.tell(self.trial, value, state=self._state(trial))

    def _state(self, trial: Trial) -> Any:
        states = self.optuna.trial.TrialState
        return {"complete": states.COMPLETE, "pruned": states.PRUNED, "failed": states.FAIL}[trial.status]

    def _finished(self, trial: Trial) -> Any:
        """Return a trial of a log as one of Optuna."""
        return self.optuna.trial.create_trial(
            state=self._state(trial),
            value=trial.value,
            params=trial.point,
            distributions=self.distributions,
            intermediate_values=dict(enumerate(trial.intermediate)),
        )
