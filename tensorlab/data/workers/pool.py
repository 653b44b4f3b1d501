"""What the two kinds of workers have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..dataset import as_integers
from .info import WorkerInfo, set_worker_info
from .messages import Answer, Begin, Task

ErrorOf = Callable[[Exception, str], Any]
"""Makes of an error, and of the words for what the worker was doing, what can be raised elsewhere."""


class Pool(Protocol):
    """Some workers, each of which does its tasks one after the other."""

    size: int
    epoch: int
    closed: bool

    def begin(self, seed: int, states: Sequence[Any]) -> int:
        """Begin an epoch in all workers, with the states of their datasets; return its number."""

    def send(self, worker: int, task: Task) -> None:
        """Give a worker a task."""

    def receive(self, timeout: float | None, tasks: Callable[[int], Sequence[Any]]) -> list[Answer]:
        """Wait for answers, at most `timeout` seconds; the list is empty if there are none.

        Raises
        ------
        RuntimeError
            If a worker has died; ``tasks(worker)`` are the indices it had.
        """

    def close(self) -> None:
        """End all workers."""


@dataclass
class Job:
    """What a worker is to do: all of it can be pickled.

    Attributes
    ----------
    info : WorkerInfo
        What the worker knows of itself.
    fetch : MapFetcher or IterableFetcher
        Fetches a batch.
    call : callable
        ``call(fetch, indices, seed)`` calls it with seeded generators.
    init : callable, optional
        Called with the number of the worker, when it begins.
    """

    info: WorkerInfo
    fetch: Any
    call: Callable[[Any, Any, int], Any]
    init: Callable[[int], object] | None

    def answers(self, messages: Iterable[Begin | Task], error_of: ErrorOf) -> Iterator[Answer]:
        """Yield the answers to messages."""
        set_worker_info(self.info)
        failure = None
        for message in messages:
            if isinstance(message, Begin):
                failure = self._begin(message, error_of)
            else:
                yield self._answer(message, failure, error_of)

    def _begin(self, message: Begin, error_of: ErrorOf) -> Any:
        """Begin an epoch; return what went wrong, which is the answer to the tasks of the epoch."""
        self.info.seed = (message.seed + self.info.id) % (1 << 64)
        try:
            if self.init is not None:
                self.init(self.info.id)
                self.init = None
            self.fetch.begin(message.states[self.info.id])
        except Exception as error:
            return error_of(error, "as it began")

    def _answer(self, task: Task, failure: Any, error_of: ErrorOf) -> Answer:
        answer = Answer(task.epoch, task.number, self.info.id, error=failure)
        if failure is not None:
            return answer
        try:
            return replace(answer, batch=self.call(self.fetch, task.indices, task.seed), state=self.fetch.state())
        except Exception as error:
            return replace(answer, error=error_of(error, f"which had {described(task.indices)}"))


def described(indices: Any) -> str:
    """Return the samples of a task for messages; the middle of a long list is left out."""
    if indices is None:
        return "to fetch the next samples of an iterable dataset"
    if not hasattr(indices, "__len__") or getattr(indices, "shape", (1,)) == ():
        return f"the index {indices}"
    listed = list(map(str, as_integers(indices)))
    shown = listed if len(listed) <= 20 else [*listed[:10], f"... ({len(listed) - 15} more)", *listed[-5:]]
    return f"the indices [{', '.join(shown)}]"
