"""Layers whose docstrings are completed from those of their base classes and of the function that they compute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from typing import Any, ClassVar

from ...docstrings import LazyDocstring, completed, entries_of, sections_of
from ..module.module import Module


class Documented(Module):
    """A layer whose docstring may leave out what others say.

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
