"""Constructors made from declarations, and hand-written ones whose arguments are read by their annotations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass
from functools import cache, wraps
from inspect import Parameter, Signature, get_annotations, signature
from typing import Any, ClassVar, Literal, ParamSpec, TypeVar, cast, dataclass_transform, get_type_hints

from .kinds import Kind, kind_of, read

P = ParamSpec("P")
T = TypeVar("T")
EMPTY = Parameter.empty


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
