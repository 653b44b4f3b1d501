"""Iterators of data loaders: one that fetches batches itself, and one that lets workers do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count, islice, repeat
from time import monotonic
from typing import Any
from weakref import finalize

from ..random import Generator
from ..random.generator import drawing_from
from .fetching import End
from .moving import moved
from .progress import Progress
from .seeding import batch_seed
from .workers.messages import Answer, Task
from .workers.pool import Pool, described


@dataclass
class Plan:
    """What an iterator is to do.

    Attributes
    ----------
    progress : Progress
        Where to begin; the iterator notes in it what has been received.
    sampler : iterable or None
        The indices of batches, or of samples; None for an iterable dataset.
    device : Device or str, optional
        Where to move batches.
    """

    progress: Progress
    sampler: Any
    device: Any = None

    @property
    def first(self) -> int:
        """The number of the first batch to fetch: 0 if batches that were received must be fetched again."""
        workers = self.progress.workers
        again = workers is not None and not any(state is not None for state in workers.states)
        return 0 if again else self.progress.batches

    def tasks(self) -> Iterator[Any]:
        """Return the indices of the batches that remain; those before are drawn again and left out."""
        if self.sampler is None:
            return repeat(None)
        return islice(_Order(self.sampler, self.progress.seed), self.progress.batches, None)

    def moved(self, batch: Any) -> Any:
        """Return a batch on the device."""
        return batch if self.device is None else moved(batch, self.device)


class _Order:
    """The order that a sampler gives, whose random numbers are those of an epoch."""

    def __init__(self, sampler: Any, seed: int) -> None:
        self._stream = Generator(seed)
        with drawing_from(self._stream):
            self._indices = iter(sampler)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        with drawing_from(self._stream):
            return next(self._indices)


class LoaderIterator:
    """The base class of iterators over the batches of an epoch."""

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define __next__")


class InProcess(LoaderIterator):
    """Fetches each batch when it is asked for.

    Parameters
    ----------
    plan : Plan
        What to do.
    fetch : MapFetcher or IterableFetcher
        Fetches a batch.
    call : callable
        ``call(fetch, indices, seed)`` calls it with seeded generators.
    """

    def __init__(self, plan: Plan, fetch: Any, call: Callable[[Any, Any, int], Any]) -> None:
        self._plan, self._fetch, self._call = plan, fetch, call
        progress = plan.progress
        self._tasks: Iterator[tuple[int, Any]] = zip(count(plan.first), plan.tasks())
        fetch.begin(None if progress.workers is None else progress.workers.states[0])
        for number, indices in islice(self._tasks, progress.batches - plan.first):
            call(fetch, indices, batch_seed(progress.seed, number))

    def __next__(self) -> Any:
        progress = self._plan.progress
        for number, indices in self._tasks:
            batch = self._call(self._fetch, indices, batch_seed(progress.seed, number))
            if isinstance(batch, End):
                break
            batch = self._plan.moved(batch)
            if progress.workers is not None:
                progress.workers.states[0] = self._fetch.state()
            progress.batches = number + 1
            return batch
        progress.finished, self._tasks = True, iter(())
        raise StopIteration


class Parallel(LoaderIterator):
    """Takes batches from workers, which fetch them ahead.

    Parameters
    ----------
    plan : Plan
        What to do.
    pool : Pool
        The workers.
    ahead : int
        How many batches per worker are fetched ahead of the one that is asked for.
    timeout : float
        The longest time to wait for a batch in seconds; 0 for no limit.
    keeper : object, optional
        What keeps the workers for another iteration; without one they end with the iterator.
    """

    def __init__(self, plan: Plan, pool: Pool, ahead: int, timeout: float, keeper: object = None) -> None:
        self._plan, self._pool, self._timeout = plan, pool, timeout
        self._most = ahead * pool.size
        self._keeper = keeper  # must not be collected before the iterator
        self._end = finalize(self, pool.close) if keeper is None else None
        self._in_work: dict[int, tuple[int, Any]] = {}  # the workers and the indices of batches by number
        self._arrived: dict[int, Answer] = {}
        self._moved: dict[int, Any] = {}
        self._over: Callable[[], BaseException] | None = None
        progress = plan.progress
        self._first_wanted, self._due = progress.batches, plan.first
        self._numbers = count(plan.first)
        self._sent = plan.first  # the number after that of the last task
        states = [None] * pool.size if progress.workers is None else list(progress.workers.states)
        if progress.workers is not None and plan.first == 0:
            progress.workers.exhausted.clear()
        self._epoch = pool.begin(progress.seed, states)
        self._tasks = plan.tasks()
        self._send_tasks()

    def __next__(self) -> Any:
        progress = self._plan.progress
        while (answer := self._next_answer()) is not None:
            number = answer.number
            if progress.workers is not None and answer.error is None:
                self._note_state(answer)
            self._send_tasks()
            if isinstance(answer.batch, End) or number < self._first_wanted:
                continue
            if answer.error is not None:
                _reraise(answer)
            batch = self._moved.pop(number) if number in self._moved else self._plan.moved(answer.batch)
            progress.batches = number + 1
            if self._plan.device is not None:
                self._move_next()
            return batch
        self._finish(StopIteration)
        progress.finished = True
        raise StopIteration

    def _note_state(self, answer: Answer) -> None:
        workers: Any = self._plan.progress.workers
        if isinstance(answer.batch, End):
            workers.exhausted.add(answer.worker)
        workers.states[answer.worker] = answer.state

    def _send_tasks(self) -> None:
        """Send tasks until enough batches are on their way."""
        while len(self._in_work) + len(self._arrived) < self._most and (worker := self._next_worker()) is not None:
            for indices in self._tasks:
                number, self._sent = self._sent, self._sent + 1
                self._in_work[number] = worker, indices
                seed = batch_seed(self._plan.progress.seed, number)
                self._pool.send(worker, Task(self._epoch, number, seed, indices))
                break
            else:
                return

    def _next_worker(self) -> int | None:
        """Return the worker for the next task: the least busy one, or that whose part of an iterable dataset it is."""
        workers = self._plan.progress.workers
        if workers is None:
            load = [0] * self._pool.size
            for worker, _ in self._in_work.values():
                load[worker] += 1
            return load.index(min(load))
        if len(workers.exhausted) == self._pool.size:
            return None
        while workers.worker_of(self._sent) in workers.exhausted:
            self._sent += 1
        return workers.worker_of(self._sent)

    def _next_answer(self) -> Answer | None:
        """Return the answer that is due, or None if there are no more."""
        if self._over is not None:
            raise self._over()
        if self._pool.epoch != self._epoch:
            raise RuntimeError("DataLoader: another iteration has begun with the same persistent workers")
        while self._due < self._sent and self._due not in self._in_work and self._due not in self._arrived:
            self._due += 1  # a number that an exhausted worker would have had
        if self._due == self._sent:
            return None
        deadline = monotonic() + self._timeout
        while self._due not in self._arrived:
            if not self._receive(max(0.0, deadline - monotonic()) if self._timeout else None):
                worker, indices = self._in_work[self._due]
                raise TimeoutError(
                    f"DataLoader: there is no batch from worker {worker}, which has {described(indices)}, after "
                    f"timeout={self._timeout:g} seconds"
                )
        self._due += 1
        return self._arrived.pop(self._due - 1)

    def _receive(self, timeout: float | None) -> bool:
        """Wait for answers; return whether there are any."""
        try:
            answers = self._pool.receive(timeout, self._indices_of)
        except BaseException as error:
            self._finish(partial(RuntimeError, f"DataLoader: the iteration has ended with an error: {error}"))
            raise
        for answer in answers:
            if answer.epoch == self._epoch:
                del self._in_work[answer.number]
                self._arrived[answer.number] = answer
        return bool(answers)

    def _indices_of(self, worker: int) -> list[Any]:
        return [indices for owner, indices in self._in_work.values() if owner == worker]

    def _move_next(self) -> None:
        """Begin to move the next batch to the device if it is there, while the last one is in use."""
        self._receive(0)
        answer = self._arrived.get(self._due)
        if answer is not None and answer.error is None and not isinstance(answer.batch, End):
            self._moved[self._due] = self._plan.moved(answer.batch)
            answer.batch = None

    def _finish(self, over: Callable[[], BaseException]) -> None:
        """End the iteration, and the workers unless they are kept; `over` makes what `next` raises from now on."""
        self._over = over
        if self._end is not None:
            self._end()
        elif over is not StopIteration:
            self._pool.close()


def _reraise(answer: Answer) -> None:
    """Raise the error of an answer. Neither refers to the other's frames, so that the iterator is not kept alive."""
    error, answer.error = answer.error, None
    try:
        error.reraise()
    finally:
        del error
