"""`profile`: notes every operation, gradient and update inside a block."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from threading import Lock, get_ident
from time import perf_counter
from typing import Any, Self
from weakref import WeakKeyDictionary

from ..autodiff.array_types import KNOWN_TYPES, wrap_kernels
from ..autodiff.graph import Node, Pull, watched
from ..autodiff.record import REGISTRY, Op
from ..backend import Backend
from ..options import checked
from ..tensor import Tensor
from .memory import Ledger, nbytes_of
from .places import NOWHERE, Place, Places
from .report import Event, Profile

_one_at_a_time = Lock()


class profile(Profile):
    """Context manager that measures where the time and the memory of the code inside go.

    Every operation, every gradient and every optimizer's update is timed, with its bytes and floating-point operations,
    the layer and the line that it belongs to. On a GPU the times are those of the device, by events; the program is not
    made to wait. Inside, Python takes longer, which is not counted; outside nothing is slowed down.

    Parameters
    ----------
    memory : bool
        Whether to follow the arrays that operations make and gradients need. Arrays that an operation makes and frees
        inside are not seen.

    Raises
    ------
    RuntimeError
        If another profile is being recorded.

    Examples
    --------
    >>> model, x = tl.nn.Sequential(tl.nn.Linear(64, 32), tl.nn.ReLU()), tl.randn(16, 64)
    >>> with tl.profile() as p:
    ...     model(x).sum().backward()
    >>> sorted(row.name for row in p.rows("layer")), p.flops > 16 * 64 * 32 * 4
    (['', 'Sequential.0', 'Sequential.1'], True)
    """

    @checked
    def __init__(self, *, memory: bool = True) -> None:
        super().__init__()
        self._ledger = Ledger(self._now) if memory else None
        self._places = Places()
        self._origins: WeakKeyDictionary[Node, int] = WeakKeyDictionary()
        self._open: dict[int, list[int]] = {}  # the events of each thread that have not ended
        self._phases: dict[int, str] = {}
        self._latest: dict[int, int] = {}  # the last kernel of each thread
        self._paid = 0.0  # seconds that recording has taken
        self._paying = 0.0  # when recording began that still goes on, else 0
        self._marks: list[tuple[Backend, Any, Any] | None] = []

    def __enter__(self) -> Self:
        if not _one_at_a_time.acquire(blocking=False):
            raise RuntimeError("profile: another profile is being recorded; profiles do not nest")
        with ExitStack() as stack:
            stack.callback(_one_at_a_time.release)
            stack.enter_context(watched(self._observe, self._pull))
            wrap_kernels(self._wrapped)
            stack.callback(wrap_kernels, None)
            for backend in set(KNOWN_TYPES.values()):
                update: Any = partial(self._update, backend, backend.update)
                vars(backend)["update"] = update
                stack.callback(vars(backend).pop, "update")
            self._stack = stack.pop_all()
        self._began = perf_counter()
        return self

    def __exit__(self, *exception: object) -> None:
        self.seconds = self._now()
        self._stack.close()
        if self._ledger is not None:
            self._ledger.close()
            self.held = self._ledger.entries
        for event, mark in zip(self.events, self._marks, strict=True):
            if mark is not None:
                backend, start, stop = mark
                event.start = backend.seconds_between(self._first_mark(backend), start)
                event.stop = event.start + backend.seconds_between(start, stop)

    # -- what is called while the block runs ---------------------------------------------------------------------------

    def _now(self) -> float:
        """Return the seconds since the block began, without those that recording has taken."""
        return (self._paying or perf_counter()) - self._began - self._paid

    def _pay(self) -> None:
        """Begin to record: the clock stands still until `_paid_up`."""
        self._paying = perf_counter()

    def _paid_up(self) -> None:
        self._paid += perf_counter() - self._paying
        self._paying = 0.0

    def _wrapped(self, name: str, kernel: Any) -> Any:
        def timed(*arrays: Any, **params: Any) -> Any:
            number = self._begin(name, _backend_of(arrays))
            try:
                result = kernel(*arrays, **params)
            except BaseException:
                self._end(number)
                raise
            self._end(number, REGISTRY[name], arrays, params, result)
            return result

        return timed

    def _begin(self, name: str, backend: Backend | None, place: Place = NOWHERE) -> int:
        self._pay()
        thread = get_ident()
        waiting = self._open.setdefault(thread, [])
        number = len(self.events)
        event = Event(name, self._phases.get(thread, "forward"), waiting[-1] if waiting else -1, *place)
        self.events.append(event)
        waiting.append(number)
        on_device = backend is not None and not backend.on_host
        self._marks.append((backend, backend.mark(), None) if on_device and backend is not None else None)
        event.start = self._now()
        self._paid_up()
        return number

    def _end(
        self,
        number: int,
        record: Op | None = None,
        arrays: Sequence[Any] = (),
        params: dict[str, Any] | None = None,
        result: Any = None,
    ) -> None:
        self._pay()
        event, mark = self.events[number], self._marks[number]
        event.stop = self._now()
        if mark is not None:
            self._marks[number] = mark[0], mark[1], mark[0].mark()
        thread = get_ident()
        self._open[thread].pop()
        if record is not None:
            self._latest[thread] = number
            event.flops, event.bytes = _cost(record, arrays, params or {}, result)
            self._follow(arrays, -1)
            self._follow(result if isinstance(result, tuple | list) else (result,), number)
        self._paid_up()

    def _observe(self, op: Op, operands: tuple[Any, ...], params: dict[str, Any], result: Any) -> None:
        """Note the place of an operation on tensors, and what its gradient needs."""
        self._pay()
        number = self._latest.get(get_ident(), -1)
        if number >= 0 and self.events[number].name == op.name and not self.events[number].line:
            event = self.events[number]
            event.layer, event.line = self._places.of(sys._getframe(1))
            node = (result[0] if isinstance(result, tuple) else result)._node
            if node is not None:
                node = node.parents[0] if isinstance(result, tuple) else node
                self._origins[node] = number
                self._note_saved(node, number)
        self._paid_up()

    def _pull(self, pull: Pull, node: Node, *rest: Any) -> tuple[Any, ...]:
        """Time the rules of a node, which may call kernels."""
        origin = self._origins.get(node, -1)
        place = Place(self.events[origin].layer, self.events[origin].line) if origin >= 0 else NOWHERE
        with self._event_in("backward", getattr(node.op, "name", "custom"), None, place) as number:
            parts = pull(node, *rest)
        self._follow([part._array if isinstance(part, Tensor) else part for part in parts], number)
        return parts

    @contextmanager
    def _event_in(self, phase: str, name: str, backend: Backend | None, place: Place) -> Iterator[int]:
        """Time an event of a phase, and count what runs inside to that phase as well; yield its number."""
        thread = get_ident()
        before = self._phases.get(thread, "forward")
        self._phases[thread] = phase
        number = self._begin(name, backend, place)
        try:
            yield number
        finally:
            self._end(number)
            self._phases[thread] = before

    def _update(self, backend: Backend, update: Any, rule: Any, batch: Any, options: Any) -> None:
        name = getattr(rule, "__qualname__", "update").partition(".")[0]
        with self._event_in("update", name, backend, self._places.of(sys._getframe(1))) as number:
            update(rule, batch, options)
        arrays = [array for operands in batch for array in operands if array is not None]
        gradients = [operands[1] for operands in batch]
        # Each array is read, and all but the gradients are written.
        self.events[number].bytes = 2 * sum(map(nbytes_of, arrays)) - sum(map(nbytes_of, gradients))

    # -- memory --------------------------------------------------------------------------------------------------------

    def _follow(self, arrays: Sequence[Any], number: int) -> None:
        if self._ledger is not None:
            now = self._now() if number >= 0 else 0.0
            for array in arrays:
                if hasattr(array, "shape"):
                    self._ledger.entry(array, number, now)

    def _note_saved(self, node: Node, number: int) -> None:
        if self._ledger is None or not isinstance(node.saved, tuple):
            return
        for _, array in node.op.saved_arrays(node, node.saved):
            held = self._ledger.entry(array, -1, 0.0)
            if held is not None and number not in held.saved_by:
                held.saved_by.append(number)

    def _first_mark(self, backend: Backend) -> Any:
        return next(mark[1] for mark in self._marks if mark is not None and mark[0] is backend)


def _backend_of(arrays: Sequence[Any]) -> Backend | None:
    return next((KNOWN_TYPES[type(array)] for array in arrays if type(array) in KNOWN_TYPES), None)


def _cost(record: Op, arrays: Sequence[Any], params: dict[str, Any], result: Any) -> tuple[int, int]:
    """Return the floating-point operations and the least memory traffic of a call; a view costs nothing."""
    if record.view:
        return 0, 0
    shapes = [array.shape for array in arrays if hasattr(array, "shape")]
    parts = result if isinstance(result, tuple | list) else (result,)
    out = [part.shape for part in parts] if record.results > 1 else parts[0].shape
    octets = sum(map(nbytes_of, [*arrays, *parts]))
    return int(record.flops(shapes, out, params)), octets
