"""Where a call comes from: the path of the innermost layer that runs, and the user's line."""

from __future__ import annotations

import os
from types import CodeType, FrameType
from typing import NamedTuple
from weakref import WeakKeyDictionary

from ..nn import Module
from ..tracebacks import is_own

MODULE_CALL = Module.__call__.__code__


class Place(NamedTuple):
    """A layer, as a path that begins with the class of the outermost module, and a line of the user's."""

    layer: str
    line: str


NOWHERE = Place("", "")


class Places:
    """Finds places on the stack."""

    def __init__(self) -> None:
        self._own: dict[CodeType, bool] = {}
        self._paths: WeakKeyDictionary[Module, dict[Module, str]] = WeakKeyDictionary()

    def of(self, frame: FrameType | None) -> Place:
        """Return the place of the call that a frame belongs to."""
        modules: list[Module] = []
        line = ""
        while frame is not None:
            code = frame.f_code
            if code is MODULE_CALL:
                modules.append(frame.f_locals["self"])
            elif not line and not self._is_own(frame):
                line = f"{os.path.basename(code.co_filename)}:{frame.f_lineno} ({code.co_name})"
            frame = frame.f_back
        return Place(self._path(modules) if modules else "", line)

    def _is_own(self, frame: FrameType) -> bool:
        own = self._own.get(frame.f_code)
        if own is None:
            own = self._own[frame.f_code] = is_own(frame)
        return own

    def _path(self, modules: list[Module]) -> str:
        """Return the path of the first of some modules, each of which was called by the next one."""
        inner, outer = modules[0], modules[-1]
        paths = self._paths.get(outer)
        if paths is None:
            paths = self._paths[outer] = {module: path for path, module in outer.named_modules()}
        kind = type(outer).__name__
        if inner in paths:
            return f"{kind}.{paths[inner]}" if paths[inner] else kind
        return f"{self._path(modules[1:])}.<{type(inner).__name__}>"
