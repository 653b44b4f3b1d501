"""Update rules: how an optimizer changes its arrays, written once as a formula and run as each backend does best.

A rule is a pure function of flat real arrays and numbers, element by element,

    def momentum(xp, param, grad, velocity, *, lr, momentum):
        velocity = momentum * velocity + grad
        return param - lr * velocity, velocity

It gets a parameter, its gradient and the optimizer's arrays (None for one that is not kept), and returns the new values
of all but the gradient. Besides arithmetic and comparisons with numbers it may call the functions of `FUNCTIONS`, from
the namespace that it is given. Since numbers are plain numbers to it, it may branch on them and compute with them.

By default a rule is called with the backend's arrays. A backend that can do better asks `traced` for the rule's steps
as a `Program`: NumPy's runs them block by block in the cache and in place, CuPy's writes one kernel of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any, TypeGuard

Rule = Callable[..., tuple[Any, ...]]
Operands = tuple[Any, ...]
Options = tuple[tuple[str, Hashable], ...]

FUNCTIONS = ("abs", "exp", "log", "maximum", "minimum", "sign", "sqrt", "where")


class Place(int):
    """Which value of a program is meant: its operands come first, then the result of each step."""


@dataclass(frozen=True)
class Number:
    """Which of a program's numbers is meant."""

    index: int


@dataclass(frozen=True)
class Step:
    """One elementwise operation, by its name in the Array API standard."""

    name: str
    operands: tuple[Any, ...]
    """Each a `Place`, a `Number`, or what a backend that rewrites a program wants its function to be called with."""


@dataclass(frozen=True)
class Program:
    """What a rule does, one operation after the other.

    Attributes
    ----------
    operands : int
        How many arrays it gets: the parameter, the gradient and the optimizer's arrays, absent ones included.
    steps : tuple of Step
        The operations; step i computes the value of place ``operands + i``.
    changes : tuple of (int, Place)
        For each operand that changes, where its new value is.
    numbers : tuple of float
        What the steps' numbers are; programs that differ in them alone are equal.
    """

    operands: int
    steps: tuple[Step, ...]
    changes: tuple[tuple[int, Place], ...]
    numbers: tuple[float, ...] = field(compare=False)

    @property
    def results(self) -> dict[int, Place]:
        """`changes` by operand."""
        return dict(self.changes)

    def last_uses(self) -> dict[int, int]:
        """Return for each value the last step that reads it; ``len(steps)`` for results."""
        found: dict[int, int] = {
            place: number for number, step in enumerate(self.steps) for place in step.operands if is_place(place)
        }
        return found | {place: len(self.steps) for _, place in self.changes}

    def uses(self) -> Counter[int]:
        """Return how many times each value is read, as a result included."""
        read = [place for step in self.steps for place in step.operands if is_place(place)]
        return Counter([*read, *(place for _, place in self.changes)])

    def without(self, steps: Sequence[Step], dropped: Container[int]) -> Program:
        """Return a program of these steps but for some that nothing needs."""
        kept = [number for number in range(len(steps)) if number not in dropped]
        moved = {Place(self.operands + old): Place(self.operands + new) for new, old in enumerate(kept)}

        def at(operand: Any) -> Any:
            return moved.get(operand, operand) if is_place(operand) else operand

        new = tuple(Step(steps[number].name, tuple(map(at, steps[number].operands))) for number in kept)
        changes = tuple((place, moved.get(value, value)) for place, value in self.changes)
        return Program(self.operands, new, changes, self.numbers)


def is_place(operand: Any) -> TypeGuard[Place]:
    """Whether an operand of a step is a value rather than a number."""
    return type(operand) is Place


@dataclass
class Trace:
    """What is written down while a rule is traced."""

    operands: int
    steps: list[Step] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)

    def number(self, value: Any) -> Number:
        """Note a number."""
        self.numbers.append(float(value))
        return Number(len(self.numbers) - 1)


class Symbol:
    """Stands for an array while a rule is traced: what is done to it is written down."""

    __slots__ = ("place", "trace")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, place: int, trace: Trace) -> None:
        self.place, self.trace = Place(place), trace

    def apply(self, name: str, *operands: Any) -> Symbol:
        """Note an operation on symbols and numbers."""
        trace = self.trace
        noted = tuple([x.place if isinstance(x, Symbol) else trace.number(x) for x in operands])
        trace.steps.append(Step(name, noted))
        return Symbol(trace.operands + len(trace.steps) - 1, trace)

    def __neg__(self) -> Symbol:
        return self.apply("negative", self)

    def __pos__(self) -> Symbol:
        return self

    def __abs__(self) -> Symbol:
        return self.apply("abs", self)

    def __pow__(self, exponent: Any) -> Symbol:
        return self.apply("multiply", self, self) if exponent == 2 else self.apply("pow", self, exponent)

    def __bool__(self) -> bool:
        raise TypeError("an update rule cannot branch on the elements of arrays; use xp.where")


def _operators(operator: str, name: str) -> None:
    setattr(Symbol, f"__{operator}__", lambda self, other: self.apply(name, self, other))
    setattr(Symbol, f"__r{operator}__", lambda self, other: self.apply(name, other, self))


for operator, name in {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide"}.items():
    _operators(operator, name)
COMPARISONS = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
"""Operators whose results are truths, with the names of their functions."""

for operator, name in COMPARISONS.items():
    setattr(Symbol, f"__{operator}__", lambda self, other, name=name: self.apply(name, self, other))


class SymbolicNamespace:
    """The namespace that a rule is given while it is traced."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in FUNCTIONS:
            raise AttributeError(f"an update rule has no xp.{name}: there are {', '.join(FUNCTIONS)}")

        def call(*operands: Any) -> Any:
            symbol = next((x for x in operands if isinstance(x, Symbol)), None)
            if symbol is None:
                raise TypeError(f"xp.{name} of numbers alone: compute with Python's own functions")
            return symbol.apply(name, *operands)

        return call


@lru_cache(maxsize=64)  # the bundles of one step share a program; the next step's numbers are others
def traced(rule: Rule, present: tuple[bool, ...], options: Options) -> Program:
    """Return what a rule does.

    Parameters
    ----------
    rule : callable
        The rule.
    present : tuple of bool
        Which of its operands (the parameter, the gradient, the optimizer's arrays) there are.
    options : tuple of (name, value)
        Its numbers.
    """
    trace = Trace(len(present))
    symbols = [Symbol(i, trace) if here else None for i, here in enumerate(present)]
    values = rule(SymbolicNamespace(), *symbols, **dict(options))
    places = written(tuple(range(len(present))))
    changes = []
    for place, old, new in zip(places, written(tuple(symbols)), values, strict=True):
        if old is not None and new is not old:
            # The old value of one that changes, too, is a value of its own.
            changes.append((place, new.apply("positive", new).place if new.place in places else new.place))
    return Program(len(present), tuple(trace.steps), tuple(changes), tuple(trace.numbers))


class UpdateKernels:
    """Optimizer updates over flat arrays, in place.

    Parameters of up to `bundle_limit` elements share a flat array of up to `bundle_size`, so that one call updates
    many; for larger ones it would cost more to gather their gradients than it saves.
    """

    xp: Any
    rounded_dtypes: Any
    bundle_limit = 1 << 14
    bundle_size = 1 << 30

    def update(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        """Take one step, in place.

        Parameters
        ----------
        rule : callable
            What the step is; see the module's docstring. A complex array is two real ones to it, and narrow data types
            are computed in wider ones and rounded once.
        batch : sequence of tuples of arrays
            What it is taken with, one after the other: the parameter, its gradient, and the optimizer's arrays or None.
            All are flat, of one size and the data type that all of the batch have; an optimizer's may have no axes.
        options : tuple of (name, value)
            The rule's numbers.
        """
        dtype = batch[0][0].dtype
        present = tuple([x is not None for x in batch[0]])
        if (rule, present) not in self._rules_met:  # so that small arrays refuse what large ones could not do
            traced(rule, present, options)
            self._rules_met.add((rule, present))
        way = self._update_ways.get(dtype)
        if way is None:
            way = self._update_ways[dtype] = self._way_to_update(dtype)
        way(rule, batch, options)

    def segment_norms(self, flat: Any, sizes: Sequence[int]) -> Any:
        """Return the Euclidean norm of each of the neighbouring parts of a flat array, computed in a wide type."""
        xp = self.xp
        wide = self.rounded_dtypes.get(flat.dtype)
        flat = flat if wide is None else xp.astype(flat, wide)
        stops = list(accumulate(sizes))
        parts = [flat[stop - size : stop] for stop, size in zip(stops, sizes, strict=True)]
        return xp.stack([xp.linalg.vector_norm(part) for part in parts])

    @cached_property
    def _rules_met(self) -> set[Any]:
        return set()

    @cached_property
    def _update_ways(self) -> dict[Any, Callable[[Rule, Sequence[Operands], Options], None]]:
        return {}

    def _way_to_update(self, dtype: Any) -> Callable[[Rule, Sequence[Operands], Options], None]:
        if dtype in self.rounded_dtypes:
            return self._update_narrow
        return self._update_complex if self.xp.isdtype(dtype, "complex floating") else self._update_real

    def _update_real(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        for operands in batch:
            evaluate(self.xp, rule, operands, options)

    def _update_narrow(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        for operands in batch:
            narrow = operands[0].dtype
            wide = copied(operands, lambda x: self.xp.astype(x, self.rounded_dtypes[narrow]))  # noqa: B023
            self._update_real(rule, [wide], options)
            for old, new in zip(written(operands), written(wide), strict=True):
                if old is not None:
                    old[...] = self.xp.astype(new, narrow)

    def _update_complex(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        """Update real and imaginary parts, each a real number of its own."""
        xp = self.xp
        for operands in batch:
            real = copied(operands, lambda x: xp.asarray(xp.real(x), copy=True))
            imag = copied(operands, lambda x: xp.asarray(xp.imag(x), copy=True))
            self._update_real(rule, [real, imag], options)
            for old, x, y in zip(written(operands), written(real), written(imag), strict=True):
                if old is not None:
                    old[...] = xp.astype(x, old.dtype) + 1j * xp.astype(y, old.dtype)


def evaluate(xp: Any, rule: Rule, operands: Operands, options: Options) -> None:
    """Call a rule as it stands, and write down what it returns."""
    changing = written(operands)
    values: Sequence[Any] = rule(xp, *operands, **dict(options))
    changes = [(old, new) for old, new in zip(changing, values, strict=True) if old is not None and new is not old]
    if not {id(old) for old, _ in changes}.isdisjoint([id(new) for _, new in changes]):
        # An old value that another array takes over must not be overwritten before it is read.
        changes = [(old, xp.asarray(new, copy=True)) for old, new in changes]
    for old, new in changes:
        old[...] = new


def written(operands: Operands) -> Operands:
    """Return the operands that an update changes: all but the gradient."""
    return (operands[0], *operands[2:])


def copied(operands: Operands, copy: Callable[[Any], Any]) -> Operands:
    """Return a copy of each operand that there is."""
    return tuple(None if x is None else copy(x) for x in operands)
