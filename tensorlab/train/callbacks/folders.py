"""Where callbacks write."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def folder_of(callback: Any, trainer: Any, inside: str = "") -> Path:
    """Return the folder of a callback: its own, or by default the trainer's, or one of this name inside that.

    Raises
    ------
    ValueError
        If there is neither.
    """
    own: Path | None = callback.folder
    if own is not None:
        return own
    if trainer.folder is None:
        raise ValueError(f"{type(callback).__name__}: folder must be given, here or to the Trainer")
    return Path(trainer.folder, inside)
