"""What a loader and its workers tell one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Begin:
    """An epoch begins: tasks of earlier ones are void. `states` are those of the workers' datasets, if any."""

    epoch: int
    seed: int
    states: tuple[Mapping[str, Any] | None, ...]


@dataclass(frozen=True)
class Task:
    """The batch number `number` of an epoch is wanted: that of these samples, or the next one if they are None."""

    epoch: int
    number: int
    seed: int
    indices: Any


@dataclass
class Answer:
    """A batch, or the error instead of it.

    Attributes
    ----------
    epoch, number, worker : int
        What it answers, and who.
    batch : object
        The batch; an `End` if there are no more.
    error : object
        What went wrong, with a method ``reraise``; None if nothing did.
    state : mapping or None
        The state of the worker's dataset after the batch.
    """

    epoch: int
    number: int
    worker: int
    batch: Any = None
    error: Any = None
    state: Mapping[str, Any] | None = None
