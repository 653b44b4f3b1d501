"""The experiments that pages have open, and what pages can ask of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any

from ..options import Count, Finite, checked
from . import messages
from .experiment import Epochs, Experiment
from .settings import LIVE, Settings

MOST_SESSIONS = 32
"""How many experiments are kept; the one that was not used for the longest time is dropped."""

IDLE_SECONDS = 3600.0
"""For how long an experiment is kept that nobody asks for."""

STEP_SECONDS = 0.2
"""After this time a step does not begin another epoch."""


class UnknownSession(LookupError):
    """There is no experiment of this id, or not any more."""


@dataclass
class Session:
    """An experiment, used by one thread at a time."""

    experiment: Experiment
    used: float
    lock: Lock = field(default_factory=Lock)


class Sessions:
    """The experiments that are open, by id.

    Parameters
    ----------
    most : int
        The largest number of experiments that are kept.
    idle_seconds : float
        For how long an experiment is kept that is not used.
    clock : callable
        The time in seconds.
    """

    def __init__(
        self, most: int = MOST_SESSIONS, idle_seconds: float = IDLE_SECONDS, clock: Callable[[], float] = monotonic
    ) -> None:
        self._most, self._idle_seconds, self._clock = most, idle_seconds, clock
        self._sessions: dict[str, Session] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._sessions)

    def add(self, experiment: Experiment) -> str:
        """Keep an experiment, drop those that are idle or too many, and return its id."""
        name = secrets.token_urlsafe(12)
        with self._lock:
            self._sessions[name] = Session(experiment, self._clock())
            self._drop()
        return name

    def _drop(self) -> None:
        """Drop experiments, the one that was used last at the end."""
        by_use = sorted(self._sessions, key=lambda name: self._sessions[name].used)
        too_many = len(by_use) - self._most
        for place, name in enumerate(by_use):
            if place < too_many or self._clock() - self._sessions[name].used > self._idle_seconds:
                del self._sessions[name]

    @contextmanager
    def using(self, name: str) -> Iterator[Session]:
        """Give an experiment to this thread alone.

        Raises
        ------
        UnknownSession
            If there is none of this id.
        """
        with self._lock:
            session = self._sessions.get(name)
            if session is None:
                raise UnknownSession("the experiment was not used for a long time, and is gone")
            session.used = self._clock()
        with session.lock:
            yield session


# -- what a page can ask: the arguments are the entries of its message -------------------------------------------------


@checked
def create(sessions: Sessions, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Begin an experiment."""
    experiment = Experiment(read_settings(settings))
    return {"id": sessions.add(experiment), **messages.start(experiment)}


@checked
def step(sessions: Sessions, id: str, epochs: Epochs = 1) -> dict[str, Any]:
    """Train for some epochs, or fewer if they take long."""
    with sessions.using(id) as session:
        return messages.state(session.experiment, session.experiment.step(epochs, STEP_SECONDS))


@checked
def change(sessions: Sessions, id: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Continue with other settings, or begin again if they need it: then the reply is that of `create`."""
    wanted = read_settings(settings)
    with sessions.using(id) as session:
        if session.experiment.settings.differences(wanted) <= LIVE:
            session.experiment.change(wanted)
            return {"settings": wanted.as_dict()}
        session.experiment = Experiment(wanted)
        return messages.start(session.experiment)


@checked
def reset(sessions: Sessions, id: str) -> dict[str, Any]:
    """Begin again with the same settings."""
    with sessions.using(id) as session:
        session.experiment = Experiment(session.experiment.settings)
        return messages.start(session.experiment)


@checked
def set_weight(
    sessions: Sessions, id: str, layer: Count, unit: Count, source: Count | None, value: Finite
) -> dict[str, Any]:
    """Set a weight, or a bias if `source` is None."""
    with sessions.using(id) as session:
        session.experiment.set_weight(layer, unit, source, value)
        return messages.state(session.experiment, [session.experiment.scores()])


COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {
    command.__name__: command for command in (create, step, change, reset, set_weight)
}


def read_settings(settings: Mapping[str, Any]) -> Settings:
    """Return settings that a page sent; raises as `Settings` does."""
    return Settings(**settings)
