"""Sending batches from one process to another: arrays through shared memory, the rest through a pipe.

A pipe moves about a tenth of the bytes per second that memory does, and the sender of a large message waits until it
has been read. So the worker copies arrays into a slot of memory that both processes map, and sends the number of the
slot; the main process copies the arrays out of it, and says with its next task that the slot is free again. Slots are
used again because their pages are then in place.

The memory is a file without a name (`memfd_create`, on Linux), whose descriptor is sent through the pipe: nothing is
left behind, however the processes end, and the size of ``/dev/shm`` does not matter. Elsewhere everything goes through
the pipe.
"""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from mmap import mmap
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler, recv_handle, send_handle
from typing import Any

from ...tensor import Tensor

LEAST_SHARED = 1 << 15
"""The number of bytes from which on shared memory is quicker than a pipe."""

ALIGNMENT = 64
HAS_SHARED_MEMORY = hasattr(os, "memfd_create")


class _Pickler(ForkingPickler):
    """Pickles for another process of this program, with the contents of arrays apart."""

    def __init__(self, file: io.BytesIO, buffers: list[pickle.PickleBuffer]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL, True, buffers.append)

    def reducer_override(self, obj: Any) -> Any:
        return obj._sent() if isinstance(obj, Tensor) else NotImplemented


@dataclass
class Packed:
    """A message: a pickle, and its buffers, or where they are.

    Attributes
    ----------
    data : bytes
        The pickle.
    buffers : list
        The buffers, or their sizes if they are in shared memory.
    slot : int or None
        The number of the slot that holds the buffers.
    created : int
        The size of the slot, whose descriptor follows, if it is new; 0 if it is known.
    """

    data: bytes
    buffers: list[Any]
    slot: int | None = None
    created: int = 0


class Sender:
    """The end of a connection in a worker.

    Parameters
    ----------
    connection : Connection
        The worker's end of a duplex pipe.
    receiver : int
        The process that reads.
    """

    def __init__(self, connection: Connection, receiver: int) -> None:
        self._connection, self._receiver = connection, receiver
        self._slots: dict[int, mmap] = {}
        self._free: list[int] = []

    def release(self, slots: Sequence[int]) -> None:
        """Note slots that the other process has read."""
        self._free.extend(slots)

    def send(self, message: Any) -> None:
        """Send an object."""
        file, buffers = io.BytesIO(), list[pickle.PickleBuffer]()
        _Pickler(file, buffers).dump(message)
        raw = [buffer.raw() for buffer in buffers]
        size = sum(_aligned(view.nbytes) for view in raw)
        if not HAS_SHARED_MEMORY or size < LEAST_SHARED:
            self._connection.send(Packed(file.getvalue(), [bytes(view) for view in raw]))
            return
        slot, descriptor = self._slot(size)
        with memoryview(self._slots[slot]) as memory:
            start = 0
            for view in raw:
                memory[start : start + view.nbytes] = view
                start += _aligned(view.nbytes)
        created = 0 if descriptor is None else len(self._slots[slot])
        self._connection.send(Packed(file.getvalue(), [view.nbytes for view in raw], slot, created))
        if descriptor is not None:
            send_handle(self._connection, descriptor, self._receiver)
            os.close(descriptor)

    def _slot(self, size: int) -> tuple[int, int | None]:
        """Return a free slot that is large enough; if it is new, its descriptor as well."""
        for place, slot in enumerate(self._free):
            if len(self._slots[slot]) >= size:
                return self._free.pop(place), None
        slot = self._free.pop() if self._free else len(self._slots)
        descriptor = os.memfd_create("tensorlab")
        os.ftruncate(descriptor, size)
        self._slots[slot] = mmap(descriptor, size)
        return slot, descriptor


class Receiver:
    """The end of a connection in the main process.

    Attributes
    ----------
    connection : Connection
        The main process's end of a duplex pipe.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._slots: dict[int, mmap] = {}
        self._read: list[int] = []

    def released(self) -> list[int]:
        """Return the slots that have been read since the last call."""
        read, self._read = self._read, []
        return read

    def receive(self) -> Any:
        """Return the next object, which owns its memory.

        Raises
        ------
        EOFError, OSError
            If the other process has ended.
        """
        packed: Packed = self.connection.recv()
        if packed.slot is None:
            return _unpickled(packed.data, packed.buffers)
        if packed.created:
            descriptor = recv_handle(self.connection)
            self._slots[packed.slot] = mmap(descriptor, packed.created)
            os.close(descriptor)
        buffers, start = [], 0
        with memoryview(self._slots[packed.slot]) as memory:
            for size in packed.buffers:
                buffers.append(memory[start : start + size])
                start += _aligned(size)
            copies = [bytearray(buffer) for buffer in buffers]
            for buffer in buffers:
                buffer.release()
        self._read.append(packed.slot)
        return _unpickled(packed.data, copies)


def _unpickled(data: bytes, buffers: Sequence[Any]) -> Any:
    """Return an object that a worker has sent; its arrays can be written to."""
    writable = [buffer if isinstance(buffer, bytearray) else bytearray(buffer) for buffer in buffers]
    return pickle.loads(data, buffers=writable)  # noqa: S301  # from a process that this one started


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
