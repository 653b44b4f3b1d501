"""Update rules, executed by ufuncs in place, in blocks that stay in the cache from the first ufunc to the last."""

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
    Program,
    Rule,
    Step,
    UpdateKernels,
    Value,
    evaluate,
    is_value,
    mapped,
    traced,
)

from .blas import axpby
from .threads import in_threads

BUNDLE = 1 << 15
"""Elements of small parameters that are updated together: their gathered gradients take 128 kB in float32."""

BLOCK = 1 << 19
"""Elements per block: few enough for the outermost cache, but enough that threads rarely wait for the GIL."""

THREADED = 1 << 19
"""From this number of elements on, several threads are faster than one."""

SMALL = 1 << 14
"""Up to this number of elements the rule itself is called: tracing takes longer than allocating its results."""


QUIETLY = np.errstate(under="ignore")
"""Decorates updates: the squares of small gradients may become zero."""


class BlockedUpdateKernels(UpdateKernels):
    """Optimizer updates by NumPy's ufuncs."""

    bundle_size = BUNDLE

    @QUIETLY
    def segment_norms(self, flat: Any, sizes: Sequence[int]) -> Any:
        """Norms of segments, by one pass over the squares."""
        if flat.dtype in self.rounded_dtypes or not all(sizes):  # reduceat takes no empty segments
            return super().segment_norms(flat, sizes)
        return np.sqrt(np.add.reduceat(np.square(flat), [0, *accumulate(sizes[:-1])]))

    @QUIETLY
    def _update_real(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        large: dict[tuple[bool, ...], list[Operands]] = {}
        for operands in batch:
            if operands[0].size <= SMALL:
                evaluate(np, rule, operands, options)
            else:
                large.setdefault(tuple([x is not None for x in operands]), []).append(contiguous(operands))
        for present, group in large.items():
            program = traced(rule, present, options)
            planned(program, group[0][0].dtype.char).run(group, program.numbers)

    def _update_complex(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        real = [mapped(contiguous(operands), lambda x: x.view(x.real.dtype)) for operands in batch]
        self._update_real(rule, real, options)

    @QUIETLY
    def _update_narrow(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        for operands in batch:
            for start in range(0, operands[0].size, BLOCK):
                super()._update_narrow(rule, [block_of(operands, start)], options)


def contiguous(operands: Operands) -> Operands:
    """Return the operands with a contiguous gradient; one assigned by the user may not be contiguous."""
    param, grad, *state = operands
    return (param, np.ascontiguousarray(grad), *state)


def block_of(operands: Operands, start: int) -> Operands:
    """Return the block of each operand from `start` on; 0-d arrays belong to every block."""
    return tuple(x if x is None or not x.ndim else x[start : start + BLOCK] for x in operands)


class Factor(NamedTuple):
    """One of a program's numbers, or 1 if it is None, times a sign."""

    number: Number | None
    sign: float = 1.0

    def value(self, numbers: tuple[float, ...]) -> float:
        """Return the factor for the numbers of a program."""
        return self.sign if self.number is None else self.sign * numbers[self.number.index]


@dataclass(frozen=True)
class Plan:
    """A program whose values are assigned to buffers.

    Buffers are numbered: the operands' arrays come first, then working memory, then the numbers.

    Attributes
    ----------
    calls : tuple of (function, tuple of int, int)
        The functions in order, with the buffers that each reads and writes.
    scratch : tuple of str
        The working memory: the kind ("number" or "truth") of each array of a block's size.
    constants : tuple of Factor
        The numbers.
    copies : tuple of (int, int)
        The buffers that are copied at the end, and the operands to which they are copied.
    """

    calls: tuple[tuple[Callable[..., Any], tuple[int, ...], int], ...]
    scratch: tuple[str, ...]
    constants: tuple[Factor, ...]
    copies: tuple[tuple[int, int], ...]

    def run(self, batch: Sequence[Operands], numbers: tuple[float, ...]) -> None:
        """Update a batch, whose arrays have one data type, with the numbers of a program."""
        constants = tuple([factor.value(numbers) for factor in self.constants])
        blocks = [(operands, start) for operands in batch for start in range(0, operands[0].size, BLOCK)]
        size = min(BLOCK, max(operands[0].size for operands in batch))
        work = partial(self._run_blocks, constants, size, batch[0][0].dtype)
        if sum(operands[0].size for operands in batch) < THREADED:
            work(iter(blocks))
        else:
            in_threads(work, blocks)

    def _run_blocks(
        self, constants: tuple[float, ...], block_size: int, dtype: Any, blocks: Iterator[tuple[Operands, int]]
    ) -> None:
        types = {"number": dtype, "truth": np.dtype(bool)}
        scratch = [np.empty(block_size, types[kind]) for kind in self.scratch]
        for operands, start in blocks:
            size = min(BLOCK, operands[0].size - start)
            arrays = [*block_of(operands, start), *(array[:size] for array in scratch), *constants]
            for function, read, result in self.calls:
                function(*[arrays[buffer] for buffer in read], out=arrays[result])
            for source, target in self.copies:
                arrays[target][...] = arrays[source]


@lru_cache(maxsize=256)
def planned(program: Program, char: str) -> Plan:
    """Return the plan of a program for a data type; it holds for all numbers."""
    add = axpby(char)
    return Planner(program if add is None else with_axpby(program), {"where": where, "axpby": add}).plan()


def with_axpby(program: Program) -> Program:
    """Return a program in which ``a x + b y`` is one step wherever it is the new value of the array `y`."""
    steps, first = list(program.steps), program.operands
    result_operands = {value: operand for operand, value in program.results.items()}
    last_uses, uses = program.last_uses(), program.uses()
    dropped: set[int] = set()

    def multiple(operand: Any) -> tuple[Number | None, Any, int | None]:
        """Return an operand as a multiple of a value, and the number of the step that this replaces."""
        number = operand - first
        if number >= 0 and steps[number].name == "multiply" and uses[operand] == 1:
            factor, value = sorted(steps[number].operands, key=is_value)
            if not is_value(factor):
                return factor, value, number
        return None, operand, None

    for number, step in enumerate(steps):
        target = result_operands.get(Value(first + number))
        if target is None or step.name not in ("add", "subtract") or not all(map(is_value, step.operands)):
            continue
        left, right = (multiple(operand) for operand in step.operands)
        sign = 1.0 if step.name == "add" else -1.0
        for (b, y, y_step), (a, x, x_step) in [(left, right), (right, left)][: 2 if sign > 0 else 1]:
            last_read = number if y_step is None else y_step
            if y == target and x != target and last_uses[target] == last_read:
                steps[number] = Step("axpby", (Factor(a, sign), x, Factor(b), y))
                dropped |= {n for n in (y_step, x_step) if n is not None}
                break
    return program.without(steps, dropped)


def where(condition: Any, x1: Any, x2: Any, out: Any) -> None:
    """Write the selected elements of `x1` and `x2` to `out`, which may be one of them."""
    out[...] = np.where(condition, x1, x2)


class Planner:
    """Assigns the values of a program to buffers.

    A result is written to its operand's array once the old elements are no longer needed. Intermediate values are
    written to arrays that will be overwritten anyway, if one is free, else to working memory.
    """

    def __init__(self, program: Program, functions: dict[str, Any]) -> None:
        self.program, self.functions = program, functions
        self.last_uses = program.last_uses()
        self.result_operands = {value: operand for operand, value in program.results.items()}
        self.buffer_of: dict[int, int] = {operand: operand for operand in range(program.operands)}
        self.value_in: dict[int, int] = {operand: operand for operand in program.results}
        self.scratch: list[str] = []
        self.free: dict[str, list[int]] = {"number": [], "truth": []}
        self.constants: list[Factor] = []

    def plan(self) -> Plan:
        """Return the plan."""
        calls = []
        for number, step in enumerate(self.program.steps):
            values = [x for x in step.operands if is_value(x)]
            read = [self.buffer_of[x] if is_value(x) else self._constant(x) for x in step.operands]
            for value in {x for x in values if self.last_uses[x] == number}:
                self._release(value)
            value = Value(self.program.operands + number)
            kind = "truth" if step.name in COMPARISONS.values() else "number"
            self.buffer_of[value] = self._buffer_for(value, number, kind, values)
            calls.append((self.functions.get(step.name) or getattr(np, step.name), read, self.buffer_of[value]))
        copies = [(self.buffer_of[value], operand) for operand, value in self.program.results.items()]
        return self._numbered(calls, [(source, target) for source, target in copies if source != target])

    def _constant(self, number: Number | Factor) -> tuple[str, int]:
        self.constants.append(number if isinstance(number, Factor) else Factor(number))
        return "constant", len(self.constants) - 1

    def _release(self, value: int) -> None:
        """Free the working memory of a value that has been read for the last time."""
        buffer = self.buffer_of[value]
        if buffer >= self.program.operands:
            self.free[self.scratch[buffer - self.program.operands]].append(buffer)

    def _buffer_for(self, value: Value, number: int, kind: str, read: list[Any]) -> int:
        """Return the buffer for a value: its operand's, or one that is read for the last time, or working memory."""
        target = self.result_operands.get(value)
        candidates = [target] if target is not None else [self.buffer_of[x] for x in read if kind == "number"]
        for buffer in candidates:
            if buffer in self.value_in and self.last_uses.get(self.value_in[buffer], -1) <= number:
                self.value_in[buffer] = value
                return buffer
        if not self.free[kind]:
            self.scratch.append(kind)
            return self.program.operands + len(self.scratch) - 1
        return self.free[kind].pop()

    def _numbered(self, calls: list[Any], copies: list[tuple[int, int]]) -> Plan:
        """Number the constants after the arrays, whose number is known now."""
        arrays = self.program.operands + len(self.scratch)
        numbered = [
            (function, tuple(arrays + x[1] if isinstance(x, tuple) else x for x in read), result)
            for function, read, result in calls
        ]
        return Plan(tuple(numbered), tuple(self.scratch), tuple(self.constants), tuple(copies))
