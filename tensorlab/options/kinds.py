"""The values that an option may have, as its annotation says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import inf
from operator import index as as_index
from os import PathLike
from types import NoneType, SimpleNamespace, UnionType
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

from ..errors import BackendError, BackendUnavailable


class Kind(Protocol):
    """The values that an option may have."""

    @property
    def text(self) -> str:
        """Its description in errors: ``must be <text>``."""
        raise NotImplementedError

    def read(self, value: Any) -> Any:
        """Return the value to keep; raise `TypeError` or `ValueError`, whose message is not used."""

    def quick_test(self, name: str) -> str:
        """Return the source of a test of the variable `name`: where it is true, `read` need not be called.

        The test is quick rather than strict: it does not look at the entries of a tuple.
        """
        return "False"


@dataclass(unsafe_hash=True, repr=False)
class Real(Kind):
    """A real number in an interval, never NaN. The brackets say which ends belong to the interval."""

    low: float = -inf
    high: float = inf
    brackets: Literal["[]", "[)", "(]", "()"] = "[]"

    def read(self, value: Any) -> Any:
        """Return an int as an int and a float as a float."""
        value = plain(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError
        left, right = self.brackets
        above = self.low < value if left == "(" else self.low <= value
        below = value < self.high if right == ")" else value <= self.high
        if not (above and below):
            raise ValueError
        return value

    def quick_test(self, name: str) -> str:
        """Compare the type and the bounds; a test without bounds excludes NaN."""
        left, right = ("<" if bracket in "()" else "<=" for bracket in self.brackets)
        low = f"{_literal(self.low)} {left} " if (self.low, left) != (-inf, "<=") else ""
        high = f" {right} {_literal(self.high)}" if (self.high, right) != (inf, "<=") else ""
        bounds = f"{low}{name}{high}" if low or high else f"{name} == {name}"
        return f"(type({name}) is float or type({name}) is int) and {bounds}"

    @property
    def text(self) -> str:
        """``a number``, with the interval."""
        if (self.low, self.high) == (-inf, inf):
            return "a number" if self.brackets == "[]" else "a finite number"
        if (self.low, self.high) == (0, inf):
            return "a positive number" if self.brackets[0] == "(" else "a non-negative number"
        if self.high == inf and self.brackets[0] == "[":
            return f"a number of at least {self.low:g}"
        if self.low == -inf and self.brackets[1] == "]":
            return f"a number of at most {self.high:g}"
        left, right = self.brackets
        return f"a number in {left}{self.low:g}, {self.high:g}{right}"


@dataclass(unsafe_hash=True, repr=False)
class Whole(Kind):
    """An integer between two bounds, both inclusive."""

    low: float = -inf
    high: float = inf

    def read(self, value: Any) -> int:
        """Return an int."""
        value = plain(value)
        if isinstance(value, bool):
            raise TypeError
        number = as_index(value)
        if not self.low <= number <= self.high:
            raise ValueError
        return number

    def quick_test(self, name: str) -> str:
        """Compare the type and the bounds."""
        low = f" and {name} >= {self.low}" if self.low > -inf else ""
        high = f" and {name} <= {self.high}" if self.high < inf else ""
        return f"type({name}) is int{low}{high}"

    @property
    def text(self) -> str:
        """``an integer``, with the bounds."""
        if self.high < inf:
            return f"an integer from {self.low} to {self.high}"
        named = {-inf: "an integer", 0: "a non-negative integer", 1: "a positive integer"}
        return named.get(self.low, f"an integer of at least {self.low}")


@dataclass(unsafe_hash=True, repr=False)
class Element(Kind):
    """A number that becomes an element of a tensor, or bounds its elements: NaN included."""

    types: tuple[type, ...] = (int, float, complex)
    text: ClassVar[str] = "a number"

    def read(self, value: Any) -> Any:
        """Return a Python number."""
        value = plain(value)
        if not isinstance(value, self.types):
            raise TypeError
        return value

    def quick_test(self, name: str) -> str:
        """Compare the type."""
        return f"type({name}) is float or type({name}) is int"


@dataclass(unsafe_hash=True, repr=False)
class Operand(Kind):
    """A tensor or an array; ops check its data type themselves."""

    text: ClassVar[str] = "a tensor or an array"

    def read(self, value: Any) -> Any:
        """Return the value."""
        if not (hasattr(value, "shape") and hasattr(value, "dtype")):
            raise TypeError
        return value

    def quick_test(self, name: str) -> str:
        """Ask for attributes of arrays: NumPy's scalars, which are read as numbers, cannot be written to."""
        return f"hasattr({name}, '__setitem__') and hasattr({name}, 'shape')"


@dataclass(unsafe_hash=True, repr=False)
class PerAxis(Kind):
    """One value of a kind for all spatial axes, or a tuple, list or 1-d array with one for each."""

    kind: Kind

    def read(self, value: Any) -> Any:
        """Return one value, or a tuple."""
        entries = listed(value)
        return self.kind.read(value) if entries is None else tuple(map(self.kind.read, entries))

    def quick_test(self, name: str) -> str:
        """Test one value, and take any tuple."""
        return f"type({name}) is tuple or {self.kind.quick_test(name)}"

    @property
    def text(self) -> str:
        """``a positive integer, or one for each axis``."""
        return f"{self.kind.text}, or one for each axis"


@dataclass(unsafe_hash=True, repr=False)
class Choice(Kind):
    """One of several values."""

    values: tuple[Any, ...]

    def read(self, value: Any) -> Any:
        """Return the choice that the value equals; a bool does not equal a number."""
        value = plain(value)
        for choice in self.values:
            if (
                isinstance(value, type(choice))
                and value == choice
                and isinstance(value, bool) == isinstance(choice, bool)
            ):
                return choice
        raise ValueError

    def quick_test(self, name: str) -> str:
        """Look the value up if all choices are of one type."""
        types = {type(choice) for choice in self.values}
        if len(types) > 1:
            return "False"
        return f"type({name}) is {types.pop().__name__} and {name} in {self.values!r}"

    @property
    def text(self) -> str:
        """``'a', 'b' or 'c'``."""
        *others, last = map(repr, self.values)
        return f"{', '.join(others)} or {last}" if others else last


@dataclass(unsafe_hash=True, repr=False)
class Instance(Kind):
    """A value of one of several classes."""

    classes: tuple[type, ...]

    def read(self, value: Any) -> Any:
        """Return the value; as a bool, 0 and 1 as well."""
        if self.classes == (bool,):
            value = plain(value)
            value = bool(value) if value in (0, 1) and isinstance(value, int) else value
        if not isinstance(value, self.classes):
            raise TypeError
        return value

    def quick_test(self, name: str) -> str:
        """Compare the type if it is a built-in one."""
        if self.classes == (bool,):
            return f"{name} is True or {name} is False"
        return f"type({name}) is {self.classes[0].__name__}" if self.classes in BUILT_IN else "False"

    @property
    def text(self) -> str:
        """``a Tensor``."""
        return " or ".join(_with_article(NOUNS.get(c, c.__name__)) for c in self.classes)


@dataclass(unsafe_hash=True, repr=False)
class Function(Kind):
    """A callable."""

    text: ClassVar[str] = "callable"

    def read(self, value: Any) -> Any:
        """Return the value."""
        if not callable(value):
            raise TypeError
        return value

    def quick_test(self, name: str) -> str:
        """Ask the same."""
        return f"callable({name})"


@dataclass(unsafe_hash=True, repr=False)
class Having(Kind):
    """An object, not a class, with certain attributes or methods."""

    description: str
    attributes: tuple[str, ...]

    def read(self, value: Any) -> Any:
        """Return the value."""
        if isinstance(value, type) or not all(hasattr(value, attribute) for attribute in self.attributes):
            raise TypeError
        return value

    @property
    def text(self) -> str:
        """The description."""
        return self.description


@dataclass(unsafe_hash=True, repr=False)
class Ordered(Kind):
    """An iterable whose entries have an order and are not characters or keys; `excluded` classes are none."""

    description: str
    excluded: tuple[type, ...] = ()

    def read(self, value: Any) -> Any:
        """Return the value."""
        if not isinstance(value, Iterable) or isinstance(value, (*UNORDERED, *self.excluded)):
            raise TypeError
        if getattr(value, "shape", None) == ():
            raise TypeError
        return value

    def quick_test(self, name: str) -> str:
        """Compare the type with the usual ones."""
        return f"type({name}) is list or type({name}) is tuple"

    @property
    def text(self) -> str:
        """The description."""
        return self.description


UNORDERED = (str, bytes, set, frozenset, Mapping, type)


@dataclass(unsafe_hash=True, repr=False)
class Several(Kind):
    """A tuple, list or 1-d array with one value of each kind."""

    kinds: tuple[Kind, ...]

    def read(self, value: Any) -> tuple[Any, ...]:
        """Return a tuple."""
        entries = listed(value)
        if entries is None:
            raise TypeError
        if len(entries) != len(self.kinds):
            raise ValueError
        return tuple(kind.read(entry) for kind, entry in zip(self.kinds, entries))

    def quick_test(self, name: str) -> str:
        """Compare the type."""
        return f"type({name}) is tuple"

    @property
    def text(self) -> str:
        """``a tuple of ...``."""
        if len(set(self.kinds)) == 1:
            return f"a tuple of {len(self.kinds)} entries, each {self.kinds[0].text}"
        return f"a tuple of {' and '.join(kind.text for kind in self.kinds)}"


@dataclass(unsafe_hash=True, repr=False)
class Many(Kind):
    """A tuple, list, range or 1-d array of any length whose values are of one kind."""

    kind: Kind

    def read(self, value: Any) -> tuple[Any, ...]:
        """Return a tuple."""
        entries = listed(value)
        if entries is None:
            raise TypeError
        return tuple(map(self.kind.read, entries))

    def quick_test(self, name: str) -> str:
        """Compare the type. Ops check operands themselves; of choices, nothing fails later where one is misspelled."""
        if self.kind == Operand():
            return "True"
        return "False" if isinstance(self.kind, Choice) else f"type({name}) is tuple"

    @property
    def text(self) -> str:
        """``a tuple of integers``, or of other values."""
        return "a tuple of " + PLURAL.sub(r"\1s", self.kind.text)


@dataclass(unsafe_hash=True, repr=False)
class Either(Kind):
    """A value of one of several kinds, or None if that is allowed."""

    kinds: tuple[Kind, ...]
    none: bool = False

    def read(self, value: Any) -> Any:
        """Return the value as read by the first kind that accepts it."""
        if value is None and self.none:
            return None
        failure: type[Exception] = TypeError
        for kind in self.kinds:
            try:
                return kind.read(value)
            except (TypeError, ValueError) as error:
                failure = ValueError if isinstance(error, ValueError) else failure
        raise failure

    def quick_test(self, name: str) -> str:
        """Test each kind."""
        tests = [kind.quick_test(name) for kind in self.kinds]
        if "True" in tests:
            return "True"
        return " or ".join([*([f"{name} is None"] if self.none else []), *(f"({test})" for test in tests)])

    @property
    def text(self) -> str:
        """The kinds, with commas and ``or`` between."""
        *others, last = [*chain.from_iterable(map(_alternatives, self.kinds)), *(["None"] if self.none else [])]
        return f"{', '.join(others)} or {last}" if others else last


def _alternatives(kind: Kind) -> list[str]:
    """Return the texts that the description of several kinds lists for one of them."""
    if isinstance(kind, Choice):
        return list(map(repr, kind.values))
    return ["a tensor", "an array"] if isinstance(kind, Operand) else [kind.text]


NOUNS: dict[type, str] = {Iterable: "iterable", Mapping: "mapping", PathLike: "path"}
"""What errors call abstract classes."""

BUILT_IN = ((str,), (tuple,), (list,), (dict,))
"""The classes that a quick test compares by name."""


PLURAL = re.compile(r"^(?:an? )?((?:[\w-]+ )?(?:integer|number|bool|str|tuple|Tensor|callable))\b")


def _literal(bound: float) -> str:
    """Return the source of a number; infinity has none, but a literal too large is it."""
    return repr(bound).replace("inf", "1e999")


Positive = Annotated[float, Real(0, inf, "()")]
NonNegative = Annotated[float, Real(0, inf, "[)")]
Finite = Annotated[float, Real(-inf, inf, "()")]
Fraction = Annotated[float, Real(0, 1)]
BelowOne = Annotated[float, Real(0, 1, "[)")]
Size = Annotated[int, Whole(1)]
Count = Annotated[int, Whole(0)]
Scalar = Annotated[complex, Element()]
ArrayOrScalar = Annotated[Any, Either((Operand(), Element()))]
RealScalar = Annotated[float, Element((int, float))]
Sizes = Annotated[int | Sequence[int], PerAxis(Whole(1))]
Counts = Annotated[int | Sequence[int], PerAxis(Whole(0))]
ShapeLike = Annotated[int | Sequence[int], Either((Whole(0), Many(Whole(0))))]
Integers = Annotated[int | Sequence[int], PerAxis(Whole())]


def plain(value: Any) -> Any:
    """Return a NumPy number, a 0-d array or a 0-d tensor as a Python number, and anything else unchanged.

    Raises
    ------
    TypeError
        If it is a tensor that requires a gradient, which would be lost.
    """
    if type(value) in (bool, int, float, str, NoneType) or getattr(value, "shape", None) != ():
        return value
    if getattr(value, "requires_grad", False) is True:
        raise TypeError
    return value.item() if hasattr(value, "item") else value


def listed(value: Any) -> Sequence[Any] | None:
    """Return the entries of a tuple, a list, a range, or a 1-d array or tensor; None for anything else."""
    if isinstance(value, tuple | list | range):
        return value
    if len(getattr(value, "shape", ())) != 1 or not hasattr(value, "tolist"):
        return None
    entries: list[Any] = value.tolist()
    return entries


NUMBERS: dict[Any, Kind] = {int: Whole(), float: Real(), complex: Element()}


def evaluated(annotations: Mapping[str, Any], names: dict[str, Any], include_extras: bool = True) -> dict[str, Any]:
    """Return annotations by name, of which those written as strings are evaluated with `names`."""
    owner = SimpleNamespace(__annotations__=dict(annotations))
    return get_type_hints(owner, names, include_extras=include_extras)


def kind_of(annotation: Any) -> Any:
    """Return the `Kind` that an annotation stands for; None if it allows every value."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, TypeVar):
        return Operand() if annotation.__name__ == "ArrayT" else kind_of(annotation.__bound__)
    if origin is Annotated:
        return parts[1] if hasattr(parts[1], "read") else kind_of(parts[0])
    if origin is Literal:
        return Choice(parts)
    if origin in (Union, UnionType):
        kinds = [kind_of(part) for part in parts if part is not NoneType]
        return None if None in kinds else _either(kinds, none=NoneType in parts)
    if origin is tuple:
        return _kind_of_tuple(parts)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Callable):  # type: ignore[arg-type]
        return Function()
    if origin is Sequence and (entry := kind_of(parts[0])) is not None:
        return Many(entry)
    if origin in NOUNS:
        return Instance((origin,))
    if getattr(annotation, "_is_protocol", False):
        return None
    if annotation in NUMBERS:
        return NUMBERS[annotation]
    return Instance((annotation,)) if isinstance(annotation, type) and annotation not in (Any, object) else None


def _either(kinds: Sequence[Kind], none: bool) -> Either:
    """Return the union of several kinds, whose own unions are dissolved."""
    unions = [kind if isinstance(kind, Either) else Either((kind,)) for kind in kinds]
    return Either(tuple(chain.from_iterable(kind.kinds for kind in unions)), none or any(kind.none for kind in unions))


def _kind_of_tuple(parts: tuple[Any, ...]) -> Any:
    kinds = [kind_of(part) for part in parts if part is not Ellipsis]
    if any(kind is None for kind in kinds):
        return Instance((tuple,))
    return Many(kinds[0]) if Ellipsis in parts else Several(tuple(kinds))


def read(owner: str, name: str, kind: Kind | None, value: Any) -> Any:
    """Return the value to keep for an option.

    Raises
    ------
    TypeError, ValueError
        If the value is not of this kind. The message names the owner and the option.
    """
    if kind is None:
        return value
    try:
        return kind.read(value)
    except (TypeError, ValueError) as error:
        failure = ValueError if isinstance(error, ValueError) else TypeError
        reason = LOSES_GRADIENT if getattr(value, "requires_grad", False) is True else ""
        raise failure(f"{owner}: {name} must be {kind.text}, not {_shown(value)}{reason}") from None
    except (BackendError, BackendUnavailable) as error:
        raise type(error)(f"{owner}: {error}") from None


LOSES_GRADIENT = ", whose gradient would be lost; give .item() of it"


def _shown(value: Any) -> str:
    """Return the description of a value in errors: its repr if that is short, otherwise its type."""
    text = repr(value)
    return (
        text if len(text) <= 60 and "\n" not in text and " at 0x" not in text else _with_article(type(value).__name__)
    )


def _with_article(noun: str) -> str:
    spelled = noun[:2].isupper()  # an LRScheduler
    return f"{'an' if noun[0] in ('AEFHILMNORSX' if spelled else 'aeiouAEIOU') else 'a'} {noun}"
