"""The path of the module in which an error was raised, as a note on the error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from .attributes import joined


class HasModules(Protocol):
    """A module, as far as paths are concerned."""

    def named_modules(self) -> Iterable[tuple[str, object]]:
        """Yield (dotted path, module) for the module and all inside it."""


class ModuleNote(str):
    """A note on an error: the path from the outermost module that the error has passed to the innermost one."""

    outermost: object
    path: str
    kind: str

    def __new__(cls, outermost: object, path: str, kind: str) -> ModuleNote:
        """Write the note: ``in encoder.fc1 (Linear)``."""
        note = super().__new__(cls, f"in {path} ({kind})" if path else f"in {kind}")
        note.outermost, note.path, note.kind = outermost, path, kind
        return note


def note_module(module: HasModules, error: BaseException) -> None:
    """Note on an error that passes through `module` where it was raised, as a path from there.

    The innermost module adds the note; each module around it replaces the note by one with a longer path.
    """
    notes: list[str] = getattr(error, "__notes__", [])
    inner = next((note for note in notes if isinstance(note, ModuleNote)), None)
    if inner is None:
        error.add_note(ModuleNote(module, "", type(module).__name__))
        return
    unnamed = f"<{type(inner.outermost).__name__}>"
    name = next((name for name, m in module.named_modules() if m is inner.outermost), unnamed)
    notes[notes.index(inner)] = ModuleNote(module, joined(name, inner.path), inner.kind)
