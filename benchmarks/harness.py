"""Timing: contenders take turns, and each is given the machine to itself while it is timed."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from statistics import median
from typing import Any

BLOCK_SECONDS = 0.015
ROUNDS = 20
LEAST_ROUNDS = 5
SECONDS = 2.0

# Threads of OpenBLAS and of PyTorch's OpenMP go on spinning after their work is done. Whoever comes next would share
# the processors with them, so each waits until they have gone to sleep.
PAUSE = 0.03


def nothing() -> None:
    """Wait for nothing: what synchronizes a CPU."""


@dataclass
class Contender:
    """One program to time: `run`, and what waits until all its work is done.

    Attributes
    ----------
    calls : int
        Calls per timed block, so that a block takes about `BLOCK_SECONDS`.
    times : list of float
        Seconds per call, one for each block.
    """

    run: Callable[[], Any]
    synchronize: Callable[[], Any] = nothing
    calls: int = 1
    times: list[float] = field(default_factory=list)

    def block(self) -> None:
        """Run a block of calls and note the time."""
        run = self.run
        start = time.perf_counter()
        for _ in repeat(None, self.calls):
            run()
        self.synchronize()
        self.times.append((time.perf_counter() - start) / self.calls)

    def settle(self) -> None:
        """Wait until other threads sleep, and run a few calls untimed."""
        time.sleep(PAUSE)
        for _ in repeat(None, 1 + self.calls // 20):
            self.run()
        self.synchronize()

    def calibrate(self) -> float:
        """Warm up and choose the number of calls of a block; return the seconds that it will take."""
        self.settle()
        self.block()
        while self.times[-1] * self.calls < BLOCK_SECONDS / 2:
            self.calls = min(10 * self.calls, 1 + int(BLOCK_SECONDS / max(self.times[-1], 1e-7)))
            self.block()
        seconds = self.times[-1] * self.calls
        self.times.clear()
        return seconds


def compare(benchmark: Any, contenders: Mapping[str, Contender], seconds: float = SECONDS) -> dict[str, float]:
    """Time contenders in turn, the first of them through pytest-benchmark; return the median seconds per call of each.

    Parameters
    ----------
    benchmark : fixture
        pytest-benchmark's. It times blocks of calls; ``extra_info`` says of how many.
    contenders : mapping from name to Contender
        Tensorlab first.
    seconds : float
        How long to measure, pauses apart; at least `LEAST_ROUNDS` and at most `ROUNDS` rounds are run.
    """
    first, *others = contenders.values()

    def others_turn() -> None:
        for contender in others:
            contender.settle()
            contender.block()
        first.settle()

    with collector_off():
        rounds = int(seconds / sum(contender.calibrate() for contender in contenders.values()))
        rounds = max(LEAST_ROUNDS, min(ROUNDS, rounds))
        benchmark.pedantic(first.block, setup=others_turn, rounds=rounds)
    medians = {name: median(contender.times) for name, contender in contenders.items()}
    benchmark.extra_info.update({"calls_per_round": first.calls, "seconds_per_call": medians})
    return medians


@contextmanager
def collector_off() -> Iterator[None]:
    """Collect garbage now, and not inside."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
