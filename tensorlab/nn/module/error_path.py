"""Errors that pass through modules: the input that is wrong, a note with the module's path, and a short traceback."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from inspect import signature
from types import FrameType
from typing import Annotated, Any, ClassVar, Protocol

from ...ops.declare import TOLD_AGAIN, require
from ...options.kinds import Kind, evaluated, kind_of, read
from ...tensor import Tensor
from ...tracebacks import full_tracebacks, shortened
from .attributes import joined


class HasModules(Protocol):
    """A module, as far as paths are concerned."""

    def named_modules(self) -> Iterable[tuple[str, object]]:
        """Yield (dotted path, module) for the module and all inside it."""


class ModuleNote(str):
    """A note on an error: the path from the outermost module that the error has passed to the innermost one.

    `own_frames` is how many frames of the library the traceback inside the innermost module has; `around` is the frame
    of the call of the module around the outermost one, if there is any.
    """

    outermost: object
    path: str
    kind: str
    own_frames: int | None
    around: FrameType | None

    def __new__(cls, outermost: object, path: str, kind: str) -> ModuleNote:
        """Write the note: ``in encoder.fc1 (Linear)``."""
        note = super().__new__(cls, f"in {path} ({kind})" if path else f"in {kind}")
        note.outermost, note.path, note.kind = outermost, path, kind
        return note

    def within(self, module: HasModules) -> ModuleNote:
        """Return the note with the path from a module around the outermost one."""
        unnamed = f"<{type(self.outermost).__name__}>"
        name = next((name for name, m in module.named_modules() if m is self.outermost), unnamed)
        return ModuleNote(module, joined(name, self.path), self.kind)


def note_module(module: HasModules, error: BaseException) -> None:
    """Note on an error that a call of `module` has raised where it arose, as a path; called where it is caught.

    The innermost module adds the note; each module around it replaces the note by one with a longer path. The caller's
    frame leaves the traceback, and so do those of the library that lie between two modules. An error that is raised
    again gets another note. What fails here, on errors of unusual classes, is ignored: the error itself matters.
    """
    with suppress(Exception):
        call = sys._getframe(1)
        notes = getattr(error, "__notes__", [])
        last = next((i for i in reversed(range(len(notes))) if isinstance(notes[i], ModuleNote)), -1)
        inner = notes[last] if last >= 0 and notes[last].around is call else None
        own_frames = None if inner is None else inner.own_frames
        if error.__traceback__ is not None and not full_tracebacks():
            error.__traceback__, own_frames = shortened(error.__traceback__.tb_next, own_frames)
        note = ModuleNote(module, "", type(module).__name__) if inner is None else inner.within(module)
        note.own_frames, note.around = own_frames, _call_around(call)
        if inner is None:
            error.add_note(note)
        else:
            notes[last] = note


def _call_around(call: FrameType) -> FrameType | None:
    """Return the frame of the call of a module inside which this one was made; None for an outermost call."""
    frame = call.f_back
    while frame is not None and note_module.__name__ not in frame.f_code.co_names:
        frame = frame.f_back
    return frame


# -- inputs that are wrong ---------------------------------------------------------------------------------------------


def clearer_error(module: object, error: Exception, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Exception | None:
    """Return an error that names the input of a layer that caused one; None if the inputs are what `forward` takes.

    Only layers of the library are looked at, and errors that do not name the layer yet. What their calls are given is
    checked here alone, after an error.
    """
    forward: Any = getattr(type(module), "forward")  # noqa: B009 (which modules define)
    layer = type(module).__name__
    ours = str(getattr(forward, "__module__", "")).startswith("tensorlab.") and not str(error).startswith(f"{layer}: ")
    if ours and isinstance(error, TOLD_AGAIN):
        with suppress(TypeError):  # arguments that are missing or unexpected
            return _refusal(layer, forward, signature(forward).bind(module, *args, **kwargs).arguments)
    return None


def _refusal(layer: str, forward: Any, given: Mapping[str, Any]) -> Exception | None:
    """Return the error of the first argument that is not what its annotation says."""
    annotations = {name: forward.__annotations__.get(name, Any) for name in given}
    names = {**forward.__globals__, "Tensor": Input, "ArrayT": Input}
    for name, annotation in evaluated(annotations, names).items():
        try:
            read(layer, name, kind_of(annotation), given[name])
        except (TypeError, ValueError) as clearer:
            return clearer.with_traceback(None)
    return None


class ArrayKind(Kind):
    """A tensor, or an array of an installed library."""

    text: ClassVar[str] = "a tensor"

    def read(self, value: Any) -> Any:
        """Return the value."""
        require("", value=value)
        return value


Input = Annotated[Tensor, ArrayKind()]
