"""The base class of layers with parameters, whose constructors are checked and whose docstrings share texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from inspect import signature
from typing import Annotated, Any, ClassVar

from ...backend import DType, dtypes
from ...backend.base import Device
from ...docstrings import LazyDocstring, completed, entries_of, sections_of
from ...ops.creation import empty, place
from ..module.module import Module
from ..module.parameter import Parameter

LISTS = ("Parameters", "Attributes", "Raises")
"""Sections whose entries are inherited one by one; other sections are inherited as a whole."""


class LearnedLayer(Module):
    """A layer with parameters.

    The docstring of a subclass is completed from those of its base classes (parameters, attributes, errors, notes) and
    of the function that it computes, which the class keyword `function` names.

    Parameters
    ----------
    bias : bool
        Whether a bias is learned.
    device : Device or str, optional
        The device of the parameters.
    dtype : dtype, optional
        The data type of the parameters; float32 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """

    _own_doc: ClassVar[str | None] = __doc__
    _function: ClassVar[Callable[..., Any] | None] = None

    def __init_subclass__(cls, function: Callable[..., Any] | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if function is not None:
            cls._function = staticmethod(function)
        if "__doc__" in vars(cls) and vars(cls)["__doc__"] is not None:
            cls._own_doc = vars(cls)["__doc__"]
            cls.__doc__ = LazyDocstring(partial(_completed_docstring, cls))  # type: ignore[assignment]

    @classmethod
    def _documented_arguments(cls) -> Mapping[str, Any]:
        """Return the constructor's parameters that the docstring describes, by name."""
        return signature(cls).parameters


def _completed_docstring(cls: type[LearnedLayer]) -> str:
    bases = [base for base in reversed(cls.__mro__) if issubclass(base, LearnedLayer)]
    functions = [base._function.__doc__ for base in bases if base._function and "_function" in vars(base)]
    classes = [base._own_doc for base in bases if "_own_doc" in vars(base)]
    said: dict[str, str] = {}
    listed: dict[str, dict[str, str]] = {title: {} for title in LISTS}
    for doc in (*functions, *classes):
        sections = sections_of(doc)
        for title in LISTS:
            entries = entries_of(sections.get(title, ""))
            listed[title] |= {e.split("\n")[0]: e for e in entries.values()} if title == "Raises" else entries
        said |= {title: sections[title] for title in ("Notes", "References") if title in sections}
    for title in ("Attributes", "Raises"):
        said[title] = "\n".join(dict.fromkeys(listed[title].values()))
    if cls._function is not None:
        said["See Also"] = f"tensorlab.nn.functional.{cls._function.__name__}"
    own = sections_of(cls._own_doc)
    said |= {title: own[title] for title in ("See Also", "Examples") if title in own}
    return completed(own[""], cls._documented_arguments(), listed["Parameters"], said)


def new_parameter(*shape: int, device: Any, dtype: Any) -> Parameter:
    """Return a parameter whose elements are not set."""
    return Parameter(empty(shape, device=device, dtype=dtype))


# -- kinds of options --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DeviceKind:
    """A device or a backend, or None for the active backend."""

    text: ClassVar[str] = "a device, the name of a device or backend, or None"

    def read(self, value: Any) -> Device | str | None:
        """Return the value."""
        if value is not None:
            if not isinstance(value, Device | str):
                raise TypeError
            place(value)  # raises if there is no such device
        return value


@dataclass(frozen=True)
class FloatingKind:
    """A floating-point data type, or None for the default one."""

    text: ClassVar[str] = "a floating-point data type or None"

    def read(self, value: Any) -> DType | None:
        """Return the `DType` that is meant."""
        if value is None:
            return None
        dtype = dtypes.named(value)
        if not dtype.is_floating:
            raise TypeError
        return dtype


DeviceLike = Annotated[Device | str | None, DeviceKind()]
DTypeLike = Annotated[Any, FloatingKind()]
