"""Optimizer updates: each is a formula, the update rule, which every backend runs in its own way.

A rule is a pure elementwise function of flat real arrays and numbers,

    def momentum(xp, param, grad, velocity, *, lr, momentum):
        velocity = momentum * velocity + grad
        return param - lr * velocity, velocity

Its arguments are a parameter, its gradient and the optimizer's arrays (None for those not in use); it returns the new
values of all but the gradient. It may use arithmetic, comparisons and the functions of `FUNCTIONS` from the namespace
`xp`. The numbers are Python numbers, so that a rule can branch on them.

By default a rule is called with the backend's arrays. A faster backend gets the operations of a rule as a `Program`
from `traced`: NumPy's executes it in place, block by block in the cache; CuPy's compiles it to one kernel.
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
Updater = Callable[[Rule, Sequence[Operands], Options], None]

FUNCTIONS = ("abs", "exp", "log", "maximum", "minimum", "sign", "sqrt", "where")


class Value(int):
    """A value of a program, by number: the operands come first, then the result of each step."""


@dataclass(frozen=True)
class Number:
    """One of a program's numbers, by its index."""

    index: int


@dataclass(frozen=True)
class Step:
    """An elementwise operation, by its name in the Array API standard."""

    name: str
    operands: tuple[Any, ...]
    """Each a `Value`, a `Number`, or an argument that a backend has introduced by rewriting the program."""


@dataclass(frozen=True)
class Program:
    """The operations of a rule, in order.

    Attributes
    ----------
    operands : int
        The number of operands: the parameter, the gradient and the optimizer's arrays, absent ones included.
    steps : tuple of Step
        The operations; step i computes value number ``operands + i``.
    changes : tuple of (int, Value)
        For each operand that changes, its new value.
    numbers : tuple of float
        The numbers in the steps. They do not count in comparisons: programs that differ only in them are equal.
    """

    operands: int
    steps: tuple[Step, ...]
    changes: tuple[tuple[int, Value], ...]
    numbers: tuple[float, ...] = field(compare=False)

    @property
    def results(self) -> dict[int, Value]:
        """`changes` by operand."""
        return dict(self.changes)

    def last_uses(self) -> dict[int, int]:
        """Return the number of the last step that reads each value; ``len(steps)`` for results."""
        found: dict[int, int] = {
            value: number for number, step in enumerate(self.steps) for value in step.operands if is_value(value)
        }
        return found | {value: len(self.steps) for _, value in self.changes}

    def uses(self) -> Counter[int]:
        """Return how many times each value is read, counting its use as a result."""
        read = [value for step in self.steps for value in step.operands if is_value(value)]
        return Counter([*read, *(value for _, value in self.changes)])

    def without(self, steps: Sequence[Step], dropped: Container[int]) -> Program:
        """Return the program with these steps, without those of the numbers in `dropped`, whose results are unused."""
        kept = [number for number in range(len(steps)) if number not in dropped]
        new_numbers = {Value(self.operands + old): Value(self.operands + new) for new, old in enumerate(kept)}

        def renumbered(operand: Any) -> Any:
            return new_numbers.get(operand, operand) if is_value(operand) else operand

        remaining = tuple(Step(steps[number].name, tuple(map(renumbered, steps[number].operands))) for number in kept)
        changes = tuple((operand, renumbered(value)) for operand, value in self.changes)
        return Program(self.operands, remaining, changes, self.numbers)


def is_value(operand: Any) -> TypeGuard[Value]:
    """Whether an operand of a step is a value rather than a number."""
    return type(operand) is Value


@dataclass
class Trace:
    """The steps and numbers recorded while a rule is traced."""

    operands: int
    steps: list[Step] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)

    def number(self, value: Any) -> Number:
        """Record a number."""
        self.numbers.append(float(value))
        return Number(len(self.numbers) - 1)


class Symbol:
    """A placeholder for an array while a rule is traced; it records operations."""

    __slots__ = ("trace", "value")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: int, trace: Trace) -> None:
        self.value, self.trace = Value(value), trace

    def apply(self, name: str, *operands: Any) -> Symbol:
        """Record an operation on symbols and numbers."""
        trace = self.trace
        recorded = tuple([x.value if isinstance(x, Symbol) else trace.number(x) for x in operands])
        trace.steps.append(Step(name, recorded))
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


ARITHMETIC = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide"}
"""Arithmetic operators, with the names of their functions."""

COMPARISONS = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
"""Comparison operators, with the names of their functions."""

for operator, name in (ARITHMETIC | COMPARISONS).items():
    setattr(Symbol, f"__{operator}__", lambda self, other, name=name: self.apply(name, self, other))
for operator, name in ARITHMETIC.items():
    setattr(Symbol, f"__r{operator}__", lambda self, other, name=name: self.apply(name, other, self))


class SymbolicNamespace:
    """The namespace passed to a rule while it is traced."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in FUNCTIONS:
            raise AttributeError(f"an update rule has no xp.{name}; its functions are {', '.join(FUNCTIONS)}")

        def call(*operands: Any) -> Any:
            symbol = next((x for x in operands if isinstance(x, Symbol)), None)
            if symbol is None:
                raise TypeError(f"xp.{name} of numbers only: use Python's functions instead")
            return symbol.apply(name, *operands)

        return call


@lru_cache(maxsize=64)  # the bundles of one step share a program; the next step has other numbers
def traced(rule: Rule, present: tuple[bool, ...], options: Options) -> Program:
    """Return a rule as a program.

    Parameters
    ----------
    rule : callable
        The rule.
    present : tuple of bool
        Which of its operands (the parameter, the gradient, the optimizer's arrays) are present.
    options : tuple of (name, value)
        Its numbers.
    """
    trace = Trace(len(present))
    symbols = [Symbol(i, trace) if here else None for i, here in enumerate(present)]
    values = rule(SymbolicNamespace(), *symbols, **dict(options))
    changing = without_gradient(tuple(range(len(present))))
    changes = []
    for operand, old, new in zip(changing, without_gradient(tuple(symbols)), values, strict=True):
        if old is not None and new is not old:
            # If the new value is the old one of an array that also changes, it is copied before that is overwritten.
            changes.append((operand, new.apply("positive", new).value if new.value in changing else new.value))
    return Program(len(present), tuple(trace.steps), tuple(changes), tuple(trace.numbers))


class UpdateKernels:
    """Optimizer updates of flat arrays, in place.

    Parameters of up to `bundle_limit` elements share a flat array of up to `bundle_size` elements, so that one call
    updates many. For larger parameters, gathering the gradients would cost more than it saves.
    """

    xp: Any
    rounded_dtypes: Any
    bundle_limit = 1 << 14
    bundle_size = 1 << 30

    def update(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        """Update arrays in place.

        Parameters
        ----------
        rule : callable
            The update rule; see the module's docstring. Complex arrays are passed to it as two real arrays; narrow
            data types are computed in wider ones and rounded once.
        batch : sequence of tuples of arrays
            The operands of each update: the parameter, its gradient, and the optimizer's arrays or None. They are flat
            and have the same size, and the whole batch has one data type; arrays of the optimizer may be 0-d.
        options : tuple of (name, value)
            The rule's numbers.
        """
        dtype, present = batch[0][0].dtype, tuple([x is not None for x in batch[0]])
        updater = self._updaters.get((rule, present, dtype))
        if updater is None:
            traced(rule, present, options)  # small arrays, too, refuse rules that cannot be traced
            updater = self._updaters[rule, present, dtype] = self._updater_for(dtype)
        updater(rule, batch, options)

    def segment_norms(self, flat: Any, sizes: Sequence[int]) -> Any:
        """Return the Euclidean norms of consecutive segments of a flat array, computed in a wide type."""
        xp = self.xp
        wide = self.rounded_dtypes.get(flat.dtype)
        flat = flat if wide is None else xp.astype(flat, wide)
        stops = list(accumulate(sizes))
        segments = [flat[stop - size : stop] for stop, size in zip(stops, sizes, strict=True)]
        return xp.stack([xp.linalg.vector_norm(segment) for segment in segments])

    @cached_property
    def _updaters(self) -> dict[Any, Updater]:
        return {}

    def _updater_for(self, dtype: Any) -> Updater:
        if dtype in self.rounded_dtypes:
            return self._update_narrow
        return self._update_complex if self.xp.isdtype(dtype, "complex floating") else self._update_real

    def _update_real(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        for operands in batch:
            evaluate(self.xp, rule, operands, options)

    def _update_narrow(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        for operands in batch:
            narrow = operands[0].dtype
            wide = mapped(operands, lambda x: self.xp.astype(x, self.rounded_dtypes[narrow]))  # noqa: B023
            self._update_real(rule, [wide], options)
            for old, new in zip(without_gradient(operands), without_gradient(wide), strict=True):
                if old is not None:
                    old[...] = self.xp.astype(new, narrow)

    def _update_complex(self, rule: Rule, batch: Sequence[Operands], options: Options) -> None:
        """Update real and imaginary parts independently."""
        xp = self.xp
        for operands in batch:
            real = mapped(operands, lambda x: xp.asarray(xp.real(x), copy=True))
            imag = mapped(operands, lambda x: xp.asarray(xp.imag(x), copy=True))
            self._update_real(rule, [real, imag], options)
            for old, x, y in zip(
                without_gradient(operands), without_gradient(real), without_gradient(imag), strict=True
            ):
                if old is not None:
                    old[...] = xp.astype(x, old.dtype) + 1j * xp.astype(y, old.dtype)


def evaluate(xp: Any, rule: Rule, operands: Operands, options: Options) -> None:
    """Call a rule with arrays and assign its results."""
    values: Sequence[Any] = rule(xp, *operands, **dict(options))
    pairs = zip(without_gradient(operands), values, strict=True)
    changes = [(old, new) for old, new in pairs if old is not None and new is not old]
    if not set(map(id, operands)).isdisjoint([id(new) for _, new in changes]):
        # Copy old values that become values of other arrays, before they are overwritten.
        changes = [(old, xp.asarray(new, copy=True)) for old, new in changes]
    for old, new in changes:
        old[...] = new


def without_gradient(operands: Operands) -> Operands:
    """Return all operands but the gradient: those that an update can change."""
    return (operands[0], *operands[2:])


def mapped(operands: Operands, function: Callable[[Any], Any]) -> Operands:
    """Return the results of a function for all operands that are present."""
    return tuple(None if x is None else function(x) for x in operands)
