"""Constructors made from declarations, and hand-written ones whose arguments are read by their annotations."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass
from functools import cached_property, wraps
from inspect import Parameter, Signature, get_annotations
from typing import Any, ClassVar, Literal, ParamSpec, TypeVar, cast, dataclass_transform

from ..errors import with_our_name
from .functions import Parameters, checked_function
from .kinds import Kind, evaluated, kind_of, read

P = ParamSpec("P")
T = TypeVar("T")
EMPTY = Parameter.empty


@dataclass(frozen=True)
class Option:
    """An option declared in `module`; `kept` is False for an ``InitVar``, and `argument` for one that is `fixed`."""

    name: str
    annotation: Any
    module: str
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
    >>> from tensorlab.options import Options, declared, fixed
    >>> @declared
    ... class Pool(Options):
    ...     size: int
    ...     ceil: bool = False
    >>> @declared
    ... class CeilPool(Pool):
    ...     ceil: bool = fixed(True)
    >>> CeilPool(2).ceil
    True
    >>> CeilPool(2, ceil=False)
    Traceback (most recent call last):
    TypeError: CeilPool: got an unexpected keyword argument 'ceil'
    """
    return cast(T, Fixed(value))


class Declarations(dict[str, Option]):
    """The options of a class by name, in the order of its constructor's parameters but for keyword-only ones."""

    @cached_property
    def signature(self) -> Signature:
        """The signature of the constructor."""
        types = self._types(include_extras=False)
        parameters = [
            Parameter(
                option.name,
                Parameter.KEYWORD_ONLY if option.kw_only else Parameter.POSITIONAL_OR_KEYWORD,
                default=option.default,
                annotation=types[option.name],
            )
            for option in sorted(self.values(), key=lambda option: option.kw_only)
            if option.argument
        ]
        return Signature(parameters)

    @cached_property
    def kinds(self) -> dict[str, Kind | None]:
        """The values that each option may have."""
        return {name: kind_of(annotation) for name, annotation in self._types(include_extras=True).items()}

    def _types(self, include_extras: bool) -> dict[str, Any]:
        """Return the evaluated annotations, each in the module of the class that declares the option."""
        types: dict[str, Any] = {}
        for module in dict.fromkeys(option.module for option in self.values()):
            written = {name: option.annotation for name, option in self.items() if option.module == module}
            types |= evaluated(written, vars(sys.modules[module]), include_extras)
        return {name: t.type if isinstance(t, InitVar) else t for name, t in types.items()}


class _Signature:
    """The signature of a class whose constructor follows from declarations, for `inspect` and `help`."""

    def __get__(self, instance: object, owner: type[Options]) -> Signature:
        if owner.__init__ is not Options.__init__:
            raise AttributeError("__signature__")
        return owner._declared.signature


class Options:
    """Base class of classes whose constructor follows from declarations; see `declared`."""

    _declared: ClassVar[Declarations] = Declarations()
    __signature__: ClassVar[Any] = _Signature()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        declared = self._declared
        given = _read_arguments(type(self).__name__, declared.signature, declared.kinds, args, kwargs)
        try:
            self._keep({name: given.get(name, option.default) for name, option in declared.items() if option.kept})
            self.__post_init__(**{name: value for name, value in given.items() if not declared[name].kept})
        except MemoryError as error:
            raise _with_sizes(error, type(self).__name__, given) from None

    def _keep(self, options: Mapping[str, Any]) -> None:
        """Store the options, which have been checked: by default as attributes."""
        for name, value in options.items():
            setattr(self, name, value)

    def __post_init__(self, **init_vars: Any) -> None:
        """Called last, with the options declared as ``InitVar``: the place for checks of several options together."""

    @classmethod
    def read_option(cls, name: str, value: Any) -> Any:
        """Return the value to keep for an option; raises as the constructor does."""
        return read(cls.__name__, name, cls._declared.kinds.get(name), value)


O = TypeVar("O", bound=Options)


@dataclass_transform(eq_default=False, field_specifiers=(fixed,))
def declared(cls: type[O]) -> type[O]:
    """Decorate a subclass of `Options`: the annotated attributes of its body are options.

    A subclass without the decorator inherits the constructor, and its own annotations mean nothing.

    Raises
    ------
    ValueError
        If a default is a list, dictionary or set, which all instances would share.

    Examples
    --------
    >>> from tensorlab.options import Options, declared
    >>> @declared
    ... class Scale(Options):
    ...     factor: float = 1.0
    >>> Scale(2.0).factor
    2.0
    >>> Scale("twice")
    Traceback (most recent call last):
    TypeError: Scale: factor must be a number, not 'twice'
    """
    inherited = [base._declared for base in cls.__mro__[:0:-1] if issubclass(base, Options)]
    own, kw_only = {}, False
    for name, annotation in get_annotations(cls).items():
        written = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
        if KW_ONLY.match(written):
            kw_only = True
        elif not CLASS_VAR.match(written):
            own[name] = _option(cls, name, annotation, kw_only, kept=not INIT_VAR.match(written))
    cls._declared = Declarations({name: option for options in (*inherited, own) for name, option in options.items()})
    return cls


KW_ONLY, CLASS_VAR, INIT_VAR = (re.compile(rf"([\w.]+\.)?{name}\b") for name in ("KW_ONLY", "ClassVar", "InitVar"))


def _option(cls: type, name: str, annotation: Any, kw_only: bool, kept: bool) -> Option:
    """Return an option that a class body declares, and take its default out of the class."""
    default = vars(cls).get(name, EMPTY)
    if name in vars(cls):
        delattr(cls, name)
    is_fixed = isinstance(default, Fixed)
    default = default.value if is_fixed else default
    if isinstance(default, list | dict | set):
        raise ValueError(f"{cls.__name__}: the default of {name} is a {type(default).__name__}, which can be changed")
    return Option(name, annotation, cls.__module__, default, kw_only, kept, argument=not is_fixed)


def checked(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function, a method or a hand-written constructor: its arguments are read by their annotations.

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
    >>> @checked
    ... def area(rows: Size, columns: Size) -> int:
    ...     return rows * columns
    >>> area(2, "three")
    Traceback (most recent call last):
    TypeError: area: columns must be a positive integer, not 'three'
    """
    return _checked_constructor(function) if function.__name__ == "__init__" else checked_function(function)


def _checked_constructor(init: Callable[..., Any]) -> Any:
    parameters = Parameters(init, skipped=1)

    @wraps(init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        given = _read_arguments(type(self).__name__, parameters.signature, parameters.kinds, args, kwargs)
        try:
            init(self, **given)
        except MemoryError as error:
            raise _with_sizes(error, type(self).__name__, given) from None

    return __init__


def _with_sizes(error: MemoryError, owner: str, given: Mapping[str, Any]) -> MemoryError:
    """Return an error that names the class and the numbers and tuples it was given, one of which is too large."""
    numbers = ", ".join(f"{name}={value}" for name, value in given.items() if type(value) in (int, tuple))
    return MemoryError(f"{owner}({numbers}): {str(error).rpartition(': ')[2]}")


def _read_arguments(
    owner: str, form: Signature, kinds: Mapping[str, Kind | None], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Return the arguments by name, read where they are given, with the defaults of the others."""
    try:
        given = form.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{owner}: {with_our_name(str(error), form.parameters)}") from None
    values = {name: read(owner, name, kinds.get(name), value) for name, value in given.arguments.items()}
    return {name: values.get(name, p.default) for name, p in form.parameters.items()}
