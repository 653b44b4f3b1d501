"""Options declared once: an annotated class attribute defines the constructor's argument, its check and its repr.

A class that derives from `Options` needs no constructor::

    class SmoothL1Loss(Loss):
        beta: NonNegative = 1.0

`SmoothL1Loss(beta=-1.0)` raises a `ValueError` that names the class, the option and the values it may have. Arguments
have the order of the declarations, those of base classes first; declarations below ``_: KW_ONLY`` are keyword
arguments; an ``InitVar`` is passed to `__post_init__` and not kept. All this is as in `dataclasses`, and type checkers
see the constructor (PEP 681). An option declared as `fixed` keeps its value and is no argument. `checked` reads the
arguments of a hand-written constructor in the same way.

The values that an option may have follow from its annotation: `bool`, `int`, `float`, ``Literal``, a class, a tuple of
these, any of them ``| None``, or one of the names of this module, such as `Positive`. A NumPy number, a 0-d array or a
0-d tensor is accepted wherever a number is, and kept as a Python number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass
from functools import cache, wraps
from inspect import Parameter, Signature, get_annotations, signature
from math import inf
from operator import index as as_index
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    ParamSpec,
    Protocol,
    TypeVar,
    Union,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

__all__ = [
    "BelowOne", "Count", "Counts", "Finite", "Fraction", "Integers", "NonNegative", "Options", "Positive", "Scalar",
    "Size", "Sizes", "checked", "fixed",
]  # fmt: skip

P = ParamSpec("P")
T = TypeVar("T")
EMPTY = Parameter.empty


# -- kinds of values ---------------------------------------------------------------------------------------------


class Kind(Protocol):
    """The values that an option may have."""

    text: str
    """Its description in errors: ``must be <text>``."""

    def read(self, value: Any) -> Any:
        """Return the value to keep; raise `TypeError` or `ValueError`, whose message is not used."""


@dataclass(frozen=True)
class Real:
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


@dataclass(frozen=True)
class Whole:
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

    @property
    def text(self) -> str:
        """``an integer``, with the bounds."""
        if self.high < inf:
            return f"an integer from {self.low:g} to {self.high:g}"
        named = {-inf: "an integer", 0: "a non-negative integer", 1: "a positive integer"}
        return named.get(self.low, f"an integer of at least {self.low:g}")


@dataclass(frozen=True)
class Element:
    """A number that becomes an element of a tensor: of any type, NaN included."""

    text: ClassVar[str] = "a number"

    def read(self, value: Any) -> Any:
        """Return a Python number."""
        value = plain(value)
        if not isinstance(value, int | float | complex):
            raise TypeError
        return value


@dataclass(frozen=True)
class PerAxis:
    """One value of a kind for all spatial axes, or a tuple or list with one for each."""

    kind: Kind

    def read(self, value: Any) -> Any:
        """Return one value, or a tuple."""
        if isinstance(value, tuple | list):
            return tuple(self.kind.read(part) for part in value)
        return self.kind.read(value)

    @property
    def text(self) -> str:
        """``a positive integer, or one for each axis``."""
        return f"{self.kind.text}, or one for each axis"


@dataclass(frozen=True)
class Choice:
    """One of several values."""

    values: tuple[Any, ...]

    def read(self, value: Any) -> Any:
        """Return the value."""
        value = plain(value)
        if not any(type(value) is type(choice) and value == choice for choice in self.values):
            raise ValueError
        return value

    @property
    def text(self) -> str:
        """``'a', 'b' or 'c'``."""
        *others, last = map(repr, self.values)
        return f"{', '.join(others)} or {last}" if others else last


@dataclass(frozen=True)
class Instance:
    """A value of one of several classes."""

    classes: tuple[type, ...]

    def read(self, value: Any) -> Any:
        """Return the value."""
        if self.classes == (bool,):
            value = plain(value)
        if not isinstance(value, self.classes):
            raise TypeError
        return value

    @property
    def text(self) -> str:
        """``a Tensor``."""
        return " or ".join(_with_article(c.__name__) for c in self.classes)


@dataclass(frozen=True)
class Function:
    """A callable."""

    text: ClassVar[str] = "callable"

    def read(self, value: Any) -> Any:
        """Return the value."""
        if not callable(value):
            raise TypeError
        return value


@dataclass(frozen=True)
class Several:
    """A tuple or list with one value of each kind."""

    kinds: tuple[Kind, ...]

    def read(self, value: Any) -> tuple[Any, ...]:
        """Return a tuple."""
        if not isinstance(value, tuple | list):
            raise TypeError
        if len(value) != len(self.kinds):
            raise ValueError
        return tuple(kind.read(part) for kind, part in zip(self.kinds, value))

    @property
    def text(self) -> str:
        """``two of ...``."""
        if len(set(self.kinds)) == 1:
            return f"a tuple of {len(self.kinds)}, each {self.kinds[0].text}"
        return f"a tuple of {', '.join(kind.text for kind in self.kinds)}"


@dataclass(frozen=True)
class Many:
    """A tuple or list of any length whose values are of one kind."""

    kind: Kind

    def read(self, value: Any) -> tuple[Any, ...]:
        """Return a tuple."""
        if not isinstance(value, tuple | list):
            raise TypeError
        return tuple(self.kind.read(part) for part in value)

    @property
    def text(self) -> str:
        """``a tuple, each ...``."""
        return f"a tuple, each of its entries {self.kind.text}"


@dataclass(frozen=True)
class Either:
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

    @property
    def text(self) -> str:
        """The kinds, with ``or`` between."""
        return " or ".join([*(kind.text for kind in self.kinds), *(["None"] if self.none else [])])


Positive = Annotated[float, Real(0, inf, "()")]
NonNegative = Annotated[float, Real(0, inf, "[)")]
Finite = Annotated[float, Real(-inf, inf, "()")]
Fraction = Annotated[float, Real(0, 1)]
BelowOne = Annotated[float, Real(0, 1, "[)")]
Size = Annotated[int, Whole(1)]
Count = Annotated[int, Whole(0)]
Scalar = Annotated[complex, Element()]
Sizes = Annotated[int | Sequence[int], PerAxis(Whole(1))]
Counts = Annotated[int | Sequence[int], PerAxis(Whole(0))]
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


@cache
def kind_of(annotation: Any) -> Any:
    """Return the `Kind` that an annotation stands for; None if it allows every value."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return parts[1] if hasattr(parts[1], "read") else kind_of(parts[0])
    if origin is Literal:
        return Choice(parts)
    if origin in (Union, UnionType):
        kinds = [kind_of(part) for part in parts if part is not NoneType]
        known = tuple(kind for kind in kinds if kind is not None)
        return Either(known, none=NoneType in parts) if len(known) == len(kinds) else None
    if origin is tuple:
        return _kind_of_tuple(parts)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Callable):  # type: ignore[arg-type]
        return Function()
    if getattr(annotation, "_is_protocol", False):
        return None
    if annotation in (int, float):
        return Whole() if annotation is int else Real()
    return Instance((annotation,)) if isinstance(annotation, type) and annotation not in (Any, object) else None


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


# -- constructors ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """A declared option; `kept` is False for an ``InitVar``, and `argument` for an option that is `fixed`."""

    name: str
    default: Any
    kw_only: bool
    kept: bool
    argument: bool = True


@dataclass(frozen=True)
class Fixed:
    """The declared default of an option that is `fixed`."""

    value: Any


def fixed(value: T, *, init: Literal[False] = False) -> T:
    """Declare an option that has this value in all instances of a class, where its base class takes an argument.

    Examples
    --------
    >>> from tensorlab.options import Options, fixed
    >>> class Pool(Options):
    ...     size: int
    ...     ceil: bool = False
    >>> class CeilPool(Pool):
    ...     ceil: bool = fixed(True)
    >>> CeilPool(2).ceil
    True
    >>> CeilPool(2, ceil=False)
    Traceback (most recent call last):
    TypeError: CeilPool: got an unexpected keyword argument 'ceil'
    """
    return cast(T, Fixed(value))


class _Signature:
    """The signature of a class whose constructor follows from declarations, for `inspect` and `help`."""

    def __get__(self, instance: object, owner: type[Options]) -> Signature:
        if owner.__init__ is not Options.__init__:
            raise AttributeError("__signature__")
        return signature_of(cast(Any, owner))


@dataclass_transform(eq_default=False, field_specifiers=(fixed,))
class Options:
    """Base class of classes whose constructor follows from declarations; see the module's docstring."""

    _declared: ClassVar[Mapping[str, Option]] = {}
    __signature__: ClassVar[Any] = _Signature()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        inherited = [base._declared for base in cls.__mro__[:0:-1] if issubclass(base, Options)]
        own = {} if "__init__" in vars(cls) else _declarations(cls)
        cls._declared = {name: option for declared in (*inherited, own) for name, option in declared.items()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        cls = cast(Any, type(self))  # mypy takes classes with the decorator for unhashable
        given = _read_arguments(cls.__name__, signature_of(cls), kinds_of(cls), args, kwargs)
        declared = self._declared
        self._keep({name: given.get(name, option.default) for name, option in declared.items() if option.kept})
        self.__post_init__(**{name: value for name, value in given.items() if not declared[name].kept})

    def _keep(self, options: Mapping[str, Any]) -> None:
        """Store the options, which have been checked: by default as attributes."""
        for name, value in options.items():
            setattr(self, name, value)

    def __post_init__(self, **init_vars: Any) -> None:
        """Called last, with the options declared as ``InitVar``: the place for checks of several options together."""

    @classmethod
    def read_option(cls, name: str, value: Any) -> Any:
        """Return the value to keep for an option; raises as the constructor does."""
        return read(cls.__name__, name, kinds_of(cast(Any, cls)).get(name), value)


def _declarations(cls: type) -> dict[str, Option]:
    """Return the options that a class body declares, and take their defaults out of the class."""
    found, kw_only = {}, False
    for name, annotation in get_annotations(cls).items():
        text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
        if text.rpartition(".")[2] == "KW_ONLY":
            kw_only = True
        elif "ClassVar" not in text:
            default = vars(cls).get(name, EMPTY)
            is_fixed = isinstance(default, Fixed)
            default = default.value if is_fixed else default
            found[name] = Option(name, default, kw_only, kept="InitVar" not in text, argument=not is_fixed)
            if name in vars(cls):
                delattr(cls, name)
    return found


@cache
def signature_of(cls: Any) -> Signature:
    """Return the signature of the constructor that the declarations of a class make."""
    hints = get_type_hints(cls)
    parameters = [
        Parameter(
            option.name,
            Parameter.KEYWORD_ONLY if option.kw_only else Parameter.POSITIONAL_OR_KEYWORD,
            default=option.default,
            annotation=_declared_type(hints[option.name]),
        )
        for option in sorted(cls._declared.values(), key=lambda option: option.kw_only)
        if option.argument
    ]
    return Signature(parameters)


@cache
def kinds_of(cls: Any) -> dict[str, Kind | None]:
    """Return what each option of a class may be."""
    hints = get_type_hints(cls, include_extras=True)
    return {name: kind_of(_declared_type(hints[name])) for name in cls._declared}


def _declared_type(annotation: Any) -> Any:
    """Return the type inside an ``InitVar``, and other annotations unchanged."""
    return annotation.type if isinstance(annotation, InitVar) else annotation


def checked(init: Callable[P, None]) -> Callable[P, None]:
    """Decorate a hand-written constructor: its arguments are read by their annotations, as in `Options`.

    Examples
    --------
    >>> from tensorlab.options import Size, checked
    >>> class Grid:
    ...     @checked
    ...     def __init__(self, rows: Size, columns: Size = 1):
    ...         self.rows, self.columns = rows, columns
    >>> Grid(0)
    Traceback (most recent call last):
    ValueError: Grid: rows must be a positive integer, not 0
    """

    @cache
    def facts() -> tuple[Signature, dict[str, Kind | None]]:
        hints = get_type_hints(init, include_extras=True)
        parameters = list(signature(init).parameters.values())[1:]
        kinds = {p.name: kind_of(hints[p.name]) if p.name in hints else None for p in parameters}
        return Signature(parameters), kinds

    @wraps(init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        given = _read_arguments(type(self).__name__, *facts(), args, kwargs)
        init(self, **given)

    return __init__  # type: ignore[return-value]


def _read_arguments(
    owner: str, form: Signature, kinds: Mapping[str, Kind | None], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Return the arguments by name, read where they are given, with the defaults of the others."""
    try:
        given = form.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{owner}: {error}") from None
    values = {name: read(owner, name, kinds[name], value) for name, value in given.arguments.items()}
    return {name: values.get(name, p.default) for name, p in form.parameters.items()}
