"""Workers that are processes.

Each has a pipe of its own, and no lock is shared: a worker that is killed at any moment leaves the others and the main
process intact, and no semaphore behind.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from threading import Thread
from time import monotonic
from typing import Any
from weakref import WeakSet

from ...backend import active_backend, use_backend
from .errors import ProcessError, death_of
from .inbox import Inbox
from .messages import Answer, Begin, Task
from .pool import Job, described
from .transport import Receiver, Sender

HOST_BACKEND = "numpy"
"""The backend of workers where the active one computes on a device, which processes do not share."""

LOOK_EVERY = 0.5
"""How many seconds pass between looks whether the other process lives."""

WAIT_AT_END = 5.0
"""How many seconds a worker has to clean up before it is killed."""

_main_ends: WeakSet[Connection] = WeakSet()
"""The main process's ends of pipes, which forked workers inherit and close."""


class ProcessPool:
    """Workers in processes.

    Parameters
    ----------
    jobs : sequence of Job
        What each worker does.
    context : multiprocessing context
        How processes are started.
    """

    def __init__(self, jobs: Sequence[Job], context: BaseContext) -> None:
        self.size, self.epoch, self.closed, self._owner = len(jobs), 0, False, os.getpid()
        self._processes: list[Any] = []
        self._receivers: list[Receiver] = []
        backend = active_backend()
        name = backend.name if backend.on_host else HOST_BACKEND
        _prepare(context)
        try:
            with _signals_held_back(), _warnings_of_fork_ignored():
                for job in jobs:
                    self._start(job, context, name)
        except BaseException:
            self.close()
            raise

    def _start(self, job: Job, context: BaseContext, backend: str) -> None:
        ours, theirs = context.Pipe(duplex=True)
        process: Any = context.Process(  # type: ignore[attr-defined]  # not in the base class's stub
            target=_work, args=(job, theirs, os.getpid(), backend), name=f"DataLoader worker {job.info.id}", daemon=True
        )
        _main_ends.add(ours)
        self._receivers.append(Receiver(ours))
        self._processes.append(process)
        process.start()
        theirs.close()

    def begin(self, seed: int, states: Sequence[Any]) -> int:
        self.epoch += 1
        for worker in range(self.size):
            self._tell(worker, Begin(self.epoch, seed, tuple(states)))
        return self.epoch

    def send(self, worker: int, task: Task) -> None:
        self._tell(worker, task)

    def _tell(self, worker: int, message: Begin | Task | None) -> None:
        receiver = self._receivers[worker]
        try:
            receiver.connection.send((message, receiver.released()))
        except OSError:  # it has died, which `receive` notices
            pass

    def receive(self, timeout: float | None, tasks: Callable[[int], Sequence[Any]]) -> list[Answer]:
        deadline = None if timeout is None else monotonic() + timeout
        while True:
            left = LOOK_EVERY if deadline is None else min(LOOK_EVERY, max(0.0, deadline - monotonic()))
            ends: dict[Any, int] = {receiver.connection: n for n, receiver in enumerate(self._receivers)}
            deaths: dict[Any, int] = {process.sentinel: n for n, process in enumerate(self._processes)}
            ready = wait([*ends, *deaths], left)
            answers = [self._answer_of(ends[end], tasks) for end in ready if end in ends]
            if answers:
                return answers
            for worker, process in enumerate(self._processes):
                if process.exitcode is not None:
                    raise self._death(worker, tasks)
            if deadline is not None and monotonic() >= deadline:
                return []

    def _answer_of(self, worker: int, tasks: Callable[[int], Sequence[Any]]) -> Answer:
        """Return what a worker has sent, or raise if it has ended."""
        try:
            answer: Answer = self._receivers[worker].receive()
            return answer
        except (EOFError, OSError):
            self._processes[worker].join(LOOK_EVERY)
            raise self._death(worker, tasks) from None

    def _death(self, worker: int, tasks: Callable[[int], Sequence[Any]]) -> RuntimeError:
        return death_of(worker, self._processes[worker].exitcode, list(map(described, tasks(worker))))

    def close(self) -> None:
        if os.getpid() != self._owner:  # a forked process has inherited the object, but not the workers
            return
        self.closed = True
        started = [process for process in self._processes if process.pid is not None]
        for worker, process in enumerate(started):  # the message reaches those that wait, the signal those that work
            self._tell(worker, None)
            process.terminate()
        deadline = monotonic() + WAIT_AT_END
        for process in started:
            process.join(max(0.0, deadline - monotonic()))
            if process.exitcode is None:
                process.kill()
                process.join()
            process.close()
        for receiver in self._receivers:
            receiver.connection.close()
        self._processes, self._receivers = [], []


def _prepare(context: BaseContext) -> None:
    """Start the server of the method "forkserver", which would hold back signals for all of its processes otherwise."""
    if context.get_start_method() == "forkserver":
        from multiprocessing.forkserver import ensure_running

        ensure_running()


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Hold back Ctrl-C and termination, so that no worker is half started or runs handlers of this process."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _warnings_of_fork_ignored() -> Iterator[None]:
    """Ignore the warning of Python 3.12 that other threads exist, as those of BLAS do: workers do not wait for them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)
        yield


# -- in the worker -----------------------------------------------------------------------------------------------------


def _work(job: Job, connection: Connection, main: int, backend: str) -> None:
    """Do the work of one process."""
    for end in list(_main_ends):
        end.close()
    inbox, sender = Inbox(), Sender(connection, main)
    with _signals_held_back():  # in the thread, so that they interrupt the one that works
        Thread(target=_listen, args=(connection, inbox, sender), name="DataLoader listener", daemon=True).start()
    _handle_signals()
    with use_backend(backend) as active:
        active.limit_threads(1)
        for answer in job.answers(inbox, lambda error, doing: ProcessError.of(error, job.info.id, doing)):
            _send(sender, answer)


def _send(sender: Sender, answer: Answer) -> None:
    try:
        sender.send(answer)
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)  # the main process has ended
    except Exception as error:  # the batch cannot be pickled
        failure = ProcessError.of(error, answer.worker, f"that could not send the batch {answer.number}")
        sender.send(Answer(answer.epoch, answer.number, answer.worker, error=failure))


def _handle_signals() -> None:
    """Leave Ctrl-C to the main process, and exit in an orderly way when that ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT, signal.SIGTERM])


def _listen(connection: Connection, inbox: Inbox, sender: Sender) -> None:
    """Put messages into the inbox as they arrive, so that the main process never waits; exit when it is no more."""
    parent, main = os.getppid(), parent_process()
    while True:
        try:
            while not connection.poll(LOOK_EVERY):
                if os.getppid() != parent or (main is not None and not main.is_alive()):
                    os._exit(1)
            message, released = connection.recv()
        except (EOFError, OSError):
            os._exit(0)
        sender.release(released)
        inbox.put(message) if message is not None else inbox.close()
