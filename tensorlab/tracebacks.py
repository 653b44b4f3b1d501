"""Tracebacks that show the user's code, with few frames of the library.

With ``TENSORLAB_FULL_TRACEBACK=1`` in the environment every frame stays.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import TracebackType

OWN_PACKAGES = ("tensorlab", "tensorlab_numpy", "tensorlab_cupy")
"""The packages whose frames are the library's: those of this distribution."""

MOST_FRAMES = 3
"""How many frames of the library a shortened traceback has at most."""


def full_tracebacks() -> bool:
    """Return whether tracebacks are to be left complete; the environment is read at each call."""
    return os.environ.get("TENSORLAB_FULL_TRACEBACK", "0") not in ("", "0")


def shortened(traceback: TracebackType | None, inner_frames: int | None = None) -> tuple[TracebackType | None, int]:
    """Return a traceback with few frames of the library, and how many these are; the user's frames all stay.

    Parameters
    ----------
    traceback : traceback or None
        Its entries are relinked.
    inner_frames : int, optional
        Number of the library's frames to keep, the innermost ones. By default `MOST_FRAMES` are kept: the first two,
        called from the user's code, and the one that raised the error.
    """
    entries = list(_entries(traceback))
    own = [i for i, entry in enumerate(entries) if _is_own(entry)]
    if inner_frames is None:
        chosen = own[: MOST_FRAMES - 1] + own[MOST_FRAMES - 1 :][-1:]
    else:
        chosen = own[len(own) - inner_frames :]
    dropped = {*own} - {*chosen}
    following = None
    for i in reversed(range(len(entries))):
        if i not in dropped:
            entries[i].tb_next, following = following, entries[i]
    return following, len(chosen)


def _entries(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _is_own(entry: TracebackType) -> bool:
    module: str = entry.tb_frame.f_globals.get("__name__", "")
    return module.partition(".")[0] in OWN_PACKAGES
