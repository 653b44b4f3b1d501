"""Update rules run block by block, so that arrays stay in the cache from the first ufunc to the last, and in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from tensorlab.backend.kernels.updates import (
    COMPARISONS,
    Number,
    Operands,
    Options,
    Place,
    Program,
    Rule,
    Step,
    UpdateKernels,
    copied,
    evaluate,
    is_place,
    traced,
)

from .blas import axpby
from .threads import in_threads

BUNDLE = 1 << 15
"""Elements of small parameters that are updated at once: their gradients, gathered, take 128 KB in float32."""

BLOCK = 1 << 19
"""Elements per block: few enough for the outermost cache; enough that threads seldom wait for the interpreter."""

THREADED = 1 << 19
"""From so many elements on, several threads are quicker than one."""

SMALL = 1 << 14
"""Up to so many elements, the rule itself is called: to trace it would take longer than its fresh arrays cost."""


class BlockedUpdateKernels(UpdateKernels):
    """Optimizer updates by NumPy's ufuncs."""

    bundle_size = BUNDLE

    def segment_norms(self, flat: Any, sizes: Sequence[int]) -> Any:
        """Norms of parts by one pass over the squares."""
        if flat.dtype in self.rounded_dtypes or not all(sizes):  # reduceat takes no empty parts
            return super().segment_norms(flat, sizes)
        return np.sqrt(np.add.reduceat(np.square(flat), [0, *accumulate(sizes[:-1])]))

    def _update_real(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        large: dict[tuple[bool, ...], list[Operands]] = {}
        for operands in batch:
            if operands[0].size <= SMALL:
                evaluate(np, rule, operands, options)
            else:
                large.setdefault(tuple([x is not None for x in operands]), []).append(contiguous(operands))
        for present, together in large.items():
            program = traced(rule, present, options)
            planned(program, together[0][0].dtype.char).run(together, program.numbers)

    def _update_complex(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        real = [copied(contiguous(operands), lambda x: x.view(x.real.dtype)) for operands in batch]
        self._update_real(rule, real, options)

    def _update_narrow(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        for operands in batch:
            for start in range(0, operands[0].size, BLOCK):
                super()._update_narrow(rule, [block_of(operands, start)], options)


def contiguous(operands: Operands) -> Operands:
    """Return operands whose elements all lie behind each other; those of a gradient that was assigned may not."""
    param, grad, *state = operands
    return (param, np.ascontiguousarray(grad), *state)


def block_of(operands: Operands, start: int) -> Operands:
    """Return the block of each operand that begins at an element; what has no axes is in every block."""
    return tuple(x if x is None or not x.ndim else x[start : start + BLOCK] for x in operands)


class Factor(NamedTuple):
    """One of a program's numbers, or 1 if that is None, with a sign."""

    number: Number | None
    sign: float = 1.0

    def value(self, numbers: tuple[float, ...]) -> float:
        """Return what it is where the program's numbers are these."""
        return self.sign if self.number is None else self.sign * numbers[self.number.index]


@dataclass(frozen=True)
class Plan:
    """A program whose values have their places in memory.

    Places 0 to ``operands - 1`` are the operands' own arrays, those behind them working memory, the last ones numbers.

    Attributes
    ----------
    calls : tuple of (function, places, place)
        What is called, and the places that it reads and writes.
    scratch : tuple of str
        The working memory: for each array of a block's size "number" or "truth".
    constants : tuple of Factor
        The numbers.
    copies : tuple of (place, place)
        What is copied at the end, from where to which operand.
    """

    calls: tuple[tuple[Callable[..., Any], tuple[int, ...], int], ...]
    scratch: tuple[str, ...]
    constants: tuple[Factor, ...]
    copies: tuple[tuple[int, int], ...]

    def run(self, batch: Sequence[Operands], numbers: tuple[float, ...]) -> None:
        """Take the step with all of a batch, whose arrays have one data type, by a program's numbers."""
        constants = tuple([factor.value(numbers) for factor in self.constants])
        blocks = [(operands, start) for operands in batch for start in range(0, operands[0].size, BLOCK)]
        size = min(BLOCK, max(operands[0].size for operands in batch))
        work = partial(self._run_blocks, constants, size, batch[0][0].dtype)
        if sum(operands[0].size for operands in batch) < THREADED:
            work(iter(blocks))
        else:
            in_threads(work, blocks)

    def _run_blocks(
        self, constants: tuple[float, ...], most: int, dtype: Any, blocks: Iterator[tuple[Operands, int]]
    ) -> None:
        types = {"number": dtype, "truth": np.dtype(bool)}
        scratch = [np.empty(most, types[kind]) for kind in self.scratch]
        for operands, start in blocks:
            size = min(BLOCK, operands[0].size - start)
            arrays = [*block_of(operands, start), *(array[:size] for array in scratch), *constants]
            for function, read, result in self.calls:
                function(*[arrays[place] for place in read], out=arrays[result])
            for source, target in self.copies:
                arrays[target][...] = arrays[source]


@lru_cache(maxsize=256)
def planned(program: Program, char: str) -> Plan:
    """Return the plan of a program for a data type: the same for all numbers."""
    add = axpby(char)
    return Planner(program if add is None else with_axpby(program), {"where": where, "axpby": add}).plan()


def with_axpby(program: Program) -> Program:
    """Return a program in which ``a x + b y`` is one step wherever `y` is an array that the sum is the new value of."""
    steps, first = list(program.steps), program.operands
    homes = {value: place for place, value in program.results.items()}
    last_uses, uses = program.last_uses(), program.uses()
    dropped: set[int] = set()

    def multiple(operand: Any) -> tuple[Number | None, Any, int | None]:
        """Return an operand as a multiple of a value, and the step that is not needed then."""
        number = operand - first
        if number >= 0 and steps[number].name == "multiply" and uses[operand] == 1:
            factor, value = sorted(steps[number].operands, key=is_place)
            if not is_place(factor):
                return factor, value, number
        return None, operand, None

    for number, step in enumerate(steps):
        home = homes.get(Place(first + number))
        if home is None or step.name not in ("add", "subtract") or not all(map(is_place, step.operands)):
            continue
        left, right = (multiple(operand) for operand in step.operands)
        sign = 1.0 if step.name == "add" else -1.0
        for (b, y, kept), (a, x, other) in [(left, right), (right, left)][: 2 if sign > 0 else 1]:
            read_last = number if kept is None else kept
            if y == home and x != home and last_uses[home] == read_last:
                steps[number] = Step("axpby", (Factor(a, sign), x, Factor(b), y))
                dropped |= {n for n in (kept, other) if n is not None}
                break
    return program.without(steps, dropped)


def where(condition: Any, x1: Any, x2: Any, out: Any) -> None:
    """Write the elements of `x1` or `x2` to `out`, which may be one of them."""
    out[...] = np.where(condition, x1, x2)


class Planner:
    """Gives each value of a program a place.

    That of a result is its operand's array, as soon as nobody needs the old elements any more; for what is computed in
    between, arrays that will be overwritten anyway come before working memory.
    """

    def __init__(self, program: Program, functions: dict[str, Any]) -> None:
        self.program, self.functions = program, functions
        self.last_uses = program.last_uses()
        self.homes = {value: place for place, value in program.results.items()}
        self.places: dict[int, int] = {operand: operand for operand in range(program.operands)}
        self.holders: dict[int, int] = {place: place for place in program.results}
        self.scratch: list[str] = []
        self.free: dict[str, list[int]] = {"number": [], "truth": []}
        self.constants: list[Factor] = []

    def plan(self) -> Plan:
        """Work it out, step by step."""
        calls = []
        for number, step in enumerate(self.program.steps):
            values = [x for x in step.operands if is_place(x)]
            read = [self.places[x] if is_place(x) else self._constant(x) for x in step.operands]
            for value in {x for x in values if self.last_uses[x] == number}:
                self._let_go(value)
            value = Place(self.program.operands + number)
            kind = "truth" if step.name in COMPARISONS.values() else "number"
            self.places[value] = self._room(value, number, kind, values)
            calls.append((self.functions.get(step.name) or getattr(np, step.name), read, self.places[value]))
        copies = [(self.places[value], place) for place, value in self.program.results.items()]
        return self._numbered(calls, [(source, target) for source, target in copies if source != target])

    def _constant(self, number: Number | Factor) -> tuple[str, int]:
        self.constants.append(number if isinstance(number, Factor) else Factor(number))
        return "constant", len(self.constants) - 1

    def _let_go(self, value: int) -> None:
        """Give working memory free that has been read for the last time."""
        place = self.places[value]
        if place >= self.program.operands:
            self.free[self.scratch[place - self.program.operands]].append(place)

    def _room(self, value: Place, number: int, kind: str, read: list[Any]) -> int:
        """Return where a value is written: its home, or an array that is read for the last time, or working memory."""
        home = self.homes.get(value)
        wanted = [home] if home is not None else [self.places[x] for x in read if kind == "number"]
        for place in wanted:
            if place in self.holders and self.last_uses.get(self.holders[place], -1) <= number:
                self.holders[place] = value
                return place
        if not self.free[kind]:
            self.scratch.append(kind)
            return self.program.operands + len(self.scratch) - 1
        return self.free[kind].pop()

    def _numbered(self, calls: list[Any], copies: list[tuple[int, int]]) -> Plan:
        """Put the numbers behind the arrays, now that it is known how many these are."""
        arrays = self.program.operands + len(self.scratch)
        numbered = [
            (function, tuple(arrays + x[1] if isinstance(x, tuple) else x for x in read), result)
            for function, read, result in calls
        ]
        return Plan(tuple(numbered), tuple(self.scratch), tuple(self.constants), tuple(copies))
