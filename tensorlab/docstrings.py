"""Docstrings with shared texts: a parameter, an error or a paper is described once, and every docstring is complete.

Docstrings have NumPy's format: a summary, then sections such as ``Parameters``, whose entries are a line of names and
types with an indented description. `completed` adds the entries and sections that a docstring leaves out; `documented`
does so for functions of tensors, whose parameters such as `axis` and `keepdims` are described here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from inspect import cleandoc, signature, unwrap
from typing import Any, ClassVar, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

ORDER = (
    "Parameters",
    "Attributes",
    "Returns",
    "Yields",
    "Raises",
    "Warns",
    "See Also",
    "Notes",
    "References",
    "Examples",
)
"""The sections of a docstring, in NumPy's order."""

HEADING = re.compile(rf"\n({'|'.join(ORDER)})\n-+\n")


def sections_of(doc: str | None) -> dict[str, str]:
    r"""Return the sections of a docstring by title; the text before the first has the title ``""``.

    Examples
    --------
    >>> from tensorlab.docstrings import sections_of
    >>> sections_of("Double a number.\n\nReturns\n-------\nint\n    Twice the number.")
    {'': 'Double a number.', 'Returns': 'int\n    Twice the number.'}
    """
    first, *others = HEADING.split("\n" + _dedented(doc or ""))
    bodies = dict(zip(others[::2], others[1::2], strict=True))
    return {"": first.strip(), **{title: body.rstrip() for title, body in bodies.items()}}


NO_MARGIN = re.compile(r"\n\S")


def _dedented(doc: str) -> str:
    """Return what `cleandoc` does, faster for a docstring without margin, or whose last line consists of it."""
    if not doc[:1].isspace() and ("\n" not in doc or NO_MARGIN.search(doc)):
        return doc.rstrip()
    margin = doc[doc.rfind("\n") :]
    if not doc[:1].isspace() and margin.strip(" ") == "\n":
        return doc.replace(margin, "\n").rstrip()
    return cleandoc(doc)


def entries_of(section: str) -> dict[str, str]:
    r"""Return the entries of a section by name; an entry for several names is found under each of them.

    Examples
    --------
    >>> from tensorlab.docstrings import entries_of
    >>> entries_of("low, high : float\n    The bounds.")
    {'low': 'low, high : float\n    The bounds.', 'high': 'low, high : float\n    The bounds.'}
    """
    found = {}
    for entry in re.split(r"\n(?=\S)", section) if section else ():
        names = entry.split("\n", 1)[0].split(" : ")[0]
        found.update(dict.fromkeys((name.strip("* ") for name in names.split(",")), entry))
    return found


def completed(
    doc: str | None, names: Iterable[str], entries: Mapping[str, str], sections: Mapping[str, str] | None = None
) -> str:
    r"""Return a docstring with the parameters and sections that it leaves out.

    Parameters
    ----------
    doc : str or None
        The docstring, whose own entries and sections take precedence.
    names : iterable of str
        The parameters in order. Those described neither in the docstring nor in `entries` are left out.
    entries : mapping from str to str
        Descriptions of parameters by name.
    sections : mapping from str to str, optional
        Sections by title. Paragraphs with the title ``""`` follow a summary that has none of its own.

    Examples
    --------
    >>> from tensorlab.docstrings import completed
    >>> completed("Scale a tensor.", ["by"], {"by": "by : float\n    The factor."})
    'Scale a tensor.\n\nParameters\n----------\nby : float\n    The factor.'
    """
    own = sections_of(doc)
    shared = dict(sections or {})
    details = shared.pop("", "")
    if details and "\n\n" not in own[""]:
        own[""] += f"\n\n{details}"
    return _written({**shared, **own}, names, entries)


def _written(sections: Mapping[str, str], names: Iterable[str], entries: Mapping[str, str]) -> str:
    """Return the docstring of these sections, which describes the parameters that it or `entries` has an entry for."""
    described = {**entries, **entries_of(sections.get("Parameters", ""))}
    parameters = "\n".join(dict.fromkeys(described[name] for name in names if name in described))
    found = {**sections, "Parameters": parameters}
    titled = [f"{title}\n{'-' * len(title)}\n{found[title]}" for title in ORDER if found.get(title)]
    return "\n\n".join([sections[""], *titled])


def _parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a function's parameters, without those for variable arguments."""
    code = unwrap(function).__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def documented_like(*others: Callable[..., Any], but: str = "") -> Callable[[Function], Function]:
    r"""Decorate a function whose docstring takes parameters, results and errors from those of other functions.

    Parameters
    ----------
    *others : callable
        The functions to take them from, in order of precedence.
    but : str
        The title of a section that does not apply to this function.

    Examples
    --------
    >>> from tensorlab.docstrings import documented_like, entries_of, sections_of
    >>> def scale(x, by):
    ...     '''Scale.
    ...
    ...     Parameters
    ...     ----------
    ...     by : float
    ...         The factor.
    ...     '''
    >>> @documented_like(scale)
    ... def scale_twice(x, by):
    ...     '''Scale twice.'''
    >>> entries_of(sections_of(scale_twice.__doc__)["Parameters"])
    {'by': 'by : float\n    The factor.'}
    """

    def decorate(function: Function) -> Function:
        shared: dict[str, str] = {}
        entries: dict[str, str] = {}
        for other in reversed(others):
            sections = sections_of(other.__doc__)
            entries |= entries_of(sections.get("Parameters", ""))
            shared |= {title: sections[title] for title in ("Returns", "Raises") if title in sections and title != but}
        function.__doc__ = completed(function.__doc__, _parameters_of(function), entries, shared)
        return function

    return decorate


PARAMETERS = {
    "axis: Axis": "axis : int, tuple of int or None\n    The axis or axes; None for all.",
    "axis: int": "axis : int\n    The axis along which to operate.",
    "keepdims: bool": "keepdims : bool\n    Whether reduced axes stay, with length 1.",
    "device: DeviceLike": "device : Device or str, optional\n    Where to put it.",
    "requires_grad: bool": "requires_grad : bool\n    Whether gradients with respect to it are recorded.",
}
"""Parameters that are the same in all functions that have them, by name and annotation."""

NO_SUCH_AXIS = {"Axis": "If an axis does not exist or is named twice.", "int": "If the axis does not exist."}
"""When functions raise a `ShapeError` for their `axis`, by its annotation."""


def documented(
    function: Function,
    takes: str = "",
    *,
    entries: Mapping[str, str] | None = None,
    raises: Mapping[str, str] | None = None,
) -> Function:
    """Complete the docstring of a function, and return the function.

    The docstring gets the parameters in `PARAMETERS` and the error for a wrong `axis`, unless it describes them itself.

    Parameters
    ----------
    function : callable
        A function with annotations that are not evaluated.
    takes : str
        The data types of its first operand, for reductions, which take any shape.
    entries : mapping from str to str, optional
        Descriptions of further parameters, by name.
    raises : mapping from str to str, optional
        When it raises further errors, by the name of the error.
    """
    kinds = function.__annotations__
    shared = {n: PARAMETERS[f"{n}: {kind}"] for n, kind in kinds.items() if f"{n}: {kind}" in PARAMETERS}
    if takes and kinds.get("axis") == "Axis":
        shared["x"] = f"x : tensor or array\n    Any shape; {takes}."
    shared.update(entries or {})
    errors = {"ShapeError": NO_SUCH_AXIS[kinds["axis"]]} if kinds.get("axis") in NO_SUCH_AXIS else {}
    errors.update(raises or {})
    if shared or errors:
        sections = sections_of(function.__doc__)
        own = sections.get("Raises", "")
        added = [f"{error}\n    {when}" for error, when in errors.items() if error not in entries_of(own)]
        sections["Raises"] = "\n".join([*added, *filter(None, [own])])
        function.__doc__ = _written(sections, _parameters_of(function), shared)
    return function


class LazyDocstring:
    """The ``__doc__`` of a class, computed when it is first read, so that it does not slow down the import."""

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make
        self._text: str | None = None

    def __get__(self, instance: object, owner: type) -> str:
        if self._text is None:
            self._text = self._make()
        return self._text


class Documented:
    """Base class of classes whose docstrings may leave out what others say.

    Entries for parameters, attributes and errors are inherited one by one, notes and references as sections, from the
    base classes and from the function that the class keyword `function` names.
    """

    _function: ClassVar[Callable[..., Any] | None] = None
    _own_doc: ClassVar[str | None] = None
    _learned: ClassVar[tuple[str, ...]] = ()
    """Operands of the function that the layer learns: its options of these names are something else."""

    def __init_subclass__(cls, function: Callable[..., Any] | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if function is not None:
            cls._function = staticmethod(function)
        cls._own_doc = vars(cls).get("__doc__")
        if cls._own_doc is not None:
            cls.__doc__ = LazyDocstring(partial(_completed, cls))  # type: ignore[assignment]

    @classmethod
    def _documented_arguments(cls) -> Mapping[str, Any]:
        """Return the constructor's parameters that the docstring describes, by name."""
        return signature(cls).parameters


def _completed(cls: type[Documented]) -> str:
    parameters: dict[str, str] = {}
    attributes: dict[str, str] = {}
    errors: dict[str, str] = {}
    said: dict[str, str] = {}
    function = None
    for base in (base for base in reversed(cls.__mro__) if issubclass(base, Documented) and base is not Documented):
        docs = [sections_of(base._own_doc)]
        if base._function is not None and "_function" in vars(base):
            if function is not None:  # what is said of the one does not hold for the other
                errors, said = {}, {}
            function = base._function
            docs.insert(0, sections_of(function.__doc__))
            described = entries_of(docs[0].pop("Parameters", ""))
            parameters |= {name: entry for name, entry in described.items() if name not in cls._learned}
        for sections in docs:
            parameters |= entries_of(sections.get("Parameters", ""))
            attributes |= entries_of(sections.get("Attributes", ""))
            errors |= {entry.partition("\n")[0]: entry for entry in entries_of(sections.get("Raises", "")).values()}
            said |= {title: sections[title] for title in ("Notes", "References") if title in sections}
    said["Attributes"] = "\n".join(dict.fromkeys(attributes.values()))
    said["Raises"] = "\n".join(errors.values())
    if function is not None:
        said[""] = sections_of(function.__doc__)[""].partition("\n\n")[2]
        said["See Also"] = f"tensorlab.nn.functional.{function.__name__}"
    own = sections_of(cls._own_doc)
    said |= {title: own[title] for title in ("See Also", "Examples") if title in own}
    return completed(own[""], cls._documented_arguments(), parameters, said)
