"""The messages that wait for a worker."""

from __future__ import annotations

from collections.abc import Iterator
from queue import SimpleQueue

from .messages import Begin, Task


class Inbox:
    """A queue of messages to a worker, which leaves out the tasks of epochs that are over when it is read."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Begin | Task | None] = SimpleQueue()
        self._epoch = -1

    def put(self, message: Begin | Task) -> None:
        """Add a message."""
        if isinstance(message, Begin):
            self._epoch = message.epoch
        self._queue.put(message)

    def close(self) -> None:
        """End the iteration; tasks that have not been read are void."""
        self._epoch = -1
        self._queue.put(None)

    def __iter__(self) -> Iterator[Begin | Task]:
        while (message := self._queue.get()) is not None:
            if isinstance(message, Begin) or message.epoch == self._epoch:
                yield message
