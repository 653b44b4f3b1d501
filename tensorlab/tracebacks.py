"""The library's frames: tracebacks that show few of them, and warnings that show none.

With ``TENSORLAB_FULL_TRACEBACK=1`` in the environment, tracebacks are left complete.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import FrameType, TracebackType

OWN_PACKAGES = ("tensorlab", "tensorlab_numpy", "tensorlab_cupy")
"""The packages whose frames count as the library's."""

MOST_FRAMES = 3
"""The most frames of the library in a shortened traceback."""


def full_tracebacks() -> bool:
    """Return whether tracebacks are left complete; reads the environment at each call."""
    return os.environ.get("TENSORLAB_FULL_TRACEBACK", "0") not in ("", "0")


def shortened(traceback: TracebackType | None, inner_frames: int | None = None) -> tuple[TracebackType | None, int]:
    """Return a traceback with few frames of the library and all frames of the user, and the number of the former.

    Parameters
    ----------
    traceback : traceback or None
        The traceback to shorten; its entries are relinked.
    inner_frames : int, optional
        The number of the library's frames, innermost, that were kept before; the others are dropped. By default
        `MOST_FRAMES` are kept: the two outermost ones, and the one that raised the error.
    """
    entries = list(_entries(traceback))
    own = [i for i, entry in enumerate(entries) if is_own(entry.tb_frame)]
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


def is_own(frame: FrameType) -> bool:
    """Return whether a frame is the library's, generated code included."""
    module = str(frame.f_globals.get("__name__"))
    return module.partition(".")[0] in OWN_PACKAGES or frame.f_code.co_filename.startswith("<tensorlab.")


def users_stacklevel() -> int:
    """Return the ``stacklevel`` with which a warning that the caller issues shows the user's line."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and is_own(frame):
        frame, level = frame.f_back, level + 1
    return level
