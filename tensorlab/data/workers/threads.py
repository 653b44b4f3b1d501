"""Workers that are threads of this process. They share its memory, so that nothing is copied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NoReturn

from .inbox import Inbox
from .messages import Answer, Begin, Task
from .pool import Job

WAIT_AT_END = 1.0
"""How many seconds to wait for a thread to finish what it is doing; it cannot be interrupted."""


@dataclass
class ThreadError:
    """An error of a thread, which is raised as it is."""

    error: Any

    def reraise(self) -> NoReturn:
        """Raise the error, and forget it: its traceback refers to the frames that hold this object."""
        error, self.error = self.error, None
        try:
            raise error
        finally:
            del error


class ThreadPool:
    """Workers in threads.

    Parameters
    ----------
    jobs : sequence of Job
        What each worker does.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.size, self.epoch, self.closed = len(jobs), 0, False
        self._inboxes = [Inbox() for _ in jobs]
        self._outbox: SimpleQueue[Answer | BaseException] = SimpleQueue()
        self._threads = [
            Thread(
                target=copy_context().run,  # the context holds the active backend
                args=(_work, job, inbox, self._outbox),
                name=f"DataLoader worker {job.info.id}",
                daemon=True,
            )
            for job, inbox in zip(jobs, self._inboxes)
        ]
        for thread in self._threads:
            thread.start()

    def begin(self, seed: int, states: Sequence[Any]) -> int:
        self.epoch += 1
        for inbox in self._inboxes:
            inbox.put(Begin(self.epoch, seed, tuple(states)))
        return self.epoch

    def send(self, worker: int, task: Task) -> None:
        self._inboxes[worker].put(task)

    def receive(self, timeout: float | None, tasks: Callable[[int], Sequence[Any]]) -> list[Answer]:
        try:
            found = self._outbox.get_nowait() if timeout == 0 else self._outbox.get(timeout=timeout)
        except Empty:
            return []
        if isinstance(found, BaseException):
            raise RuntimeError(f"DataLoader: the thread of a worker was ended by {found!r}") from found
        return [found]

    def close(self) -> None:
        self.closed = True
        for inbox in self._inboxes:
            inbox.close()
        for thread in self._threads:
            thread.join(WAIT_AT_END)


def _work(job: Job, inbox: Inbox, outbox: SimpleQueue[Answer | BaseException]) -> None:
    def noted(error: Exception, doing: str) -> ThreadError:
        error.add_note(f"Raised in worker {job.info.id} of the DataLoader, a thread {doing}.")
        return ThreadError(error)

    try:
        for answer in job.answers(inbox, noted):
            outbox.put(answer)
    except BaseException as ending:  # SystemExit, for example
        outbox.put(ending)
