"""Errors that pass through modules: a note with the module's path, and a traceback without the frames between."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ...tracebacks import full_tracebacks, shortened
from .attributes import joined


class HasModules(Protocol):
    """A module, as far as paths are concerned."""

    def named_modules(self) -> Iterable[tuple[str, object]]:
        """Yield (dotted path, module) for the module and all inside it."""


class ModuleNote(str):
    """A note on an error: the path from the outermost module that the error has passed to the innermost one.

    `own_frames` is how many frames of the library the traceback inside the innermost module has.
    """

    outermost: object
    path: str
    kind: str
    own_frames: int | None

    def __new__(cls, outermost: object, path: str, kind: str, own_frames: int | None) -> ModuleNote:
        """Write the note: ``in encoder.fc1 (Linear)``."""
        note = super().__new__(cls, f"in {path} ({kind})" if path else f"in {kind}")
        note.outermost, note.path, note.kind, note.own_frames = outermost, path, kind, own_frames
        return note


def note_module(module: HasModules, error: BaseException) -> None:
    """Note on an error that a call of `module` has raised where it arose, as a path; called where it is caught.

    The innermost module adds the note; each module around it replaces the note by one with a longer path. The caller's
    frame leaves the traceback, and so do those of the library that lie between two modules.
    """
    notes: list[str] = getattr(error, "__notes__", [])
    inner = next((note for note in notes if isinstance(note, ModuleNote)), None)
    own_frames = None if inner is None else inner.own_frames
    if error.__traceback__ is not None and not full_tracebacks():
        error.__traceback__, own_frames = shortened(error.__traceback__.tb_next, own_frames)
    if inner is None:
        error.add_note(ModuleNote(module, "", type(module).__name__, own_frames))
        return
    unnamed = f"<{type(inner.outermost).__name__}>"
    name = next((name for name, m in module.named_modules() if m is inner.outermost), unnamed)
    notes[notes.index(inner)] = ModuleNote(module, joined(name, inner.path), inner.kind, own_frames)
