"""What a profile holds, and the tables, traces and folded stacks made of it."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..options import Size, checked
from .memory import Held, at_peak, timeline
from .peaks import Peak, peak

By = Literal["op", "layer", "line", "phase"]


@dataclass(eq=False, slots=True)
class Event:
    """One operation, gradient or update.

    Attributes
    ----------
    name : str
        The op; the optimizer's class for an update.
    phase : {"forward", "backward", "update"}
        The phase of training. In the backward phase an event is the gradient of an op, or an op that it calls.
    parent : int
        The number of the event inside which it ran; -1 if there is none.
    layer : str
        The path of the layer, such as ``"ResNet.layer1.0.conv1"``; empty outside modules.
    line : str
        The user's line, such as ``"train.py:12 (main)"``.
    start, stop : float
        Seconds since the profile began.
    flops : int
        Floating-point operations.
    bytes : int
        Bytes of its operands and results.
    """

    name: str
    phase: str
    parent: int
    layer: str = ""
    line: str = ""
    start: float = 0.0
    stop: float = 0.0
    flops: int = 0
    bytes: int = 0

    @property
    def seconds(self) -> float:
        """Its duration, with the events inside."""
        return self.stop - self.start


@dataclass
class Row:
    """The sums of the events that have a name, a layer or a line in common.

    Attributes
    ----------
    name : str
        What they have in common; empty for events outside modules.
    calls : int
        Number of events.
    seconds : float
        Their time, without that of events inside them.
    flops, bytes : int
        Floating-point operations, and bytes of operands and results.
    """

    name: str
    calls: int = 0
    seconds: float = 0.0
    flops: int = 0
    bytes: int = 0

    def roofline(self, rates: Peak) -> float:
        """Return the share of the machine's peak that was reached, from 0 to about 1."""
        return rates.seconds(self.flops, self.bytes) / self.seconds if self.seconds else 0.0


@dataclass
class Holder:
    """The memory that the operations of a layer hold.

    Attributes
    ----------
    layer : str
        The path of the layer.
    name : str
        The op that made the arrays, or whose gradient needs them.
    arrays, nbytes : int
        Their number and size.
    """

    layer: str
    name: str
    arrays: int = 0
    nbytes: int = 0


class Profile:
    """The results of `profile`.

    Attributes
    ----------
    events : list of Event
        In the order in which they began.
    seconds : float
        The time of the block, without that which recording took.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.seconds = 0.0
        self.held: list[Held] = []

    @property
    def flops(self) -> int:
        """Floating-point operations of all events."""
        return sum(event.flops for event in self.events)

    # -- time ----------------------------------------------------------------------------------------------------------

    @checked
    def rows(self, by: By = "op") -> list[Row]:
        """Return the sums of events, those with the most time first.

        Parameters
        ----------
        by : {"op", "layer", "line", "phase"}
            What the events of a row have in common. Gradients and the ops inside them belong to the layer and the line
            of the operation that they are the gradient of; by op they are apart, as ``"matmul gradient"``.
        """
        own = self._own_seconds()
        rows: dict[str, Row] = {}
        for number, event in enumerate(self.events):
            name = self._key(event, by)
            row = rows.setdefault(name, Row(name))
            row.calls += 1
            row.seconds += own[number]
            row.flops += event.flops
            row.bytes += event.bytes
        return sorted(rows.values(), key=lambda row: -row.seconds)

    def _key(self, event: Event, by: str) -> str:
        if by == "op":
            return f"{event.name} gradient" if event.phase == "backward" and event.parent < 0 else event.name
        return str(getattr(self._outermost(event), by))

    def _outermost(self, event: Event) -> Event:
        while event.parent >= 0:
            event = self.events[event.parent]
        return event

    def _own_seconds(self) -> list[float]:
        """Return the duration of each event without that of the events inside."""
        own = [event.seconds for event in self.events]
        for event in self.events:
            if event.parent >= 0:
                own[event.parent] -= event.seconds
        return own

    @checked
    def table(self, by: By = "op", limit: Size = 20) -> str:
        """Return a table of `rows`: time and its share, calls, GFLOP/s, GB/s, and the share of the machine's peak.

        The peak rates are those of `peak`, which measures them at the first call.

        Examples
        --------
        >>> with tl.profile() as p:
        ...     total = tl.ones(3).sum()
        >>> p.table("phase", limit=3).splitlines()[0].split()[:4]
        ['phase', 'ms', 'share', 'calls']
        """
        rates, rows = peak(), self.rows(by)
        shown = rows[:limit]
        cells: list[tuple[str, ...]] = [(by, "ms", "share", "calls", "GFLOP/s", "GB/s", "of peak")]
        for row in shown:
            cells.append(_cells(row, self.seconds, rates))
        if len(rows) > limit:
            rest = sum(row.seconds for row in rows[limit:])
            cells.append((f"{len(rows) - limit} more", *_time(rest, self.seconds), "", "", "", ""))
        between = self.seconds - sum(row.seconds for row in rows)
        cells.append(("between them", *_time(between, self.seconds), "", "", "", ""))
        return _aligned(cells)

    def __str__(self) -> str:
        return f"{1e3 * self.seconds:.2f} ms\n{self.table()}"

    def __repr__(self) -> str:
        return f"<profile of {len(self.events)} events in {1e3 * self.seconds:.2f} ms>"

    # -- memory --------------------------------------------------------------------------------------------------------

    @property
    def peak_bytes(self) -> int:
        """The most bytes of arrays that lived at a time, with those that were there before and were used."""
        return sum(held.nbytes for held in at_peak(self.held))

    def memory(self) -> list[tuple[float, int]]:
        """Return the bytes of arrays over time: pairs of seconds and bytes, at each change."""
        return list(timeline(self.held))

    def holders(self) -> list[Holder]:
        """Return who made the arrays that live at the peak, those with the most bytes first.

        Arrays that were there before (parameters, inputs, the optimizer's state) have neither layer nor name.
        """
        return self._holders(at_peak(self.held), lambda held: held.event)

    def ledger(self) -> list[Holder]:
        """Return what is kept for the backward pass when it begins, by the layer whose gradient needs it.

        Of several backward passes, that for which most is kept. Arrays that were there before, such as parameters and
        inputs, are not counted.
        """
        return self._holders([self.held[number] for number in self.kept()], lambda held: held.saved_by[0])

    def kept(self) -> list[int]:
        """Return the numbers of the arrays in `held` that are kept for the backward pass; see `ledger`."""
        saved = [number for number, held in enumerate(self.held) if held.saved_by and held.event >= 0]
        kept = [[number for number in saved if self.held[number].lives_at(begin)] for begin in self._sweeps()]
        return max(kept, key=lambda numbers: sum(self.held[number].nbytes for number in numbers))

    def _sweeps(self) -> list[float]:
        """Return when backward passes begin, and the end of the profile, after which another one might."""
        outermost = [event for event in self.events if event.parent < 0]
        following = zip([None, *outermost], outermost)
        found = [
            event.start
            for last, event in following
            if event.phase == "backward" and (not last or last.phase != "backward")
        ]
        return [*found, self.seconds]

    def _holders(self, held: Iterable[Held], number: Callable[[Held], int]) -> list[Holder]:
        found: dict[tuple[str, str], Holder] = {}
        for one in held:
            event = self.events[number(one)] if number(one) >= 0 else None
            key = ("", "") if event is None else (self._outermost(event).layer, event.name)
            holder = found.setdefault(key, Holder(*key))
            holder.arrays += 1
            holder.nbytes += one.nbytes
        return sorted(found.values(), key=lambda holder: -holder.nbytes)

    @checked
    def memory_table(self, limit: Size = 20) -> str:
        """Return a table of what is kept for the backward pass, and of who holds memory at the peak.

        Examples
        --------
        >>> x = tl.ones(1000, requires_grad=True)
        >>> with tl.profile() as p:
        ...     y = tl.exp(x)
        >>> p.memory_table(limit=3).splitlines()[0]
        'kept for the backward pass: 0.00 MB'
        """
        return "\n\n".join(
            f"{title}: {sum(holder.nbytes for holder in found) / 1e6:,.2f} MB\n{_holder_table(found, limit)}"
            for title, found in (("kept for the backward pass", self.ledger()), ("at the peak", self.holders()))
        )

    # -- files ---------------------------------------------------------------------------------------------------------

    @checked
    def save_trace(self, path: str | os.PathLike[str]) -> None:
        """Write a trace that Chrome (``chrome://tracing``), Perfetto and speedscope show, with the memory over time.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> with tl.profile() as p:
        ...     total = tl.ones(3).sum()
        >>> p.save_trace(pathlib.Path(tempfile.mkdtemp()) / "trace.json")
        """
        events: list[dict[str, Any]] = [
            {
                "name": event.name,
                "cat": event.phase,
                "ph": "X",
                "ts": 1e6 * event.start,
                "dur": 1e6 * event.seconds,
                "pid": 0,
                "tid": 0,
                "args": {"layer": event.layer, "line": event.line, "flops": event.flops, "bytes": event.bytes},
            }
            for event in self.events
        ]
        events += [
            {"name": "memory", "ph": "C", "ts": 1e6 * max(time, 0.0), "pid": 0, "args": {"bytes": octets}}
            for time, octets in self.memory()
        ]
        text = json.dumps({"traceEvents": events, "displayTimeUnit": "ms"})
        Path(path).write_text(text, encoding="utf-8")

    def stacks(self) -> dict[tuple[str, ...], float]:
        """Return the seconds spent in each stack of names: the phase, the parts of the layer's path, the ops."""
        own, found = self._own_seconds(), defaultdict[tuple[str, ...], float](float)
        for number, event in enumerate(self.events):
            names = [event.name]
            while event.parent >= 0:
                event = self.events[event.parent]
                names.append(event.name)
            path = event.layer.split(".") if event.layer else []
            found[event.phase, *path, *reversed(names)] += own[number]
        return dict(found)


def _cells(row: Row, total: float, rates: Peak) -> tuple[str, ...]:
    flops = f"{row.flops / row.seconds / 1e9:.2f}" if row.flops and row.seconds else ""
    octets = f"{row.bytes / row.seconds / 1e9:.2f}" if row.bytes and row.seconds else ""
    share = f"{row.roofline(rates):.0%}" if row.flops or row.bytes else ""
    return row.name or "(outside modules)", *_time(row.seconds, total), f"{row.calls:,}", flops, octets, share


def _time(seconds: float, total: float) -> tuple[str, str]:
    return f"{1e3 * seconds:.3f}", f"{seconds / total if total else 0:.1%}"


def _holder_table(holders: Sequence[Holder], limit: int) -> str:
    cells = [("layer", "op", "MB", "arrays")]
    for holder in holders[:limit]:
        before = "" if holder.name else "(there before)"
        cells.append((holder.layer or before, holder.name, f"{holder.nbytes / 1e6:,.3f}", str(holder.arrays)))
    if len(holders) > limit:
        rest = sum(holder.nbytes for holder in holders[limit:])
        cells.append((f"{len(holders) - limit} more", "", f"{rest / 1e6:,.3f}", ""))
    return _aligned(cells, texts=2)


def _aligned(cells: Sequence[Sequence[str]], texts: int = 1) -> str:
    """Return lines of cells: those of the first columns to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if position < texts else cell.rjust(width)
            for position, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    )
