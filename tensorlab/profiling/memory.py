"""Which arrays live, and who holds them: those that operations return, and those that were there before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import prod
from typing import Any
from weakref import ref

from ..autodiff.array_types import KNOWN_TYPES


@dataclass(eq=False, slots=True)
class Held:
    """The memory of an array.

    Attributes
    ----------
    nbytes : int
        Its size.
    event : int
        The number of the event that made it; -1 if it was there before.
    born, died : float
        When; infinity while it lives.
    saved_by : list of int
        The numbers of the events whose gradients need it.
    """

    nbytes: int
    event: int
    born: float
    died: float = float("inf")
    saved_by: list[int] = field(default_factory=list)

    def lives_at(self, time: float) -> bool:
        """Whether it lives at a time."""
        return self.born <= time < self.died


class Ledger:
    """Follows arrays by weak references to those that own the memory."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.entries: list[Held] = []
        self._clock = clock
        self._living: dict[int, tuple[ref[Any], Held]] = {}

    def entry(self, array: Any, event: int, now: float) -> Held | None:
        """Return the entry of the memory of an array, a new one if it is not known; None for numbers."""
        owner = _owner(array)
        key = id(owner)
        if key in self._living:
            return self._living[key][1]
        nbytes = nbytes_of(owner)
        if not nbytes or not getattr(owner, "shape", ()):
            return None
        held = Held(nbytes, event, now)
        try:
            self._living[key] = ref(owner, lambda _: self._end(key, held)), held
        except TypeError:  # the library's arrays have no weak references
            return None
        self.entries.append(held)
        return held

    def _end(self, key: int, held: Held) -> None:
        held.died = self._clock()
        self._living.pop(key, None)

    def close(self) -> None:
        """Follow no array any longer."""
        self._living.clear()


def nbytes_of(array: Any) -> int:
    """Return the size of an array in bytes; 0 for what is no array."""
    if type(array) not in KNOWN_TYPES:
        return 0
    octets = getattr(array, "nbytes", None)  # which the Array API standard does not ask for
    return int(octets) if octets is not None else prod(array.shape) * KNOWN_TYPES[type(array)].dtype_of(array).itemsize


def _owner(array: Any) -> Any:
    """Return the array whose memory an array is a view of."""
    base = getattr(array, "base", None)
    while base is not None and type(base) is type(array):
        array, base = base, getattr(base, "base", None)
    return array


def timeline(entries: list[Held]) -> Iterator[tuple[float, int]]:
    """Yield the times at which the bytes of entries change, with their sum from then on."""
    changes = [(held.born, held.nbytes) for held in entries]
    changes += [(held.died, -held.nbytes) for held in entries if held.died < float("inf")]
    living = 0
    for time, change in sorted(changes):
        living += change
        yield time, living


def at_peak(entries: list[Held]) -> list[Held]:
    """Return the entries that live when their sum is largest."""
    when, _ = max(timeline(entries), key=lambda change: change[1], default=(0.0, 0))
    return [held for held in entries if held.lives_at(when)]
