"""Functions whose arguments are read by their annotations: code for generated functions, which is quick."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial, wraps
from inspect import CO_VARARGS, CO_VARKEYWORDS, Parameter, Signature
from typing import Any, ParamSpec, TypeVar

from ..errors import RENAMED_ARGUMENTS, ShapeError, with_our_name
from ..generated import written_at_first_call
from .kinds import Kind, Many, Operand, evaluated, kind_of, read

P = ParamSpec("P")
R = TypeVar("R")

TYPES: dict[str, Any] = {t.__name__: t for t in (type, int, float, str, tuple, list, dict, callable, hasattr)}
"""The names in quick tests."""

RENAMED = {ours for names in RENAMED_ARGUMENTS.values() for ours in names}
"""Parameters that have another name in PyTorch or NumPy."""


class Parameters:
    """The parameters of a function, of which some are read.

    Parameters
    ----------
    function : callable
        The function, whose annotations are evaluated when they are first needed.
    skipped : int
        The number of leading parameters that are not part of the signature.
    """

    def __init__(self, function: Callable[..., Any], skipped: int = 0) -> None:
        self.owner, self._function = function.__name__, function
        code = function.__code__
        names, usual = code.co_varnames, max(code.co_posonlyargcount, skipped)
        named = code.co_argcount + code.co_kwonlyargcount
        self.positional_only = names[skipped : code.co_posonlyargcount]
        self.usual = names[usual : code.co_argcount]
        self.keyword_only = names[code.co_argcount : named]
        self.variable = names[named] if code.co_flags & CO_VARARGS else None
        self.keywords = names[named + (self.variable is not None)] if code.co_flags & CO_VARKEYWORDS else None

    @property
    def names(self) -> tuple[str, ...]:
        """All names but those of variable arguments."""
        return (*self.positional_only, *self.usual, *self.keyword_only)

    @property
    def given(self) -> tuple[str, ...]:
        """The names of the arguments that can be read: all but unknown keywords."""
        return (*self.names, *([self.variable] if self.variable else []))

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The values that parameters may have, for those whose annotation says so."""
        annotations = {name: self._function.__annotations__.get(name, Any) for name in self.given}
        kinds = {name: kind_of(hint) for name, hint in evaluated(annotations, self._function.__globals__).items()}
        kinds = {name: kind for name, kind in kinds.items() if kind is not None and kind != Operand()}
        if self.variable in kinds:
            kinds[self.variable] = Many(kinds[self.variable])
        return kinds

    @property
    def operands(self) -> list[str]:
        """The names of the parameters that must be tensors or arrays."""
        return [name for name in self.names if self._function.__annotations__.get(name) in ("ArrayT", "Tensor")]

    @cached_property
    def signature(self) -> Signature:
        """The signature, which `inspect.signature` would take longer to make."""
        function = self._function
        positional = (*self.positional_only, *self.usual)
        defaults = dict(zip(reversed(positional), reversed(function.__defaults__ or ()), strict=False))
        defaults |= function.__kwdefaults__ or {}
        kinds = [
            *((name, Parameter.POSITIONAL_ONLY) for name in self.positional_only),
            *((name, Parameter.POSITIONAL_OR_KEYWORD) for name in self.usual),
            *((name, Parameter.VAR_POSITIONAL) for name in (self.variable,) if name),
            *((name, Parameter.KEYWORD_ONLY) for name in self.keyword_only),
            *((name, Parameter.VAR_KEYWORD) for name in (self.keywords,) if name),
        ]
        annotations, empty = function.__annotations__, Parameter.empty
        parameters = [
            Parameter(name, kind, default=defaults.get(name, empty), annotation=annotations.get(name, empty))
            for name, kind in kinds
        ]
        return Signature(parameters, return_annotation=annotations.get("return", Signature.empty))

    @property
    def signature_source(self) -> str:
        """The source of the signature. A function takes its defaults from ``__defaults__`` and ``__kwdefaults__``."""
        parts = [*self.positional_only, *(["/"] if self.positional_only else []), *self.usual]
        parts += [f"*{self.variable}"] if self.variable else ["*"] if self.keyword_only else []
        keywords = "unknown" if self._explains_unknown else self.keywords
        return ", ".join([*parts, *self.keyword_only, *([f"**{keywords}"] if keywords else [])])

    @property
    def call_source(self) -> str:
        """The source of the arguments with which a function of this signature calls another of the same signature."""
        parts = [*self.positional_only, *self.usual, *([f"*{self.variable}"] if self.variable else [])]
        parts += [f"{name}={name}" for name in self.keyword_only]
        return ", ".join([*parts, *([f"**{self.keywords}"] if self.keywords else [])])

    @property
    def closure(self) -> dict[str, Any]:
        """The names in `reading_source`, which generated functions must close over."""
        return {"read": self.read, "unexpected": self.unexpected, **TYPES}

    def reading_source(self, names: Iterable[str]) -> list[str]:
        """Return the lines that read these parameters.

        They call ``read(name, value)`` where a quick test fails, and ``unexpected(unknown)`` for unknown keywords.
        """
        tests = {name: self.kinds[name].quick_test(name) for name in names if name in self.kinds}
        unknown = ["    if unknown: raise unexpected(unknown)"] if self._explains_unknown else []
        return unknown + [
            f"    if not ({test}): {name} = read({name!r}, {name})" for name, test in tests.items() if test != "True"
        ]

    @property
    def _explains_unknown(self) -> bool:
        """Whether a parameter has another name elsewhere, so that unknown keywords deserve an explanation."""
        return self.keywords is None and not RENAMED.isdisjoint(self.names)

    def unexpected(self, arguments: Mapping[str, Any]) -> TypeError:
        """Return the error for unknown keyword arguments."""
        message = f"{self.owner}() got an unexpected keyword argument {next(iter(arguments))!r}"
        return TypeError(with_our_name(message, self.names))

    def read(self, name: str, value: Any) -> Any:
        """Return the value to keep for an argument; errors name the function and the argument."""
        return read(self.owner, name, self.kinds.get(name), value)

    def refusal(self, given: Mapping[str, Any]) -> Exception | None:
        """Return the error of the first argument that may not have its value, read in full; None if there is none."""
        for name, value in given.items():
            try:
                self.read(name, value)
            except (TypeError, ValueError) as error:
                return error
        return None


def too_large(owner: str, given: Mapping[str, Any], error: Exception) -> Exception | None:
    """Return the error of the largest number that was given, where something became larger than can be made."""
    if not isinstance(error, MemoryError | OverflowError | ValueError) or not TOO_LARGE.search(str(error)):
        return None
    largest = {name: _largest(value) for name, value in given.items()}
    name = max(largest, key=largest.__getitem__, default="")
    if not name or largest[name] < 1 << 16:
        return None
    begin = f"{owner}: {name}={given[name]} is too large"
    if isinstance(error, ShapeError):
        return ShapeError(f"{begin}: {INNER_NAME.sub('', str(error))}")
    if isinstance(error, OverflowError):
        return ValueError(begin)
    reason = f": {INNER_NAME.sub('', str(error))}" if "this machine" in str(error) else " for an array"
    return MemoryError(begin + reason)


TOO_LARGE = re.compile("too (large|big)|[Mm]aximum allowed|[Uu]nable to allocate|of memory|window of length")
INNER_NAME = re.compile(r"^[a-z_]+: (\w+=.* is too large: )?")


def _largest(value: Any) -> int:
    """Return the largest integer in an argument, 0 if there is none."""
    entries = value if isinstance(value, tuple | list) else (value,)
    return max((n for n in entries if type(n) is int), default=0)


def checked_function(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function or method that reads its arguments by their annotations and calls another; see `checked`."""
    parameters = Parameters(function)
    write = partial(_source_of_checked, parameters)
    names = {"inner": function, **parameters.closure}
    call = written_at_first_call(write, names, function.__globals__, parameters.owner)
    call.__defaults__, call.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    read: Any = wraps(function)(call)
    return read


def _source_of_checked(parameters: Parameters) -> str:
    lines = [
        f"def call({parameters.signature_source}):",
        *parameters.reading_source(parameters.names),
        f"    return inner({parameters.call_source})",
    ]
    return "\n".join(lines) + "\n"
