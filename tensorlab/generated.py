"""Functions compiled from generated source; profiles, tracebacks and debuggers show their names and that source."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import CodeType, FunctionType
from typing import Any

from .tracebacks import full_tracebacks

SOURCES: dict[str, str] = {}
"""The sources that have been compiled, by the file name in their code."""

STUB = """\
def call(*args, **kwargs):
    function = write()
    try:
        return function(*args, **kwargs)
    except Exception as error:
        raise raised_in(error)
"""
"""The source of stubs. In tracebacks a stub takes the place of the function that it calls, which has one frame."""


def function_from(source: str, names: Mapping[str, Any], namespace: dict[str, Any], name: str) -> FunctionType:
    r"""Return the function ``call`` that `source` defines, under another name.

    Parameters
    ----------
    source : str
        The source. Equal sources with equal names are compiled once.
    names : mapping from str to object
        The closure of the function. A closure, unlike globals, is not shadowed by what a module calls ``any``.
    namespace : dict
        The globals of the function.
    name : str
        The name to show.

    Examples
    --------
    >>> from tensorlab.generated import function_from
    >>> double = function_from("def call(x):\n    return factor * x\n", {"factor": 2}, {}, "double")
    >>> double(4), double.__code__.co_filename
    (8, '<tensorlab.double>')
    """
    return _made(source, names, namespace, name)


def _made(
    source: str, names: Mapping[str, Any], namespace: dict[str, Any], name: str, file: str | None = None
) -> FunctionType:
    made: FunctionType = FunctionType(_compiled(source, tuple(names)), namespace)(**names)
    made.__code__ = _named(made.__code__, name, file)
    return made


def written_at_first_call(
    write: Callable[[], str], names: Mapping[str, Any], namespace: dict[str, Any], name: str
) -> FunctionType:
    """Return what `function_from` returns, but write and compile its source when the function is first called.

    Most programs call few of the functions. Until then the function is a stub; both close over the same names, so
    that one code object can replace the other.
    """

    def rewrite() -> FunctionType:
        make = _compiled(write() + _mention(closure), tuple(closure))
        stub.__code__ = _named(_inner_code(make), name)
        return stub

    closure = {**names, "raised_in": _raised_in, "write": rewrite}
    stub = _made(STUB + _mention(closure), closure, namespace, name, f"{name}: first call")
    return stub


def _mention(names: Iterable[str]) -> str:
    """Return an unreachable line with these names: a function closes over every name in its body."""
    return f"    {', '.join(names)}\n"


@cache
def _compiled(source: str, names: tuple[str, ...]) -> CodeType:
    """Compile a function that takes `names` and returns the function that `source` defines."""
    body = source.replace("\n", "\n    ").rstrip()
    source = f"def make({', '.join(names)}):\n    {body}\n    return call\n"
    filename = f"<tensorlab {_compiled.cache_info().misses}>"
    SOURCES[filename] = source
    return _inner_code(compile(source, filename, "exec"))


def _named(code: CodeType, name: str, file: str | None = None) -> CodeType:
    """Return code named as profiles, tracebacks and debuggers are to show it: ``<tensorlab.exp>:2(exp)``."""
    filename, source = f"<tensorlab.{file or name}>", SOURCES[code.co_filename]
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return code.replace(co_filename=filename, co_name=name, co_qualname=name)


def _raised_in(error: Exception) -> Exception:
    """Return an error that a stub caught, without the frame of the function that the stub called.

    The stub's own frame is added again when it raises the error.
    """
    frames = error.__traceback__ and error.__traceback__.tb_next
    return error.with_traceback(frames if frames is None or full_tracebacks() else frames.tb_next)


def _inner_code(outer: CodeType) -> CodeType:
    """Return the code of the function defined inside."""
    return next(constant for constant in outer.co_consts if isinstance(constant, CodeType))
