"""Timing: programs alternate, and each is timed while no thread of another one computes."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

BLOCK_SECONDS = 0.015
ROUNDS = 20
LEAST_ROUNDS = 5
SECONDS = 2.0

MOST_WAITING = 0.02
"""The largest fraction of its time that the threads of a valid block wait for a processor."""


class Timing(NamedTuple):
    """The median of the seconds per call, and whether enough blocks ran without waiting for processors."""

    seconds: float
    undisturbed: bool


def nothing() -> None:
    """Do nothing, which synchronizes a CPU."""


@dataclass
class Contender:
    """A program to time: `run`, and `synchronize`, which waits until its work is done.

    Attributes
    ----------
    calls : int
        Number of calls per timed block, which takes about `BLOCK_SECONDS`.
    times : list of float
        Seconds per call of each block.
    waits : list of float
        Fraction of the time of each block that its threads waited for a processor.
    """

    run: Callable[[], Any]
    synchronize: Callable[[], Any] = nothing
    calls: int = 1
    times: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def block(self) -> None:
        """Run and time a block of calls."""
        run, waited = self.run, waiting_time()
        start = time.perf_counter()
        for _ in repeat(None, self.calls):
            run()
        self.synchronize()
        seconds = time.perf_counter() - start
        self.times.append(seconds / self.calls)
        self.waits.append((waiting_time() - waited) / seconds)

    def settle(self) -> None:
        """Wait until no thread of this process runs, then run a few calls untimed."""
        wait_for_idle_threads()
        for _ in repeat(None, 1 + self.calls // 20):
            self.run()
        self.synchronize()

    def calibrate(self) -> float:
        """Warm up and choose the number of calls per block; return the expected seconds per block."""
        self.settle()
        self.block()
        while self.times[-1] * self.calls < BLOCK_SECONDS / 2:
            self.calls = min(10 * self.calls, 1 + int(BLOCK_SECONDS / max(self.times[-1], 1e-7)))
            self.block()
        seconds = self.times[-1] * self.calls
        self.times.clear()
        self.waits.clear()
        return seconds

    def timing(self) -> Timing:
        """Return the median over the valid blocks, or over all blocks if there are too few valid ones."""
        clean = [seconds for seconds, wait in zip(self.times, self.waits, strict=True) if wait <= MOST_WAITING]
        enough = len(clean) >= min(LEAST_ROUNDS, len(self.times))
        return Timing(median(clean if enough else self.times), enough)


def compare(benchmark: Any, contenders: Mapping[str, Contender], seconds: float = SECONDS) -> dict[str, Timing]:
    """Time programs alternately, the first of them by pytest-benchmark.

    Parameters
    ----------
    benchmark : fixture
        The fixture of pytest-benchmark. It times blocks of calls; their number is in ``extra_info``.
    contenders : mapping from name to Contender
        The programs, tensorlab's first.
    seconds : float
        Time to measure, without pauses, in at least `LEAST_ROUNDS` and at most `ROUNDS` rounds.
    """
    first, *others = contenders.values()

    def others_turn() -> None:
        for contender in others:
            contender.settle()
            contender.block()
        first.settle()

    with collector_off():
        rounds = int(seconds / sum(contender.calibrate() for contender in contenders.values()))
        benchmark.pedantic(first.block, setup=others_turn, rounds=max(LEAST_ROUNDS, min(ROUNDS, rounds)))
    timings = {name: contender.timing() for name, contender in contenders.items()}
    benchmark.extra_info.update({"calls_per_round": first.calls, "timings": timings})
    return timings


def wait_for_idle_threads(step: float = 0.005, limit: float = 0.5) -> None:
    """Wait until no thread of this process computes.

    Threads of OpenBLAS and OpenMP spin for a while after their work is done (those of OpenBLAS for a tenth of a
    second), and would take processors from the next program.
    """
    deadline = time.perf_counter() + limit
    while time.perf_counter() < deadline:
        used = time.process_time()
        time.sleep(step)
        if time.process_time() - used < step / 5:
            return


def waiting_time() -> float:
    """Return the seconds that threads of this process have waited for a processor; 0 if unknown."""
    try:
        stats = [(task / "schedstat").read_text() for task in Path("/proc/self/task").iterdir()]
    except OSError:
        return 0.0
    return sum(int(stat.split()[1]) for stat in stats) * 1e-9


@contextmanager
def collector_off() -> Iterator[None]:
    """Collect garbage, and disable the collector inside."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
